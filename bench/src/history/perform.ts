/**
 * Performs one operation as one request: load, handler, commit, as an adapter would drive it, without
 * HTTP in between.
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as delay } from "node:timers/promises";
import {
  createKeyring,
  createSessions,
  type Session,
  SessionError,
  SessionRefusal,
  type Sessions,
  sessionData,
} from "holdfast";
import type { RequestView } from "holdfast/adapters/adapter";
import type { SessionStore } from "holdfast/stores/store";
import {
  COUNTER,
  instant,
  type Operation,
  type Outcome,
  type Refusal,
  type Span,
} from "./operation.ts";

type Values = Record<string, number>;
type HistorySessions = Sessions<Values, "signed-in">;

/** An operation, and what the request needs to know that the history does not. */
export interface Request extends Operation {
  /** The `Cookie` header. */
  readonly cookies?: string;
  /** What the operation named by `checkpoint` answered. */
  readonly checkpointValue?: string;
  /** How long the handler works between what it reads and what it changes. */
  readonly pauseMs?: number;
}

/** What became of a request. */
export interface Performed extends Span {
  readonly result: Outcome;
  /** The cookie that its answer set: name and value. */
  readonly cookie?: string;
  /** What a `checkpoint` answered. */
  readonly checkpointValue?: string;
}

/** One process of the application. */
export interface Performer {
  perform(request: Request): Promise<Performed>;
  /** How many writes met another one and were made again, so far. */
  conflicts(): number;
  close(): Promise<void>;
}

interface Trace {
  dropped: boolean;
}

/** @param key The master key that all processes share. */
export function createPerformer(store: SessionStore, key: Buffer): Performer {
  // The event of a dropped write does not name its request.
  const traces = new AsyncLocalStorage<Trace>();
  const counted = countConflicts(store);
  const sessions: HistorySessions = createSessions({
    keyring: createKeyring({ bytes: key }),
    store: counted.store,
    data: sessionData<Values>(),
    policy: {
      // No session ends but by an operation of the history.
      sessionsPerSubject: 10_000,
      // What a slow machine leaves unknown proves nothing.
      storeDeadlineSeconds: 10,
    },
    sweep: false,
    onEvent: ({ type }) => {
      const trace = traces.getStore();
      if (type === "write.dropped" && trace !== undefined) trace.dropped = true;
    },
  });
  return {
    perform: (request) => traces.run({ dropped: false }, () => perform(sessions, request, traces)),
    conflicts: counted.conflicts,
    close: () => sessions.close(),
  };
}

async function perform(
  sessions: HistorySessions,
  request: Request,
  traces: AsyncLocalStorage<Trace>,
): Promise<Performed> {
  const start = instant();
  try {
    const { cookie, ...done } = await answer(sessions, request, traces.getStore() as Trace);
    const result = "checkpointValue" in done ? ({ outcome: "ok" } as const) : done.result;
    const value = "checkpointValue" in done ? { checkpointValue: done.checkpointValue } : {};
    return { start, end: instant(), result, ...value, ...(cookie === undefined ? {} : { cookie }) };
  } catch (error) {
    return { start, end: instant(), result: resultOf(error) };
  }
}

type Answered = { readonly cookie?: string | undefined } & (
  | { readonly result: Outcome }
  | { readonly checkpointValue: string }
);

async function answer(
  sessions: HistorySessions,
  request: Request,
  trace: Trace,
): Promise<Answered> {
  const { kind, subject, pauseMs = 0 } = request;
  if (kind === "checkpoint")
    return { checkpointValue: await sessions.subject(subject).checkpoint() };
  if (kind === "revoke-all") {
    await sessions.subject(subject).revokeAll();
    return { result: { outcome: "ok" } };
  }
  const exchange = await sessions.open(viewOf(request));
  let result: Outcome | undefined;
  let thrown: unknown;
  try {
    result = await handle(exchange.session, request, () =>
      pauseMs > 0 ? delay(pauseMs) : undefined,
    );
  } catch (error) {
    thrown = error;
  }
  const failed = result === undefined;
  const head = { cacheControl: undefined, contentType: undefined, failed };
  const { failure, setCookies } = await exchange.settle(head);
  if (result === undefined) throw thrown;
  if (failure !== undefined) throw failure;
  const cookie = setCookies
    .map((line) => line.split(";", 1)[0])
    .find((pair) => !pair?.endsWith("="));
  return { result: trace.dropped ? { outcome: "refused", reason: "gone" } : result, cookie };
}

async function handle(
  session: Session<Values, "signed-in">,
  request: Request,
  work: () => Promise<void> | undefined,
): Promise<Outcome> {
  const { kind, key = "", value = 0 } = request;
  if (kind === "sign-in") {
    await work();
    const { checkpointValue: checkpoint } = request;
    await session.signIn(request.subject, checkpoint === undefined ? {} : { checkpoint });
    return { outcome: "ok" };
  }
  if (kind === "sign-out") {
    await work();
    await session.signOut();
    return { outcome: "ok" };
  }
  const as = session.subject;
  if (as === undefined) return { outcome: "refused", reason: "gone" };
  const seen = session.get(key);
  await work();
  switch (kind) {
    case "get":
      return { outcome: "ok", as, value: seen ?? null };
    case "set":
      session.set(key, value);
      return { outcome: "ok", as };
    case "update":
      session.update(COUNTER, (count = 0) => count + 1);
      // Afterwards the session shows what was written, whatever other requests had written before.
      await session.commit();
      return { outcome: "ok", as, value: session.get(COUNTER) ?? null };
    default:
      await session.rotate();
      return { outcome: "ok", as };
  }
}

function viewOf({ kind, cookies }: Request): RequestView {
  return {
    method: kind === "get" ? "GET" : "POST",
    header: () => undefined,
    cookies,
    address: "127.0.0.1",
    scheme: "https",
  };
}

/** @throws What is no answer of a session: a broken program, not a result. */
function resultOf(error: unknown): Outcome {
  if (error instanceof SessionRefusal) {
    const { reason } = error;
    return { outcome: "refused", reason: reason === "ended" ? "gone" : (reason as Refusal) };
  }
  if (error instanceof SessionError) return { outcome: "unknown", cause: error.message };
  throw error;
}

/** A put that another write came before is what the history calls a conflict. */
function countConflicts(store: SessionStore): { store: SessionStore; conflicts(): number } {
  let conflicts = 0;
  const put: SessionStore["put"] = (key, record) => {
    const answer = store.put(key, record);
    const count = (written: boolean) => {
      if (!written) conflicts += 1;
      return written;
    };
    return typeof answer === "boolean" ? count(answer) : Promise.resolve(answer).then(count);
  };
  const counted = new Proxy(store, {
    get(target, name: keyof SessionStore) {
      if (name === "put") return put;
      const member = target[name];
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  return { store: counted, conflicts: () => conflicts };
}
