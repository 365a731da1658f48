/**
 * The MySQL and MariaDB store while its server goes and comes back, and over TLS.
 * @module
 */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { startMariadb } from "../../../scripts/servers.mjs";
import { describeWith } from "../../../test-support/needs.ts";
import { mysqlStore } from "../src/stores/mysql.ts";
import { sampleNow, sampleSession, sampleSubject } from "../src/testing/index.ts";
import {
  administer,
  createTables,
  MYSQL_CLIENTS,
  MYSQL_DATABASE,
  type MysqlClientName,
  type MysqlPoolSettings,
  type MysqlTestPool,
  openPool,
} from "./support/mysql.ts";

const now = sampleNow;
const TABLE = "holdfast_sessions";

/** An authority of our own and a certificate for `localhost`, as files that the server's account may read. */
function makeCertificates(folder: string): void {
  const openssl = (...args: string[]) =>
    execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...key,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-days",
    "2",
    "-subj",
    "/CN=ca",
  );
  openssl("req", ...key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost");
  writeFileSync(join(folder, "san.txt"), "subjectAltName=DNS:localhost,IP:127.0.0.1");
  const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "san.txt"];
  openssl("x509", "-req", "-in", "server.csr", ...signed, "-days", "2", "-out", "server.pem");
  chmodSync(folder, 0o755);
  chmodSync(join(folder, "server.key"), 0o644);
}

describeWith("mariadb", "MySQL store in faults", () => {
  let server: Awaited<ReturnType<typeof startMariadb>>;
  const certificates = mkdtempSync(join(tmpdir(), "hf-tls-"));
  const passing: MysqlTestPool[] = [];
  const pooled = (client: MysqlClientName, user: string, settings: MysqlPoolSettings = {}) => {
    const { host, port } = server;
    const pool = openPool(client, { host, port, user }, settings);
    passing.push(pool);
    return pool;
  };

  beforeAll(async () => {
    makeCertificates(certificates);
    const files = ["ca", "cert", "key"].map(
      (name, n) =>
        `--ssl-${name}=${join(certificates, ["ca.pem", "server.pem", "server.key"][n] ?? "")}`,
    );
    server = await startMariadb({ args: files });
    await createTables(server, TABLE);
    await administer(server, [
      "CREATE USER 'secure'@'%' REQUIRE SSL",
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ${MYSQL_DATABASE}.* TO 'secure'@'%'`,
    ]);
  }, 60_000);
  afterEach(async () => {
    await Promise.all(passing.splice(0).map((pool) => pool.end()));
  });
  afterAll(async () => {
    await server.stop();
    rmSync(certificates, { recursive: true });
  });

  for (const client of MYSQL_CLIENTS) {
    it(`${client}: speaks TLS, and only with a server that the authority vouches for`, async () => {
      const ca = readFileSync(join(certificates, "ca.pem"), "utf8");
      const over = (ssl: object) => ({ mysql2: { ssl }, mariadb: { ssl, acquireTimeout: 1500 } });
      const { key, record } = sampleSession(1);
      const store = mysqlStore(pooled(client, "secure", over({ ca })));
      await store.create(key, record, { now });
      expect(await store.get(key)).toMatchObject({ version: 1 });
      await store.delete(key);
      await expect(
        (async () => mysqlStore(pooled(client, "secure", over({}))).get(key))(),
      ).rejects.toThrow(/certificate|failed to retrieve a connection/i);
      const plain = { mysql2: {}, mariadb: { ssl: false, acquireTimeout: 1500 } };
      await expect(
        (async () => mysqlStore(pooled(client, "secure", plain)).get(key))(),
      ).rejects.toThrow(/denied|failed to retrieve a connection/i);
    });

    for (const end of ["halt", "kill"] as const) {
      it(`${client}: serves again within a second after a ${end}, with every confirmed write`, async () => {
        const store = mysqlStore(pooled(client, "root"));
        const sessions = Array.from({ length: 6 }, (_, n) =>
          sampleSession(n, { subjectKey: n % 2 === 0 ? null : sampleSubject(n) }),
        );
        for (const { key, record } of sessions) await store.create(key, record, { now });
        const revoked = sampleSession(99, { subjectKey: sampleSubject(99) });
        await store.create(revoked.key, revoked.record, { now });

        const confirmed = new Map<string, number>();
        const state = { isOver: false, failures: 0, writes: 0 };
        const load = sessions.map(async ({ key, record }) => {
          for (let version = 2; !state.isOver; ) {
            try {
              if (await store.put(key, { ...record, version })) {
                confirmed.set(key, version);
                state.writes += 1;
                version += 1;
              } else {
                // The answer to a write was lost with the connection.
                version = ((await store.get(key))?.version ?? 0) + 1;
              }
            } catch {
              state.failures += 1;
              await new Promise((resolve) => setTimeout(resolve, 5));
            }
          }
        });
        await expect.poll(() => state.writes, { timeout: 5000 }).toBeGreaterThan(30);
        await store.deleteSubject(sampleSubject(99));
        await server[end]();
        if (client === "mysql2") {
          // The other client's pool waits for a connection for as long as its `acquireTimeout`.
          await expect.poll(() => state.failures, { timeout: 5000 }).toBeGreaterThan(6);
        }
        await server.start();
        const writesBefore = state.writes;
        const returnedAt = performance.now();
        await expect
          .poll(() => state.writes, { timeout: 10_000, interval: 10 })
          .toBeGreaterThan(writesBefore);
        const awayMs = performance.now() - returnedAt;
        state.isOver = true;
        await Promise.all(load);
        expect(awayMs).toBeLessThan(1000);
        for (const [key, version] of confirmed) {
          expect((await store.get(key))?.version).toBeGreaterThanOrEqual(version);
        }
        expect(await store.get(revoked.key)).toBeUndefined();
        await store.deleteAll();
      });
    }
  }
});
