/** The store suite on Memcached: one server, three, over TLS, and with a password. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createServer } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { PrivateServer } from "../../../scripts/servers.mjs";
import { describeWith } from "../../../test-support/needs.ts";
import { type MemcachedStoreOptions, memcachedStore } from "../src/stores/memcached.ts";
import type { SessionStore } from "../src/stores/store.ts";
import { sampleNow, sampleSession, storeCases } from "../src/testing/index.ts";
import {
  type Certificates,
  makeCertificates,
  memcachedGrounds,
  type ReadableFolder,
  readableFolder,
  startServers,
} from "./support/memcached.ts";

const traits = {
  shared: "network",
  revocation: "durable",
  index: false,
  nativeExpiry: true,
  durable: false,
} as const;

const HOST = "127.0.0.1";

function runSuite(
  servers: () => readonly PrivateServer[],
  options: () => Omit<MemcachedStoreOptions, "servers"> = () => ({}),
): void {
  const grounds = memcachedGrounds(servers, options);
  afterEach(() => grounds.clean());
  for (const { title, needs, run } of storeCases) {
    if (needs?.(traits) ?? true) it(title, () => run(grounds.harness()));
  }
  it("claims the traits that the suite was chosen by", async () => {
    expect((await grounds.harness().open()).traits).toEqual(traits);
  });
}

for (const count of [1, 3]) {
  describeWith("memcached", `the store suite on Memcached, ${count} of them`, () => {
    let servers: readonly PrivateServer[] = [];
    beforeAll(async () => {
      servers = await startServers(count);
    });
    afterAll(() => Promise.all(servers.map((server) => server.stop())));
    runSuite(() => servers);
  });
}

describeWith("memcached", "Memcached over TLS", () => {
  let folder: ReadableFolder;
  let certificates: Certificates;
  let servers: readonly PrivateServer[] = [];
  let opened: SessionStore[] = [];

  beforeAll(async () => {
    folder = readableFolder();
    certificates = await makeCertificates(folder);
    servers = await startServers(1, certificates.args);
  });
  afterEach(async () => {
    for (const store of opened) await store.close();
    opened = [];
  });
  afterAll(async () => {
    for (const server of servers) await server.stop();
    folder?.remove();
  });

  function open(options: Partial<MemcachedStoreOptions>): SessionStore {
    const port = servers[0]?.port ?? 0;
    const store = memcachedStore({ servers: [{ host: HOST, port }], ...options });
    opened.push(store);
    return store;
  }

  describe("with the authority's certificate, passes the store suite:", () => {
    runSuite(
      () => servers,
      () => ({ tls: { ca: certificates.ca } }),
    );
  });

  it("reaches a server by its name", async () => {
    const port = servers[0]?.port ?? 0;
    const store = open({ servers: [{ host: "localhost", port }], tls: { ca: certificates.ca } });
    expect(await store.get(sampleSession(1).key)).toBeUndefined();
  });

  it("refuses a server of an authority that it does not know", async () => {
    await expect(open({ tls: true }).get(sampleSession(1).key)).rejects.toMatchObject({
      code: expect.stringMatching(/SELF_SIGNED|UNABLE_TO/),
    });
  });

  it("refuses a server of another name", async () => {
    const store = open({ tls: { ca: certificates.ca, servername: "cache.example" } });
    await expect(store.get(sampleSession(1).key)).rejects.toMatchObject({
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
  });

  it("gets nothing out of a TLS server in the clear, and is told in time", async () => {
    const store = open({ timeoutSeconds: 0.2 });
    await expect(store.get(sampleSession(1).key)).rejects.toMatchObject({
      code: expect.stringMatching(/^(HOLDFAST_STORE|ECONNRESET)$/),
    });
  });

  it("refuses a certificate that is none at start-up", () => {
    expect(() =>
      open({ tls: { ca: "-----BEGIN CERTIFICATE-----\nAAAA", cert: "none", key: "none" } }),
    ).toThrow(expect.objectContaining({ code: "HOLDFAST_OPTION", details: { option: "tls" } }));
  });

  it("shows a certificate of its own to a server that asks for one", async () => {
    const path = join(folder.path, "ca.crt");
    const [mode, files, paths] = certificates.args;
    const args = [mode, files, `${paths},ssl_verify_mode=2,ssl_ca_cert=${path}`];
    const [strict] = await startServers(
      1,
      args.filter((arg) => arg !== undefined),
    );
    try {
      const target = { servers: [{ host: HOST, port: strict?.port ?? 0 }] };
      const { ca } = certificates;
      await expect(open({ ...target, tls: { ca } }).get(sampleSession(1).key)).rejects.toThrow();
      const [cert, key] = ["server.crt", "server.key"].map((name) =>
        readFileSync(join(folder.path, name)),
      );
      if (cert === undefined || key === undefined) throw new Error("no certificate was made");
      const store = open({ ...target, tls: { ca, cert, key } });
      expect(await store.get(sampleSession(1).key)).toBeUndefined();
    } finally {
      await strict?.stop();
    }
  });

  it("shows the password to no server that it has not verified", async () => {
    const received: Buffer[] = [];
    const files = { cert: "server.crt", key: "server.key" } as const;
    const read = (name: string) => readFileSync(join(folder.path, name));
    const impostor = createServer({ cert: read(files.cert), key: read(files.key) }, (socket) => {
      socket.on("data", (chunk) => received.push(chunk)).on("error", () => {});
    });
    impostor.on("tlsClientError", () => {});
    await new Promise<void>((resolve) => impostor.listen(0, HOST, resolve));
    const { port } = impostor.address() as { port: number };
    const store = open({
      servers: [{ host: HOST, port }],
      tls: true,
      auth: { username: "app", password: "secret" },
    });
    await expect(store.get(sampleSession(1).key)).rejects.toThrow();
    await new Promise((resolve) => impostor.close(resolve));
    expect(received).toEqual([]);
  });
});

describeWith("memcached", "Memcached with a password", () => {
  let folder: ReadableFolder;
  let servers: readonly PrivateServer[] = [];
  const auth = { username: "app", password: "s3cret!" };

  beforeAll(async () => {
    folder = readableFolder();
    const file = folder.write("users", "other:one\napp:s3cret!\n");
    servers = await startServers(1, ["-Y", file]);
  });
  afterAll(async () => {
    for (const server of servers) await server.stop();
    folder?.remove();
  });

  describe("with the right one, passes the store suite:", () => {
    runSuite(
      () => servers,
      () => ({ auth }),
    );
  });

  for (const [what, given] of [
    ["with a wrong one", { ...auth, password: "s3cret" }],
    ["without one", undefined],
  ] as const) {
    it(`is refused ${what}, call by call`, async () => {
      const port = servers[0]?.port ?? 0;
      const store = memcachedStore({
        servers: [{ host: HOST, port }],
        ...(given !== undefined && { auth: given }),
      });
      const { key, record } = sampleSession(1);
      for (let n = 0; n < 3; n += 1) {
        const created = store.create(key, record, { now: sampleNow });
        await expect(created).rejects.toThrow(/unauthenticated|authentication failure/);
      }
      await store.close();
    });
  }
});
