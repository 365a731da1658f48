/**
 * Keys that leak: each service through everything, with an engine over it, then a search of every place
 * where anything could have been written, and of everything that can be looked at.
 * @see CWE-532, CWE-209; ASVS 5.0, 13.3.1, 16.2.5
 */
import { createHmac } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type KeyFile, parseKeyFile } from "../../src/crypto/key-file.ts";
import type { Keyring } from "../../src/crypto/keyring.ts";
import type { SessionError } from "../../src/errors.ts";
import { awsKmsKeyring, awsKmsKeyService } from "../../src/keys/aws-kms.ts";
import type { KeyService } from "../../src/keys/key-service.ts";
import type { ServiceKeyringOptions } from "../../src/keys/keyring-options.ts";
import { sealedFileKeyring, sealedFileKeyService } from "../../src/keys/sealed-file.ts";
import { vaultKeyring, vaultKeyService } from "../../src/keys/vault.ts";
import { holdfast, moduleOf } from "../support/command.ts";
import { startEngine } from "../support/engine.ts";
import { type FakeKms, startKms } from "../support/kms.ts";
import { shown, spyOnOutput } from "../support/output.ts";
import { type FakeVault, startVault } from "../support/vault.ts";
import { spellings } from "./key-service-cases.ts";
import { testFolders } from "./ring-file.ts";

const SECRET = "local-secret-access-key";
const SEALING_KEY = createHmac("sha256", "holdfast leaking keys").digest();

let vault: FakeVault;
let kms: FakeKms;
const newFolder = testFolders();
beforeAll(async () => {
  vault = await startVault();
  vault.createKey("holdfast");
  kms = await startKms();
  kms.createKey("alias/holdfast");
});
afterAll(async () => {
  await vault.stop();
  await kms.close();
});

interface Subject {
  readonly name: string;
  service(): KeyService;
  open(options: ServiceKeyringOptions): Promise<Keyring>;
  /** Every way in which it can fail. */
  readonly faults: readonly string[];
  fail(fault: string): void;
  heal(): void;
  secrets(): readonly string[];
}

const vaultOptions = () => ({ address: vault.url, token: vault.token, key: "holdfast" });
const kmsOptions = () => ({ client: kms.client(), keyId: "alias/holdfast" });
const subjects: readonly Subject[] = [
  {
    name: "vault",
    service: () => vaultKeyService(vaultOptions()),
    open: (options) => vaultKeyring({ ...options, ...vaultOptions() }),
    faults: ["quoting", "sealed", "broken", "foreign", "redirecting", "silent"],
    fail: (fault) => {
      vault.mode = fault as FakeVault["mode"];
    },
    heal: () => {
      vault.mode = "up";
    },
    secrets: () => [vault.token],
  },
  {
    name: "aws-kms",
    service: () => awsKmsKeyService(kmsOptions()),
    open: (options) => awsKmsKeyring({ ...options, ...kmsOptions() }),
    faults: ["quoting", "AccessDeniedException", "KMSInternalException", "silent"],
    fail: (fault) => {
      kms.refuseWith = fault;
    },
    heal: () => {
      kms.refuseWith = undefined;
    },
    secrets: () => [SECRET],
  },
  {
    name: "sealed-file",
    service: () => sealedFileKeyService({ key: SEALING_KEY }),
    open: (options) => sealedFileKeyring({ ...options, key: SEALING_KEY }),
    faults: [],
    fail: () => {},
    heal: () => {},
    secrets: () => spellings(SEALING_KEY),
  },
];

/** What can be cloned to another thread, or that it cannot. */
function cloned(value: unknown): string {
  try {
    return shown(structuredClone(value));
  } catch {
    return "";
  }
}

describe("leaking keys", () => {
  let printed: string[] = [];
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    printed = spyOnOutput();
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  for (const { name, service, open, faults, fail, heal, secrets } of subjects) {
    it(`shows no key, token or wrapped text anywhere: ${name}`, async () => {
      const folder = newFolder();
      const file = join(folder, "app.keys");
      const errors: unknown[] = [];
      const commands: string[] = [];
      const module = moduleOf(folder, { keyService: service() });
      const keys = async (...args: readonly string[]) => {
        const { out, err } = await holdfast(["keys", ...args]);
        commands.push(out, err);
      };
      await keys("generate", `${file}.plain`);
      await keys("rotate", `${file}.plain`);
      await keys("wrap", `${file}.plain`, file, "--service", module);
      await keys("list", file, "--json");
      const onProblem = (error: SessionError) => void errors.push(error);
      const ring = await open({ file, deadlineSeconds: 0.2, onProblem });
      const unheard = await open({ file, deadlineSeconds: 0.2 });
      const engine = startEngine({ keyring: ring });
      await engine.browser.visit((session) => session.signIn("alice", { level: "password" }));

      await keys("rotate", file, "--index", "--service", module);
      for (const fault of faults) {
        fail(fault);
        await open({ file, deadlineSeconds: 0.2 }).catch((error) => errors.push(error));
        // The command's own deadline is longer than a test should wait.
        if (fault !== "silent") {
          await keys("rotate", file, "--service", module);
          await keys("generate", `${file}.new`, "--service", module);
        }
        const before = errors.length;
        vi.advanceTimersByTime(60_000);
        await vi.waitFor(() => expect(errors.length).toBeGreaterThan(before), { timeout: 3000 });
        heal();
      }
      const text = readFileSync(file, "utf8");
      const { keys: members } = JSON.parse(text);
      const swapped = { ...JSON.parse(text), ring: "0".repeat(32) };
      for (const bad of [text.slice(0, -40), JSON.stringify(swapped)]) {
        writeFileSync(`${file}.bad`, bad, { mode: 0o600 });
        await open({ file: `${file}.bad` }).then(
          () => expect.unreachable("it was opened"),
          (error) => errors.push(error),
        );
        await keys("status", `${file}.bad`, "--service", module);
      }
      rmSync(file);
      vi.advanceTimersByTime(60_000);
      for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);

      const sinks: Readonly<Record<string, string>> = {
        commands: commands.join("\n"),
        printed: printed.join("\n"),
        errors: errors.map(shown).join("\n"),
        clones: [ring, { ...ring }, ring.current, engine.sessions].map(cloned).join("\n"),
        json: [ring, engine.sessions, engine.events].map((each) => JSON.stringify(each)).join("\n"),
        looks: [ring, engine.sessions, service()]
          .map((each) => inspect(each, { depth: 20, showHidden: true, maxStringLength: null }))
          .join("\n"),
        events: shown(engine.events),
      };
      ring.close();
      unheard.close();
      await engine.sessions.close();

      expect(errors.length).toBeGreaterThanOrEqual(2 + 2 * faults.length);
      expect(printed.length).toBeGreaterThanOrEqual(1);
      const { keys: plain, index }: KeyFile = parseKeyFile(
        readFileSync(`${file}.plain`, "utf8"),
        "plain",
      );
      const bytes = [...plain, ...index].flatMap((key) => (key.bytes ? [key.bytes] : []));
      expect(bytes).toHaveLength(3);
      const { mac, data, meta, successor, csrf, throttle } = ring.current;
      const held = [...bytes, ...[mac, data, meta, successor, csrf, throttle], ...ring.indexKeys];
      const wrapped = members.flatMap((key: { wrapped?: string }) => key.wrapped ?? []) as string[];
      for (const [sink, written] of Object.entries(sinks)) {
        for (const secret of [...held.flatMap(spellings), ...secrets(), ...wrapped]) {
          expect(written.includes(secret), `${sink} hold a secret`).toBe(false);
        }
      }
    }, 15_000);
  }
});
