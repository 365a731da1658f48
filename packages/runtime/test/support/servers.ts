/**
 * Private loopback servers for tests: one small application behind every adapter.
 * @module
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import express from "express";
import type { AdapterOptions } from "../../src/adapters/adapter.ts";
import { expressSessions } from "../../src/adapters/express.ts";
import { nodeSessions } from "../../src/adapters/node.ts";
import { webSessions } from "../../src/adapters/web.ts";
import type { Session, Sessions } from "../../src/index.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests of adapters use any data and any level.
export type AnySession = Session<any, any>;

/** What a route of the test application does; it answers by what it returns, or throws. */
export type Route = (session: AnySession) => TestAnswer | Promise<TestAnswer>;

export interface TestAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | readonly string[];
}

export interface Running {
  readonly url: string;
  close(): Promise<void>;
}

export async function listen(server: Server): Promise<Running> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export type Routes = Readonly<Record<string, Route>>;

/** Starts the routes behind one adapter. `errors` receives what the adapter says that a handler threw. */
export type Start = (
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  sessions: Sessions<any, any>,
  routes: Routes,
  options?: AdapterOptions & { readonly errors?: unknown[] },
) => Promise<Running>;

async function answerNode(response: ServerResponse, answer: TestAnswer): Promise<void> {
  const { status = 200, headers = {}, body = "" } = answer;
  response.writeHead(status, headers);
  if (typeof body === "string") response.end(body);
  else await pipeline(Readable.from(body), response);
}

const routeOf = (routes: Routes, url: string | undefined): Route => {
  const [path = "/"] = (url ?? "/").split("?");
  return routes[path] ?? (() => ({ status: 404 }));
};

export const adapters: Readonly<Record<"node" | "express" | "web", Start>> = {
  node: (sessions, routes, { errors = [], ...options } = {}) => {
    const onError = (error: unknown) => void errors.push(error);
    const { handle, session } = nodeSessions(sessions, { ...options, onError });
    return listen(
      createServer(
        handle(async (request, response) => {
          await answerNode(response, await routeOf(routes, request.url)(session(request)));
        }),
      ),
    );
  },

  express: (sessions, routes, { errors = [], ...options } = {}) => {
    const { middleware, session } = expressSessions(sessions, options);
    const app = express();
    app.use(middleware);
    app.use(async (request: IncomingMessage, response: ServerResponse) => {
      await answerNode(response, await routeOf(routes, request.url)(session(request)));
    });
    app.use(((error, _request, _response, next) => {
      errors.push(error);
      next(error);
    }) satisfies express.ErrorRequestHandler);
    app.set("env", "test"); // Express prints what it answers 500 to, except in tests.
    return listen(createServer(app));
  },

  web: (sessions, routes, { errors = [], ...options } = {}) => {
    const onError = (error: unknown) => void errors.push(error);
    const { handle, session } = webSessions(sessions, { ...options, onError });
    const fetchHandler = handle(async (request) => {
      const {
        status = 200,
        headers = {},
        body = "",
      } = await routeOf(routes, new URL(request.url).pathname)(session(request));
      const isEmpty = status === 204 || status === 304;
      const content = typeof body === "string" ? body : Readable.toWeb(Readable.from(body));
      return new Response(isEmpty ? null : (content as string), { status, headers });
    });
    return listen(
      createServer((request, response) => void bridge(fetchHandler, request, response)),
    );
  },
};

/** Serves a fetch handler over Node's server, as platforms do. */
async function bridge(
  handler: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "GET", url = "/", headers } = incoming;
  const answer = await handler(
    new Request(`http://${headers.host}${url}`, {
      method,
      headers: headers as Record<string, string>,
    }),
  );
  const { status, body } = answer;
  for (const [name, value] of answer.headers) {
    if (name !== "set-cookie") response.setHeader(name, value);
  }
  const cookies = answer.headers.getSetCookie();
  if (cookies.length > 0) response.setHeader("set-cookie", cookies);
  response.writeHead(status);
  if (body === null) response.end();
  else await pipeline(Readable.fromWeb(body as never), response);
}

/** A client with a cookie jar. Not `fetch`, which sends Fetch Metadata of its own. */
export class HttpClient {
  readonly jar: Map<string, string> = new Map();
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async fetch(path: string, init: ClientRequest = {}): Promise<Response> {
    const cookies = [...this.jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...(cookies !== "" && { cookie: cookies }), ...init.headers };
    const response = await send(this.#url + path, { ...init, headers });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/; Max-Age=0/.test(line)) this.jar.delete(name);
      else this.jar.set(name, value);
    }
    return response;
  }
}

export interface ClientRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function send(url: string, { method = "GET", headers = {} }: ClientRequest): Promise<Response> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, async (incoming) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const given = new Headers();
      for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
        given.append(incoming.rawHeaders[at] ?? "", incoming.rawHeaders[at + 1] ?? "");
      }
      const { statusCode: status = 0, statusMessage: statusText = "" } = incoming;
      const isEmpty = status === 204 || status === 304;
      const body = isEmpty ? null : Buffer.concat(chunks);
      resolve(new Response(body, { status, statusText, headers: given }));
    });
    sent.on("error", reject).end();
  });
}
