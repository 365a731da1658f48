/**
 * A browser as far as sessions see one: it keeps cookies, sends them, and remembers every one it was
 * ever given, so that a test can present them again later.
 * @module
 */
import { Agent, request } from "node:http";

/** An answer of the application under test. */
export interface Answer {
  readonly status: number;
  readonly setCookies: readonly string[];
  readonly body: string;
}

export interface SendOptions {
  readonly method?: "GET" | "POST";
  /** The `Cookie` header to send instead of the jar's; an empty one sends none. */
  readonly cookies?: string;
  /** Another process of the same application, instead of the browser's usual one. */
  readonly port?: number;
}

/** One connection pool per application under test. */
export function openAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 128 });
}

/** @throws {Error} If the connection breaks before the answer is complete. */
export function send(
  agent: Agent,
  port: number,
  path: string,
  { method = "GET", cookies = "" }: SendOptions = {},
): Promise<Answer> {
  const headers = {
    ...(cookies === "" ? {} : { Cookie: cookies }),
    ...(method === "POST" ? { "Content-Length": "0" } : {}),
  };
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers, agent }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode: status = 0, headers: received } = response;
        resolve({ status, setCookies: received["set-cookie"] ?? [], body });
      });
    });
    sent.on("error", reject);
    sent.end();
  });
}

export class Browser {
  readonly #agent: Agent;
  readonly #port: number;
  readonly #jar = new Map<string, string>();
  readonly #issued = new Set<string>();

  constructor(agent: Agent, port: number) {
    this.#agent = agent;
    this.#port = port;
  }

  /** The `Cookie` header that the browser would send now. */
  get cookies(): string {
    return [...this.#jar].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** Every jar that this browser ever had, and every single cookie that it was ever given. */
  get issued(): readonly string[] {
    return [...this.#issued];
  }

  /** Puts cookies of somebody else into the jar, as an attacker would who can plant one. */
  plant(cookies: string): void {
    for (const pair of cookies.split("; ")) {
      const at = pair.indexOf("=");
      this.#jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    this.#issued.add(this.cookies);
  }

  /** Sends with the jar, or the given cookies, as they are now; the answer's cookies go into the jar when it comes. */
  async send(path: string, options: SendOptions = {}): Promise<Answer> {
    const { port = this.#port } = options;
    const answer = await send(this.#agent, port, path, { cookies: this.cookies, ...options });
    this.#receive(answer);
    return answer;
  }

  post(path: string, options: SendOptions = {}): Promise<Answer> {
    return this.send(path, { method: "POST", ...options });
  }

  #receive({ setCookies }: Answer): void {
    for (const line of setCookies) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      // Besides these two, nothing that the applications set expires while a test runs.
      const isRemoval = /; Max-Age=0\b|; Expires=[^;]* 1970 /i.test(line) || value === "";
      if (isRemoval) {
        this.#jar.delete(name);
        continue;
      }
      this.#jar.set(name, value);
      this.#issued.add(`${name}=${value}`);
    }
    if (setCookies.length > 0) this.#issued.add(this.cookies);
  }
}
