/**
 * `holdfast keys` from its command line to the file it leaves, with a clock that the test moves.
 * @module
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createKeyring } from "../src/crypto/create-keyring.ts";
import { type FileKey, type KeyFile, parseKeyFile } from "../src/crypto/key-file.ts";
import { type Ran, holdfast as run } from "./support/command.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);

let folder: string;
let path: string;
let now: number;
/** Everything that any command of the test printed. */
let printed: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-cli-"));
  path = join(folder, "app.keys");
  now = START;
  printed = "";
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function holdfast(...args: readonly string[]): Promise<Ran> {
  const ran = await run(args, now);
  printed += ran.out + ran.err;
  return ran;
}

const keys = (verb: string, ...args: readonly string[]): Promise<Ran> =>
  holdfast("keys", verb, ...args);

/** Runs a command that must succeed. */
async function ok(verb: string, ...args: readonly string[]): Promise<string> {
  const result = await keys(verb, ...args);
  expect(result, `${verb}: ${result.err}`).toMatchObject({ code: 0, err: "" });
  return result.out;
}

/** Runs a command that must be refused, leaving the file as it is. */
async function refusal(verb: string, ...args: readonly string[]): Promise<string> {
  const before = readFileSync(path, "utf8");
  const result = await keys(verb, ...args);
  expect(result, `${verb}: ${result.out}`).toMatchObject({ code: 1, out: "" });
  expect(readFileSync(path, "utf8")).toBe(before);
  return result.err;
}

const file = (): KeyFile => parseKeyFile(readFileSync(path, "utf8"), path);
const key = (number: number): FileKey | undefined => file().keys.find((k) => k.number === number);
const states = (): Readonly<Record<number, string>> =>
  Object.fromEntries(file().keys.map(({ number, state }) => [number, state]));

async function rotateAndPromote(): Promise<void> {
  await ok("rotate", path);
  now += 5 * MINUTE;
  await ok("promote", path);
}

describe("holdfast keys generate", () => {
  it("writes a file that createKeyring takes, readable by its owner alone", async () => {
    expect(await ok("generate", path)).toContain(`createKeyring({ file: "${path}" })`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["app.keys"]);
    const ring = createKeyring({ file: path });
    ring.close();
    expect(ring.current).toMatchObject({ number: 0, state: "current" });
    expect(ring.longestSessionSeconds).toBe(2_592_000);
    expect(ring.indexKeys).toHaveLength(1);
  });

  it("never overwrites", async () => {
    await ok("generate", path);
    expect(await refusal("generate", path)).toContain(`npx holdfast keys rotate ${path}`);
    rmSync(path);
    symlinkSync(join(folder, "nowhere"), path);
    expect((await keys("generate", path)).code).toBe(1);
  });

  it("keeps another longest session", async () => {
    await ok("generate", path, "--longest-session-seconds", "3600");
    expect(file().longestSessionSeconds).toBe(3600);
  });

  it("prints the text for a secret manager, and writes nothing", async () => {
    const text = await ok("generate", "--print", "--json");
    expect(text.trimEnd()).not.toContain("\n");
    expect(createKeyring({ string: text }).current.number).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
    const other = await ok("generate", "--print");
    expect(JSON.parse(other).keys[0].bytes).not.toBe(JSON.parse(text).keys[0].bytes);
  });

  it("names a folder that does not exist", async () => {
    const result = await keys("generate", join(folder, "none", "app.keys"));
    expect(result.code).toBe(2);
    expect(result.err).toMatch(/folder of .* does not exist/);
  });
});

describe("holdfast keys rotate and promote", () => {
  beforeEach(() => ok("generate", path));

  it("adds a next key, and makes it current when it is five minutes old", async () => {
    expect(await ok("rotate", path)).toContain(`npx holdfast keys promote ${path}`);
    expect(states()).toEqual({ 0: "current", 1: "next" });
    now += 5 * MINUTE - 1;
    expect(await refusal("promote", path)).toMatch(/once a minute.*1 s, or add --now/);
    now += 1;
    await ok("promote", path);
    expect(states()).toEqual({ 0: "old", 1: "current" });
    expect(key(0)).toMatchObject({ createdAt: START, stateSince: now, demotedAt: now });
    expect(key(1)).toMatchObject({ createdAt: START, stateSince: now });
  });

  it("promotes at once with --now", async () => {
    await ok("rotate", path);
    await ok("promote", path, "--now");
    expect(states()).toEqual({ 0: "old", 1: "current" });
  });

  it("does not promote when a clock was set back", async () => {
    await ok("rotate", path);
    now -= DAY;
    await refusal("promote", path);
  });

  it("refuses a second next key, and a promotion without one", async () => {
    expect(await refusal("promote", path)).toContain(`keys rotate ${path}`);
    await ok("rotate", path);
    expect(await refusal("rotate", path)).toContain(`keys promote ${path}`);
  });

  it("keeps the bytes of every key but the new one", async () => {
    const before = key(0)?.bytes;
    const [index] = file().index;
    await rotateAndPromote();
    expect(key(0)?.bytes).toEqual(before);
    expect(file().index).toEqual([index]);
  });

  it("is read by a running keyring, which seals with the new key and opens with the old", async () => {
    const ring = createKeyring({ file: path });
    const before = ring.current.mac;
    await ok("rotate", path);
    expect(await ring.reload()).toBe(true);
    expect(ring.current.number).toBe(0);
    expect(ring.find(1)).toMatchObject({ state: "next" });
    now += 5 * MINUTE;
    await ok("promote", path);
    await ring.reload();
    ring.close();
    expect(ring.current.number).toBe(1);
    expect(ring.find(0)).toMatchObject({ state: "old", mac: before });
  });

  it("refuses a seventeenth key, and says which can go and when", async () => {
    for (let i = 1; i < 16; i++) await rotateAndPromote();
    expect(Object.keys(states())).toHaveLength(16);
    const demoted = key(0)?.demotedAt ?? 0;
    expect(await refusal("rotate", path)).toMatch(/All 16 .* key 0, in 30 days/);
    expect(await keys("status", path)).toMatchObject({ code: 1 });
    now = demoted + 30 * DAY + 5 * MINUTE;
    expect(await refusal("rotate", path)).toContain(`npx holdfast keys remove 0 ${path}`);
    await ok("remove", "0", path);
    await ok("rotate", path);
    expect(key(0)?.state).toBe("next");
  });

  it("does not give a number again while another is free", async () => {
    await rotateAndPromote();
    now += 31 * DAY;
    await ok("remove", "0", path);
    await ok("rotate", path);
    expect(states()).toEqual({ 1: "current", 2: "next" });
  });
});

describe("holdfast keys revoke", () => {
  beforeEach(() => ok("generate", path));

  it("drops the bytes of an old key and keeps its number", async () => {
    await rotateAndPromote();
    const demotedAt = now;
    const bytes = Buffer.from(key(0)?.bytes ?? []).toString("base64");
    now += MINUTE;
    await ok("revoke", "0", path);
    expect(key(0)).toEqual({
      number: 0,
      state: "revoked",
      createdAt: START,
      stateSince: now,
      demotedAt,
    });
    expect(readFileSync(path, "utf8")).not.toContain(bytes);
    const ring = createKeyring({ file: path });
    ring.close();
    expect(ring.find(0)).toBe("revoked");
    expect(await refusal("revoke", "0", path)).toContain("revoked already");
  });

  it("refuses the current key while nothing can take its place, and says how", async () => {
    const text = await refusal("revoke", "0", path);
    expect(text).toContain(`npx holdfast keys rotate ${path}`);
    expect(text).toContain("--now");
  });

  it("promotes the next key with a current one, when it is old enough or with --now", async () => {
    await ok("rotate", path);
    expect(await refusal("revoke", "0", path)).toContain("--now");
    await ok("revoke", "0", path, "--now");
    expect(states()).toEqual({ 0: "revoked", 1: "current" });
    expect(key(0)?.demotedAt).toBe(now);
  });

  it("takes the place of a promotion once the next key is five minutes old", async () => {
    await ok("rotate", path);
    now += 5 * MINUTE;
    expect(await ok("revoke", "0", path)).toContain("Key 1 is current now");
  });

  it("refuses a number that is not there", async () => {
    expect(await refusal("revoke", "9", path)).toContain("There is no key 9; the file holds 0.");
  });
});

describe("holdfast keys remove", () => {
  beforeEach(() => ok("generate", path));

  it("waits for the longest session, and for processes that read the file late", async () => {
    await rotateAndPromote();
    now += 30 * DAY + 5 * MINUTE - 1;
    expect(await refusal("remove", "0", path)).toMatch(/can be removed in 1 s \(2026-01-31/);
    now += 1;
    await ok("remove", "0", path);
    expect(states()).toEqual({ 1: "current" });
  });

  it("does not count again from a revocation, and not less after one", async () => {
    await rotateAndPromote();
    now += 10 * DAY;
    await ok("revoke", "0", path);
    expect(await refusal("remove", "0", path)).toMatch(/21 days/);
    now += 20 * DAY + 5 * MINUTE;
    await ok("remove", "0", path);
  });

  it("refuses the current key, and a number that is not there", async () => {
    expect(await refusal("remove", "0", path)).toContain(`keys rotate ${path}`);
    expect(await refusal("remove", "3", path)).toContain("There is no key 3");
  });

  it("takes out a key that never sealed at once", async () => {
    await ok("rotate", path);
    await ok("remove", "1", path);
    expect(states()).toEqual({ 0: "current" });
  });
});

describe("holdfast keys and the index key", () => {
  beforeEach(() => ok("generate", path));

  it("replaces it, keeping the one before behind it", async () => {
    const [before] = file().index;
    now += DAY;
    await ok("rotate", path, "--index");
    const ring = createKeyring({ file: path });
    ring.close();
    expect(ring.indexKeys).toHaveLength(2);
    expect(ring.indexKeys[1]).toEqual(before?.bytes);
    expect(states()).toEqual({ 0: "current" });
  });

  it("removes the old one after the longest session, and never the current one", async () => {
    expect(await refusal("remove", "--index", path)).toContain("no old index key");
    await ok("rotate", "--index", path);
    now += 30 * DAY + 5 * MINUTE - 1;
    await refusal("remove", "--index", path);
    expect(await refusal("rotate", "--index", path)).toContain("possible in 1 s");
    now += 1;
    expect(await refusal("rotate", "--index", path)).toContain(`remove --index ${path}\`.`);
    await ok("remove", "--index", path);
    expect(file().index.map(({ state }) => state)).toEqual(["current"]);
  });
});

describe("holdfast keys list", () => {
  it("shows numbers, states, ages and fingerprints, and no bytes", async () => {
    await ok("generate", path);
    await rotateAndPromote();
    await ok("rotate", path);
    await ok("rotate", path, "--index");
    now += 3 * DAY;
    const lines = (await ok("list", path)).split("\n");
    expect(lines[0]).toMatch(/^key +state +created +for +removable from +fingerprint$/);
    expect(lines[1]).toMatch(
      /^0 +old +2026-01-01 00:00 UTC +3 days +2026-01-31 00:10 UTC +[0-9a-f]{8}$/,
    );
    expect(lines[2]).toMatch(/^1 +current .* - +[0-9a-f]{8}$/);
    expect(lines[3]).toMatch(/^2 +next /);
    expect(lines[4]).toMatch(/^index +current /);
    expect(lines[5]).toMatch(/^index +old /);
  });

  it("gives the same to programs", async () => {
    await ok("generate", path);
    const json = JSON.parse(await ok("list", path, "--json"));
    expect(json).toMatchObject({
      ok: true,
      file: path,
      longestSessionSeconds: 2_592_000,
      keys: [
        { number: 0, state: "current", createdAt: START, stateSince: START, removableAt: null },
      ],
      index: [{ state: "current" }],
    });
    expect(json.keys[0].fingerprint).toMatch(/^[0-9a-f]{8}$/);
  });
});

describe("holdfast keys status", () => {
  beforeEach(() => ok("generate", path));

  it("says when to rotate, to promote and to remove", async () => {
    expect(await ok("status", path)).toBe("Key 0 is current since 0 s; rotate in 90 days.\n");
    await ok("rotate", path);
    now += 3 * MINUTE;
    expect(await ok("status", path)).toContain("Key 1 is next since 3 min; promote it after 2 min");
    now += 2 * MINUTE;
    expect(await ok("status", path)).toContain("promote it now");
    await ok("promote", path);
    await ok("rotate", path, "--index");
    now += 31 * DAY;
    const text = await ok("status", path);
    expect(text).toContain(
      `Key 0 is not needed any more; remove it: \`npx holdfast keys remove 0 ${path}`,
    );
    expect(text).toContain(`keys remove --index ${path}`);
  });

  it("wants attention when the current key is 90 days old", async () => {
    now += 90 * DAY - 1;
    expect((await keys("status", path)).code).toBe(0);
    now += 1;
    const due = await keys("status", path);
    expect(due).toMatchObject({ code: 1, err: "" });
    expect(due.out).toContain(`add one: \`npx holdfast keys rotate ${path}`);
  });

  it("wants attention when a next key was forgotten for that long", async () => {
    await ok("rotate", path);
    now += 90 * DAY;
    const { code, out } = await keys("status", path, "--json");
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ ok: false, advice: [] });
    expect(JSON.parse(out).attention[0]).toContain("promote it now");
  });

  it("wants attention when others can read the file, and changes nothing until that is mended", async () => {
    chmodSync(path, 0o640);
    const report = await keys("status", path);
    expect(report.code).toBe(1);
    expect(report.out).toContain(`chmod 600 ${path}`);
    expect(await keys("list", path)).toMatchObject({ code: 1 });
    expect(await refusal("rotate", path)).toContain("Nothing was changed");
  });
});

describe("holdfast", () => {
  it("keeps two commands apart, and leaves the lock of the other alone", async () => {
    await ok("generate", path);
    writeFileSync(`${path}.lock`, "");
    const result = await keys("rotate", path);
    expect(result.code).toBe(2);
    expect(result.err).toContain(`rm ${path}.lock`);
    expect(readdirSync(folder)).toEqual(["app.keys", "app.keys.lock"]);
  });

  for (const verb of ["list", "status", "rotate", "promote", "revoke", "remove"]) {
    const number = verb === "revoke" || verb === "remove" ? ["1"] : [];

    it(`says how to make a missing file: ${verb}`, async () => {
      const result = await keys(verb, ...number, path);
      expect(result).toMatchObject({ code: 2, out: "" });
      expect(result.err).toContain(`npx holdfast keys generate ${path}`);
      expect(readdirSync(folder)).toEqual([]);
    });

    it(`leaves a damaged file alone: ${verb}`, async () => {
      writeFileSync(path, "{}", { mode: 0o600 });
      const result = await keys(verb, ...number, path);
      expect(result.code).toBe(2);
      expect(result.err).toContain('"format" must be 1');
      expect(readFileSync(path, "utf8")).toBe("{}");
    });

    it(`tells programs why it failed: ${verb}`, async () => {
      const result = await keys(verb, ...number, path, "--json");
      expect(result).toMatchObject({ code: 2, err: "" });
      expect(JSON.parse(result.out)).toMatchObject({ ok: false });
      expect(JSON.parse(result.out).message).toContain("There is no key file");
    });
  }

  for (const verb of ["generate", "list", "status", "rotate", "promote", "revoke", "remove"]) {
    it(`explains ${verb}`, async () => {
      const { out } = await keys(verb, "--help");
      expect(out).toMatch(new RegExp(`^Usage: holdfast keys ${verb} `));
      expect((await holdfast("keys", "--help")).out).toContain(`  ${verb}`);
      for (const line of out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(90);
    });
  }

  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /^Usage: holdfast <command>/],
    [["kyes"], /There is no command "kyes"/],
    [["keys"], /^Usage: holdfast keys <verb>/],
    [["keys", "rotat"], /There is no `holdfast keys rotat`/],
    [["keys", "constructor"], /There is no `holdfast keys constructor`/],
    [["keys", "rotate", "--force"], /--force/],
    [["keys", "list", "a", "b"], /too many arguments/],
    [["keys", "list", ""], /FILE is empty/],
    [["keys", "revoke"], /needs the number of a key/],
    [["keys", "remove", "app.keys"], /needs the number of a key/],
    [["keys", "generate", "--print", "a"], /--print writes no file/],
    [["keys", "generate", "--longest-session-seconds", "30d"], /whole number from 1 to 34560000/],
    [["keys", "generate", "--longest-session-seconds", "0"], /whole number from 1/],
  ];
  for (const [args, reason] of wrong) {
    it(`does not run: holdfast ${args.join(" ")}`, async () => {
      const result = await holdfast(...args);
      expect(result).toMatchObject({ code: 2, out: "" });
      expect(result.err).toMatch(reason);
      expect(result.err).toContain("Usage: holdfast");
    });
  }

  it("prints its help and its version", async () => {
    for (const flag of ["--help", "-h", "help"]) {
      expect(await holdfast(flag)).toMatchObject({ code: 0, err: "" });
    }
    expect((await holdfast("--version")).out).toMatch(/^\d+\.\d+\.\d+/);
    expect(JSON.parse((await holdfast("--version", "--json")).out).version).toMatch(/^\d/);
  });

  it("works on a path that a shell would take apart", async () => {
    mkdirSync(join(folder, "my keys"));
    path = join(folder, "my keys", "it's.keys");
    await ok("generate", path);
    expect(await ok("rotate", path)).toContain(`'${path.replace("'", "'\\''")}'`);
  });

  it("prints no byte of any key, whatever it does", async () => {
    await ok("generate", path);
    const secrets: Uint8Array[] = [];
    const collect = (): void => {
      const { keys: all, index } = file();
      for (const { bytes } of [...all, ...index]) if (bytes !== undefined) secrets.push(bytes);
    };
    const steps = [["rotate"], ["promote", "--now"], ["rotate", "--index"], ["rotate"], ["list"]];
    steps.push(["status"], ["revoke", "0"], ["remove", "2"], ["list"], ["promote"], ["generate"]);
    for (const [verb, ...args] of steps) {
      await keys(verb as string, ...args, path);
      await keys(verb as string, ...args, path, "--json");
      collect();
    }
    expect(secrets.length).toBeGreaterThan(20);
    for (const bytes of secrets.map((each) => Buffer.from(each))) {
      expect(printed).not.toContain(bytes.toString("base64").slice(0, 10));
      expect(printed).not.toContain(bytes.toString("base64url").slice(0, 10));
      expect(printed).not.toContain(bytes.toString("hex").slice(0, 10));
    }
  });
});
