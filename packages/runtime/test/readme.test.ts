/**
 * The first screen of the README, followed to the letter: install, make keys, paste, start, and ask over HTTP.
 * @module
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const TIMEOUT_MILLISECONDS = 60_000;
const runtime = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(path, "utf8").replaceAll("\r\n", "\n");
const readme = read(join(runtime, "..", "..", "README.md"));

/** The text between the fences of the README's first block of a language. */
function firstBlock(language: string, text = readme): string {
  const [, block] = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "ms").exec(text) ?? [];
  if (block === undefined) throw new Error(`the README has no ${language} block`);
  return block;
}

let folder = "";
let server: ChildProcess | undefined;
let url = "";
const printed = { text: "" };

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error ?? stdout + stderr}`);
}

/** Any free port in place of the README's 3000, which may be taken on this machine. */
const ANY_PORT = `
import { Server } from "node:net";
const listen = Server.prototype.listen;
Server.prototype.listen = function (port) {
  this.once("listening", () => console.log("port " + this.address().port + " for " + port));
  return listen.call(this, 0, "127.0.0.1");
};
`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-readme-"));
  const project = join(folder, "project");
  mkdirSync(project);
  run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder], runtime);
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
  const options = ["--offline", "--no-audit", "--no-fund"];
  run("npm", ["install", ...options, join(folder, tarball)], project);
  run(join(project, "node_modules", ".bin", "holdfast"), ["keys", "generate"], project);
  writeFileSync(join(project, "app.mjs"), firstBlock("js"));
  writeFileSync(join(folder, "port.mjs"), ANY_PORT);
  server = spawn(process.execPath, ["--import", join(folder, "port.mjs"), "app.mjs"], {
    cwd: project,
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [server.stdout, server.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      printed.text += text;
    });
  }
  const port = await new Promise<string>((found, failed) => {
    server?.stdout?.on("data", () => {
      const [, number] = /port (\d+) for 3000/.exec(printed.text) ?? [];
      if (number !== undefined) found(number);
    });
    server?.once("close", () => failed(new Error(`the server ended: ${printed.text}`)));
  });
  url = `http://127.0.0.1:${port}/`;
}, TIMEOUT_MILLISECONDS);

afterAll(() => {
  server?.kill();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly cookies: readonly string[];
}

function ask(
  method: string,
  headers: Readonly<Record<string, string>> = {},
  path = "",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(url + path, { method, headers }, async (response) => {
      let text = "";
      for await (const chunk of response.setEncoding("utf8")) text += chunk;
      const cookies = response.headers["set-cookie"] ?? [];
      resolve({ status: response.statusCode ?? 0, text, cookies });
    })
      .on("error", reject)
      .end();
  });
}

describe("the first screen of the README", () => {
  it("has ten lines of code", () => {
    expect(firstBlock("js").trimEnd().split("\n")).toHaveLength(10);
  });

  it("installs the package under test, and makes keys", () => {
    const { name } = JSON.parse(read(join(runtime, "package.json"))) as { readonly name: string };
    expect(firstBlock("sh")).toBe(`npm install ${name}\nnpx holdfast keys generate\n`);
  });

  it("greets a stranger, and sets no cookie", async () => {
    expect(await ask("GET")).toEqual({ status: 200, text: "Hello stranger\n", cookies: [] });
  });

  it("signs in, and knows who it is afterwards", async () => {
    const signedIn = await ask("POST", { "sec-fetch-site": "same-origin" });
    expect(signedIn.text).toBe("Hello ada\n");
    expect(signedIn.cookies.join()).toMatch(
      /^__Host-sid=[\w-]{92}; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
    );
    const cookie = signedIn.cookies[0]?.split(";")[0] ?? "";
    expect(await ask("GET", { cookie })).toEqual({ status: 200, text: "Hello ada\n", cookies: [] });
  });

  it("takes the token from its cookie alone: no address, no other header, no other name", async () => {
    const { cookies } = await ask("POST", { "sec-fetch-site": "same-origin" });
    const [, token = ""] = /^__Host-sid=([\w-]{92});/.exec(cookies[0] ?? "") ?? [];
    const elsewhere = {
      authorization: `Bearer ${token}`,
      "x-session-id": token,
      cookie: `sid=${token}; __host-sid=${token}`,
    };
    const paths = [`?sid=${token}`, `?__Host-sid=${token}`, `;jsessionid=${token}`];
    for (const path of paths) {
      expect((await ask("GET", elsewhere, path)).text).toBe("Hello stranger\n");
    }
    expect((await ask("GET", { cookie: `__Host-sid=${token}` })).text).toBe("Hello ada\n");
  });

  it("refuses another site's form", async () => {
    const forged = await ask("POST", { "sec-fetch-site": "cross-site" });
    expect(forged).toMatchObject({ status: 403, cookies: [] });
    expect(printed.text).not.toContain("Error");
  });

  it("is the same in the package's own README", () => {
    const own = read(join(runtime, "README.md"));
    expect(firstBlock("js", own)).toBe(firstBlock("js"));
    expect(firstBlock("sh", own)).toBe(firstBlock("sh"));
  });

  it("keeps the places where measurements go", () => {
    expect(readme).toMatch(/<!-- race:begin -->\n\|.*<!-- race:end -->\n/s);
    expect(readme).toContain("<!-- cost -->");
    expect(readme).toContain("`npm run race`");
  });
});
