/**
 * The part of the npm package `memcached` that RateLimiterMemcache calls, over one connection of the text
 * protocol: callbacks, `false` for what is not there.
 * @module
 */
import { connect, type Socket } from "node:net";

type Callback = (error: Error | undefined, result: number | string | boolean) => void;

/** @see memcached's doc/protocol.txt */
export class MemcachedClient {
  readonly #socket: Socket;
  /** Callbacks of the commands under way; answers come in the order asked. */
  readonly #waiting: { readonly command: string; readonly done: Callback }[] = [];
  #received = "";

  constructor({ host, port }: { readonly host: string; readonly port: number }) {
    this.#socket = connect({ host, port });
    this.#socket.setEncoding("latin1").on("data", (text: string) => this.#read(text));
    this.#socket.on("error", () => {}); // Each waiting command hears of it by `close`.
    this.#socket.on("close", () => {
      for (const { done } of this.#waiting.splice(0))
        done(new Error("the connection ended"), false);
    });
  }

  incr(key: string, points: number, done: Callback): void {
    this.#ask(`incr ${key} ${points}`, done);
  }

  decr(key: string, points: number, done: Callback): void {
    this.#ask(`decr ${key} ${points}`, done);
  }

  add(key: string, value: number, seconds: number, done: Callback): void {
    this.#ask(`add ${key} 0 ${seconds} ${`${value}`.length}\r\n${value}`, done);
  }

  get(key: string, done: Callback): void {
    this.#ask(`get ${key}`, done);
  }

  end(): void {
    this.#socket.destroy();
  }

  #ask(command: string, done: Callback): void {
    if (this.#socket.destroyed) {
      done(new Error("the connection has ended"), false);
      return;
    }
    this.#waiting.push({ command, done });
    this.#socket.write(`${command}\r\n`);
  }

  #read(text: string): void {
    this.#received += text;
    for (;;) {
      // One line, or a value with its data and the `END` behind it.
      const match = /^(?:VALUE [^\r]*\r\n([^\r]*)\r\nEND|([^\r]*))\r\n/.exec(this.#received);
      if (match === null || (match[2]?.startsWith("VALUE ") ?? false)) return;
      this.#received = this.#received.slice(match[0].length);
      const [, value, line = ""] = match;
      const { done } = this.#waiting.shift() as { done: Callback };
      if (value !== undefined) done(undefined, Number(value));
      else if (/^\d+ *$/.test(line)) done(undefined, Number(line));
      else if (line === "STORED") done(undefined, true);
      else if (/^(NOT_FOUND|NOT_STORED|END)$/.test(line)) done(undefined, false);
      else done(new Error(line), false);
    }
  }
}
