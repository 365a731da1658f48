/**
 * A browser as far as HTTP goes: keeps cookies, follows redirects when asked, and says where its forms
 * come from. Over `node:http`, since `fetch` writes its own Fetch Metadata.
 * @module
 */
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Values of `Set-Cookie`. */
  readonly setCookies: readonly string[];
  readonly location: string | undefined;
}

export interface Visit {
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

const MAX_REDIRECTS = 5;

export class Client {
  readonly jar: Map<string, string> = new Map();
  /** Every token that this browser was ever given. */
  readonly tokens: string[] = [];
  readonly #origin: string;
  readonly #userAgent: string;

  constructor(origin: string, userAgent = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0") {
    this.#origin = origin;
    this.#userAgent = userAgent;
  }

  /** The anti-forgery token of the last page that had one. */
  formToken = "";

  /** Cookies that a session is in, or comes back by. */
  get sessionCookies(): readonly string[] {
    return [...this.jar.keys()].filter((name) => /^__Host-sid(-anon|-remember)?$/.test(name));
  }

  /** The token in the signed-in cookie. */
  get token(): string | undefined {
    return this.jar.get("__Host-sid");
  }

  get(path: string, visit: Visit = {}): Promise<Answer> {
    return this.#send("GET", path, undefined, visit);
  }

  /** Sends a form, with the token that it had; a browser that saw no form opens the sign-in page first. */
  async post(path: string, fields: Readonly<Record<string, string>> = {}, visit: Visit = {}) {
    if (this.formToken === "") await this.get("/sign-in");
    const form = new URLSearchParams({ csrf_token: this.formToken, ...fields });
    return this.#send("POST", path, form.toString(), visit);
  }

  /** Goes where the answer points, until it is a page. */
  async follow(answer: Answer | Promise<Answer>): Promise<Answer> {
    let last = await answer;
    for (let left = MAX_REDIRECTS; last.location !== undefined; left--) {
      if (left === 0) throw new Error(`More than ${MAX_REDIRECTS} redirects, to ${last.location}`);
      last = await this.get(last.location);
    }
    return last;
  }

  async signIn(login: string, password: string): Promise<Answer> {
    return this.post("/sign-in", { login, password, return: "" });
  }

  /** A second holder of the same cookies. */
  copy(): Client {
    const twin = new Client(this.#origin, this.#userAgent);
    for (const [name, value] of this.jar) twin.jar.set(name, value);
    twin.formToken = this.formToken;
    return twin;
  }

  async #send(
    method: string,
    path: string,
    body: string | undefined,
    visit: Visit,
  ): Promise<Answer> {
    const cookies = [...this.jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const wanted: Readonly<Record<string, string | undefined>> = {
      accept: "text/html",
      "user-agent": this.#userAgent,
      "sec-fetch-mode": "navigate",
      "sec-fetch-dest": "document",
      "sec-fetch-site": "same-origin",
      origin: body === undefined ? undefined : this.#origin,
      "content-type": body === undefined ? undefined : "application/x-www-form-urlencoded",
      cookie: cookies || undefined,
      ...visit.headers,
    };
    const headers = Object.fromEntries(
      Object.entries(wanted).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    const answer = await exchange(new URL(path, this.#origin), method, headers, body);
    for (const line of answer.setCookies) this.#keep(line);
    const [, token = this.formToken] = /name="csrf_token" value="([^"]+)"/.exec(answer.text) ?? [];
    this.formToken = token;
    return answer;
  }

  #keep(line: string): void {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (/;\s*max-age=0/i.test(line)) {
      this.jar.delete(name);
      return;
    }
    this.jar.set(name, value);
    this.tokens.push(value);
  }
}

function exchange(
  url: URL,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: string | undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode = 0, headers: received } = response;
        const { location } = received;
        const setCookies = received["set-cookie"] ?? [];
        resolve({ status: statusCode, headers: received, text, setCookies, location });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}
