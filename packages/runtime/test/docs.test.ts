/**
 * What the documentation says is true: its code compiles and runs, its tables match the source, its links lead
 * somewhere.
 * @module
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKeyring, type SessionError, type SessionPolicy } from "../src/index.ts";
import { resolveOptions } from "../src/options.ts";
import { memoryStore } from "../src/stores/memory.ts";

const TIMEOUT_MILLISECONDS = 60_000;
const root = join(import.meta.dirname, "..", "..", "..");
const read = (path: string) => readFileSync(join(root, path), "utf8").replaceAll("\r\n", "\n");

const pages = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "packages/runtime/README.md"],
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name.replaceAll("\\", "/")}`)
    .sort(),
];

/** `run` must end by itself, `serve` must answer `GET /`; the others are only compiled. */
interface Block {
  readonly page: string;
  readonly line: number;
  readonly use: "run" | "serve" | undefined;
  readonly code: string;
  /** Name of its file, without an extension. */
  readonly name: string;
}

const blocks: readonly Block[] = pages.flatMap((page) => {
  const text = read(page);
  return [...text.matchAll(/^```(?:ts|js)(?: (run|serve))?\n(.*?)^```$/gms)].map((match) => {
    const line = text.slice(0, match.index).split("\n").length;
    return {
      page,
      line,
      use: match[1] as Block["use"],
      code: match[2] ?? "",
      name: `${page.replace(/\.md$/, "").replaceAll("/", "-")}-${line}`,
    };
  });
});

/** What the pages take for granted: the reader's own application. */
const globals = `
import type { Express } from "express";
import type { IncomingMessage } from "node:http";
import type { Keyring, Session, Sessions } from "holdfast";
import type { SessionStore } from "holdfast/stores/store";
interface Cart { items: string[] }
interface Data { cart: Cart; visits: number; theme: "light" | "dark" }
type Level = "remembered" | "password" | "passkey";
declare global {
  const keyring: Keyring;
  const store: SessionStore;
  const sessions: Sessions<Data, Level>;
  const s: Session<Data, Level>;
  const app: Express;
  function session(request: IncomingMessage): Session<Data, Level>;
  const accounts: {
    verify(name: string, password: string): Promise<string | undefined>;
    setPassword(id: string, password: string): Promise<void>;
    find(id: string): Promise<{ readonly passwordChangedAt: string } | undefined>;
  };
  function log(...values: unknown[]): void;
  function alarm(handle: string | undefined): void;
}
`;

/** The types in use are those of Node 20, which has no \`node:sqlite\`. */
const nodeSqlite = `
declare module "node:sqlite" {
  import type { SqliteDatabase } from "holdfast/stores/sqlite";
  export const DatabaseSync: new (path: string) => SqliteDatabase;
}
`;

/** Native, so it is not among the packages here: built only for the tests that need it. */
const pkcs11 = `
declare module "pkcs11js" {
  import type { Pkcs11Module } from "holdfast/keys/pkcs11";
  const pkcs11js: Pkcs11Module;
  export default pkcs11js;
}
`;

/** Rows of every table of a page whose first head cell is \`head\`, as plain text. */
function rowsOf(page: string, head: string): string[][] {
  const cells = (line: string) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
  const rows: string[][] = [];
  let within = false;
  for (const line of read(page).split("\n")) {
    if (!line.startsWith("|")) within = false;
    else if (cells(line)[0] === head) within = true;
    else if (within && !/^\|[ |-]*$/.test(line)) rows.push(cells(line));
  }
  return rows;
}

const unquoted = (cell = "") => cell.replaceAll("`", "");
const words = (cell = "") => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);

/** The tables of options and events, as types that must equal those of the package. */
function tablesAsTypes(): string {
  const list = (names: readonly string[]) =>
    names.map((name) => JSON.stringify(name)).join(" | ") || "never";
  const all = rowsOf("docs/policy.md", "option").map(([name]) => unquoted(name));
  const own = all.slice(all.indexOf("keyring"));
  const events = rowsOf("docs/events.md", "type").map(([type, fields]) => {
    const names = words(fields).map((field) => field.replace("?", ""));
    const optional = words(fields).filter((field) => field.endsWith("?"));
    const type_ = `Extract<SessionEvent, { type: ${JSON.stringify(unquoted(type))} }>`;
    return [
      `same<keyof ${type_}, "type" | "at" | ${list(names)}>(true);`,
      `same<OptionalKeys<${type_}>, ${list(optional.map((field) => field.slice(0, -1)))}>(true);`,
    ].join("\n");
  });
  const types = rowsOf("docs/events.md", "type").map(([type]) => unquoted(type));
  const reasons = rowsOf("docs/events.md", "reason of `token.refused`").map(([r]) => unquoted(r));
  const optionsOf = (page: string, type: string) =>
    `same<keyof ${type}, ${list(rowsOf(page, "option").map(([name]) => unquoted(name)))}>(true);`;
  return `
import type { SessionOptions, SessionPolicy } from "holdfast";
import type { AdapterOptions } from "holdfast/adapters/adapter";
import type { NodeOptions } from "holdfast/adapters/node";
import type { WebOptions } from "holdfast/adapters/web";
import type { MemoryStoreOptions } from "holdfast/stores/memory";
import type { SqliteStoreOptions } from "holdfast/stores/sqlite";
import type { RedisStoreOptions } from "holdfast/stores/redis";
import type { PostgresStoreOptions } from "holdfast/stores/postgres";
import type { MysqlStoreOptions } from "holdfast/stores/mysql";
import type { MemcachedStoreOptions } from "holdfast/stores/memcached";
import type { MongodbStoreOptions } from "holdfast/stores/mongodb";
import type { DynamodbStoreOptions } from "holdfast/stores/dynamodb";
import type { MigratingStoreOptions } from "holdfast/stores/migrating";
import type { SessionEvent, SessionEventType, TokenRefusal } from "holdfast/events";
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : { onlyIn: Exclude<B, A> }) : { onlyIn: Exclude<A, B> };
type OptionalKeys<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];
declare function same<A, B>(are: Same<A, B>): void;
same<keyof SessionPolicy, ${list(all.slice(0, all.indexOf("keyring")))}>(true);
same<keyof SessionOptions<object, string>, ${list(own)}>(true);
same<SessionEventType, ${list(types)}>(true);
same<TokenRefusal, ${list(reasons)}>(true);
${optionsOf("docs/adapters/node.md", "NodeOptions")}
${optionsOf("docs/adapters/web.md", "WebOptions")}
${optionsOf("docs/adapters/express.md", "AdapterOptions")}
${optionsOf("docs/stores/memory.md", "MemoryStoreOptions")}
${optionsOf("docs/stores/sqlite.md", "SqliteStoreOptions")}
${optionsOf("docs/stores/redis.md", "RedisStoreOptions")}
${optionsOf("docs/stores/postgres.md", "PostgresStoreOptions")}
${optionsOf("docs/stores/mysql.md", "MysqlStoreOptions")}
${optionsOf("docs/stores/migrating.md", "MigratingStoreOptions")}
${optionsOf("docs/stores/memcached.md", "MemcachedStoreOptions")}
${optionsOf("docs/stores/mongodb.md", "MongodbStoreOptions")}
${optionsOf("docs/stores/dynamodb.md", "DynamodbStoreOptions")}
${events.join("\n")}
export {};
`;
}

let folder = "";
let complaints: readonly string[] = [];
const children: ChildProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-docs-"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const config = {
    target: "ES2022",
    lib: ["ES2023"],
    module: "NodeNext",
    moduleResolution: "NodeNext",
    types: ["node"],
    strict: true,
    skipLibCheck: true,
    noEmitOnError: false,
    outDir: "out",
  };
  const files: Record<string, string> = {
    "globals.d.ts": globals,
    "sqlite.d.ts": nodeSqlite,
    "pkcs11.d.ts": pkcs11,
    "tables.ts": tablesAsTypes(),
    "tsconfig.json": JSON.stringify({ compilerOptions: config, include: ["*.ts"] }),
  };
  for (const { name, line, code } of blocks) {
    // Down to its own line of the page, so that the compiler's line numbers are the page's.
    files[`${name}.ts`] = `${"\n".repeat(line)}${code}export {};\n`;
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const { stdout, error } = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], {
    cwd: folder,
    encoding: "utf8",
  });
  if (error !== undefined) throw error;
  complaints = stdout.split("\n").filter((line) => line !== "");
}, TIMEOUT_MILLISECONDS);

afterAll(() => {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a compiled block in a folder of its own, with a key file. Answers with its process. */
function start({ name }: Block, args: readonly string[] = []): ChildProcess {
  const cwd = join(folder, name);
  mkdirSync(cwd);
  const holdfast = join(root, "packages", "runtime", "dist", "cli", "main.js");
  spawnSync(process.execPath, [holdfast, "keys", "generate"], { cwd });
  const child = spawn(process.execPath, [...args, join(folder, "out", `${name}.js`)], {
    cwd,
    env: { ...process.env, NODE_ENV: "test" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  return child;
}

function output(child: ChildProcess): { text: string } {
  const collected = { text: "" };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      collected.text += text;
    });
  }
  return collected;
}

/** Has a server take any free port and say which, whatever port its code names. */
const ANY_PORT = `
import { Server } from "node:net";
const listen = Server.prototype.listen;
Server.prototype.listen = function () {
  this.once("listening", () => console.log("port " + this.address().port));
  return listen.call(this, 0, "127.0.0.1");
};
`;

describe("the code in the documentation", () => {
  it("is found", () => {
    expect(blocks.length).toBeGreaterThan(30);
  });

  it("leaves the compiler nothing to say about anything else", () => {
    const known = (line: string) => blocks.some(({ name }) => line.startsWith(`${name}.ts`));
    expect(complaints.filter((line) => !known(line) && !line.startsWith("tables.ts"))).toEqual([]);
  });

  for (const page of new Set(blocks.map((block) => block.page))) {
    it(`compiles: ${page}`, () => {
      const own = blocks.filter((block) => block.page === page);
      const found = complaints.filter((line) =>
        own.some(({ name }) => line.startsWith(`${name}.ts`)),
      );
      expect(found).toEqual([]);
    });
  }

  for (const block of blocks.filter(({ use }) => use === "run")) {
    it(`runs: ${block.page}, line ${block.line}`, { timeout: TIMEOUT_MILLISECONDS }, async () => {
      const child = start(block);
      const out = output(child);
      const code = await new Promise((done) => child.once("close", done));
      expect(code, out.text).toBe(0);
    });
  }

  for (const block of blocks.filter(({ use }) => use === "serve")) {
    it(`serves: ${block.page}, line ${block.line}`, { timeout: TIMEOUT_MILLISECONDS }, async () => {
      const preload = join(folder, `${block.name}-port.mjs`);
      writeFileSync(preload, ANY_PORT);
      const child = start(block, ["--import", pathToFileURL(preload).href]);
      const out = output(child);
      const port = await new Promise<string>((found, failed) => {
        child.stdout?.on("data", () => {
          const [, number] = /port (\d+)/.exec(out.text) ?? [];
          if (number !== undefined) found(number);
        });
        child.once("close", () => failed(new Error(`it ended: ${out.text}`)));
      });
      const response = await fetch(`http://127.0.0.1:${port}/`);
      expect(response.status, out.text).toBe(200);
    });
  }
});

describe("the tables in the documentation", () => {
  it("name every option, every event and its fields", () => {
    expect(complaints.filter((line) => line.startsWith("tables.ts"))).toEqual([]);
  });

  const keyring = createKeyring({ bytes: randomBytes(32) }, { longestSessionSeconds: 34_560_000 });
  const resolve_ = (policy: SessionPolicy) =>
    resolveOptions({ keyring, store: memoryStore(), policy });
  /** The faults of one setting alone: numbers that do not fit together are no concern here. */
  const faultsOf = (name: string, value: number): readonly string[] => {
    try {
      resolve_({ [name]: value });
      return [];
    } catch (error) {
      const { faults } = (error as SessionError).details;
      return (faults as readonly string[]).filter((text) =>
        new RegExp(`^"policy\\.${name}" must be a (whole )?number`).test(text),
      );
    }
  };
  const numbers = rowsOf("docs/policy.md", "option").filter((row) => row.length === 6);

  it("have the numbers of the policy at all", () => {
    expect(numbers.map(([name]) => unquoted(name))).toHaveLength(10);
  });

  for (const [name, standard, least, most] of numbers) {
    const option = unquoted(name);
    it(`say the default and the limits of ${option}`, () => {
      const { policy } = resolve_({});
      expect(policy[option as keyof typeof policy]).toBe(Number(standard));
      expect(faultsOf(option, Number(least))).toEqual([]);
      expect(faultsOf(option, Number(most))).toEqual([]);
      expect(faultsOf(option, Number(least) - 0.01)).toHaveLength(1);
      expect(faultsOf(option, Number(most) + 1)).toHaveLength(1);
    });
  }

  it("say the other defaults of the policy", () => {
    const said = new Map(
      rowsOf("docs/policy.md", "option")
        .filter((row) => row.length === 4)
        .map(([name, standard]) => [unquoted(name), unquoted(standard)]),
    );
    const { policy, signedInCookie, anonymousCookie, previousCookies } = resolve_({});
    const actual = {
      sessionLimit: policy.sessionLimit,
      cookieName: signedInCookie.name,
      previousNames: previousCookies,
      sameSite: /SameSite=(\w+)/.exec(signedInCookie.attributes)?.[1],
      persistentCookie: policy.persistentCookie,
      clearSiteData: policy.clearSiteData ?? false,
      withoutOrigin: policy.withoutOrigin,
    };
    expect(anonymousCookie.name).toBe(`${signedInCookie.name}-anon`);
    for (const [name, value] of Object.entries(actual)) {
      expect(said.get(name), name).toBe(JSON.stringify(value));
    }
    expect([...said.keys()].sort()).toEqual([...Object.keys(actual), "isActivity"].sort());
  });

  for (const [preset, idle, absolute] of rowsOf("docs/policy.md", "preset")) {
    it(`say what the preset ${unquoted(preset)} sets`, () => {
      const name = unquoted(preset) as "nist-aal1";
      const { policy } = resolveOptions({ keyring, store: memoryStore(), preset: name });
      expect(policy.idleTimeoutSeconds).toBe(Number(idle));
      expect(policy.absoluteTimeoutSeconds).toBe(Number(absolute));
    });
  }
});

/** GitHub's name for a heading. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- _]/gu, "")
    .replaceAll(" ", "-");
}

function headings(text: string): readonly string[] {
  const prose = text.replace(/^```.*?^```$/gms, "");
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => slug(heading));
}

describe("the links in the documentation", () => {
  for (const page of pages.filter((path) => path !== "packages/runtime/README.md")) {
    it(`lead somewhere: ${page}`, () => {
      const prose = read(page).replace(/^```.*?^```$/gms, "");
      const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
      const dead = targets
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => {
          const [path = "", anchor] = target.split("#");
          const file = path === "" ? join(root, page) : resolve(root, dirname(page), path);
          if (!existsSync(file)) return true;
          return anchor !== undefined && !headings(readFileSync(file, "utf8")).includes(anchor);
        });
      expect(dead).toEqual([]);
    });
  }

  it("give every row of the threat model the attack that is named after it, and name every attack", () => {
    const folder_ = "packages/runtime/test/attacks";
    const named = [...read("SECURITY.md").matchAll(/\[([\w-]+)\]\(([^)]+)\)/g)]
      .filter(([, , path = ""]) => path.startsWith(`${folder_}/`))
      .map(([, name, path]) => {
        expect(path).toBe(`${folder_}/${name}.test.ts`);
        return `${name}.test.ts`;
      });
    const there = readdirSync(join(root, folder_)).filter((name) => name.endsWith(".test.ts"));
    expect(named.sort()).toEqual(there.sort());
  });
});
