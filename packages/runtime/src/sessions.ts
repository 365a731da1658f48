/**
 * createSessions: the whole story on one page, told by the files of `engine/`.
 * @module
 */
import { createCore } from "./engine/core.ts";
import type { HeadChange, ResponseHead } from "./engine/exchange.ts";
import { headChange, isSettled, openExchange, refuseForged, settle } from "./engine/exchange.ts";
import { sessionOf } from "./engine/request-session.ts";
import type { RequestState } from "./engine/request-state.ts";
import type { RequestView } from "./engine/request-view.ts";
import type { Session } from "./engine/session.ts";
import { take } from "./engine/steps.ts";
import type { RevokeOptions, SubjectSessions } from "./engine/subject.ts";
import { subjectSessions } from "./engine/subject.ts";
import { checkClock, startSweeper, watchStore } from "./engine/upkeep.ts";
import type { SessionRefusal } from "./errors.ts";
import { SessionError } from "./errors.ts";
import type { SessionOptions } from "./options.ts";
import { resolveOptions } from "./options.ts";

// What adapters need to know of the engine.
export type { HeadChange, ResponseHead } from "./engine/exchange.ts";
export type { RequestView } from "./engine/request-view.ts";
export { isSafeMethod } from "./engine/request-view.ts";
export type { Session } from "./engine/session.ts";

/** One request and its response, as an adapter drives them. */
export interface Exchange<Data extends object, Level extends string> {
  readonly session: Session<Data, Level>;
  /**
   * To be called once, when the head is about to go out and before it does. Saves, and says what the
   * head must have; an answer that is no promise means that there was nothing to wait for.
   */
  settle(head: ResponseHead): HeadChange | Promise<HeadChange>;
  /** What a method of the session last threw at the handler, for frameworks that do not pass it on. */
  readonly raised: SessionRefusal | SessionError | undefined;
}

/** All sessions of an application. Made once per process. */
export interface Sessions<Data extends object, Level extends string> {
  /** The sessions of one account: list, revoke, rotate, erase. */
  subject(subject: string): SubjectSessions;
  /** Ends every session of every account. @returns How many there were. */
  revokeEverything(options?: RevokeOptions): Promise<number>;
  /** Removes dead records now; a background task does it anyway. @returns How many were removed. */
  sweep(): Promise<number>;
  /** Stops the background work and closes the store. */
  close(): Promise<void>;

  /** For adapters: whether another site sent this request; then answer 403 and do not open it. */
  isForged(request: RequestView): boolean;
  /**
   * For adapters. An answer that is no promise means that there was nothing to wait for.
   *
   * @throws {SessionError} HOLDFAST_STORE: answer 503.
   */
  open(request: RequestView): Exchange<Data, Level> | Promise<Exchange<Data, Level>>;
  /** For callers that cannot set cookies: reads the session, and neither confirms, renews, rotates nor writes. */
  read(request: RequestView): Promise<Session<Data, Level>>;
}

/**
 * Secure sessions, by default. Everything that is wrong with the options is reported at once.
 *
 * @throws {SessionError} HOLDFAST_OPTION
 * @example
 * const sessions = createSessions({
 *   keyring: createKeyring({ file: "holdfast.keys" }),
 *   store: sqliteStore(db),
 * });
 */
export function createSessions<
  Data extends object = Record<string, unknown>,
  const Level extends string = "signed-in",
>(options: SessionOptions<Data, Level>): Sessions<Data, Level> {
  const resolved = resolveOptions(options);
  const core = createCore(resolved);
  for (const unsafe of resolved.unsafe) core.emit({ type: "option.unsafe", ...unsafe });
  const sweeper = startSweeper(core);
  checkClock(core);
  watchStore(core);

  const exchangeOf = (state: RequestState) => new StateExchange<Data, Level>(state);

  return {
    subject(subject) {
      const own = subjectSessions(core, subject);
      return (core.remember?.subject(subject, own) ?? own) as SubjectSessions;
    },

    async revokeEverything({ reason = "everything", by } = {}) {
      const count = await core.store.run("deleteAll", (store) => store.deleteAll());
      core.emit({ type: "session.revoked", count, reason, by });
      return count;
    },

    sweep: () => sweeper.sweep(),

    async close() {
      sweeper.stop();
      core.flood.flush();
      resolved.keyring.close();
      await resolved.store.close();
    },

    isForged: (request) => refuseForged(core, request),

    open(request) {
      const opened = take(openExchange(core, request, false));
      return opened instanceof Promise ? opened.then(exchangeOf) : exchangeOf(opened);
    },

    async read(request) {
      return sessionOf<Data, Level>(await take(openExchange(core, request, true)));
    },
  };
}

// A class, since a getter in an object literal gives every object a hidden class of its own, which only
// a full garbage collection frees: a seventh of what a request costs.
class StateExchange<Data extends object, Level extends string> implements Exchange<Data, Level> {
  readonly session: Session<Data, Level>;
  // A property, so that an adapter may take it out of the exchange.
  readonly settle: (head: ResponseHead) => HeadChange | Promise<HeadChange>;
  readonly #state: RequestState;

  constructor(state: RequestState) {
    this.session = sessionOf<Data, Level>(state);
    this.settle = (head) => {
      if (state.headSent) {
        throw new SessionError("HOLDFAST_HEAD_SENT", "settle() was already called");
      }
      return isSettled(state, head) ? headChange(state, head) : settle(state, head);
    };
    this.#state = state;
  }

  get raised(): SessionRefusal | SessionError | undefined {
    return this.#state.raised;
  }
}
