/**
 * SoftHSM with a token of its own for each test file, and pkcs11js to reach it. The module is built from
 * its source on first use: it is native, so it is no dependency of ours.
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { withLock } from "../../../../scripts/lock.mjs";
import { requireProgram } from "../../../../scripts/programs.mjs";
import type { Pkcs11Module } from "../../src/keys/pkcs11.ts";

const VERSION = "2.1.7";
const root = join(import.meta.dirname, "..", "..", "..", "..");
const folder = join(root, "node_modules", ".cache", `pkcs11js-${VERSION}`);
// A machine may be set to run no scripts of packages; this one is built by its script.
const INSTALL = ["install", "--prefix", folder, "--ignore-scripts=false", `pkcs11js@${VERSION}`];
const COMMAND = `npm ${INSTALL.join(" ")}`;

function loaded(): Pkcs11Module | undefined {
  const path = join(folder, "node_modules", "pkcs11js");
  if (!existsSync(join(path, "build", "Release", "pkcs11.node"))) return undefined;
  return createRequire(import.meta.url)(path) as Pkcs11Module;
}

/** @throws {Error} With the command to paste, where it is absent and cannot be built. */
export async function requirePkcs11js(): Promise<Pkcs11Module> {
  const there = loaded();
  if (there !== undefined) return there;
  await requireProgram("compiler");
  return withLock(
    join(root, ".holdfast", "pkcs11js.lock"),
    () => {},
    () => {
      const waitedFor = loaded();
      if (waitedFor !== undefined) return waitedFor;
      if (process.env.HOLDFAST_TEST_INSTALL === "never")
        throw missing("HOLDFAST_TEST_INSTALL is never");
      process.stderr.write(`tests: building pkcs11js ${VERSION} in ${folder} …\n`);
      mkdirSync(folder, { recursive: true });
      // So that npm takes no folder above for the project.
      writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
      spawnSync("npm", [...INSTALL, "--no-audit", "--no-fund"], {
        cwd: folder,
        stdio: ["ignore", 2, 2],
        env: { ...process.env, ...headersHere() },
      });
      const built = loaded();
      if (built === undefined) throw missing("npm built none (see above)");
      return built;
    },
  );
}

/** Node's headers where they lie beside Node itself: nothing has to be downloaded then. */
function headersHere(): NodeJS.ProcessEnv {
  const prefix = join(dirname(process.execPath), "..");
  const isThere = existsSync(join(prefix, "include", "node", "node_api.h"));
  return isThere ? { npm_config_nodedir: prefix } : {};
}

function missing(reason: string): Error {
  return new Error(
    `These tests need pkcs11js ${VERSION}, and ${reason}. Build it:\n\n    ${COMMAND}\n\n` +
      "or leave its tests out: npm test -- --without=softhsm",
  );
}

/** Where Debian, Fedora and Homebrew put the library. */
const LIBRARIES = [
  "/usr/lib/softhsm/libsofthsm2.so",
  "/usr/lib64/pkcs11/libsofthsm2.so",
  "/opt/homebrew/lib/softhsm/libsofthsm2.so",
  "/usr/local/lib/softhsm/libsofthsm2.so",
];

export interface SoftHsm {
  readonly library: string;
  /** Makes a token. */
  createToken(label: string, pin: string): void;
  remove(): void;
}

/**
 * A SoftHSM whose tokens are in a folder of their own. One for each process: the library reads the
 * variable once, when it is initialised.
 *
 * @param program Path of `softhsm2-util`.
 */
export function startSoftHsm(program: string): SoftHsm {
  const library =
    process.env.HOLDFAST_TEST_SOFTHSM_LIBRARY ?? LIBRARIES.find((path) => existsSync(path));
  if (library === undefined) {
    throw new Error(
      `${program} is there, and libsofthsm2.so is not in ${LIBRARIES.map((path) => dirname(path)).join(", ")}: set HOLDFAST_TEST_SOFTHSM_LIBRARY to its path.`,
    );
  }
  const home = mkdtempSync(join(tmpdir(), "holdfast-hsm-"));
  const tokens = join(home, "tokens");
  mkdirSync(tokens, { mode: 0o700 });
  const conf = join(home, "softhsm2.conf");
  writeFileSync(
    conf,
    `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  process.env.SOFTHSM2_CONF = conf;
  return {
    library,
    createToken(label, pin) {
      const pins = ["--pin", pin, "--so-pin", `so-${pin}`];
      const args = ["--init-token", "--free", "--label", label, ...pins];
      const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
      if (status !== 0) throw new Error(`softhsm2-util failed: ${stderr}`);
    },
    remove() {
      delete process.env.SOFTHSM2_CONF;
      rmSync(home, { recursive: true, force: true });
    },
  };
}
