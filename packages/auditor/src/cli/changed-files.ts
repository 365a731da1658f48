/**
 * Which files changed, by git. The repository may be hostile: nothing that its configuration names is run,
 * and nothing is fetched.
 * @module
 */
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { AuditError } from "../errors.ts";

const run = promisify(execFile);

const TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Added, copied, modified, renamed, type changed: what is deleted has no findings. */
const EXISTING = "--diff-filter=ACMRT";

/**
 * @param folder The audited folder; files outside of it are left out.
 * @returns Paths from the folder, with `/`.
 * @throws {AuditError} `AUDIT_GIT`
 */
export async function changedFiles(
  folder: string,
  changes: { readonly since: string } | "staged",
): Promise<ReadonlySet<string>> {
  try {
    return await changedBy(await safeGit(folder), changes);
  } catch (error) {
    throw error instanceof AuditError ? error : gitError(folder, error);
  }
}

async function changedBy(
  git: Git,
  changes: { readonly since: string } | "staged",
): Promise<ReadonlySet<string>> {
  if (changes === "staged") return names(await git(...DIFF, "--cached"));
  const base = await mergeBase(git, changes.since);
  const [changed, added] = await Promise.all([
    git(...DIFF, base, "--"),
    git("ls-files", "-z", "--others", "--exclude-standard"),
  ]);
  return new Set([...names(changed), ...names(added)]);
}

const DIFF = [
  "diff",
  "--name-only",
  "-z",
  "--relative",
  "--no-ext-diff",
  "--no-textconv",
  "--no-renames",
  // A submodule has a configuration of its own.
  "--ignore-submodules=all",
  EXISTING,
] as const;

type Git = (...args: readonly string[]) => Promise<string>;

/** Where the branch left the other: what happened there since is no change of ours. */
async function mergeBase(git: Git, since: string): Promise<string> {
  let commit: string;
  try {
    commit = (
      await git("rev-parse", "--verify", "--quiet", "--end-of-options", `${since}^{commit}`)
    ).trim();
  } catch (error) {
    if ((error as { code?: unknown }).code !== 1) throw error;
    throw new AuditError(
      "AUDIT_GIT",
      `git knows no revision "${since}"; in CI, fetch it first (a shallow clone has the last commit alone).`,
      { revision: since },
      { cause: error },
    );
  }
  try {
    return (await git("merge-base", commit, "HEAD")).trim();
  } catch {
    // No common history is at hand, as in a shallow clone: the revision itself shows more, never less.
    return commit;
  }
}

function names(output: string): ReadonlySet<string> {
  return new Set(output.split("\0").filter((name) => name !== ""));
}

/** git in a folder, with what a repository's configuration could run switched off. */
async function safeGit(folder: string): Promise<Git> {
  const filters = await filterNames(folder);
  const settings: [string, string][] = [
    ["core.fsmonitor", "false"],
    ["core.hooksPath", "/dev/null"],
    ["core.untrackedCache", "false"],
    ["core.quotePath", "false"],
    ["protocol.allow", "never"],
    // Comparing a file with the index would run these over it.
    ...filters.flatMap((name): [string, string][] => [
      [`filter.${name}.clean`, ""],
      [`filter.${name}.process`, ""],
      [`filter.${name}.required`, "false"],
    ]),
  ];
  return (...args) => gitIn(folder, settings, args);
}

async function filterNames(folder: string): Promise<string[]> {
  let output: string;
  try {
    output = await gitIn(folder, [], ["config", "-z", "--name-only", "--get-regexp", "^filter\\."]);
  } catch (error) {
    // git exits with 1 if there is none.
    if ((error as { code?: unknown }).code === 1) return [];
    throw error;
  }
  return [
    ...new Set(
      output
        .split("\0")
        .map((key) => key.slice("filter.".length, key.lastIndexOf(".")))
        .filter((name) => name !== ""),
    ),
  ];
}

async function gitIn(
  folder: string,
  settings: readonly (readonly [string, string])[],
  args: readonly string[],
): Promise<string> {
  const { stdout } = await run("git", ["--no-pager", "--no-optional-locks", ...args], {
    cwd: folder,
    env: environment(settings),
    timeout: TIMEOUT_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
    windowsHide: true,
  });
  return stdout;
}

/** Settings go by variables: a filter's name may hold any character, `=` among them. */
function environment(settings: readonly (readonly [string, string])[]): NodeJS.ProcessEnv {
  // The person's own settings by variables stay; ours come after them, and the last one holds.
  const own = Number(process.env.GIT_CONFIG_COUNT ?? 0) || 0;
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_COUNT: String(own + settings.length),
    GIT_EXTERNAL_DIFF: undefined,
    GIT_NO_LAZY_FETCH: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ALLOW_PROTOCOL: "",
    LC_ALL: "C",
  };
  settings.forEach(([key, value], at) => {
    env[`GIT_CONFIG_KEY_${own + at}`] = key;
    env[`GIT_CONFIG_VALUE_${own + at}`] = value;
  });
  // A hook gives these from the folder it runs in, and we run git in another.
  for (const name of ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"]) {
    const path = process.env[name];
    if (path !== undefined) env[name] = resolve(path);
  }
  return env;
}

function gitError(folder: string, error: unknown): AuditError {
  const { code } = error as { code?: unknown };
  const message =
    code === "ENOENT"
      ? "--diff and --staged need git, which was not found; install it, or leave them out."
      : `"${folder}" lies in no git repository that git opens for this user; --diff and --staged need one.`;
  return new AuditError("AUDIT_GIT", message, { folder }, { cause: error });
}
