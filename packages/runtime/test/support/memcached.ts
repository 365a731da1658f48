/**
 * Private Memcached servers, stores on them, and certificates, for tests of the Memcached store.
 * @module
 */
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type PrivateServer, startMemcached } from "../../../../scripts/servers.mjs";
import { type MemcachedStoreOptions, memcachedStore } from "../../src/stores/memcached.ts";
import type { SessionStore } from "../../src/stores/store.ts";
import type { StoreHarness } from "../../src/testing/index.ts";

const run = promisify(execFile);

/** A folder that the server's own account can read. */
export interface ReadableFolder {
  readonly path: string;
  write(name: string, text: string): string;
  remove(): void;
}

export function readableFolder(): ReadableFolder {
  const path = mkdtempSync(join(tmpdir(), "hf-mc-"));
  chmodSync(path, 0o755);
  return {
    path,
    write(name, text) {
      writeFileSync(join(path, name), text, { mode: 0o644 });
      return join(path, name);
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** An authority of our own, and what a server of it is started with. */
export interface Certificates {
  readonly ca: string;
  readonly args: readonly string[];
}

/** @param names What the certificate is for, as `subjectAltName` has it. */
export async function makeCertificates(
  { path, write }: ReadableFolder,
  names = "DNS:localhost,IP:127.0.0.1",
): Promise<Certificates> {
  const openssl = (...args: readonly string[]) => run("openssl", [...args], { cwd: path });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  write("san.cnf", `subjectAltName = ${names}\nbasicConstraints = CA:FALSE\n`);
  await openssl(
    ...["req", "-x509", ...newKey, "-days", "2", "-subj", "/CN=Test authority"],
    ...["-keyout", "ca.key", "-out", "ca.crt"],
  );
  await openssl(
    ...["req", ...newKey, "-subj", "/CN=localhost"],
    ...["-keyout", "server.key", "-out", "server.csr"],
  );
  await openssl(
    ...["x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key"],
    ...["-CAcreateserial", "-days", "2", "-extfile", "san.cnf", "-out", "server.crt"],
  );
  chmodSync(join(path, "server.key"), 0o644);
  const files = ["chain_cert=server.crt", "key=server.key"].map((file) => {
    const [option, name = ""] = file.split("=");
    return `ssl_${option}=${join(path, name)}`;
  });
  return {
    ca: readFileSync(join(path, "ca.crt"), "utf8"),
    args: ["-Z", "-o", files.join(",")],
  };
}

/** Servers that end together. */
export async function startServers(
  count: number,
  args: readonly string[] = [],
): Promise<readonly PrivateServer[]> {
  return Promise.all(Array.from({ length: count }, () => startMemcached({ args })));
}

let grounds = 0;

/** A prefix that nobody else uses. */
export function freshPrefix(): string {
  grounds += 1;
  return `t${process.pid.toString(36)}-${grounds}:`;
}

/** Grounds on some servers. `clean` ends the stores that were opened since the last time. */
export interface MemcachedGrounds {
  harness(): StoreHarness;
  clean(): Promise<void>;
}

export function memcachedGrounds(
  servers: () => readonly PrivateServer[],
  options: () => Omit<MemcachedStoreOptions, "servers"> = () => ({}),
): MemcachedGrounds {
  const stores: SessionStore[] = [];
  return {
    harness() {
      const prefix = freshPrefix();
      const open = () => {
        const all = servers().map(({ host, port }) => ({ host, port }));
        const store = memcachedStore({ servers: all, prefix, ownsServer: true, ...options() });
        stores.push(store);
        return store;
      };
      return {
        open,
        async reopen() {
          for (const server of servers()) {
            await server.kill();
            await server.start();
          }
          return open();
        },
      };
    },
    async clean() {
      const [first] = stores;
      await first?.deleteAll();
      for (const store of stores.splice(0)) await store.close();
    },
  };
}
