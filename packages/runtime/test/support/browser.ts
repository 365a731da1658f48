/**
 * A browser without a network: keeps cookies as one does, and drives the engine as an adapter does.
 * Requests can be held at their head, so that a test decides what overtakes what.
 * @module
 */

import type { HeadChange } from "../../src/adapters/adapter.ts";
import type { ResponseHead } from "../../src/engine/exchange.ts";
import type { RequestView } from "../../src/engine/request-view.ts";
import type { Session } from "../../src/engine/session.ts";
import type { Exchange, Sessions } from "../../src/sessions.ts";

export interface RequestInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly address?: string;
  /** Cookies to send instead of the jar's. */
  readonly cookies?: string;
  readonly head?: Partial<ResponseHead>;
}

export interface Answer<T> {
  readonly result: T;
  readonly head: HeadChange;
}

export class Browser<Data extends object, Level extends string> {
  readonly jar: Map<string, string> = new Map();
  readonly #sessions: Sessions<Data, Level>;

  constructor(sessions: Sessions<Data, Level>) {
    this.#sessions = sessions;
  }

  get cookies(): string | undefined {
    if (this.jar.size === 0) return undefined;
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** The token in the signed-in cookie. */
  get token(): string | undefined {
    return this.jar.get("__Host-sid");
  }

  view(init: RequestInit = {}): RequestView {
    const headers: Record<string, string> = { host: "app.test", ...init.headers };
    return {
      method: init.method ?? "GET",
      cookies: init.cookies ?? this.cookies,
      address: init.address ?? "192.0.2.1",
      scheme: "https",
      header: (name) => headers[name],
    };
  }

  async open(init: RequestInit = {}): Promise<Exchange<Data, Level>> {
    return this.#sessions.open(this.view(init));
  }

  /** Lets the head of a response out and takes its cookies. */
  async finish(exchange: Exchange<Data, Level>, init: RequestInit = {}): Promise<HeadChange> {
    const head = await exchange.settle({
      cacheControl: undefined,
      contentType: undefined,
      failed: false,
      ...init.head,
    });
    this.receive(head);
    return head;
  }

  receive(head: HeadChange): void {
    for (const line of head.setCookies) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/; Max-Age=0$/.test(line)) this.jar.delete(name);
      else this.jar.set(name, value);
    }
  }

  /** One whole request. */
  async visit<T>(
    handler: (session: Session<Data, Level>) => T | Promise<T>,
    init: RequestInit = {},
  ): Promise<Answer<T>> {
    const exchange = await this.open(init);
    const result = await handler(exchange.session);
    return { result, head: await this.finish(exchange, init) };
  }

  /** A second browser with the same cookies: a thief's, or another tab's view of the jar. */
  copy(): Browser<Data, Level> {
    const twin = new Browser(this.#sessions);
    for (const [name, value] of this.jar) twin.jar.set(name, value);
    return twin;
  }
}
