/**
 * What the Redis store has the server do in one step. Every script stays in one slot, uses nothing that
 * Redis 6.2 lacks, and reads before it writes: what fails has changed nothing.
 * @module
 */
import { createHash } from "node:crypto";
import { SWEEP_DELAY_SECONDS } from "./store.ts";

/** A Lua script and the name that the server keeps it under. */
export interface RedisScript {
  readonly lua: string;
  readonly sha: string;
}

/*
 * Offsets are those of redis-value.ts, counted from 1 as Lua does; redis-value.test.ts pins them:
 *   1       layout             2–7     version            8–13    idleExpiresAt
 *   18      bit 0: a subject   33–38   absoluteExpiresAt  51–65   handle         98–129  subjectKey
 * Bytes are compared by `==` or as numbers: Lua's `<` compares strings by the server's locale.
 *
 * Keys are derived from members of the index, which no caller can know beforehand. While a slot moves to
 * another node, a key that is absent may be one that is elsewhere: commands that name several keys fail
 * then, those that name one do not. So `present` asks for a session together with its index.
 */
const PRELUDE = `
local call, sub, byte, format = redis.call, string.sub, string.byte, string.format
local DELAY = ${SWEEP_DELAY_SECONDS * 1000}
local CHUNK = 1000 -- unpack() fails at about 8000

local function instant(bytes, at)
  return (struct.unpack('>I6', bytes, at))
end

local function sweep_at(head)
  return format('%.0f', math.min(instant(head, 8), instant(head, 33)) + DELAY)
end

-- Calls a command on the keys, a thousand at a time, each time with the index before them.
local function present(command, index, keys, each)
  for first = 1, #keys, CHUNK do
    local reply = call(command, index, unpack(keys, first, math.min(first + CHUNK - 1, #keys)))
    if each then each(reply, first) end
  end
end

local function in_chunks(command, before, list)
  for first = 1, #list, CHUNK do
    local last = math.min(first + CHUNK - 1, #list)
    if before then call(command, before, unpack(list, first, last))
    else call(command, unpack(list, first, last)) end
  end
end

-- Takes a session out of its subject's index. A moving slot may refuse: the index is pruned as it is used.
local function unlist(key, head)
  if #head == 129 and byte(head, 18) % 2 == 1 then
    local subject = string.gsub(sub(head, 98, 129), '.', function(c) return format('%02x', byte(c)) end)
    redis.pcall('ZREM', sub(key, 1, -67) .. 'u:' .. subject, sub(key, -64))
  end
end
`;

function script(body: string): RedisScript {
  const lua = PRELUDE + body;
  // The name that the server's protocol gives a script; nothing rests on its strength.
  return { lua, sha: createHash("sha1").update(lua).digest("hex") };
}

/**
 * KEYS: the session; its subject's index and checkpoint, if it has a subject; the session to replace, if any.
 * ARGV: value; when to sweep it; absoluteExpiresAt, empty without a subject; instant before which members of
 * the index are long dead; `c` and the checkpoint, or nothing; life of a checkpoint in milliseconds.
 * Answers 0 exists, 1 created, 2 revoked meanwhile.
 */
export const createScript: RedisScript = script(`
if call('EXISTS', KEYS[1]) == 1 then return 0 end
local indexed = ARGV[3] ~= ''
if ARGV[5] ~= '' and call('GET', KEYS[3]) ~= sub(ARGV[5], 2) then return 2 end
local replaced = KEYS[indexed and 4 or 2]
local head = replaced and call('GETRANGE', replaced, 0, 128) or ''

if indexed then call('ZCARD', KEYS[2]) end -- fails here if it is of another type, with nothing written

-- The first write, since only this is refused where the memory is full.
call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2])
if ARGV[5] ~= '' then call('PEXPIRE', KEYS[3], ARGV[6]) end
if indexed then
  call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[4])
  call('ZADD', KEYS[2], ARGV[3], sub(KEYS[1], -64))
  local latest = tonumber(call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2])
  call('PEXPIREAT', KEYS[2], format('%.0f', latest + DELAY))
end
if head ~= '' then
  call('UNLINK', replaced)
  unlist(replaced, head)
end
return 1
`);

/** KEYS: the session. ARGV: the version before; the value; 1 for a tombstone. Answers 1 if it was replaced. */
export const putScript: RedisScript = script(String.raw`
local head = call('GETRANGE', KEYS[1], 0, 12)
if sub(head, 1, 7) ~= '\1' .. ARGV[1] then return 0 end
local value = ARGV[2]
if ARGV[3] ~= '1' and instant(head, 8) > instant(value, 8) then
  value = sub(value, 1, 7) .. sub(head, 8, 13) .. sub(value, 14)
end
call('SET', KEYS[1], value, 'PXAT', sweep_at(value))
return 1
`);

/** KEYS: the session. ARGV: its version; idleExpiresAt. Answers 1 if this version is there. */
export const touchScript: RedisScript = script(String.raw`
local head = call('GETRANGE', KEYS[1], 0, 37)
if sub(head, 1, 7) ~= '\1' .. ARGV[1] then return 0 end
if instant(ARGV[2], 1) > instant(head, 8) then
  call('SETRANGE', KEYS[1], 7, ARGV[2])
  call('PEXPIREAT', KEYS[1], sweep_at(sub(head, 1, 7) .. ARGV[2] .. sub(head, 14)))
end
return 1
`);

/** KEYS: the session. ARGV: version and idleExpiresAt that it must have, or nothing. Answers 1 if it is gone by it. */
export const deleteScript: RedisScript = script(String.raw`
local head = call('GETRANGE', KEYS[1], 0, 128)
if head == '' or (ARGV[1] ~= '' and sub(head, 1, 13) ~= '\1' .. ARGV[1]) then return 0 end
call('UNLINK', KEYS[1])
unlist(KEYS[1], head)
return 1
`);

/** KEYS: the index. ARGV: what the sessions' keys begin with. Answers members and values by turns. */
export const listSubjectScript: RedisScript = script(`
local members = call('ZRANGE', KEYS[1], 0, -1)
local keys, found, gone = {}, {}, {}
for n, member in ipairs(members) do keys[n] = ARGV[1] .. member end
present('MGET', KEYS[1], keys, function(values, first)
  for n = 2, #values do
    local member = members[first + n - 2]
    if values[n] then
      found[#found + 1] = member
      found[#found + 1] = values[n]
    else
      gone[#gone + 1] = member
    end
  end
end)
in_chunks('ZREM', KEYS[1], gone)
return found
`);

/**
 * KEYS: the index; the checkpoint. ARGV: what the sessions' keys begin with; the handle to keep, or nothing.
 * Answers members (64 bytes) and handles (15 bytes) of what was removed, in one string.
 */
export const deleteSubjectScript: RedisScript = script(`
local members = call('ZRANGE', KEYS[1], 0, -1)
local keys, removed, doomed, unlisted = {}, {}, {}, {}
for n, member in ipairs(members) do keys[n] = ARGV[1] .. member end
present('EXISTS', KEYS[1], keys)
for n, member in ipairs(members) do
  local handle = call('GETRANGE', keys[n], 50, 64)
  if handle ~= ARGV[2] or handle == '' then
    if #handle == 15 then removed[#removed + 1] = member .. handle end
    doomed[#doomed + 1] = keys[n]
    unlisted[#unlisted + 1] = member
  end
end
in_chunks('UNLINK', nil, doomed)
in_chunks('ZREM', KEYS[1], unlisted)
call('UNLINK', KEYS[2])
return table.concat(removed)
`);

/** KEYS: the checkpoint. ARGV: a value freshly drawn; its life in milliseconds. Answers the present value. */
export const checkpointScript: RedisScript = script(`
local value = call('GET', KEYS[1])
if value then
  call('PEXPIRE', KEYS[1], ARGV[2])
  return value
end
call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]
`);
