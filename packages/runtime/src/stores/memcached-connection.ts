/**
 * A Memcached server that can be asked: over one pipelined connection, made when it is first needed and made again
 * after it broke.
 * @module
 */
import type { MemcachedReply } from "./memcached-reply.ts";
import {
  broken,
  type Call,
  type MemcachedSocketOptions,
  type OpenSocket,
  openSocket,
  refused,
  secureContext,
} from "./memcached-socket.ts";

/** Both methods reject if the connection breaks before they are answered: what was asked may have been done. */
export interface MemcachedConnection {
  /** Sends a meta command, without its opaque and its line end, and answers its one reply. */
  send(command: string, value?: Buffer): Promise<MemcachedReply>;
  /** Sends a command of one line; `each` takes its replies, and says which is the last. */
  ask(command: string, each: (reply: MemcachedReply) => boolean): Promise<void>;
  close(): void;
}

const FIRST_PAUSE_MILLISECONDS = 25;
const LONGEST_PAUSE_MILLISECONDS = 400;
const LINE_END: Buffer = Buffer.from("\r\n");

/** @throws {SessionError} `HOLDFAST_OPTION` if a certificate or a key cannot be read. */
export function memcachedConnection(options: MemcachedSocketOptions): MemcachedConnection {
  const context = options.tls && secureContext(options.tls);
  const server = `${options.host}:${options.port}`;
  let socket: OpenSocket | undefined;
  let failures = 0;
  let retryAt = 0;
  let lastFailure: unknown;
  let opaque = 0;
  let closed = false;

  function add(call: Call): void {
    if (closed) {
      call.fail(broken(server, "was closed"));
    } else if (socket === undefined && performance.now() < retryAt) {
      call.fail(lastFailure);
    } else {
      socket ??= openSocket(options, context, server, {
        onReady() {
          failures = 0;
        },
        onEnd,
      });
      socket.add(call);
    }
  }

  // The next call after the pause connects again: no timer, and nothing to do while nobody asks.
  function onEnd(error: unknown): void {
    socket = undefined;
    lastFailure = error;
    const pause = Math.min(FIRST_PAUSE_MILLISECONDS * 2 ** failures, LONGEST_PAUSE_MILLISECONDS);
    // The first attempt after a connection that worked is made at once.
    retryAt = failures === 0 ? 0 : performance.now() + pause;
    failures += 1;
  }

  return {
    send(command, value) {
      opaque += 1;
      const mark = String(opaque);
      const line = `${command} O${mark}\r\n`;
      const bytes =
        value === undefined ? line : Buffer.concat([Buffer.from(line), value, LINE_END]);
      return new Promise((resolve, reject) => {
        add({
          bytes,
          opaque: mark,
          since: performance.now(),
          take(reply) {
            if (reply.code === "SERVER_ERROR") reject(refused(server, reply));
            else resolve(reply);
            return true;
          },
          fail: reject,
        });
      });
    },

    ask(command, each) {
      return new Promise((resolve, reject) => {
        add({
          bytes: `${command}\r\n`,
          opaque: undefined,
          since: performance.now(),
          take(reply) {
            const isRefused = reply.code === "SERVER_ERROR";
            if (isRefused) reject(refused(server, reply));
            else if (!each(reply)) return false;
            else resolve();
            return true;
          },
          fail: reject,
        });
      });
    },

    close() {
      closed = true;
      socket?.end(broken(server, "was closed"));
    },
  };
}
