/**
 * The server tests of the stores on newer servers than the machine's own: those of Debian trixie,
 * unpacked into `.holdfast/matrix` and run from there. Nothing on the machine is replaced.
 * `npm run test:matrix` runs all rows, `npm run test:matrix -- redis-8` one; a line for each.
 * @module
 */
import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "./lock.mjs";
import { programs, requireProgram } from "./programs.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = join(root, ".holdfast", "matrix");
const tree = join(folder, "trixie");
const tests = join(root, "packages", "runtime", "test");

/**
 * One row per server. `wrapped` and `linked` say what lies in the row's own folder and where it is
 * in the tree: PostgreSQL and MariaDB look for their files relative to where they were started.
 */
export const rows = {
  "redis-8": {
    title: "Redis 8",
    program: "redis",
    says: /^Redis server v=(8\.\S+)/m,
    server: "bin/redis-server",
    wrapped: { "bin/redis-server": "usr/bin/redis-server", "bin/redis-cli": "usr/bin/redis-cli" },
  },
  "valkey-8": {
    title: "Valkey 8",
    program: "redis",
    says: /^Valkey server v=(8\.\S+)/m,
    server: "bin/redis-server",
    wrapped: { "bin/redis-server": "usr/bin/valkey-server", "bin/redis-cli": "usr/bin/valkey-cli" },
  },
  "postgresql-17": {
    title: "PostgreSQL 17",
    program: "postgres",
    says: /\(PostgreSQL\) (17\.\S+)/,
    server: "lib/postgresql/17/bin/postgres",
    wrapped: {
      "lib/postgresql/17/bin/postgres": "usr/lib/postgresql/17/bin/postgres",
      "lib/postgresql/17/bin/initdb": "usr/lib/postgresql/17/bin/initdb",
    },
    linked: { share: "usr/share", "lib/postgresql/17/lib": "usr/lib/postgresql/17/lib" },
    // PostgreSQL and MariaDB refuse root: the tests start them under the account of Debian's package.
    account: "postgres",
  },
  "mariadb-11": {
    title: "MariaDB 11",
    program: "mariadb",
    says: /Ver (11\.\S+)-MariaDB/,
    server: "sbin/mariadbd",
    wrapped: {
      "sbin/mariadbd": "usr/sbin/mariadbd",
      "bin/my_print_defaults": "usr/bin/my_print_defaults",
      "bin/resolveip": "usr/bin/resolveip",
    },
    scripts: { "sbin/mariadb-install-db": "usr/bin/mariadb-install-db" },
    linked: { share: "usr/share", lib: "usr/lib" },
    append: (prefix) => [`--basedir=${prefix}`],
    account: "mysql",
  },
};

const packages = ["redis-server", "valkey-server", "postgresql-17", "mariadb-server"];

/** @param {string} text */
export function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * What makes the tree, to be run or to be pasted. apt gets folders of its own, in which nothing is
 * installed, so that it fetches every library too; it checks Debian's signatures as always.
 *
 * @param {string} where
 */
export function unpackCommands(where) {
  const archive =
    "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org";
  return `mkdir -p ${quote(where)} && cd ${quote(where)}
rm -rf apt trixie.new
mkdir -p apt/etc/apt apt/state/lists/partial apt/cache/archives/partial trixie.new
touch apt/state/status
echo 'deb ${archive}/debian trixie main' > apt/sources.list
echo 'deb ${archive}/debian-security trixie-security main' >> apt/sources.list
own_apt() {
  apt-get -o "Dir::State=$PWD/apt/state" -o "Dir::State::status=$PWD/apt/state/status" \\
    -o "Dir::Cache=$PWD/apt/cache" -o "Dir::Etc=$PWD/apt/etc/apt" \\
    -o "Dir::Etc::sourcelist=$PWD/apt/sources.list" -o APT::Default-Release= \\
    -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}
own_apt update
own_apt install -y --no-install-recommends --download-only ${packages.join(" ")}
for package in apt/cache/archives/*.deb; do dpkg -x "$package" trixie.new; done
rm -rf apt trixie
mv trixie.new trixie
`;
}

/**
 * A script that runs a program of the tree with the tree's own loader and libraries, in the
 * process that was started: a test stops and kills it by that process's id.
 *
 * @param {{ loader: string, libraries: string, locales: string, program: string,
 *   append?: readonly string[] }} options
 */
export function wrapper({ loader, libraries, locales, program, append = [] }) {
  const rest = ['"$@"', ...append.map(quote)].join(" ");
  return `#!/bin/sh
export LOCPATH=${quote(locales)}
exec ${quote(loader)} --library-path ${quote(libraries)} --argv0 "$0" ${quote(program)} ${rest}
`;
}

/**
 * @param {string} program A name in scripts/programs.mjs.
 * @param {Readonly<Record<string, string>>} sources Test files' texts, by path.
 * @returns {readonly string[]} The files whose tests say that they need the program.
 */
export function filesThatNeed(program, sources) {
  return Object.keys(sources)
    .filter((file) => sources[file].includes(`describeWith("${program}"`))
    .sort();
}

/**
 * @param {readonly string[]} names As on the command line; none means all.
 * @returns {readonly (keyof typeof rows)[]}
 */
export function chosenRows(names) {
  const unknown = names.filter((name) => !Object.hasOwn(rows, name));
  if (unknown.length > 0) {
    const known = Object.keys(rows).join(", ");
    throw new Error(`The matrix does not know ${unknown.join(", ")}; it knows ${known}.`);
  }
  return /** @type {(keyof typeof rows)[]} */ (names.length > 0 ? names : Object.keys(rows));
}

/**
 * @param {string} title
 * @param {string} version
 * @param {{ passed: number, failed: number } | undefined} counts None if the run came to no end.
 */
export function line(title, version, counts) {
  const result =
    counts === undefined
      ? "did not finish"
      : `${String(counts.passed).padStart(4)} passed, ${counts.failed} failed`;
  return `${title.padEnd(14)} ${version.padEnd(8)} ${result}`;
}

function say(text) {
  process.stderr.write(`matrix: ${text}\n`);
}

/** Why the tree must be made by hand, if so. */
function refusalToUnpack() {
  if (process.env.HOLDFAST_TEST_INSTALL === "never") return "HOLDFAST_TEST_INSTALL is never";
  const lacksTool = ["apt-get", "dpkg"].some((tool) => spawnSync(tool, ["--version"]).error);
  if (lacksTool) return "this is not Debian";
  // Needs no root by itself; but nothing is fetched for an account that may not install either.
  if (process.getuid?.() !== 0) return "only root fetches packages unasked";
  return undefined;
}

function unpack() {
  if (existsSync(tree)) return;
  const commands = unpackCommands(folder);
  const refusal = refusalToUnpack();
  if (refusal !== undefined) {
    throw new Error(
      `The matrix needs servers of Debian trixie in ${tree}, and ${refusal}. ` +
        `On Debian, these commands make it:\n\n(set -e\n${commands})\n`,
    );
  }
  say(`unpacking ${packages.join(", ")} of Debian trixie into ${tree} (130 MB to fetch) …`);
  // Standard output is the report.
  const { status } = spawnSync("sh", ["-ec", commands], { stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`The matrix's servers could not be unpacked; see above.`);
}

/** The C library's folder carries the name of the machine's architecture. */
function runtime() {
  const libraries = join(tree, "usr", "lib");
  for (const entry of readdirSync(libraries)) {
    if (!entry.includes("-linux-")) continue;
    const loader = readdirSync(join(libraries, entry)).find((file) => /^ld-linux.*\.so/.test(file));
    if (loader === undefined) continue;
    return {
      loader: join(libraries, entry, loader),
      libraries: join(libraries, entry),
      locales: join(libraries, "locale"),
    };
  }
  throw new Error(`${libraries} holds no loader; delete ${folder} and start again.`);
}

/** @returns {string} The server that a test starts. */
function makeRow(name) {
  const { wrapped, scripts = {}, linked = {}, append, server } = rows[name];
  const prefix = join(folder, "rows", name);
  rmSync(prefix, { recursive: true, force: true });
  const place = (path, make) => {
    mkdirSync(dirname(join(prefix, path)), { recursive: true });
    make(join(prefix, path));
  };
  const own = runtime();
  const appended = append?.(prefix) ?? [];
  for (const [path, target] of Object.entries(wrapped)) {
    const isServer = path === server;
    const options = { ...own, program: join(tree, target), append: isServer ? appended : [] };
    place(path, (file) => writeFileSync(file, wrapper(options), { mode: 0o755 }));
  }
  for (const [path, target] of Object.entries(scripts)) {
    const rest = ['"$@"', ...appended.map(quote)].join(" ");
    const text = `#!/bin/sh\nexec /bin/sh ${quote(join(tree, target))} ${rest}\n`;
    place(path, (file) => writeFileSync(file, text, { mode: 0o755 }));
  }
  for (const [path, target] of Object.entries(linked)) {
    place(path, (file) => symlinkSync(join(tree, target), file));
  }
  return join(prefix, server);
}

/** Another account must be able to reach the tree. */
function requireEntry(account) {
  for (let path = folder; path !== dirname(path); path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) {
      throw new Error(
        `The account ${account}, which the server runs under, may not enter ${path}. ` +
          "Clone into a folder that others may enter, or run the matrix without being root.",
      );
    }
  }
}

function versionOf(name, server) {
  const { stdout, stderr } = spawnSync(server, ["--version"], { encoding: "utf8" });
  const version = rows[name].says.exec(stdout)?.[1];
  if (version !== undefined) return version;
  throw new Error(`${server} should be ${rows[name].title}, and says: ${stdout}${stderr}`);
}

function testSources() {
  const files = readdirSync(tests, { recursive: true }).filter((file) =>
    file.endsWith(".server.test.ts"),
  );
  const entries = files.map((file) => [
    join("packages", "runtime", "test", file),
    readFileSync(join(tests, file), "utf8"),
  ]);
  return Object.fromEntries(entries);
}

function countsIn(report) {
  try {
    return JSON.parse(readFileSync(report, "utf8"));
  } catch {
    // The run broke off before its end.
    return undefined;
  }
}

/** @returns {boolean} Whether all tests passed. */
function runRow(name, server, files) {
  const { title, program } = rows[name];
  const [log, report] = [join(folder, `${name}.log`), join(folder, `${name}.json`)];
  rmSync(report, { force: true });
  const output = openSync(log, "w");
  const test = join(root, "scripts", "test.mjs");
  const { status } = spawnSync(process.execPath, [test, "--project", "programs", ...files], {
    cwd: root,
    stdio: ["ignore", output, output],
    env: {
      ...process.env,
      [programs[program].variable]: server,
      HOLDFAST_TEST_REPORT: report,
      NO_COLOR: "1",
    },
  });
  closeSync(output);
  if (status !== 0) process.stderr.write(readFileSync(log, "utf8"));
  const counts = countsIn(report);
  process.stdout.write(`${line(title, versionOf(name, server), counts)}\n`);
  return status === 0 && counts?.failed === 0;
}

async function main() {
  const names = chosenRows(process.argv.slice(2));
  await withLock(
    join(root, ".holdfast", "matrix.lock"),
    (pid) => say(`waiting for process ${pid}, which runs the matrix …`),
    async () => {
      unpack();
      const sources = testSources();
      for (const name of names) {
        const { title, program, account } = rows[name];
        if (account !== undefined && process.getuid?.() === 0) {
          await requireProgram(program);
          requireEntry(account);
        }
        const files = filesThatNeed(program, sources);
        const server = makeRow(name);
        say(`${title} ${versionOf(name, server)}: ${files.length} files of tests …`);
        if (!runRow(name, server, files)) process.exitCode = 1;
      }
    },
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
