/**
 * Server processes of this workspace: each runs apart from the client that measures it, and takes its
 * orders over Node's own channel, so that they never queue behind the requests under test.
 * @module
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** An order to a server process; what else it says is between the two. */
export interface Order {
  readonly order: string;
}

interface Numbered<Content> {
  readonly id: number;
  readonly content: Content;
}

interface Failed {
  readonly failed: string;
}

/** A server process as its client sees it. */
export interface ServerProcess<Ready> {
  /** What the server said when it was listening. */
  readonly ready: Ready;
  readonly pid: number;
  /** @throws {Error} If the server refuses the order, or ends before it answers. */
  ask<Answer = undefined>(order: Order): Promise<Answer>;
  /** Lets the server end by itself. */
  stop(): Promise<void>;
  /** SIGKILL: the process has no chance to say goodbye. Resolves once it is gone. */
  kill(): Promise<void>;
}

const dist = join(import.meta.dirname, "..", "..", "dist");

/**
 * Starts a compiled script of this workspace, and waits until it listens.
 *
 * @param script Its path below `dist`.
 * @param nodeArguments Switches for Node itself.
 */
export async function startServer<Ready>(
  script: string,
  args: readonly string[],
  nodeArguments: readonly string[] = [],
): Promise<ServerProcess<Ready>> {
  const child = fork(join(dist, script), [...args], {
    execArgv: [...nodeArguments],
    // Two of the compared systems print advice that has no place in a table.
    env: { ...process.env, NO_DEPRECATION: "express-session", NODE_ENV: "test" },
  });
  const gone = once(child, "exit");
  const waiting = new Map<number, PromiseWithSettlers>();
  let lastId = 0;
  child.on("message", ({ id, content }: Numbered<unknown>) => {
    const settlers = waiting.get(id);
    waiting.delete(id);
    if (isFailed(content)) settlers?.reject(new Error(`${script}: ${content.failed}`));
    else settlers?.resolve(content);
  });
  void gone.then(() => {
    const error = new Error(`${script} ended before it answered`);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  });

  const answerOf = <Answer>(id: number) =>
    new Promise<Answer>((resolve, reject) => {
      waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
    });
  const ready = await answerOf<Ready>(0);
  return {
    ready,
    pid: child.pid as number,
    ask<Answer>(content: Order) {
      lastId += 1;
      const answer = answerOf<Answer>(lastId);
      const message: Numbered<Order> = { id: lastId, content };
      // A process that is gone is reported by its exit.
      child.send(message, () => {});
      return answer;
    },
    stop: () => end(child, gone, () => child.disconnect()),
    kill: () => end(child, gone, () => child.kill("SIGKILL")),
  };
}

interface PromiseWithSettlers {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

function isFailed(content: unknown): content is Failed {
  return typeof content === "object" && content !== null && "failed" in content;
}

async function end(child: ChildProcess, gone: Promise<unknown>, how: () => void): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    how();
    await gone;
  }
}

/**
 * In the server process: says that it listens, and answers orders until the client goes away.
 *
 * @param close Releases what the server holds; then the process ends.
 */
export function serveOrders<Ready, Given extends Order>(
  ready: Ready,
  answer: (order: Given) => unknown,
  close: () => unknown,
): void {
  const send = (id: number, content: unknown) => process.send?.({ id, content });
  process.on("message", async ({ id, content }: Numbered<Given>) => {
    try {
      send(id, await answer(content));
    } catch (error) {
      send(id, { failed: error instanceof Error ? error.message : String(error) });
    }
  });
  process.once("disconnect", async () => {
    await close();
    // Keep-alive connections would hold the process for as long as their client lives.
    process.exit();
  });
  send(0, ready);
}
