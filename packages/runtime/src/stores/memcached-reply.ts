/**
 * Takes the bytes that a Memcached server sends apart, wherever they were cut on the way.
 * @module
 */
import { SessionError } from "../errors.ts";

/** One line of the server, with the value that follows it. */
export interface MemcachedReply {
  /** The first word: `HD`, `VA`, `EN`, `NF`, `STAT`, `END`, `SERVER_ERROR` … */
  readonly code: string;
  /** All words, the first among them. */
  readonly words: readonly string[];
  /** After `VA` only; shares the memory of what was received. */
  readonly value: Buffer | undefined;
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
/** A key is at most 250 bytes long, and three times that when it is listed. */
const LONGEST_LINE_BYTES = 2048;
/** The largest that a server can be told to take (`-I`). */
const LARGEST_VALUE_BYTES = 1024 ** 3;

/**
 * A reader of one connection's replies.
 *
 * @returns A function that takes the next bytes and answers the replies that they complete; throws
 *   {SessionError} `HOLDFAST_STORE` for what no server says. Nothing can be read after that.
 */
export function replyReader(): (chunk: Buffer) => readonly MemcachedReply[] {
  let held: Buffer[] = [];
  let heldBytes = 0;
  /** Fewer bytes complete nothing: a large value is put together once. */
  let wanted = 1;

  return (chunk) => {
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes < wanted) return [];
    const bytes = held.length === 1 ? chunk : Buffer.concat(held, heldBytes);
    const replies: MemcachedReply[] = [];
    let at = 0;
    for (;;) {
      const end = bytes.indexOf(LINE_FEED, at);
      if ((end < 0 ? bytes.length : end) - at > LONGEST_LINE_BYTES) throw unreadable();
      if (end < 0) {
        wanted = 1;
        break;
      }
      // Lists of keys have lines that end without a carriage return.
      const line = bytes.toString("latin1", at, bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end);
      const words = line.split(" ");
      const [code = "", size = ""] = words;
      if (code !== "VA") {
        replies.push({ code, words, value: undefined });
        at = end + 1;
        continue;
      }
      if (!/^\d{1,10}$/.test(size) || Number(size) > LARGEST_VALUE_BYTES) throw unreadable();
      const from = end + 1;
      const to = from + Number(size);
      if (bytes.length < to + 2) {
        wanted = to + 2 - at;
        break;
      }
      if (bytes[to] !== CARRIAGE_RETURN || bytes[to + 1] !== LINE_FEED) throw unreadable();
      replies.push({ code, words, value: bytes.subarray(from, to) });
      at = to + 2;
    }
    held = at === bytes.length ? [] : [bytes.subarray(at)];
    heldBytes = bytes.length - at;
    return replies;
  };
}

/** The token after a letter: of `VA 5 c17 O3` and `c` it is `17`. */
export function flagOf({ code, words }: MemcachedReply, letter: string): string | undefined {
  for (let n = code === "VA" ? 2 : 1; n < words.length; n += 1) {
    const word = words[n] as string;
    if (word.startsWith(letter)) return word.slice(1);
  }
  return undefined;
}

function unreadable(): SessionError {
  return new SessionError(
    "HOLDFAST_STORE",
    "a server said what Memcached never says; is it one, and does it speak TLS where TLS is asked for?",
  );
}
