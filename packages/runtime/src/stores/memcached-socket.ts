/**
 * One socket to a Memcached server, from the attempt to its end. The only file that opens sockets; knows
 * commands and replies, and nothing of sessions.
 * @module
 */
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, type SecureContext } from "node:tls";
import { optionError, SessionError } from "../errors.ts";
import { flagOf, type MemcachedReply, replyReader } from "./memcached-reply.ts";

/** How to verify a server, and what to show it: a part of the options of `tls.connect`. */
export interface MemcachedTls {
  /** Authorities to trust in place of Node's own, in PEM. */
  readonly ca?: string | Buffer | (string | Buffer)[];
  /** A certificate of our own and its key, in PEM, where the server asks for one. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly passphrase?: string;
  /** The name that the certificate must have. @default the server's host */
  readonly servername?: string;
}

export interface MemcachedSocketOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: MemcachedTls | undefined;
  readonly auth: { readonly username: string; readonly password: string } | undefined;
  /** Longest silence while something is asked, and longest time to connect. */
  readonly timeoutMilliseconds: number;
}

/** What was sent, or is to be, and who waits for it. */
export interface Call {
  readonly bytes: string | Buffer;
  readonly opaque: string | undefined;
  readonly since: number;
  /** Whether this was the last reply. */
  take(reply: MemcachedReply): boolean;
  fail(error: unknown): void;
}

const KEEP_ALIVE_MILLISECONDS = 30_000;
/** After these the rest of the stream may be anything: a value that was taken for a command, say. */
const BREAKING = new Set(["ERROR", "CLIENT_ERROR"]);

/** Rejects every call when it ends, and is of no use after that. */
export interface OpenSocket {
  add(call: Call): void;
  end(error: unknown): void;
}

export interface SocketEvents {
  /** The server can be asked: it is connected, verified, and has accepted us. */
  onReady(): void;
  /** Every call has been rejected. Called once. */
  onEnd(error: unknown): void;
}

export function openSocket(
  { host, port, tls, auth, timeoutMilliseconds }: MemcachedSocketOptions,
  context: SecureContext | undefined,
  server: string,
  { onReady, onEnd }: SocketEvents,
): OpenSocket {
  const read = replyReader();
  /** Sent and not answered, in order; and what waits until the server is verified and has accepted us. */
  let sent: Call[] = [];
  let early: Call[] | undefined = [];
  let heardAt = performance.now();
  let ended = false;

  const socket: Socket =
    context === undefined
      ? connect({ host, port })
      : connectTls({ host, port, secureContext: context, ...serverName(host, tls?.servername) });
  socket.on(context === undefined ? "connect" : "secureConnect", greet);
  socket.on("data", receive);
  socket.on("error", end);
  socket.on("end", () => end(broken(server, "was ended by the server")));
  socket.on("close", () => end(broken(server, "broke")));
  let timer = setTimeout(checkSilence, timeoutMilliseconds);

  function greet(): void {
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MILLISECONDS);
    heardAt = performance.now();
    if (auth === undefined) begin();
    else write(authentication(server, auth, begin, end));
  }

  function begin(): void {
    const held = early ?? [];
    early = undefined;
    for (const call of held) write(call);
    onReady();
  }

  function write(call: Call): void {
    sent.push(call);
    // All that one turn of the event loop asks goes out in one packet.
    socket.cork();
    socket.write(call.bytes);
    process.nextTick(() => socket.uncork());
  }

  function receive(chunk: Buffer): void {
    heardAt = performance.now();
    try {
      for (const reply of read(chunk)) answer(reply);
    } catch (error) {
      end(error);
    }
  }

  function answer(reply: MemcachedReply): void {
    const [call] = sent;
    if (ended) return;
    // A server that has too many connections says so unasked.
    if (BREAKING.has(reply.code)) throw refused(server, reply);
    if (call === undefined) throw broken(server, "brought an answer that nobody asked for");
    if (call.opaque !== undefined && !belongs(reply, call.opaque)) {
      throw broken(server, "brought the answer to another question");
    }
    // Taken off first: what takes the answer may end the socket.
    sent.shift();
    if (!call.take(reply)) sent.unshift(call);
  }

  function checkSilence(): void {
    const oldest = sent[0] ?? early?.[0];
    const now = performance.now();
    const since =
      oldest === undefined && early === undefined ? now : Math.max(heardAt, oldest?.since ?? 0);
    const left = since + timeoutMilliseconds - now;
    if (left <= 0) end(broken(server, `was silent for ${timeoutMilliseconds} ms`));
    else timer = setTimeout(checkSilence, left);
  }

  function end(error: unknown): void {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    socket.destroy();
    const calls = [...sent, ...(early ?? [])];
    sent = [];
    early = [];
    onEnd(error);
    for (const call of calls) call.fail(error);
  }

  return {
    add(call) {
      if (early === undefined) write(call);
      else early.push(call);
    },
    end,
  };
}

/** @throws {SessionError} `HOLDFAST_OPTION` if a certificate or a key cannot be read. */
export function secureContext({ servername: _, ...material }: MemcachedTls): SecureContext {
  try {
    return createSecureContext({ ...material, minVersion: "TLSv1.2" });
  } catch {
    // What OpenSSL says of it may quote what it read.
    throw optionError("tls", "has a certificate, a key or a passphrase that cannot be used");
  }
}

/** The certificate is checked against it; an address is checked as `host`, and is no name to send. */
function serverName(host: string, given: string | undefined): { readonly servername?: string } {
  if (given !== undefined) return { servername: given };
  return isIP(host) === 0 ? { servername: host } : {};
}

/** The first command to a server that was started with `-Y`: a `set` under any key. */
function authentication(
  server: string,
  { username, password }: { readonly username: string; readonly password: string },
  accepted: () => void,
  fail: (error: unknown) => void,
): Call {
  const proof = `${username} ${password}`;
  return {
    bytes: `set auth 0 0 ${Buffer.byteLength(proof)}\r\n${proof}\r\n`,
    opaque: undefined,
    since: performance.now(),
    take(reply) {
      if (reply.code === "STORED") accepted();
      else fail(refused(server, reply));
      return true;
    },
    fail() {
      // Whoever waits for the server is told by the calls that were held back.
    },
  };
}

/** Whether a reply may be to the call of this opaque. A miss need not carry it, an error never does. */
function belongs(reply: MemcachedReply, opaque: string): boolean {
  const { code } = reply;
  const found = code === "SERVER_ERROR" ? undefined : flagOf(reply, "O");
  return found === undefined ? code !== "HD" && code !== "VA" : found === opaque;
}

export function broken(server: string, how: string): SessionError {
  return new SessionError("HOLDFAST_STORE", `the connection to memcached at ${server} ${how}`, {
    server,
  });
}

/** What a server says of an error names no key and no value. */
export function refused(server: string, { words }: MemcachedReply): SessionError {
  const said = words.join(" ");
  if (said.includes("too large")) {
    return new SessionError(
      "HOLDFAST_DATA",
      `the session is larger than memcached at ${server} takes; start it with a larger item size (-I), or lower "maxDataBytes"`,
      { server },
    );
  }
  const advice = said === "ERROR" ? " to a meta command; memcached 1.6 or newer is needed" : "";
  return new SessionError("HOLDFAST_STORE", `memcached at ${server} answered "${said}"${advice}`, {
    server,
  });
}
