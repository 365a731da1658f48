/**
 * A bank and its neighbourhood for a real browser: `bank.localhost` is ours, `forum.bank.localhost` a
 * sibling of the same site, `evil.localhost` another site. One server, whose log says what arrived, with
 * which cookies, and what stopped it.
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Csrf, csrf } from "../../src/csrf/csrf.ts";
import type { RequestState } from "../../src/engine/request-state.ts";
import type { SessionPolicy } from "../../src/options.ts";
import { expressForms, FormClient } from "./csrf-servers.ts";
import { startEngine } from "./engine.ts";
import { listen } from "./servers.ts";

/** What stands between a forged request and the bank. */
export interface Setup {
  readonly name: string;
  /** The browser's `Sec-Fetch-*`, `Origin` and `Referer` reach the server. */
  readonly headers: boolean;
  readonly token: boolean;
  readonly policy: SessionPolicy;
}

export const setups = {
  shipped: { name: "as shipped", headers: true, token: true, policy: {} },
  noHeaders: { name: "no headers", headers: false, token: true, policy: {} },
  tokenOnly: {
    name: "token alone",
    headers: false,
    token: true,
    policy: { unsafeSameSiteNone: true },
  },
  nothing: {
    name: "nothing",
    headers: false,
    token: false,
    policy: { unsafeSameSiteNone: true },
  },
} as const satisfies Readonly<Record<string, Setup>>;

/** A request that reached the bank. */
export interface Arrival {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** As the browser sent it, also where the server is not shown it. */
  readonly site: string;
  readonly hasSession: boolean;
  /** What refused it, if anything did. */
  readonly refusedBy: string | undefined;
}

export interface Site extends AsyncDisposable {
  readonly setup: Setup;
  readonly bank: string;
  readonly sibling: string;
  readonly evil: string;
  /** An origin that the bank trusts. */
  readonly accounts: string;
  readonly arrivals: readonly Arrival[];
  /** Whom `POST /act` acted for. */
  readonly effects: readonly string[];
  /** The next request with this path, once it is answered. */
  arrival(path: string): Promise<Arrival>;
  /** A browser of the attacker's own, which is a client of the bank too. */
  attacker(): FormClient;
}

/** What the forms ask for is there, and stops nothing. */
const UNGUARDED: Csrf = {
  attach() {
    const pass = (state: RequestState) => {
      state.unverified = false;
    };
    return { trusts: () => true, token: () => "none", check: pass, verify: pass };
  },
};

const HEADERS = ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "origin", "referer"];
const ARRIVAL_MILLISECONDS = 10_000;

export async function startSite(setup: Setup): Promise<Site> {
  const effects: string[] = [];
  const arrivals: Arrival[] = [];
  const waiting: { readonly path: string; readonly resolve: (arrival: Arrival) => void }[] = [];
  let bank: (request: IncomingMessage, response: ServerResponse) => void = () => {};
  const { url, close } = await listen(
    createServer((request, response) => {
      if (request.headers.host?.startsWith("bank.") || request.headers.host === "localhost") {
        bank(request, response);
      } else {
        response.setHeader("Content-Type", "text/html");
        response.end("<!doctype html><title>A neighbour</title><body></body>");
      }
    }),
  );
  const { port } = new URL(url);
  const originOf = (host: string) => `http://${host}:${port}`;
  const accounts = originOf("accounts.bank.localhost");
  const { sessions, events } = startEngine({
    policy: setup.policy,
    csrf: setup.token ? csrf({ trustedOrigins: [accounts] }) : UNGUARDED,
    now: Date.now,
  });
  const app = expressForms(sessions, {}, effects);

  bank = (request, response) => {
    const { method = "", headers } = request;
    const path = new URL(request.url ?? "/", url).pathname;
    const site = headers["sec-fetch-site"]?.toString() ?? "";
    const hasSession = headers.cookie?.includes("__Host-sid=") === true;
    const before = events.length;
    response.on("finish", () => {
      const status = response.statusCode;
      const isFirst = events.slice(before).some(({ type }) => type === "cross-site.refused");
      const isRefused = status === 401 || status === 403;
      const refusedBy = isFirst ? "first line" : isRefused ? "token" : undefined;
      const arrival = { method, path, status, site, hasSession, refusedBy };
      arrivals.push(arrival);
      const at = waiting.findIndex((each) => each.path === path && method === "POST");
      if (at >= 0) waiting.splice(at, 1)[0]?.resolve(arrival);
    });
    if (headers.origin === accounts && setup.headers) {
      response.setHeader("Access-Control-Allow-Origin", accounts);
      response.setHeader("Access-Control-Allow-Credentials", "true");
      response.setHeader("Access-Control-Allow-Headers", "x-csrf-token");
      if (method === "OPTIONS") return void response.writeHead(204).end();
    }
    if (!setup.headers) for (const name of HEADERS) delete headers[name];
    app(request as never, response as never);
  };

  return {
    setup,
    bank: originOf("bank.localhost"),
    sibling: originOf("forum.bank.localhost"),
    evil: originOf("evil.localhost"),
    accounts,
    arrivals,
    effects,
    arrival: (path) =>
      new Promise((resolve, reject) => {
        const late = new Error(`no POST ${path} within ${ARRIVAL_MILLISECONDS} ms`);
        const timer = setTimeout(() => reject(late), ARRIVAL_MILLISECONDS);
        waiting.push({
          path,
          resolve(arrival) {
            clearTimeout(timer);
            resolve(arrival);
          },
        });
      }),
    attacker: () => new FormClient({ port: Number(port) }),
    async [Symbol.asyncDispose]() {
      await close();
      await sessions.close();
    },
  };
}
