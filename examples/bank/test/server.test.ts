/**
 * The bank as a process: its files, its port, its end.
 * @module
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { Client } from "./support/client.ts";

const server = fileURLToPath(new URL("../dist/server.js", import.meta.url));

interface RunningServer {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  readonly origin: string;
  /** Printed up to the address and the accounts. */
  readonly printed: string;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "bank-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function run(...args: readonly string[]): Promise<RunningServer> {
  const child = spawn(process.execPath, [server, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let printed = "";
  let failure = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    failure += text;
  });
  for await (const text of child.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    printed += text;
    if (printed.includes("administrator")) break;
  }
  const [, origin] = /open at (http:\/\/127\.0\.0\.1:\d+)/.exec(printed) ?? [];
  if (origin === undefined) throw new Error(`The server did not start: ${printed}${failure}`);
  return { process: child, origin, printed };
}

async function stop({ process: child }: RunningServer, signal: NodeJS.Signals): Promise<unknown> {
  const ended = once(child, "exit");
  child.kill(signal);
  return (await ended)[0];
}

it("makes its files for this user alone, and its sessions outlive it", async () => {
  const data = join(temporaryFolder(), "data");
  const first = await run("--port", "0", "--data", data);
  expect(first.printed).toContain("Made a key file");
  expect(first.printed).toMatch(/ada +demo-engine-1843 +customer/);
  expect(statSync(join(data, "holdfast.keys")).mode & 0o777).toBe(0o600);
  expect(statSync(data).mode & 0o777).toBe(0o700);

  const ada = new Client(first.origin);
  await ada.signIn("ada", "demo-engine-1843");
  expect((await ada.get("/accounts")).status).toBe(200);
  expect(await stop(first, "SIGTERM")).toBe(0);

  const second = await run("--port", "0", "--data", data);
  expect(second.printed).not.toContain("Made a key file");
  const still = new Client(second.origin);
  for (const [name, value] of ada.jar) still.jar.set(name, value);
  expect((await still.get("/accounts")).status).toBe(200);
  expect(await stop(second, "SIGINT")).toBe(0);

  // What a thief of the file finds: no token, and nothing that was typed.
  const stored = readFileSync(join(data, "bank.db")).toString("latin1");
  for (const token of ada.tokens) expect(stored).not.toContain(token);
  expect(stored).not.toContain("demo-engine-1843");
});

it("seals its keys with a passphrase, and does not start without it", async () => {
  const folder = temporaryFolder();
  const data = join(folder, "data");
  const passphrase = join(folder, "passphrase");
  writeFileSync(passphrase, "seven odd ferries left at noon\n");
  const sealed = ["--port", "0", "--data", data, "--passphrase-file", passphrase] as const;
  const first = await run(...sealed);
  const ada = new Client(first.origin);
  await ada.signIn("ada", "demo-engine-1843");
  expect(await stop(first, "SIGTERM")).toBe(0);
  const file = JSON.parse(readFileSync(join(data, "sealed-holdfast.keys"), "utf8"));
  expect(JSON.stringify(file)).not.toContain('"bytes"');

  const second = await run(...sealed);
  const still = new Client(second.origin);
  for (const [name, value] of ada.jar) still.jar.set(name, value);
  expect((await still.get("/accounts")).status).toBe(200);
  await stop(second, "SIGTERM");

  writeFileSync(passphrase, "eight odd ferries left at noon\n");
  await expect(run(...sealed)).rejects.toThrow(/passphrase/);
});

it("says that its port is taken, and takes the next", async () => {
  const first = await run("--memory", "--port", "0");
  const { port } = new URL(first.origin);
  const second = await run("--memory", "--port", port);
  expect(second.printed).toContain(`Port ${port} is taken; trying the next one.`);
  expect(second.origin).not.toBe(first.origin);
});

it("keeps nothing with --memory", async () => {
  const folder = fileURLToPath(new URL("../.data", import.meta.url));
  const before = existsSync(folder);
  const running = await run("--memory", "--port", "0");
  expect(running.printed).not.toContain("key file");
  expect(existsSync(folder)).toBe(before);
});

it("explains a wrong option, and exits with 2", async () => {
  const child = spawn(process.execPath, [server, "--port", "http"]);
  let printed = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  const [code] = await once(child, "close");
  expect(code).toBe(2);
  expect(printed).toContain('"--port" must be a number from 0 to 65535, not http');
});
