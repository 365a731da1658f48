/**
 * The session of one request. Every method looks at the request's state and calls one step of the engine.
 * @module
 */
import { SessionError, SessionRefusal } from "../errors.ts";
import { applyChange, type Change, checkedText, flashChange } from "./changes.ts";
import { commit } from "./commit.ts";
import { stampOf } from "./credential-stamp.ts";
import { afterCommit } from "./pending.ts";
import type { RequestState } from "./request-state.ts";
import { contentsOf, metaOf, raise } from "./request-state.ts";
import { rotateDead } from "./rotate.ts";
import type { FreshOptions, RotateOptions, Session, SignInOptions } from "./session.ts";
import { signIn } from "./sign-in.ts";
import { signOut } from "./sign-out.ts";
import { dataError, deepFreeze, storable } from "./values.ts";

type AnyData = Record<string, unknown>;

export function sessionOf<Data extends object, Level extends string>(
  state: RequestState,
): Session<Data, Level> {
  return new RequestSession(state) as unknown as Session<Data, Level>;
}

/** For what stands around the engine: the state behind a session object. */
export function stateOf(session: object): RequestState {
  return RequestSession.stateOf(session as RequestSession);
}

class RequestSession implements Session<AnyData, string> {
  readonly #state: RequestState;

  static stateOf(session: RequestSession): RequestState {
    return session.#state;
  }

  constructor(state: RequestState) {
    this.#state = state;
  }

  get handle(): string | undefined {
    const state = this.#reading();
    metaOf(state); // A handle that was written into the store by somebody else must not be shown.
    return state.live?.record.handle;
  }

  get subject(): string | undefined {
    return metaOf(this.#reading()).subject;
  }

  get level(): string | undefined {
    return metaOf(this.#reading()).level;
  }

  get authenticatedAt(): number | undefined {
    return metaOf(this.#reading()).authenticatedAt;
  }

  get(key: string): never {
    return deepFreeze(contentsOf(this.#reading()).values.get(key)) as never;
  }

  set(key: string, value: unknown): void {
    if (value === undefined) throw dataError(key, "is undefined; use delete to remove a key");
    const copy = storable(key, value, this.#state.rules.codec);
    this.#change({ op: "set", key, value: copy });
  }

  delete(key: string): void {
    this.#change({ op: "delete", key });
  }

  update(key: string, change: (value: never) => unknown): void {
    this.#change({ op: "update", key, change: change as (value: unknown) => unknown });
  }

  flash(kind: string, message: unknown): void {
    this.#change(flashChange(kind, message, this.#state.rules));
  }

  takeFlash<Message>(kind: string): readonly Message[] {
    const state = this.#reading();
    const taken = contentsOf(state).flash.filter((entry) => entry.kind === kind);
    if (taken.length > 0) this.#change({ op: "take", ids: taken.map(({ id }) => id) });
    return taken.map(({ value }) => deepFreeze(value) as Message);
  }

  async signIn(subject: string, options: SignInOptions<AnyData, string> = {}): Promise<void> {
    const state = this.#token();
    if (typeof subject !== "string" || subject === "" || subject.length > 1024) {
      throw new SessionError(
        "HOLDFAST_DATA",
        "The subject must be a string of 1 to 1024 characters",
      );
    }
    const { carry = [], checkpoint, remember = false } = options;
    if (remember) configured(state.core.remember, "rememberMe");
    await afterCommit(state);
    const level = this.#level(options.level);
    await raising(state, signIn(state, { subject, level, carry, checkpoint, remember }));
  }

  async stepUp(level?: string): Promise<void> {
    const state = this.#token();
    const next = this.#level(level);
    await afterCommit(state);
    const { live } = this.#signedIn(state);
    const meta = { ...metaOf(state), level: next, authenticatedAt: state.core.now() };
    await raising(state, rotateDead(state, live, meta));
    const { handle } = live.record;
    const { address } = state.request;
    const { subject = "" } = meta;
    state.core.emit({ type: "session.stepped-up", handle, subject, level: next, address });
  }

  async rotate({ restamp = false }: RotateOptions = {}): Promise<void> {
    const state = this.#token();
    this.#raiseSuperseded(state);
    await afterCommit(state);
    const { live } = state;
    if (live === undefined) return; // Without a record there is no secret that could be known to anybody.
    const { handle, subjectKey } = live.record;
    const { remember } = state.core;
    const known = metaOf(state);
    const { subject } = known;
    const stamp = restamp && subject ? await stampOf(state.core, subject) : known.stamp;
    const meta = { ...known, stamp };
    const series = remember && meta.series;
    // A copy of the cookies has the device's secret as well as the session's. Who has no such secret gets none:
    // a stolen session must not become a remembered device.
    const next =
      series && remember.holds(state, series)
        ? remember.draft(subjectKey as string, series.absoluteExpiresAt)
        : undefined;
    const changed = restamp || series ? { ...meta, series: next?.name } : undefined;
    await raising(state, rotateDead(state, live, changed));
    if (series && !(await raising(state, remember.begin(state, next, series, undefined)))) {
      raise(state, new SessionRefusal("ended"));
    }
    const { address } = state.request;
    state.core.emit({ type: "session.rotated", handle, cause: "requested", address });
  }

  async signOut(): Promise<void> {
    const state = this.#token();
    await afterCommit(state);
    await raising(state, signOut(state));
  }

  async commit(): Promise<void> {
    const state = this.#writing();
    // The head decides about rotation: it alone shows whether a cache may keep the response.
    await raising(state, commit(state, { mayRotate: false, renews: false }));
  }

  isFresh({ withinSeconds }: FreshOptions): boolean {
    const { authenticatedAt } = metaOf(this.#reading());
    if (authenticatedAt === undefined) return false;
    return this.#state.core.now() - authenticatedAt <= withinSeconds * 1000;
  }

  requireFresh(options: FreshOptions): void {
    this.#signedIn(this.#reading());
    if (!this.isFresh(options)) raise(this.#state, new SessionRefusal("not-fresh"));
  }

  requireLevel(level: string): void {
    const { levels } = this.#state.core.options;
    const needed = levels.indexOf(this.#level(level));
    this.#signedIn(this.#reading());
    if (levels.indexOf(this.level ?? "") < needed) {
      raise(this.#state, new SessionRefusal("level-too-low"));
    }
  }

  csrfToken(): string {
    const state = this.#state;
    return configured(state.core.csrf, "csrf").token(state);
  }

  verifyCsrf(form: string | object | null | undefined): void {
    const state = this.#state;
    configured(state.core.csrf, "csrf").verify(state, form);
  }

  /** Nothing of a session leaks into logs by printing it. */
  toJSON(): object {
    return {};
  }

  #reading(): RequestState {
    const state = this.#state;
    state.touched = true;
    this.#raiseSuperseded(state);
    if (state.unverified) state.core.csrf?.check(state);
    return state;
  }

  #raiseSuperseded(state: RequestState): void {
    if (state.phase === "superseded") raise(state, new SessionRefusal("superseded"));
  }

  #writing(): RequestState {
    const state = this.#reading();
    refuseReadOnly(state);
    if (state.phase === "ended") {
      throw new SessionError("HOLDFAST_ENDED", "This session was signed out; begin a new request");
    }
    return state;
  }

  /** For what changes the token: it needs a head that is not out yet. */
  #token(): RequestState {
    const state = this.#state;
    state.touched = true;
    if (state.unverified) state.core.csrf?.check(state);
    refuseReadOnly(state);
    if (state.phase === "ended") {
      throw new SessionError("HOLDFAST_ENDED", "This session was signed out; begin a new request");
    }
    if (state.headSent) {
      const why = "The response head is out; change the token before it";
      throw new SessionError("HOLDFAST_HEAD_SENT", why);
    }
    return state;
  }

  #signedIn(state: RequestState) {
    this.#raiseSuperseded(state);
    const { subject } = metaOf(state);
    const { live } = state;
    if (subject === undefined || live === undefined) {
      return raise(state, new SessionRefusal("not-signed-in"));
    }
    return { live, subject };
  }

  #level(level: string | undefined): string {
    const { levels } = this.#state.core.options;
    const chosen = level ?? (levels.length === 1 ? levels[0] : undefined);
    if (chosen !== undefined && levels.includes(chosen)) return chosen;
    throw new SessionError("HOLDFAST_OPTION", `"level" must be one of ${levels.join(", ")}`);
  }

  #change(change: Change): void {
    const state = this.#writing();
    const { rules } = state;
    const before = contentsOf(state);
    const after = applyChange(before, change, rules);
    if (after === before) return;
    // The handler hears at once what could not be stored: at the commit it would be too late.
    if (change.op !== "delete" && change.op !== "take") checkedText(after, rules);
    state.contents = after;
    state.log.push(change);
  }
}

/** Remembers a store that failed, for the adapter to answer with 503 if the handler does not. */
async function raising<T>(
  state: RequestState,
  step: Promise<T> | undefined,
): Promise<T | undefined> {
  try {
    return await step;
  } catch (error) {
    if (error instanceof SessionError) raise(state, error);
    throw error;
  }
}

/** What `createSessions` was given; asked for without it, the option is named. */
function configured<Steps>(steps: Steps | undefined, option: string): Steps {
  if (steps !== undefined) return steps;
  const why = `"${option}" is missing from the options of createSessions`;
  throw new SessionError("HOLDFAST_OPTION", why, { option });
}

function refuseReadOnly(state: RequestState): void {
  if (!state.readOnly) return;
  throw new SessionError(
    "HOLDFAST_NO_SESSION",
    "This session was opened by read(); it cannot change",
  );
}
