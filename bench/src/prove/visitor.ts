/**
 * A user of the proofs' server, who remembers what was promised: only an answer that arrived counts.
 * @module
 */
import type { Agent } from "node:http";
import { Browser, send } from "../support/browser.ts";

interface Page {
  readonly subject?: string;
  readonly value?: number;
}

export class Visitor {
  readonly subject: string;
  readonly #agent: Agent;
  /** Cookies that were current when an answer arrived. */
  #cookies = "";
  /** What the server confirmed: signed in, signed out, or nothing that could be held against it. */
  #state: "unknown" | "in" | "out" = "unknown";
  /** The value confirmed last, and the one that may or may not have been written since. */
  #value: number | undefined;
  #underWay: number | undefined;

  constructor(agent: Agent, subject: string) {
    this.#agent = agent;
    this.subject = subject;
  }

  get isSignedIn(): boolean {
    return this.#state === "in";
  }

  /** @throws {Error} If the server goes away, or answers anything but 200. */
  async signIn(port: number): Promise<void> {
    const browser = new Browser(this.#agent, port);
    expectOk(await browser.post(`/sign-in?subject=${this.subject}`));
    this.#cookies = browser.cookies;
    this.#state = "in";
  }

  async write(port: number, value: number): Promise<void> {
    this.#underWay = value;
    expectOk(await this.#send(port, `/write?value=${value}`));
    this.#value = value;
    this.#underWay = undefined;
  }

  /** Writes where the write must be dropped: the response is kept, the value confirmed before stays. */
  async writeInVain(port: number, value: number): Promise<void> {
    expectOk(await this.#send(port, `/write?value=${value}`));
  }

  async signOut(port: number): Promise<void> {
    this.#state = "unknown";
    expectOk(await this.#send(port, "/sign-out"));
    this.#state = "out";
  }

  /** Compares with what was confirmed. @returns What is wrong, if something is. */
  async check(port: number): Promise<string | undefined> {
    if (this.#state === "unknown") return undefined;
    const { status, body } = await send(this.#agent, port, "/read", { cookies: this.#cookies });
    const page = status === 200 ? (JSON.parse(body) as Page) : {};
    if (this.#state === "out") {
      return page.subject === undefined ? undefined : `${this.subject} was signed out and is back`;
    }
    if (page.subject !== this.subject)
      return `${this.subject} was signed in and is not (${status})`;
    const allowed = [this.#value, this.#underWay ?? this.#value];
    if (!allowed.includes(page.value)) {
      return `${this.subject} reads ${page.value}, where ${this.#value} was confirmed`;
    }
    // From here on this is what was confirmed.
    this.#value = page.value;
    this.#underWay = undefined;
    return undefined;
  }

  #send(port: number, path: string) {
    return send(this.#agent, port, path, { method: "POST", cookies: this.#cookies });
  }
}

function expectOk({ status, body }: { readonly status: number; readonly body: string }): void {
  if (status !== 200) throw new Error(`The server answered ${status}: ${body}`);
}
