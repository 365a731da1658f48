/**
 * Private servers for tests and measurements: each on a free loopback port, with a folder of its own,
 * ended with the process that started it. Nothing that runs on the machine already is touched.
 * @module
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { requireProgram } from "./programs.mjs";

const run = promisify(execFile);
const HOST = "127.0.0.1";
const UP_MILLISECONDS = 20_000;
const END_MILLISECONDS = 5000;

/** Started servers, so that none outlives this process whatever happens to it. */
const running = new Set();
process.on("exit", abandonAll);

function abandonAll() {
  for (const server of running) server.abandon();
}

/** A process that a signal ends runs no `exit` handler: Ctrl-C would leave the servers behind. */
function abandonOnSignal() {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.once(signal, () => {
      abandonAll();
      process.kill(process.pid, signal);
    });
  }
}

/** @returns {Promise<number>} A port that was free a moment ago. */
export async function freePort() {
  const server = createServer();
  server.listen(0, HOST);
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** The account that a server insists on where the tests run as root: PostgreSQL refuses root. */
function accountOf(name) {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${name}:`));
  if (line === undefined) return undefined;
  const [, , uid, gid] = line.split(":");
  return { uid: Number(uid), gid: Number(gid) };
}

function temporaryFolder(account) {
  // A short path: a Unix socket's must stay below 108 bytes.
  const folder = mkdtempSync(join(tmpdir(), "hf-"));
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
  return folder;
}

async function answers(port) {
  const socket = connect(port, HOST);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    // Not listening yet; the caller asks again.
    return false;
  } finally {
    socket.destroy();
  }
}

/**
 * One server process that can be ended, killed and started again on the same port and folder.
 *
 * @param {{ name: string, command: string, args: readonly string[], port: number, folder: string,
 *   account?: { uid: number, gid: number }, signal?: NodeJS.Signals, readyLine?: RegExp }} options
 */
async function startProcess({
  name,
  command,
  args,
  port,
  folder,
  account,
  signal = "SIGTERM",
  readyLine,
}) {
  let child;
  let log = "";

  async function start() {
    child = spawn(command, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"], ...account });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        log = (log + text).slice(-4000);
      });
    }
    log = "";
    const startedAt = performance.now();
    while (!((readyLine === undefined || readyLine.test(log)) && (await answers(port)))) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`${name} ended at once (${child.exitCode ?? child.signalCode}):\n${log}`);
      }
      if (performance.now() - startedAt > UP_MILLISECONDS) {
        child.kill("SIGKILL");
        throw new Error(`${name} did not listen within ${UP_MILLISECONDS} ms:\n${log}`);
      }
      await sleep(10);
    }
  }

  async function end(by) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    // Not "exit": PostgreSQL's own children outlive it by moments, hold its output, and keep its
    // shared memory, without which it does not start again.
    const ended = once(child, "close");
    child.kill(by);
    // A stopped process handles no other signal.
    child.kill("SIGCONT");
    // MariaDB loses a signal that comes while it starts.
    const giveUp = setTimeout(() => child.kill("SIGKILL"), END_MILLISECONDS);
    await ended;
    clearTimeout(giveUp);
  }

  const server = {
    host: HOST,
    port,
    folder,
    get pid() {
      return child.pid;
    },
    get log() {
      return log;
    },
    kill: () => end("SIGKILL"),
    halt: () => end(signal),
    start,
    pause: () => child.kill("SIGSTOP"),
    resume: () => child.kill("SIGCONT"),
    async stop() {
      running.delete(server);
      await end(signal);
      rmSync(folder, { recursive: true, force: true });
    },
    abandon() {
      child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
  if (running.size === 0) abandonOnSignal();
  running.add(server);
  await start();
  return server;
}

/** @param {{ args?: readonly string[], port?: number, program?: string }} [options] */
export async function startRedis({ args = [], port, program } = {}) {
  const command = program ?? (await requireProgram("redis"));
  const folder = temporaryFolder();
  const chosen = port ?? (await freePort());
  const server = await startProcess({
    name: "redis-server",
    command,
    args: [
      ...["--port", String(chosen), "--bind", HOST, "--dir", folder],
      ...["--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0"],
      ...args,
    ],
    port: chosen,
    folder,
  });
  return Object.assign(server, { url: `redis://${HOST}:${chosen}` });
}

/** A port whose neighbour 10000 above is free too: a cluster's nodes talk to each other there. */
async function freePortPair() {
  for (;;) {
    const port = await freePort();
    if (port < 55_000 && !(await answers(port + 10_000))) return port;
  }
}

/**
 * A Redis Cluster, up and agreed.
 *
 * @param {{ primaries?: number, replicas?: number, nodeTimeout?: number, args?: readonly string[] }} [options]
 */
export async function startRedisCluster({
  primaries = 3,
  replicas = 1,
  nodeTimeout = 1000,
  args = [],
} = {}) {
  const command = await requireProgram("redis");
  const cli = join(dirname(command), "redis-cli");
  const nodes = [];
  try {
    for (let count = primaries * (1 + replicas); count > 0; count -= 1) {
      const port = await freePortPair();
      const cluster = ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"];
      const timeout = ["--cluster-node-timeout", String(nodeTimeout)];
      nodes.push(
        await startRedis({ port, program: command, args: [...cluster, ...timeout, ...args] }),
      );
    }
    const addresses = nodes.map(({ port }) => `${HOST}:${port}`);
    await run(cli, [
      ...["--cluster", "create", ...addresses],
      ...["--cluster-replicas", String(replicas), "--cluster-yes"],
    ]);
    await agreed(cli, nodes, primaries * replicas);
  } catch (error) {
    await Promise.all(nodes.map((node) => node.stop()));
    throw error;
  }
  return {
    nodes,
    cli: (port, ...command_) =>
      run(cli, ["-h", HOST, "-p", String(port), ...command_]).then(({ stdout }) => stdout.trim()),
    stop: () => Promise.all(nodes.map((node) => node.stop())),
  };
}

async function agreed(cli, nodes, replicaCount) {
  const startedAt = performance.now();
  for (;;) {
    const views = await Promise.all(
      nodes.map(async ({ port }) => {
        const ask = (...command) => run(cli, ["-h", HOST, "-p", String(port), ...command]);
        const [{ stdout: info }, { stdout: role }] = [
          await ask("cluster", "info"),
          await ask("role"),
        ];
        const isReplica = role.startsWith("slave");
        return {
          ok: info.includes("cluster_state:ok") && (!isReplica || role.includes("connected")),
          isReplica,
        };
      }),
    );
    const online = views.filter(({ isReplica }) => isReplica).length;
    if (views.every(({ ok }) => ok) && online === replicaCount) return;
    if (performance.now() - startedAt > UP_MILLISECONDS) {
      throw new Error("the Redis Cluster did not agree in time");
    }
    await sleep(50);
  }
}

/** @param {{ args?: readonly string[] }} [options] `-c name=value` and so on, after our own. */
export async function startPostgres({ args = [] } = {}) {
  const command = await requireProgram("postgres");
  const account = accountOf("postgres");
  const folder = temporaryFolder(account);
  const data = join(folder, "data");
  const initdb = join(dirname(command), "initdb");
  const init = ["-D", data, "-U", "test", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"];
  await run(initdb, [...init, "--no-sync"], { cwd: folder, ...account });
  const port = await freePort();
  const server = await startProcess({
    name: "postgres",
    command,
    args: [
      ...["-D", data, "-p", String(port), "-h", HOST, "-k", folder],
      ...["-c", "fsync=off", "-c", "full_page_writes=off"],
      ...args,
    ],
    port,
    folder,
    account,
    // Fast shutdown: the default would wait for every client to leave.
    signal: "SIGINT",
    // It listens before it is ready to answer.
    readyLine: /ready to accept (read-only )?connections/,
  });
  return Object.assign(server, { url: `postgres://test@${HOST}:${port}/postgres`, user: "test" });
}

/** @param {{ args?: readonly string[] }} [options] */
export async function startMariadb({ args = [] } = {}) {
  const command = await requireProgram("mariadb");
  const account = accountOf("mysql");
  const folder = temporaryFolder(account);
  const data = join(folder, "data");
  mkdirSync(data);
  if (account !== undefined) chownSync(data, account.uid, account.gid);
  const beside = join(dirname(command), "mariadb-install-db");
  await run(
    // Debian keeps the server and its scripts in two folders.
    existsSync(beside) ? beside : "mariadb-install-db",
    [
      ...["--no-defaults", `--datadir=${data}`, "--auth-root-authentication-method=normal"],
      ...["--skip-test-db", ...(account === undefined ? [] : ["--user=mysql"])],
    ],
    { cwd: folder },
  );
  const port = await freePort();
  const server = await startProcess({
    name: "mariadbd",
    command,
    args: [
      ...["--no-defaults", `--datadir=${data}`, `--port=${port}`, `--bind-address=${HOST}`],
      ...[`--socket=${join(folder, "s.sock")}`, `--pid-file=${join(folder, "pid")}`],
      ...["--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=2"],
      ...args,
    ],
    port,
    folder,
    account,
    // It listens before it is ready to answer.
    readyLine: /ready for connections/,
  });
  return Object.assign(server, { url: `mariadb://root@${HOST}:${port}/mysql`, user: "root" });
}

/** @param {{ args?: readonly string[] }} [options] */
export async function startMemcached({ args = [] } = {}) {
  const command = await requireProgram("memcached");
  const account = accountOf("nobody");
  const folder = temporaryFolder(account);
  const port = await freePort();
  return startProcess({
    name: "memcached",
    command,
    args: ["-l", HOST, "-p", String(port), "-U", "0", "-m", "64", ...args],
    port,
    folder,
    account,
  });
}
