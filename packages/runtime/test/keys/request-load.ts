/**
 * Signed-in users who ask a server at a steady rate, whatever it answers: an open load, over real sockets.
 * @module
 */
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export interface LoadOptions {
  /** Where the same application listens; requests go round. */
  readonly ports: readonly number[];
  readonly ratePerSecond: number;
  readonly users: number;
  /** Once it aborts, no more requests are sent. */
  readonly signal: AbortSignal;
}

/** What became of the requests. */
export interface LoadReport {
  readonly sent: number;
  /** Answered with 200 and the name of whoever asked. */
  readonly served: number;
  /** Answered with 200 as somebody who is not signed in. */
  readonly signedOut: number;
  /** Other statuses and broken connections, by path and what they were. */
  readonly errors: Readonly<Record<string, number>>;
  /** Cookies that were replaced. */
  readonly cookies: number;
  /** Of the time from sending to the end of the answer, in milliseconds. */
  readonly p99Milliseconds: number;
}

/** A user, with what a browser keeps. */
export class LoadUser {
  readonly name: string;
  readonly jar: Map<string, string> = new Map();
  isBusy = false;

  constructor(name: string) {
    this.name = name;
  }
}

const TICK_MILLISECONDS = 10;

/** Paths `/login`, `/me` and `/write` must answer with the subject, or with nothing. */
export class RequestLoad {
  readonly users: readonly LoadUser[];
  readonly #options: LoadOptions;
  // First in, first out: no connection lies idle until the server closes it under a request.
  readonly #agent: Agent = new Agent({ keepAlive: true, maxSockets: 64, scheduling: "fifo" });
  readonly #errors: Record<string, number> = {};
  readonly #times: number[] = [];
  #sent = 0;
  #served = 0;
  #signedOut = 0;
  #cookies = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.users = Array.from({ length: options.users }, (_, n) => new LoadUser(`user-${n}`));
  }

  /** Signs everybody in, at the first port. */
  async signIn(): Promise<void> {
    const [port = 0] = this.#options.ports;
    for (const user of this.users) {
      await this.ask(user, port, `/login?${user.name}`, "POST");
      await this.ask(user, port, "/me");
    }
    this.#cookies = 0;
  }

  /** Sends until the signal aborts, then waits for the last answers. */
  async run(): Promise<LoadReport> {
    const { ports, ratePerSecond, signal } = this.#options;
    const open = new Set<Promise<void>>();
    const began = performance.now();
    let turn = 0;
    while (!signal.aborted) {
      const due = ((performance.now() - began) / 1000) * ratePerSecond;
      while (this.#sent < due) {
        const user = this.#nextFree();
        // Everybody waits for an answer: what is due is made up for when one is free again.
        if (user === undefined) break;
        turn += 1;
        this.#sent += 1;
        const path = turn % 5 === 0 ? "/write" : "/me";
        const port = ports[turn % ports.length] ?? 0;
        const asked = this.#judged(user, port, path);
        open.add(asked);
        void asked.then(() => open.delete(asked));
      }
      await sleep(TICK_MILLISECONDS);
    }
    await Promise.all(open);
    this.#agent.destroy();
    const times = this.#times.sort((a, b) => a - b);
    return {
      sent: this.#sent,
      served: this.#served,
      signedOut: this.#signedOut,
      errors: this.#errors,
      cookies: this.#cookies,
      p99Milliseconds: Math.round(times[Math.floor(times.length * 0.99)] ?? 0),
    };
  }

  #at = 0;
  #nextFree(): LoadUser | undefined {
    for (let n = 0; n < this.users.length; n += 1) {
      this.#at = (this.#at + 1) % this.users.length;
      const user = this.users[this.#at];
      if (user?.isBusy === false) return user;
    }
    return undefined;
  }

  async #judged(user: LoadUser, port: number, path: string): Promise<void> {
    user.isBusy = true;
    const began = performance.now();
    let problem: string | undefined;
    try {
      const { status, body } = await this.ask(user, port, path, path === "/me" ? "GET" : "POST");
      if (status !== 200) problem = `${path} ${status}`;
      else if (body === user.name) this.#served += 1;
      else this.#signedOut += 1;
    } catch (error) {
      problem = `${path} ${(error as Error).message}`;
    }
    if (problem !== undefined) this.#errors[problem] = (this.#errors[problem] ?? 0) + 1;
    this.#times.push(performance.now() - began);
    user.isBusy = false;
  }

  /** One request, with the user's cookies; those of the answer are kept. */
  ask(
    { jar }: LoadUser,
    port: number,
    path: string,
    method = "GET",
  ): Promise<{ readonly status: number; readonly body: string }> {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { host: "localhost", ...(cookie && { cookie }) };
    const options = { host: "127.0.0.1", port, path, method, headers, agent: this.#agent };
    return new Promise((resolve, reject) => {
      const sent = request(options, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        for (const line of response.headers["set-cookie"] ?? []) {
          const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
          this.#cookies += 1;
          if (/; Max-Age=0/.test(line)) jar.delete(name);
          else jar.set(name, value);
        }
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
      });
      sent.on("error", (error) => reject(new Error(failureOf(error, sent.reusedSocket)))).end();
    });
  }
}

function failureOf({ code, message }: NodeJS.ErrnoException, isKept: boolean): string {
  return `${code ?? message} on a ${isKept ? "kept" : "new"} connection`;
}
