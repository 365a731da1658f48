/**
 * What every step of the engine shares: options, clock, events, and the store behind a deadline.
 * @module
 */
import { createHmac, randomBytes } from "node:crypto";
import type { CsrfSteps, RememberSteps } from "../companions.ts";
import { SessionError } from "../errors.ts";
import type { SessionEvent } from "../events.ts";
import type { ResolvedOptions } from "../options.ts";
import type { Awaitable, SessionStore } from "../stores/store.ts";
import type { Emit } from "./emit.ts";
import { createFloodGate, type FloodGate } from "./flood.ts";
import { createMetaCache, type MetaCache } from "./meta-cache.ts";
import { isPromise } from "./steps.ts";
import { createTokenCache, type TokenCache } from "./token-cache.ts";

/** One set of sessions: made once per process, shared by all requests. */
export interface Core {
  readonly options: ResolvedOptions;
  readonly now: () => number;
  readonly store: GuardedStore;
  readonly emit: Emit;
  readonly flood: FloodGate;
  readonly metaCache: MetaCache;
  readonly tokenCache: TokenCache;
  readonly remember: RememberSteps | undefined;
  readonly csrf: CsrfSteps | undefined;
}

export function createCore(options: ResolvedOptions): Core {
  const { now, onEvent } = options;
  const emit: Emit = (event) => {
    if (onEvent === undefined) return;
    try {
      const result = onEvent({ at: now(), ...event } as SessionEvent);
      // A handler that fails breaks no request; its own failure is its author's to report.
      if (result instanceof Promise) result.catch(() => {});
    } catch {
      // As above: there is no further place to report to.
    }
  };
  const core = {
    options,
    now,
    emit,
    store: guardStore(options, emit),
    flood: createFloodGate(now, emit),
    metaCache: createMetaCache(),
    tokenCache: createTokenCache(),
    remember: undefined,
    csrf: undefined,
  };
  return Object.assign(core, {
    remember: options.rememberMe?.attach(core),
    csrf: options.csrf?.attach(core),
  });
}

/** Runs one store operation under the deadline of the policy. */
export interface GuardedStore {
  readonly raw: SessionStore;
  /** @throws {SessionError} HOLDFAST_STORE if the operation fails or does not answer in time. */
  run<T>(operation: keyof SessionStore, call: (store: SessionStore) => Awaitable<T>): Awaitable<T>;
}

/** A store that is full, or was made a replica, answers reads and refuses these. */
const WRITES = /create|put|touch/;

function guardStore({ store, policy, now }: ResolvedOptions, emit: Emit): GuardedStore {
  const deadlineMs = policy.storeDeadlineSeconds * 1000;
  let awaySince: number | undefined;
  let awayForWrites = false;
  // Counts absences and returns. What was asked before the last one says nothing of the store since.
  let changes = 0;

  const failed = (operation: keyof SessionStore, askedAt: number, cause: unknown): SessionError => {
    if (cause instanceof SessionError && cause.code !== "HOLDFAST_STORE") return cause;
    if (askedAt === changes && awaySince === undefined) {
      changes++;
      awaySince = now();
      awayForWrites = WRITES.test(operation);
      emit({ type: "store.unavailable", store: store.name, operation, cause: causeOf(cause) });
    }
    const text = `The ${store.name} store failed at "${operation}"; see the cause`;
    return new SessionError("HOLDFAST_STORE", text, { operation }, { cause });
  };
  const answered = <T>(operation: keyof SessionStore, askedAt: number, value: T): T => {
    if (
      askedAt === changes &&
      awaySince !== undefined &&
      (!awayForWrites || WRITES.test(operation))
    ) {
      changes++;
      const unavailableSeconds = Math.max(0, now() - awaySince) / 1000;
      awaySince = undefined;
      emit({ type: "store.recovered", store: store.name, unavailableSeconds });
    }
    return value;
  };
  const inTime = <T>(operation: keyof SessionStore, askedAt: number, answer: PromiseLike<T>) =>
    new Promise<T>((resolve, reject) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        reject(failed(operation, askedAt, new Error(`no answer within ${deadlineMs} ms`)));
      }, deadlineMs);
      // What comes after the deadline says nothing of the store as it is for requests.
      answer.then(
        (value) => {
          clearTimeout(timer);
          if (!isLate) resolve(answered(operation, askedAt, value));
        },
        (cause: unknown) => {
          clearTimeout(timer);
          if (!isLate) reject(failed(operation, askedAt, cause));
        },
      );
    });

  return {
    raw: store,
    run(operation, call) {
      const askedAt = changes;
      try {
        const answer = call(store);
        return isPromise(answer)
          ? inTime(operation, askedAt, answer)
          : answered(operation, askedAt, answer);
      } catch (cause) {
        throw failed(operation, askedAt, cause);
      }
    },
  };
}

/** The name of an error is enough for the audit trail: messages of drivers may quote values. */
function causeOf(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause;
  const code = (cause as { code?: unknown }).code;
  return typeof code === "string" ? `${cause.name} ${code}` : cause.name;
}

/** HMAC-SHA-256 of the subject under an index key, in hex: what a store may know of an account. */
export function subjectKeyOf(subject: string, indexKey: Uint8Array): string {
  return createHmac("sha256", indexKey).update(subject).digest("hex");
}

/** The subject's keys under every index key of the ring, the current one first. */
export function subjectKeysOf(core: Core, subject: string): readonly string[] {
  return core.options.keyring.indexKeys.map((key) => subjectKeyOf(subject, key));
}

/**
 * A new public name: 119 random bits, after one that tells the series of a remembered device from a
 * session, in logs and wherever nothing but handles is at hand.
 */
export function newHandle(ofSeries: boolean = false): string {
  const bytes = randomBytes(15);
  bytes[0] = ((bytes[0] as number) & 0x7f) | (ofSeries ? 0x80 : 0);
  return bytes.toString("base64url");
}

/** Whether a handle names the series of a remembered device. */
export function isSeries(handle: string): boolean {
  return /^[g-z0-9_-]/.test(handle);
}
