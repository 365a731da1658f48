/**
 * One small application with forms behind every adapter, and a client that sends forms as a browser does.
 * @module
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  request as send,
} from "node:http";
import { buffer } from "node:stream/consumers";
import express from "express";
import type { AdapterOptions } from "../../src/adapters/adapter.ts";
import { expressSessions } from "../../src/adapters/express.ts";
import { nodeSessions } from "../../src/adapters/node.ts";
import { webSessions } from "../../src/adapters/web.ts";
import type { TestSessions } from "./engine.ts";
import type { TestSession } from "./http.ts";
import { listen } from "./servers.ts";

export interface FormServer extends AsyncDisposable {
  readonly port: number;
  /** Whom each `POST /act` acted for, in order; `nobody` for a visitor. */
  readonly effects: string[];
}

/** What a page answers. */
export interface FormAnswer {
  readonly status: number;
  readonly type: "text/html" | "application/json" | "text/plain";
  readonly body: string;
  readonly location?: string;
}

const text = (body: string): FormAnswer => ({ status: 200, type: "text/plain", body });

/** Every form that the tests send: to do something, to sign in, with a file. */
function formPage(token: string): FormAnswer {
  const field = `<input type="hidden" name="csrf_token" value="${token}">`;
  const body = `<!doctype html><meta name="csrf-token" content="${token}"><title>Forms</title>
<form id="act" method="post" action="/act">${field}<button>Act</button></form>
<form id="upload" method="post" action="/act" enctype="multipart/form-data">${field}<input type="file" name="file"><button>Send</button></form>
<form id="sign-in" method="post" action="/sign-in">${field}<input name="name" value="alice"><button>Sign in</button></form>
<form id="sign-out" method="post" action="/sign-out">${field}<button>Sign out</button></form>`;
  return { status: 200, type: "text/html", body };
}

/** The application: the same behind every adapter. */
export async function answerForm(
  method: string,
  path: string,
  session: TestSession,
  form: { get(name: string): unknown },
  effects: string[],
): Promise<FormAnswer> {
  switch (`${method} ${path}`) {
    case "GET /form":
      return formPage(session.csrfToken());
    case "GET /token":
      return {
        status: 200,
        type: "application/json",
        body: JSON.stringify({ token: session.csrfToken() }),
      };
    case "GET /who":
      return text(session.subject ?? "nobody");
    case "GET /cart":
      session.set("cart", 1);
      return text("kept");
    case "POST /sign-in":
      await session.signIn(String(form.get("name")), { level: "password" });
      return { ...text(""), status: 303, location: "/who" };
    case "POST /sign-out":
      await session.signOut();
      return text("signed out");
    case "POST /rotate":
      await session.rotate();
      return text("rotated");
    case "POST /act": {
      const subject = session.subject ?? "nobody";
      effects.push(subject);
      return text(`done for ${subject}`);
    }
    default:
      return { ...text("nothing here"), status: 404 };
  }
}

function pathOf(url: string | undefined): string {
  return new URL(url ?? "/", "http://localhost").pathname;
}

/** The body as a form, whatever its type; an empty one for what is none. */
async function parseForm(body: Buffer, type: string | undefined): Promise<FormData> {
  const isForm = /^(multipart\/form-data|application\/x-www-form-urlencoded)/.test(type ?? "");
  if (!isForm || body.length === 0) return new FormData();
  const headers = { "Content-Type": type ?? "" };
  return new Response(new Uint8Array(body), { headers }).formData();
}

function sendNode(response: ServerResponse, { status, type, body, location }: FormAnswer): void {
  response.statusCode = status;
  response.setHeader("Content-Type", `${type}; charset=utf-8`);
  if (location !== undefined) response.setHeader("Location", location);
  response.end(body);
}

export type StartForms = (
  sessions: TestSessions,
  options?: AdapterOptions & { readonly maxFormBytes?: number },
) => Promise<FormServer>;

async function serve(server: Server, effects: string[]): Promise<FormServer> {
  const { url, close } = await listen(server);
  return { port: Number(new URL(url).port), effects, [Symbol.asyncDispose]: close };
}

/** The application in Express, for tests that mount it themselves. */
export function expressForms(
  sessions: TestSessions,
  options: AdapterOptions,
  effects: string[],
): express.Express {
  const { middleware, session, verifyForm } = expressSessions(sessions, options);
  const app = express();
  app.set("env", "test"); // Express prints what it answers 500 to, except in tests.
  app.use(middleware, express.urlencoded({ extended: false }), express.json());
  app.use(async (request: IncomingMessage & { body?: unknown }, _response, next) => {
    // As parsers of uploads do: the fields of a multipart form are in `body` afterwards.
    const type = request.headers["content-type"];
    if (!type?.startsWith("multipart/")) return next();
    const form = await parseForm(await buffer(request), type);
    request.body = Object.assign(Object.create(null), Object.fromEntries(form));
    next();
  });
  app.use(verifyForm);
  app.use(async (request: IncomingMessage & { body?: unknown }, response) => {
    const fields = new Map(Object.entries((request.body ?? {}) as Record<string, unknown>));
    const path = pathOf(request.url);
    sendNode(
      response,
      await answerForm(request.method ?? "", path, session(request), fields, effects),
    );
  });
  return app;
}

/** The application behind each adapter, each reading forms as its page of the documentation says. */
export const formServers: Readonly<Record<"node" | "express" | "web", StartForms>> = {
  node: (sessions, options = {}) => {
    const effects: string[] = [];
    const { handle, session } = nodeSessions(sessions, options);
    const handler = async (request: IncomingMessage, response: ServerResponse) => {
      const form = await parseForm(await buffer(request), request.headers["content-type"]);
      const own = session(request);
      own.verifyCsrf(form);
      const path = pathOf(request.url);
      sendNode(response, await answerForm(request.method ?? "", path, own, form, effects));
    };
    return serve(createServer(handle(handler)), effects);
  },

  express: (sessions, options = {}) => {
    const effects: string[] = [];
    return serve(createServer(expressForms(sessions, options, effects)), effects);
  },

  web: (sessions, { maxFormBytes, ...options } = {}) => {
    const effects: string[] = [];
    const { handle, session, verifyForm } = webSessions(sessions, options);
    const fetchHandler = handle(async (request) => {
      await verifyForm(request, maxFormBytes);
      const isForm = /form/.test(request.headers.get("content-type") ?? "");
      // Its own body is still unread.
      const form = isForm ? await request.formData() : new FormData();
      const { pathname } = new URL(request.url);
      const { status, type, body, location } = await answerForm(
        request.method,
        pathname,
        session(request),
        form,
        effects,
      );
      const headers = { "Content-Type": type, ...(location && { Location: location }) };
      return new Response(body, { status, headers });
    });
    return serve(createServer(bridge(fetchHandler)), effects);
  },
};

/** Serves a fetch handler, with the bodies of requests. */
function bridge(handler: (request: Request) => Promise<Response>) {
  return async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "GET", url = "/", headers } = incoming;
    const body = method === "GET" ? null : new Uint8Array(await buffer(incoming));
    const request = new Request(`http://${headers.host}${url}`, {
      method,
      headers: headers as Record<string, string>,
      body,
    });
    const answer = await handler(request);
    for (const [name, value] of answer.headers) {
      if (name !== "set-cookie") response.setHeader(name, value);
    }
    const cookies = answer.headers.getSetCookie();
    if (cookies.length > 0) response.setHeader("set-cookie", cookies);
    response.writeHead(answer.status);
    response.end(Buffer.from(await answer.arrayBuffer()));
  };
}

export interface FormReply {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly setCookies: readonly string[];
  readonly body: string;
}

export interface FormSent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: URLSearchParams | FormData | string;
}

/** A browser with a jar of its own, which says of a request's origin only what it is told to. */
export class FormClient {
  readonly jar: Map<string, string> = new Map();
  readonly #port: number;

  constructor({ port }: Pick<FormServer, "port">) {
    this.#port = port;
  }

  /** The token of a form that is opened now. */
  async openForm(): Promise<string> {
    const { body } = await this.ask("/form");
    const [, token] = /name="csrf_token" value="([^"]+)"/.exec(body) ?? [];
    if (token === undefined) throw new Error("the page has no token");
    return token;
  }

  /** Opens the sign-in form and sends it. */
  async signIn(name: string): Promise<FormReply> {
    const csrf_token = await this.openForm();
    return this.ask("/sign-in", { form: new URLSearchParams({ csrf_token, name }) });
  }

  async ask(path: string, { headers = {}, form, ...init }: FormSent = {}): Promise<FormReply> {
    const method = init.method ?? (form === undefined ? "GET" : "POST");
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const encoded = form === undefined ? undefined : new Response(form);
    const body = encoded && Buffer.from(await encoded.arrayBuffer());
    const type = encoded?.headers.get("content-type");
    const reply = await this.#send(path, method, body, {
      host: "localhost",
      ...(cookie && { cookie }),
      ...(type && { "content-type": type }),
      ...headers,
    });
    for (const line of reply.setCookies) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/; Max-Age=0$/.test(line)) this.jar.delete(name);
      else this.jar.set(name, value);
    }
    return reply;
  }

  #send(
    path: string,
    method: string,
    body: Buffer | undefined,
    headers: Readonly<Record<string, string>>,
  ): Promise<FormReply> {
    const options = { host: "127.0.0.1", port: this.#port, path, method, headers, agent: false };
    return new Promise((resolve, reject) => {
      const sent = send(options, async (response) => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          setCookies: response.headers["set-cookie"] ?? [],
          body: (await buffer(response)).toString(),
        });
      });
      sent.on("error", reject).end(body);
    });
  }
}
