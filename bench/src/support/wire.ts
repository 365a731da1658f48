/**
 * What clients said on the wire, in commands: from the bytes that went through a proxy, so that nobody's
 * own counting has to be believed.
 * @module
 */

export type Protocol = "redis" | "postgres" | "mysql";

/**
 * The commands in what clients of one kind sent, in order. Bytes of several connections must not be mixed
 * within a command; a command that is cut off at the end is left out.
 *
 * @returns Names: `GET`, `EVALSHA`; `query`, `execute`, …
 */
export function commandsOf(protocol: Protocol, chunks: readonly Buffer[]): readonly string[] {
  return parsers[protocol](Buffer.concat([...chunks]));
}

const parsers: Readonly<Record<Protocol, (bytes: Buffer) => readonly string[]>> = {
  redis: redisCommands,
  postgres: postgresCommands,
  mysql: mysqlCommands,
};

/** Arrays of bulk strings: `*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`. @see https://redis.io/docs/latest/develop/reference/protocol-spec/ */
function redisCommands(bytes: Buffer): readonly string[] {
  const commands: string[] = [];
  let at = 0;
  const line = () => {
    const end = bytes.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const text = bytes.toString("latin1", at, end);
    at = end + 2;
    return text;
  };
  for (let head = line(); head !== undefined; head = line()) {
    if (!head.startsWith("*")) throw new Error("These bytes are no Redis commands");
    let name: string | undefined;
    for (let left = Number(head.slice(1)); left > 0; left--) {
      const length = Number(line()?.slice(1));
      if (Number.isNaN(length) || at + length + 2 > bytes.length) return commands;
      name ??= bytes.toString("latin1", at, at + length).toUpperCase();
      at += length + 2;
    }
    if (name !== undefined) commands.push(name);
  }
  return commands;
}

/** Messages that make the server do something: a simple query, or the execution of a prepared one. */
const POSTGRES_COMMANDS: Readonly<Record<string, string>> = {
  Q: "query",
  E: "execute",
  P: "parse",
};

/** @see https://www.postgresql.org/docs/current/protocol-message-formats.html */
function postgresCommands(bytes: Buffer): readonly string[] {
  const commands: string[] = [];
  let at = 0;
  while (at + 5 <= bytes.length) {
    const type = String.fromCharCode(bytes[at] as number);
    // Messages that begin a connection have no type, and a length whose first byte is 0.
    const lengthAt = type === "\0" ? at : at + 1;
    const name = POSTGRES_COMMANDS[type];
    const end = lengthAt + bytes.readUInt32BE(lengthAt);
    if (end > bytes.length) break;
    if (name !== undefined) commands.push(name);
    at = end;
  }
  return commands;
}

const MYSQL_COMMANDS: Readonly<Record<number, string>> = {
  3: "query",
  22: "prepare",
  23: "execute",
};

/** @see https://mariadb.com/kb/en/clientserver-protocol/ */
function mysqlCommands(bytes: Buffer): readonly string[] {
  const commands: string[] = [];
  for (let at = 0; at + 4 < bytes.length; ) {
    const length = bytes.readUIntLE(at, 3);
    // A command begins a new sequence; the packets of a log-in do not.
    const name = bytes[at + 3] === 0 ? MYSQL_COMMANDS[bytes[at + 4] as number] : undefined;
    if (at + 4 + length > bytes.length) break;
    if (name !== undefined) commands.push(name);
    at += 4 + length;
  }
  return commands;
}
