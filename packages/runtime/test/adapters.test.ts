/**
 * What every adapter must do, over real HTTP: commit before the head, keep the order, answer failures.
 * @module
 */
import { randomBytes } from "node:crypto";
import { createServer, get } from "node:http";
import { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { nodeSessions } from "../src/adapters/node.ts";
import { createKeyring, createSessions, type SessionEvent } from "../src/index.ts";
import { memoryStore } from "../src/stores/memory.ts";
import type { SessionStore } from "../src/stores/store.ts";
import type { CountingStore } from "../src/testing/index.ts";
import { countingStore } from "../src/testing/index.ts";
import { adapters, HttpClient, listen, type Routes, type Running } from "./support/servers.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

interface World {
  readonly store: CountingStore;
  readonly events: SessionEvent[];
  // biome-ignore lint/suspicious/noExplicitAny: any data and any level.
  readonly sessions: ReturnType<typeof createSessions<any, any>>;
}

function world(inner: SessionStore = memoryStore(), policy = {}): World {
  const events: SessionEvent[] = [];
  const store = countingStore(inner);
  const sessions = createSessions<Record<string, unknown>, string>({
    keyring: createKeyring({ bytes: randomBytes(32) }),
    store,
    levels: ["password", "passkey"],
    policy,
    onEvent: (event) => void events.push(event),
  });
  open.push(sessions);
  return { store, events, sessions };
}

/** A store whose operations of one kind fail while a switch is on. */
function failing(operation: keyof SessionStore): { store: SessionStore; fail(on: boolean): void } {
  let isOn = false;
  const inner = memoryStore();
  const member = inner[operation] as (...args: never[]) => unknown;
  const store = {
    ...inner,
    [operation]: (...args: never[]) =>
      isOn ? Promise.reject(new Error("connection refused")) : member(...args),
  };
  const fail = (on: boolean) => {
    isOn = on;
  };
  return { store, fail };
}

const routes: Routes = {
  "/": () => ({ body: "untouched" }),
  "/read": (session) => ({
    body: JSON.stringify({ subject: session.subject, n: session.get("n") }),
  }),
  "/write": (session) => {
    session.update("n", (n: unknown) => (typeof n === "number" ? n : 0) + 1);
    return { body: "written" };
  },
  "/sign-in": async (session) => {
    await session.signIn("ada", { level: "password" });
    return { status: 303, headers: { Location: "/read", "Set-Cookie": "theme=dark" } };
  },
  "/sign-out": async (session) => {
    await session.signOut();
    return { body: "bye" };
  },
  "/sign-in-and-fail": async (session) => {
    await session.signIn("ada", { level: "password" });
    session.set("n", 77);
    throw new Error("the handler failed");
  },
  "/stream": (session) => {
    session.set("n", 5);
    return { body: ["one ", "two ", "three"], headers: { "Content-Type": "text/plain" } };
  },
  "/not-modified": (session) => {
    session.set("n", 6);
    return { status: 304 };
  },
  "/public": (session) => {
    session.set("n", 8);
    return { headers: { "Cache-Control": "public, max-age=60" } };
  },
  "/fresh": (session) => {
    session.requireFresh({ withinSeconds: 300 });
    return { body: "fresh" };
  },
  "/strong": (session) => {
    session.requireLevel("passkey");
    return { body: "strong" };
  },
};

const page = { headers: { "sec-fetch-mode": "navigate", "sec-fetch-site": "same-origin" } };

for (const [name, start] of Object.entries(adapters)) {
  describe(`the ${name} adapter`, () => {
    const serve = async (...args: Parameters<typeof start>): Promise<Running> => {
      const running = await start(...args);
      open.push(running);
      return running;
    };

    it("begins a session with the first write and finds it again", async () => {
      const { sessions, store } = world();
      const client = new HttpClient((await serve(sessions, routes)).url);
      await client.fetch("/read");
      expect(store.total, "a visitor without a cookie").toBe(0);
      const first = await client.fetch("/write");
      expect(first.headers.getSetCookie()).toHaveLength(1);
      expect(first.headers.getSetCookie()[0]).toMatch(
        /^__Host-sid-anon=[\w-]{92}; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
      );
      expect(first.headers.get("cache-control")).toBe("no-store");
      await client.fetch("/write");
      const read = await client.fetch("/read");
      expect(await read.json()).toEqual({ n: 2 });
      expect(read.headers.get("cache-control")).toBe("private, no-cache");
      expect(read.headers.get("vary")).toMatch(/\bCookie\b/);
      expect(read.headers.getSetCookie()).toEqual([]);
    });

    it("reads once and writes nothing where nothing changes", async () => {
      const { sessions, store } = world();
      const client = new HttpClient((await serve(sessions, routes)).url);
      await client.fetch("/sign-in", { method: "POST" });
      await client.fetch("/read"); // Confirms the session.
      store.reset();
      const untouched = await client.fetch("/");
      expect(store.counts).toMatchObject({ get: 1, put: 0, touch: 0, create: 0 });
      expect(untouched.headers.get("vary") ?? "").not.toMatch(/Cookie/);
      expect(untouched.headers.get("cache-control")).toBeNull();
    });

    it("keeps the handler's own cookies beside the session's", async () => {
      const { sessions } = world();
      const client = new HttpClient((await serve(sessions, routes)).url);
      const response = await client.fetch("/sign-in", { method: "POST" });
      expect(response.status).toBe(303);
      expect(response.headers.get("location")).toBe("/read");
      const cookies = response.headers.getSetCookie().map((line) => line.split("=")[0]);
      expect(cookies.sort()).toEqual(["__Host-sid", "theme"]);
    });

    it("saves before the head goes out, also when the body is streamed", async () => {
      const inner = memoryStore();
      let stored = false;
      let release: () => void = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const store: SessionStore = {
        ...inner,
        create: async (...args) => {
          await held;
          stored = true;
          return inner.create(...args);
        },
      };
      const { sessions } = world(store);
      const client = new HttpClient((await serve(sessions, routes)).url);
      let headSeen = false;
      const pending = client.fetch("/stream").then((response) => {
        headSeen = true;
        expect(stored, "saved before the head").toBe(true);
        return response.text();
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(headSeen).toBe(false);
      release();
      expect(await pending).toBe("one two three");
      expect(await (await client.fetch("/read")).json()).toEqual({ n: 5 });
    });

    it("settles a response without a body", async () => {
      const { sessions } = world();
      const client = new HttpClient((await serve(sessions, routes)).url);
      const response = await client.fetch("/not-modified");
      expect(response.status).toBe(304);
      expect(await (await client.fetch("/read")).json()).toEqual({ n: 6 });
    });

    it("takes a response that sets the cookie out of shared caches, and says so", async () => {
      const { sessions, events } = world();
      const client = new HttpClient((await serve(sessions, routes)).url);
      const response = await client.fetch("/public");
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect(events.map((event) => event.type)).toContain("cache.overridden");
    });

    it("delivers a new token although the handler failed, and saves nothing more", async () => {
      const { sessions } = world();
      const errors: unknown[] = [];
      const client = new HttpClient((await serve(sessions, routes, { errors })).url);
      const response = await client.fetch("/sign-in-and-fail", { method: "POST" });
      expect(response.status).toBe(500);
      expect(String(errors[0])).toContain("the handler failed");
      expect(await response.text()).not.toContain("the handler failed at");
      expect(await (await client.fetch("/read")).json()).toEqual({ subject: "ada" });
    });

    it("answers 503 with Retry-After while the store cannot be read", async () => {
      const { store, fail } = failing("get");
      const { sessions, events } = world(store);
      const client = new HttpClient((await serve(sessions, routes)).url);
      await client.fetch("/write");
      fail(true);
      const response = await client.fetch("/read");
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBe("5");
      expect(response.headers.get("cache-control")).toBe("no-store");
      fail(false);
      expect(await (await client.fetch("/read")).json()).toEqual({ n: 1 });
      expect(events.map((event) => event.type)).toEqual(
        expect.arrayContaining(["store.unavailable", "store.recovered"]),
      );
    });

    for (const path of ["/write", "/stream"]) {
      it(`replaces the response of ${path} by 503 if it cannot be saved`, async () => {
        const { store, fail } = failing("create");
        const { sessions, events } = world(store);
        const client = new HttpClient((await serve(sessions, routes)).url);
        fail(true);
        const response = await client.fetch(path, { method: "POST" });
        expect(response.status).toBe(503);
        expect(response.headers.get("retry-after"), "an unsafe request is not repeated").toBeNull();
        expect(await response.text()).not.toMatch(/written|one two/);
        expect(response.headers.getSetCookie()).toEqual([]);
        expect(events.map((event) => event.type)).toContain("commit.failed");
      });
    }

    it("answers 503 if the store fails during a sign-in, and signs nobody in", async () => {
      const { store, fail } = failing("create");
      const { sessions } = world(store);
      const client = new HttpClient((await serve(sessions, routes)).url);
      fail(true);
      const response = await client.fetch("/sign-in", { method: "POST" });
      expect(response.status).toBe(503);
      expect(response.headers.getSetCookie().join()).not.toContain("__Host-sid=");
      fail(false);
      expect(await (await client.fetch("/read")).json()).toEqual({});
    });

    it("refuses an unsafe request of another site before it looks at the session", async () => {
      const { sessions, store, events } = world();
      const client = new HttpClient((await serve(sessions, routes)).url);
      await client.fetch("/sign-in", { method: "POST" });
      store.reset();
      const response = await client.fetch("/write", {
        method: "POST",
        headers: { "sec-fetch-site": "cross-site" },
      });
      expect(response.status).toBe(403);
      expect(store.total).toBe(0);
      expect(events.map((event) => event.type)).toContain("cross-site.refused");
    });

    it("lets another site send requests where it was told to", async () => {
      const { sessions } = world();
      const { url } = await serve(sessions, routes, { crossSite: true });
      const headers = { "sec-fetch-site": "cross-site", origin: "https://idp.test" };
      const response = await new HttpClient(url).fetch("/sign-in", { method: "POST", headers });
      expect(response.status).toBe(303);
      expect(response.headers.getSetCookie().join()).toContain("__Host-sid=");
    });

    it("answers a refusal as a problem, or sends the user to sign in", async () => {
      const { sessions } = world();
      const plain = new HttpClient((await serve(sessions, routes)).url);
      const problem = await plain.fetch("/fresh");
      expect(problem.status).toBe(401);
      expect(problem.headers.get("content-type")).toContain("application/problem+json");
      expect(await problem.json()).toMatchObject({ status: 401 });

      const { url } = await serve(sessions, routes, { reauthenticate: "/sign-in" });
      const redirected = await new HttpClient(url).fetch("/fresh?a=1", page);
      expect(redirected.status).toBe(303);
      expect(redirected.headers.get("location")).toBe("/sign-in?return=%2Ffresh%3Fa%3D1");

      await plain.fetch("/sign-in", { method: "POST" });
      expect((await plain.fetch("/fresh")).status).toBe(200);
      expect((await plain.fetch("/strong")).status).toBe(403);
    });

    it("leaves a page alone with which the application answers a refusal itself", async () => {
      const own: Routes = {
        "/own": (session) => {
          try {
            session.requireFresh({ withinSeconds: 1 });
          } catch {
            return { status: 401, headers: { "Content-Type": "text/plain" }, body: "my own page" };
          }
          return {};
        },
        "/unrelated": (session) => {
          try {
            session.requireFresh({ withinSeconds: 1 });
          } catch {
            return { status: 500, body: "something else broke" };
          }
          return {};
        },
      };
      const { sessions } = world();
      const client = new HttpClient((await serve(sessions, own)).url);
      expect(await (await client.fetch("/own", page)).text()).toBe("my own page");
      const broken = await client.fetch("/unrelated", page);
      expect([broken.status, await broken.text()]).toEqual([500, "something else broke"]);
    });

    it("shows its own answers in the look of the application", async () => {
      const { sessions } = world();
      const { url } = await serve(sessions, routes, {
        page: ({ status, message }) => `<h1>${status}</h1><p class="ours">${message}</p>`,
      });
      const response = await new HttpClient(url).fetch("/fresh", page);
      expect(response.status).toBe(401);
      expect(await response.text()).toBe('<h1>401</h1><p class="ours">Sign in first.</p>');
    });

    it("sends visitors and users to different pages", async () => {
      const { sessions } = world();
      const options = { signIn: "/sign-in", reauthenticate: "/sign-in/again" };
      const client = new HttpClient((await serve(sessions, routes, options)).url);
      const visitor = await client.fetch("/strong", page);
      expect(visitor.headers.get("location")).toBe("/sign-in?return=%2Fstrong");
      await client.fetch("/sign-in", { method: "POST" });
      const user = await client.fetch("/strong", page);
      expect(user.headers.get("location")).toBe("/sign-in/again?return=%2Fstrong");
    });

    it("answers a superseded cookie 409, and a page that refreshes itself once", async () => {
      const { sessions } = world();
      const client = new HttpClient(
        (
          await serve(sessions, {
            ...routes,
            "/step-up": async (session) => {
              await session.stepUp("passkey");
              return {};
            },
          })
        ).url,
      );
      await client.fetch("/sign-in", { method: "POST" });
      const old = client.jar.get("__Host-sid");
      await client.fetch("/step-up", { method: "POST" });
      await client.fetch("/read");
      const cookie = `__Host-sid=${old}`;

      const api = await client.fetch("/read", { headers: { cookie } });
      expect(api.status).toBe(409);
      expect(api.headers.get("retry-after")).toBe("1");
      expect(api.headers.getSetCookie()).toEqual([]);
      const first = await client.fetch("/read", { headers: { ...page.headers, cookie } });
      expect(first.status).toBe(409);
      expect(await first.text()).toContain('http-equiv="refresh"');
      const again = { ...page.headers, cookie, referer: "http://app.test/read" };
      expect(await (await client.fetch("/read", { headers: again })).text()).not.toContain(
        "refresh",
      );
      expect(
        (await client.fetch("/", { headers: { cookie } })).status,
        "nothing was asked of it",
      ).toBe(200);
    });

    it("clears the cookie at sign-out, and what the policy names", async () => {
      const { sessions } = world(memoryStore(), { clearSiteData: ["cache", "storage"] });
      const client = new HttpClient((await serve(sessions, routes)).url);
      await client.fetch("/sign-in", { method: "POST" });
      const old = client.jar.get("__Host-sid");
      const response = await client.fetch("/sign-out", { method: "POST" });
      expect(response.headers.get("clear-site-data")).toBe('"cache", "storage"');
      expect(response.headers.getSetCookie().join()).toMatch(
        /__Host-sid=; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=0/,
      );
      const cookie = `__Host-sid=${old}`;
      expect(await (await client.fetch("/read", { headers: { cookie } })).json()).toEqual({});
    });
  });
}

describe("the node adapter, closer", () => {
  it("holds back a fast writer until the head may go, and lets it go on", async () => {
    const { sessions } = world();
    const { handle, session } = nodeSessions(sessions);
    const chunk = "x".repeat(64 * 1024);
    const server = createServer(
      handle((request, response) => {
        session(request).set("n", 1);
        Readable.from(Array.from({ length: 40 }, () => chunk)).pipe(response);
      }),
    );
    const running = await listen(server);
    open.push(running);
    const body = await (await fetch(running.url)).text();
    expect(body).toHaveLength(40 * chunk.length);
  });

  for (const [title, headers] of [
    ["an object", { "X-One": "1", "Set-Cookie": ["a=1", "b=2"] }],
    ["a flat list", ["X-One", "1", "Set-Cookie", "a=1", "Set-Cookie", "b=2"]],
    [
      "a list of pairs",
      [
        ["X-One", "1"],
        ["Set-Cookie", "a=1"],
        ["Set-Cookie", "b=2"],
      ],
    ],
  ] as const) {
    it(`takes headers given to writeHead as ${title}`, async () => {
      const { sessions } = world();
      const { handle, session } = nodeSessions(sessions);
      const server = createServer(
        handle((request, response) => {
          session(request).set("n", 1);
          response.writeHead(201, "Made", headers as never);
          response.end("body");
        }),
      );
      const running = await listen(server);
      open.push(running);
      const response = await fetch(running.url);
      expect([response.status, response.statusText]).toEqual([201, "Made"]);
      expect(response.headers.get("x-one")).toBe("1");
      expect(response.headers.getSetCookie().map((line) => line.split("=")[0])).toEqual([
        "a",
        "b",
        "__Host-sid-anon",
      ]);
    });
  }

  it("sends a head that is flushed early, and can still save afterwards", async () => {
    const { sessions, store } = world();
    const { handle, session } = nodeSessions(sessions);
    const failures: unknown[] = [];
    const server = createServer(
      handle(async (request, response) => {
        const current = session(request);
        if (request.url === "/read") {
          response.end(String(current.get("later")));
          return;
        }
        current.set("n", 1);
        response.flushHeaders();
        response.write("begun");
        await new Promise((resolve) => response.once("drain", resolve));
        expect(response.headersSent).toBe(true);
        await current.signIn("ada", { level: "password" }).catch((error) => failures.push(error));
        current.set("later", 2);
        await current.commit();
        response.end();
      }),
    );
    const running = await listen(server);
    open.push(running);
    const client = new HttpClient(running.url);
    await (await client.fetch("/")).text();
    expect(failures).toMatchObject([{ code: "HOLDFAST_HEAD_SENT" }]);
    expect(await (await client.fetch("/read")).text()).toBe("2");
    expect(store.counts.create).toBe(1);
  });

  it("saves what a client that hung up has changed", async () => {
    const { sessions } = world();
    const { handle, session } = nodeSessions(sessions);
    const client = { jar: "" };
    let finished: () => void = () => {};
    const done = new Promise<void>((resolve) => {
      finished = resolve;
    });
    const server = createServer(
      handle(async (request, response) => {
        const current = session(request);
        if (request.url === "/hang-up") {
          await new Promise((resolve) => request.socket.once("close", resolve));
          current.set("n", 9);
          await current.commit();
          response.end();
          finished();
          return;
        }
        if (request.url === "/start") current.set("n", 1);
        response.end(String(current.get("n")));
      }),
    );
    const running = await listen(server);
    open.push(running);
    const start = await fetch(`${running.url}/start`);
    client.jar = start.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    const cookie = client.jar;
    const request = get(`${running.url}/hang-up`, { headers: { cookie } });
    request.on("error", () => {}); // The test itself cuts the connection.
    await new Promise((resolve) => request.on("socket", (socket) => socket.on("connect", resolve)));
    request.destroy();
    await done;
    const read = await fetch(running.url, { headers: { cookie } });
    expect(await read.text()).toBe("9");
  });

  it("does not touch the store outside its paths", async () => {
    const { sessions, store } = world();
    const { handle, session } = nodeSessions(sessions, { paths: ["/app"] });
    const server = createServer(
      handle((request, response) => {
        try {
          session(request).set("n", 1);
          response.end("inside");
        } catch (error) {
          response.end((error as { code?: string }).code);
        }
      }),
    );
    const running = await listen(server);
    open.push(running);
    const inside = await fetch(`${running.url}/app/x`);
    expect(await inside.text()).toBe("inside");
    const cookie = inside.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    store.reset();
    const outside = await fetch(`${running.url}/application`, { headers: { cookie } });
    expect(await outside.text()).toBe("HOLDFAST_NO_SESSION");
    expect(store.total).toBe(0);
  });

  it("believes X-Forwarded-For of its own proxies alone", async () => {
    for (const [trustProxy, expected] of [
      [0, "127.0.0.1"],
      [1, "198.51.100.7"],
      [2, "203.0.113.9"],
    ] as const) {
      const { sessions, events } = world();
      const { handle, session } = nodeSessions(sessions, { trustProxy });
      const server = createServer(
        handle(async (request, response) => {
          await session(request).signIn("ada", { level: "password" });
          response.end();
        }),
      );
      const running = await listen(server);
      open.push(running);
      await fetch(running.url, { headers: { "x-forwarded-for": "203.0.113.9, 198.51.100.7" } });
      expect(events.at(-1)).toMatchObject({ type: "session.signed-in", address: expected });
    }
  });
});
