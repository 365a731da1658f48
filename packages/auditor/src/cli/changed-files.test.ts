import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withFiles } from "../collectors/testing.ts";
import { changedFiles } from "./changed-files.ts";

function git(folder: string, ...args: string[]): string {
  const identity = ["-c", "user.name=A", "-c", "user.email=a@example.test"];
  return execFileSync("git", [...identity, ...args], { cwd: folder, encoding: "utf8" });
}

/** A repository with one commit on `main`. */
function repository(files: Readonly<Record<string, string>>) {
  const tree = withFiles(files);
  git(tree.folder, "init", "-q", "-b", "main");
  git(tree.folder, "add", ".");
  git(tree.folder, "commit", "-qm", "first");
  return tree;
}

describe("changedFiles", () => {
  it("names what changed since the branch left, committed or not, and nothing that happened there", async () => {
    using tree = repository({ "app/a.php": "1", "app/b.php": "1", "app/c.php": "1", "d.php": "1" });
    const { folder } = tree;
    git(folder, "checkout", "-qb", "topic");
    writeFileSync(join(folder, "app/a.php"), "2");
    git(folder, "commit", "-qam", "mine");
    git(folder, "checkout", "-q", "main");
    writeFileSync(join(folder, "app/c.php"), "2");
    git(folder, "commit", "-qam", "theirs");
    git(folder, "checkout", "-q", "topic");
    writeFileSync(join(folder, "app/b.php"), "22");
    writeFileSync(join(folder, "app/new ü.php"), "1");
    writeFileSync(join(folder, "d.php"), "22");
    expect([...(await changedFiles(join(folder, "app"), { since: "main" }))].sort()).toEqual([
      "a.php",
      "b.php",
      "new ü.php",
    ]);
  });

  it("names what is staged, and not what is only changed or deleted", async () => {
    using tree = repository({ "a.php": "1", "b.php": "1", "c.php": "1" });
    writeFileSync(join(tree.folder, "a.php"), "2");
    git(tree.folder, "add", "a.php");
    git(tree.folder, "rm", "-q", "c.php");
    writeFileSync(join(tree.folder, "b.php"), "2");
    expect([...(await changedFiles(tree.folder, "staged"))]).toEqual(["a.php"]);
  });

  it("runs nothing that the repository's configuration names", async () => {
    using tree = repository({ "a.php": "1", "b.php": "1" });
    const { folder } = tree;
    const trap = join(folder, "trap.sh");
    const sprung = join(folder, "sprung");
    writeFileSync(trap, `#!/bin/sh\necho "$0" >> '${sprung}'\ncat\n`);
    chmodSync(trap, 0o755);
    mkdirSync(join(folder, "hooks"));
    writeFileSync(join(folder, "hooks/post-index-change"), `#!/bin/sh\n'${trap}'\n`, {
      mode: 0o755,
    });
    for (const [key, value] of [
      ["core.fsmonitor", trap],
      ["core.hooksPath", join(folder, "hooks")],
      ["diff.external", trap],
      ["diff.evil.textconv", trap],
      ["diff.evil.command", trap],
      ["filter.evil=x.clean", trap],
      ["filter.evil=x.process", trap],
      ["core.pager", trap],
      ["core.sshCommand", trap],
    ] as const) {
      git(folder, "config", key, value);
    }
    writeFileSync(join(folder, ".gitattributes"), "*.php filter=evil=x diff=evil\n");
    writeFileSync(join(folder, "a.php"), "2");
    expect(await changedFiles(folder, { since: "HEAD" })).toContain("a.php");
    await changedFiles(folder, "staged");
    expect(existsSync(sprung)).toBe(false);
  });

  it("says that a revision is unknown, and takes none for an option", async () => {
    using tree = repository({ "a.php": "1" });
    for (const since of ["no-such", "--output=x"]) {
      await expect(changedFiles(tree.folder, { since })).rejects.toThrow(
        `git knows no revision "${since}"`,
      );
    }
    expect(existsSync(join(tree.folder, "x"))).toBe(false);
  });

  it("says that there is no repository", async () => {
    using tree = withFiles({ "a.php": "1" });
    await expect(changedFiles(tree.folder, "staged")).rejects.toMatchObject({
      code: "AUDIT_GIT",
      message: expect.stringContaining("lies in no git repository"),
    });
  });
});
