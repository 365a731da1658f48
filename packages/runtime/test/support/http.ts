/**
 * The servers of the adapters' tests, and a client that sends any header and any cookie: also what no
 * browser would.
 * @module
 */
import { type IncomingMessage, request as send } from "node:http";
import type { AdapterOptions } from "../../src/adapters/adapter.ts";
import type { Session } from "../../src/engine/session.ts";
import type { AnyData, TestLevel, TestSessions } from "./engine.ts";
import { adapters, type TestAnswer } from "./servers.ts";

export type TestSession = Session<AnyData, TestLevel>;

/** A page of the application under test, by its path; a text is a plain 200. */
export type Pages = Readonly<
  Record<
    string,
    (session: TestSession) => string | TestAnswer | Promise<string> | Promise<TestAnswer>
  >
>;

export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** What handlers threw. */
  readonly errors: readonly unknown[];
}

export type StartServer = (
  sessions: TestSessions,
  pages: Pages,
  options?: AdapterOptions,
) => Promise<TestServer>;

/** Every adapter of this release, by name. */
export const servers: readonly (readonly [name: string, start: StartServer])[] = Object.entries(
  adapters,
).map(([name, start]) => [
  name,
  async (sessions, pages, options = {}) => {
    const routes = Object.entries(pages).map(([path, page]) => [
      path,
      async (session: TestSession): Promise<TestAnswer> => {
        const answer = await page(session);
        return typeof answer === "string"
          ? { headers: { "Content-Type": "text/plain; charset=utf-8" }, body: answer }
          : answer;
      },
    ]);
    const errors: unknown[] = [];
    const { url, close } = await start(sessions, Object.fromEntries(routes), {
      ...options,
      errors,
    });
    return { port: Number(new URL(url).port), errors, [Symbol.asyncDispose]: close };
  },
]);

export interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly setCookies: readonly string[];
  readonly body: string;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent instead of the jar's cookies; `null` sends none. */
  readonly cookies?: string | null;
}

export class Client {
  readonly jar: Map<string, string> = new Map();
  readonly #port: number;

  constructor({ port }: TestServer) {
    this.#port = port;
  }

  async ask(path: string, { method = "GET", headers = {}, cookies }: Asked = {}): Promise<Reply> {
    const own = [...this.jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const cookie = cookies === undefined ? own : cookies;
    const reply = await this.#send(path, method, {
      host: "localhost",
      ...(cookie ? { cookie } : {}),
      ...headers,
    });
    for (const line of reply.setCookies) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/; Max-Age=0$/.test(line)) this.jar.delete(name);
      else this.jar.set(name, value);
    }
    return reply;
  }

  #send(path: string, method: string, headers: Readonly<Record<string, string>>): Promise<Reply> {
    const options = { host: "127.0.0.1", port: this.#port, path, method, headers, agent: false };
    return new Promise((resolve, reject) => {
      const sent = send(options, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          setCookies: response.headers["set-cookie"] ?? [],
          body: Buffer.concat(chunks).toString(),
        });
      });
      sent.on("error", reject).end();
    });
  }
}
