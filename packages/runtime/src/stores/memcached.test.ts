/** What the Memcached store needs no server for: its options, what it cannot do, and servers that lie. */
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { sampleNow, sampleSession, sampleSubject } from "../testing/index.ts";
import { type MemcachedStoreOptions, memcachedStore } from "./memcached.ts";
import type { SessionStore } from "./store.ts";
import { packValue } from "./store-bytes.ts";

const servers = [{ host: "127.0.0.1", port: 11_211 }];
const one = sampleSession(1);

describe("the options of memcachedStore", () => {
  for (const [option, options] of [
    ["server", { servers, server: "x" }],
    ["servers", {}],
    ["servers", { servers: [] }],
    ["servers", { servers: [...servers, ...servers] }],
    ["servers", { servers: [{ host: "a" }, { host: "A", port: 11_211 }] }],
    ["servers[0].host", { servers: [{ host: "" }] }],
    ["servers[0].host", { servers: [{ host: "a b" }] }],
    ["servers[0].port", { servers: [{ host: "a", port: 0 }] }],
    ["servers[1].weight", { servers: [{ host: "a" }, { host: "b", weight: 2 }] }],
    ["prefix", { servers, prefix: "" }],
    ["prefix", { servers, prefix: "a b" }],
    ["prefix", { servers, prefix: "x".repeat(33) }],
    ["tls", { servers, tls: "yes" }],
    ["tls", { servers, tls: { ca: "no certificate", key: "no key", cert: "none" } }],
    ["tls.rejectUnauthorized", { servers, tls: { rejectUnauthorized: false } }],
    ["auth.username", { servers, auth: { username: "", password: "x" } }],
    ["auth.username", { servers, auth: { username: "a b", password: "x" } }],
    ["auth.password", { servers, auth: { username: "a", password: "x\r\nflush_all" } }],
    ["auth.password", { servers, auth: { username: "a", password: "x".repeat(201) } }],
    ["auth.user", { servers, auth: { username: "a", password: "x", user: "a" } }],
    ["timeoutSeconds", { servers, timeoutSeconds: 0 }],
    ["timeoutSeconds", { servers, timeoutSeconds: Number.NaN }],
    ["maxItemBytes", { servers, maxItemBytes: 1000 }],
    ["maxItemBytes", { servers, maxItemBytes: 2048.5 }],
    ["ownsServer", { servers, ownsServer: 1 }],
  ] as const) {
    it(`refuse ${option}: ${JSON.stringify(options).slice(0, 80)}`, () => {
      expect(() => memcachedStore(options as unknown as MemcachedStoreOptions)).toThrow(
        expect.objectContaining({ code: "HOLDFAST_OPTION", details: { option } }),
      );
    });
  }
});

describe("memcachedStore without an index", () => {
  const unsupported = expect.objectContaining({
    code: "HOLDFAST_UNSUPPORTED",
    details: { trait: "index" },
    message: expect.stringContaining('"index"'),
  });
  const subjectKey = sampleSubject(1);
  const store = memcachedStore({ servers });

  for (const [what, call] of [
    ["list a subject", () => store.listSubject(subjectKey)],
    ["delete a subject", () => store.deleteSubject(subjectKey)],
    ["make a checkpoint", () => store.checkpoint(subjectKey, sampleNow)],
    [
      "create with a checkpoint",
      () => store.create(one.key, one.record, { now: sampleNow, checkpoint: "x" }),
    ],
  ] as const) {
    it(`does not ${what}, and asks no server`, async () => {
      await expect((async () => call())()).rejects.toEqual(unsupported);
    });
  }

  it("flushes no server that it was not told to own", async () => {
    await expect((async () => store.deleteAll())()).rejects.toMatchObject({
      code: "HOLDFAST_UNSUPPORTED",
      details: { option: "ownsServer" },
    });
  });
});

describe("memcachedStore and a server that", () => {
  let server: Server | undefined;
  let store: SessionStore | undefined;
  const sockets = new Set<Socket>();

  afterEach(async () => {
    await store?.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
  });

  /** @param answer What the server says to each piece of what it is sent. */
  async function openOn(
    answer: (sent: string, socket: Socket) => string | undefined,
    options: Partial<MemcachedStoreOptions> = {},
  ): Promise<SessionStore> {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        const said = answer(chunk.toString("latin1"), socket);
        if (said !== undefined) socket.write(said, "latin1");
      });
    });
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    store = memcachedStore({ servers: [{ host: "127.0.0.1", port }], ...options });
    return store;
  }

  const opaqueOf = (sent: string) => / O(\d+)\r\n/.exec(sent)?.[1] ?? "";
  const bytesOf = (n: number) => packValue(sampleSession(n).record).toString("latin1");
  const found = (value: string, opaque: string) =>
    `VA ${value.length} c5 O${opaque}\r\n${value}\r\n`;

  for (const [what, answer] of [
    ["is of an older kind", () => "ERROR\r\n"],
    ["answers another question", (sent) => found(bytesOf(1), String(Number(opaqueOf(sent)) + 1))],
    ["does not say which question it answers", () => found(bytesOf(1), "").replace(" O", "")],
    ["answers with a code of another command", (sent) => `HD O${opaqueOf(sent)}\r\n`],
    ["is no Memcached", () => "-ERR unknown command 'mg'\r\n"],
    ["speaks HTTP", () => "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["sends no line", () => "\0".repeat(3000)],
    ["keeps something else under the key", (sent) => found("{}", opaqueOf(sent))],
    ["cannot", () => "SERVER_ERROR out of memory\r\n"],
  ] as const satisfies readonly (readonly [string, (sent: string) => string])[]) {
    it(`${what} has nothing taken from it for a session`, async () => {
      const opened = await openOn(answer);
      await expect(opened.get(one.key)).rejects.toMatchObject({ code: "HOLDFAST_STORE" });
      const next = { ...one.record, version: 2 };
      await expect(opened.put(one.key, next)).rejects.toMatchObject({ code: "HOLDFAST_STORE" });
    });
  }

  it("takes no more connections is quoted", async () => {
    const opened = await openOn(() => undefined);
    server?.on("connection", (socket) => socket.end("ERROR Too many open connections\r\n"));
    await expect(opened.get(one.key)).rejects.toThrow(/Too many open connections"$/);
  });

  it("speaks unasked has no later question answered by it", async () => {
    let connections = 0;
    const opened = await openOn((sent) => {
      const opaque = opaqueOf(sent);
      if (connections > 1) return `EN O${opaque}\r\n`;
      return found(bytesOf(1), opaque) + found(bytesOf(1), String(Number(opaque) + 1));
    });
    server?.on("connection", () => {
      connections += 1;
    });
    expect(await opened.get(one.key)).toMatchObject({ handle: one.record.handle });
    expect(await opened.get(sampleSession(2).key)).toBeUndefined();
    expect(connections).toBe(2);
  });

  it("compares no versions has nothing written to it", async () => {
    const commands: string[] = [];
    const opened = await openOn((sent) => {
      commands.push(sent.slice(0, 2));
      return found(bytesOf(1), opaqueOf(sent)).replace(" c5 ", " c0 ");
    });
    await expect(opened.put(one.key, { ...one.record, version: 2 })).rejects.toThrow(/without -C/);
    expect(commands).toEqual(["mg"]);
  });

  it("drops the session between reading and writing has nothing brought back", async () => {
    const opened = await openOn((sent) => {
      const opaque = opaqueOf(sent);
      return sent.startsWith("mg") ? found(bytesOf(1), opaque) : `NF O${opaque}\r\n`;
    });
    const { version, idleExpiresAt } = one.record;
    expect(await opened.put(one.key, { ...one.record, version: 2 })).toBe(false);
    expect(await opened.touch(one.key, version, idleExpiresAt + 1)).toBe(false);
    expect(await opened.delete(one.key, { version, idleExpiresAt })).toBe(false);
  });

  it("always finds the value changed is asked no longer than there is hope", async () => {
    let writes = 0;
    const opened = await openOn((sent) => {
      if (!sent.startsWith("ms")) return found(bytesOf(1), opaqueOf(sent));
      writes += 1;
      return `EX O${opaqueOf(sent)}\r\n`;
    });
    const put = opened.put(one.key, { ...one.record, version: 2 });
    await expect(put).rejects.toThrow(/renewals/);
    expect(writes).toBe(30);
  });

  it("says nothing has every call rejected in time, and its connection replaced", async () => {
    let connections = 0;
    let speaks = false;
    const opened = await openOn((sent) => (speaks ? `EN O${opaqueOf(sent)}\r\n` : undefined), {
      timeoutSeconds: 0.1,
    });
    server?.on("connection", () => {
      connections += 1;
    });
    const calls = Array.from({ length: 20 }, () => opened.get(one.key));
    const results = await Promise.allSettled(calls);
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(["rejected"]));
    speaks = true;
    expect(await opened.get(one.key)).toBeUndefined();
    expect(connections).toBe(2);
  });

  it("goes away in the middle of an answer has every call rejected", async () => {
    const opened = await openOn((sent, socket) => {
      socket.end(`VA 500 O${opaqueOf(sent)}\r\nabc`);
      return undefined;
    });
    const results = await Promise.allSettled(
      [1, 2, 3].map((n) => opened.get(sampleSession(n).key)),
    );
    for (const result of results) expect(result.status).toBe("rejected");
  });

  it("is asked after close rejects", async () => {
    const opened = await openOn((sent) => `EN O${opaqueOf(sent)}\r\n`);
    expect(await opened.get(one.key)).toBeUndefined();
    await opened.close();
    await expect(opened.get(one.key)).rejects.toMatchObject({ code: "HOLDFAST_STORE" });
  });
});
