/** The Redis store as the user that its page describes, and over TLS with an authority of our own. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  freePort,
  type RedisCluster,
  type ServerWithUrl,
  startRedis,
  startRedisCluster,
} from "../../../scripts/servers.mjs";
import { describeWith } from "../../../test-support/needs.ts";
import { redisStore } from "../src/stores/redis.ts";
import { sampleNow, sampleSession, sampleSubject, storeCases } from "../src/testing/index.ts";
import {
  clusterClients,
  freshPrefix,
  type OpenedClient,
  openIoredis,
  type RedisTarget,
  redisGrounds,
  singleClients,
} from "./support/redis.ts";

const run = promisify(execFile);
const page = readFileSync(join(import.meta.dirname, "../../../docs/stores/redis.md"), "utf8");

/** The lines of the page, for the tests' own prefixes: for one server, and what a cluster needs beside. */
const [documentedUser = [], documentedOnCluster = []] = [
  ...page.matchAll(/^ACL SETUSER (holdfast .*)$/gm),
].map(([, line = ""]) =>
  line.replace("~holdfast:*", "~t*").replace(">PASSWORD", ">secret").split(" "),
);

const documented = { username: "holdfast", password: "secret" } as const;

describeWith("redis", "redisStore as the user of the documentation", () => {
  let server: ServerWithUrl;
  let target: RedisTarget;
  let clients: [OpenedClient, OpenedClient];

  beforeAll(async () => {
    server = await startRedis();
    const admin = new Redis(server.port, "127.0.0.1");
    await admin.call("ACL", "SETUSER", ...documentedUser);
    await admin.call("ACL", "SETUSER", "default", "off");
    admin.disconnect();
    target = { port: server.port, ...documented };
    clients = [await openIoredis(target), await openIoredis(target)];
  });
  afterAll(async () => {
    for (const client of clients ?? []) await client.close();
    await server?.stop();
  });

  const grounds = redisGrounds(() => clients);
  afterEach(() => grounds.clean());
  for (const { title, needs, run: runCase } of storeCases) {
    const traits = {
      shared: "network",
      revocation: "until-failover",
      index: true,
      nativeExpiry: true,
      durable: false,
    } as const;
    if (needs?.(traits) ?? true) it(title, () => runCase(grounds.harness()));
  }

  for (const [name, openClient] of Object.entries(singleClients)) {
    it(`needs no more for ${name}: clock, eviction, WAIT`, async () => {
      const [own, waiting] = [await openClient(target), await openClient(target)];
      const problems: string[] = [];
      const store = redisStore(own.client, {
        prefix: "t-acl:",
        replicas: { client: waiting.client, count: 1, timeoutMilliseconds: 1 },
      });
      store.watch?.(({ problem }) => problems.push(problem));
      expect(await store.clock?.()).toBeGreaterThan(0);
      const { key, record } = sampleSession(1, { subjectKey: sampleSubject(1) });
      await store.create(key, record, { now: sampleNow });
      expect(await store.delete(key)).toBe(true);
      // WAIT was answered: by no replica, since there is none.
      await expect.poll(() => problems).toEqual(["replicas"]);
      await store.close();
      await own.close();
      await waiting.close();
    });
  }

  it("reaches no key of anybody else", async () => {
    const store = redisStore(clients[0].client, { prefix: "other:" });
    const { key, record } = sampleSession(1);
    await expect(store.get(key)).rejects.toThrow(/NOPERM/);
    await expect(store.create(key, record, { now: sampleNow })).rejects.toThrow(/NOPERM/);
    await store.close();
  });
});

describeWith("redis", "redisStore as the user of the documentation on a cluster", () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster({ replicas: 0 });
    for (const { port } of cluster.nodes) {
      const admin = new Redis(port, "127.0.0.1");
      await admin.call("ACL", "SETUSER", ...documentedUser);
      await admin.call("ACL", "SETUSER", ...documentedOnCluster);
      await admin.call("ACL", "SETUSER", "default", "off");
      admin.disconnect();
    }
  });
  afterAll(() => cluster?.stop());

  for (const [name, openClient] of Object.entries(clusterClients)) {
    it(`keeps, lists and ends sessions on every node: ${name}`, async () => {
      const own = await openClient({ port: cluster.nodes[0]?.port ?? 0, ...documented });
      const problems: unknown[] = [];
      const store = redisStore(own.client, { prefix: freshPrefix() });
      store.watch?.((problem) => problems.push(problem));
      for (let n = 0; n < 30; n += 1) {
        const subjectKey = sampleSubject(n * 2000);
        const { key, record } = sampleSession(n, { subjectKey });
        const checkpoint = await store.checkpoint(subjectKey, sampleNow);
        await store.create(key, record, { now: sampleNow, checkpoint });
        expect(await store.get(key)).toMatchObject({ handle: record.handle });
        if (n % 2 === 0) expect(await store.deleteSubject(subjectKey)).toHaveLength(1);
      }
      expect(await store.clock?.()).toBeGreaterThan(0);
      expect(await store.deleteAll()).toBe(15);
      expect(problems).toEqual([]);
      await store.close();
      await own.close();
    });
  }
});

describeWith("redis", "redisStore over TLS", () => {
  let folder: string;
  let server: ServerWithUrl;
  let port: number;
  let ca: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "hf-tls-"));
    const openssl = (...args: readonly string[]) => run("openssl", [...args], { cwd: folder });
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    writeFileSync(
      join(folder, "san.cnf"),
      "subjectAltName = DNS:localhost, IP:127.0.0.1\nbasicConstraints = CA:FALSE\n",
    );
    await openssl(
      ...["req", "-x509", ...newKey, "-days", "2", "-subj", "/CN=Test authority"],
      ...["-keyout", "ca.key", "-out", "ca.crt"],
    );
    await openssl(
      ...[
        "req",
        ...newKey,
        "-subj",
        "/CN=localhost",
        "-keyout",
        "server.key",
        "-out",
        "server.csr",
      ],
    );
    await openssl(
      ...["x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key"],
      ...["-CAcreateserial", "-days", "2", "-extfile", "san.cnf", "-out", "server.crt"],
    );
    ca = readFileSync(join(folder, "ca.crt"), "utf8");
    port = await freePort();
    server = await startRedis({
      args: [
        ...["--tls-port", String(port), "--tls-auth-clients", "no"],
        ...["--tls-cert-file", join(folder, "server.crt")],
        ...["--tls-key-file", join(folder, "server.key")],
        ...["--tls-ca-cert-file", join(folder, "ca.crt")],
      ],
    });
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  describe("with the authority's certificate", () => {
    for (const [name, openClient] of Object.entries(singleClients)) {
      it(`keeps and ends a session: ${name}`, async () => {
        const own = await openClient({ host: "localhost", port, ca });
        const store = redisStore(own.client, { prefix: `tls-${name}:` });
        const { key, record } = sampleSession(1, { subjectKey: sampleSubject(1) });
        expect(await store.create(key, record, { now: sampleNow })).toBe("created");
        expect(await store.get(key)).toMatchObject({ handle: record.handle });
        expect(await store.deleteSubject(sampleSubject(1))).toHaveLength(1);
        await store.close();
        await own.close();
      });
    }
  });

  it("is refused by a client that knows no such authority", async () => {
    const client = new Redis({
      host: "localhost",
      port,
      tls: {},
      retryStrategy: () => null,
      lazyConnect: true,
    });
    const errors: unknown[] = [];
    client.on("error", (error) => errors.push((error as { code?: unknown }).code));
    const store = redisStore(client);
    await expect(store.get(sampleSession(1).key)).rejects.toThrow();
    expect(errors).toContain("SELF_SIGNED_CERT_IN_CHAIN");
    await store.close();
  });
});
