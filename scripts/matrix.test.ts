/**
 * The matrix of servers: what it picks, what it would have a shell do, and what it prints.
 * @module
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  chosenRows,
  filesThatNeed,
  line,
  quote,
  rows,
  unpackCommands,
  wrapper,
} from "./matrix.mjs";
import { programs } from "./programs.mjs";

describe("matrix", () => {
  it("runs every row, or those that are named", () => {
    expect(chosenRows([])).toEqual(Object.keys(rows));
    expect(chosenRows(["valkey-8"])).toEqual(["valkey-8"]);
    expect(() => chosenRows(["redis-9"])).toThrow(/does not know redis-9; it knows redis-8, /);
  });

  for (const [name, row] of Object.entries(rows)) {
    it(`has ${name} stand in for a program that tests need, under a wrapper of its own`, () => {
      expect(programs).toHaveProperty(row.program);
      expect(row.wrapped).toHaveProperty([row.server]);
    });
  }

  it("tells a server of another version or make from the row's", () => {
    const redis = "Redis server v=8.0.2 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64";
    expect(rows["redis-8"].says.exec(redis)?.[1]).toBe("8.0.2");
    expect(rows["redis-8"].says.exec(redis.replace("8.0.2", "7.0.15"))).toBeNull();
    expect(rows["valkey-8"].says.exec(redis)).toBeNull();
    const postgres = "postgres (PostgreSQL) 17.12 (Debian 17.12-0+deb13u1)";
    expect(rows["postgresql-17"].says.exec(postgres)?.[1]).toBe("17.12");
    const mariadb = "/x/mariadbd  Ver 11.8.6-MariaDB-0+deb13u1 from Debian for debian-linux-gnu";
    expect(rows["mariadb-11"].says.exec(mariadb)?.[1]).toBe("11.8.6");
  });

  it("takes the files whose tests say that they need the program", () => {
    const sources = {
      "test/b.server.test.ts": 'describeWith("redis", "one", () => {});',
      "test/a.server.test.ts": 'describeWith("postgres", "two", () => {});\ndescribeWith("redis",',
      "test/c.server.test.ts": 'describeWith("mariadb", "redis", () => {});',
    };
    expect(filesThatNeed("redis", sources)).toEqual([
      "test/a.server.test.ts",
      "test/b.server.test.ts",
    ]);
    expect(filesThatNeed("mariadb", sources)).toEqual(["test/c.server.test.ts"]);
  });

  /** Runs the commands with programs of the test in the place of apt-get and dpkg. */
  function unpackWith(fakes: Readonly<Record<"apt-get" | "dpkg", string>>) {
    const home = mkdtempSync(join(tmpdir(), "hf-"));
    try {
      const [bin, folder] = [join(home, "bin"), join(home, "o'hara's work", "matrix")];
      mkdirSync(bin);
      for (const [name, text] of Object.entries(fakes)) {
        writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
      }
      const { status, stdout } = spawnSync("sh", ["-ec", unpackCommands(folder)], {
        encoding: "utf8",
        env: { PATH: `${bin}:/usr/bin:/bin` },
      });
      const left = existsSync(folder) ? readdirSync(folder, { recursive: true }) : [];
      return { status, said: stdout.trimEnd().split("\n"), left: left.map(String).sort(), folder };
    } finally {
      rmSync(home, { recursive: true });
    }
  }
  const dpkg = 'mkdir "$3/usr"; cp "$2" "$3/usr"';

  it("fetches and unpacks in a folder of its own, whatever that is called", () => {
    const fetch = `for word in "$@"; do echo "$word"; done; touch "apt/cache/archives/one.deb"`;
    const { status, said, left, folder } = unpackWith({ "apt-get": fetch, dpkg });
    expect(status).toBe(0);
    expect(left).toEqual(["trixie", "trixie/usr", "trixie/usr/one.deb"]);
    const folders = said.filter((word) => /^Dir::/.test(word)).map((word) => word.split("=")[1]);
    // Five for `update` and five for `install`: one left out would be the machine's own.
    expect(folders).toHaveLength(10);
    for (const path of folders) expect(path?.startsWith(`${folder}/apt/`)).toBe(true);
    expect(said.slice(-8)).toContain("--download-only");
  });

  it("leaves no tree that is only in part there", () => {
    const broken = unpackWith({ "apt-get": "exit 100", dpkg });
    expect(broken.status).toBe(100);
    expect(broken.left).not.toContain("trixie");
    const half = unpackWith({ "apt-get": "touch apt/cache/archives/a.deb", dpkg: "exit 2" });
    expect(half.status).toBe(2);
    expect(half.left).not.toContain("trixie");
  });

  it("hands every argument on as it is, through the tree's own loader", () => {
    const folder = mkdtempSync(join(tmpdir(), "hf-"));
    try {
      const [loader, start] = [join(folder, "it's a loader"), join(folder, "start")];
      writeFileSync(loader, '#!/bin/sh\nfor word in "$LOCPATH" "$@"; do echo "[$word]"; done\n');
      const own = { loader, libraries: "/tree/lib", locales: "/tree/locale" };
      writeFileSync(start, wrapper({ ...own, program: "/tree/bin/redis", append: ["--base=a b"] }));
      for (const file of [loader, start]) chmodSync(file, 0o755);
      const { stdout } = spawnSync(start, ["--save", "", "a 'b' $c"], { encoding: "utf8" });
      const words = ["/tree/locale", "--library-path", "/tree/lib", "--argv0", start];
      words.push("/tree/bin/redis", "--save", "", "a 'b' $c", "--base=a b");
      expect(stdout.trimEnd().split("\n")).toEqual(words.map((word) => `[${word}]`));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("quotes for the shell", () => {
    const text = 'it\'s $HOME `id` \\ "x"';
    const { stdout } = spawnSync("sh", ["-c", `printf %s ${quote(text)}`], { encoding: "utf8" });
    expect(stdout).toBe(text);
  });

  it("prints server, version and counts, and says so where a run came to no end", () => {
    expect(line("Redis 8", "8.0.2", { passed: 12, failed: 3 })).toBe(
      "Redis 8        8.0.2      12 passed, 3 failed",
    );
    expect(line("PostgreSQL 17", "17.12", undefined)).toBe(
      "PostgreSQL 17  17.12    did not finish",
    );
  });
});
