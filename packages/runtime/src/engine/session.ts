/**
 * The session as a handler sees it. Every method looks at the request's state and calls one step of the engine.
 * @module
 */
import { SessionError, SessionRefusal } from "../errors.ts";
import { applyChange, type Change, checkedText, flashChange } from "./changes.ts";
import { commit } from "./commit.ts";
import type { LevelArgument, LevelOptions } from "./level-argument.ts";
import { afterCommit } from "./pending.ts";
import type { RequestState } from "./request-state.ts";
import { contentsOf, metaOf, raise } from "./request-state.ts";
import { rotateDead } from "./rotate.ts";
import { signIn } from "./sign-in.ts";
import { signOut } from "./sign-out.ts";
import { dataError, deepFreeze, storable } from "./values.ts";

/** What `get` returns: deeply read-only, as the value itself is frozen. */
export type ReadOnly<T> = T extends (infer Item)[]
  ? readonly ReadOnly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: ReadOnly<T[Key]> }
    : T;

export interface FreshOptions {
  /** Longest time since the last sign-in or step-up, in seconds. */
  readonly withinSeconds: number;
}

/** @see Session.signIn */
export interface SignInOptions<Data extends object, Level extends string> {
  /** How strong the sign-in was: one of `levels`; needed if there are several. */
  readonly level?: Level;
  /** Keys of the present session's data to take along; nothing else is. */
  readonly carry?: readonly (keyof Data & string)[];
  /** From `sessions.subject(id).checkpoint()`, asked for before the password was checked. */
  readonly checkpoint?: string;
}

/** The session of one request. Reading is synchronous; what reaches the store or the cookie is a promise. */
export interface Session<Data extends object, Level extends string> {
  /** Public name of the session; `undefined` while there is none. Fit for logs and device lists. */
  readonly handle: string | undefined;
  /** The account that is signed in; `undefined` while the session is anonymous. */
  readonly subject: string | undefined;
  /** How strong the sign-in was. */
  readonly level: Level | undefined;
  /** When the user last proved who they are. */
  readonly authenticatedAt: number | undefined;

  get<Key extends keyof Data & string>(key: Key): ReadOnly<Data[Key]> | undefined;
  /**
   * Last write wins, per key: use {@link update} where the new value depends on the old one.
   *
   * @throws {SessionError} HOLDFAST_DATA if the value cannot be stored.
   */
  set<Key extends keyof Data & string>(key: Key, value: Data[Key]): void;
  delete(key: keyof Data & string): void;
  /**
   * Changes a value so that no parallel change is lost.
   *
   * @param change Pure and synchronous: it runs again if another request was faster. `undefined` deletes the key.
   */
  update<Key extends keyof Data & string>(
    key: Key,
    change: (value: ReadOnly<Data[Key]> | undefined) => Data[Key] | undefined,
  ): void;
  /** Appends a message for the next page that takes it. */
  flash(kind: string, message: unknown): void;
  /** Takes the messages of a kind, oldest first, and removes exactly those. */
  takeFlash<Message = string>(kind: string): readonly Message[];

  /**
   * Begins a new session for an account whose credentials were just proved. The only way to be signed in.
   *
   * @throws {SessionRefusal} `revoked-meanwhile`, `limit-reached`.
   * @throws {SessionError} HOLDFAST_STORE, HOLDFAST_HEAD_SENT.
   * @see ASVS 5.0, 7.2.4; CWE-384
   */
  signIn(
    subject: string,
    ...options: LevelOptions<Level, SignInOptions<Data, Level>>
  ): Promise<void>;
  /** After the user proved more, or proved it again: new secret, old one dead, new level and time. @throws {SessionRefusal} */
  stepUp(...level: LevelArgument<Level>): Promise<void>;
  /** A new secret for the same session; the old one is dead at once. @throws {SessionRefusal} */
  rotate(): Promise<void>;
  /** Ends the session for good, on every process. The object cannot be used again. @see ASVS 5.0, 7.4.1 */
  signOut(): Promise<void>;
  /** Saves the changes so far, before the response does. @throws {SessionError} */
  commit(): Promise<void>;

  isFresh(options: FreshOptions): boolean;
  /** @throws {SessionRefusal} `not-signed-in`, `not-fresh`. @see ASVS 5.0, 7.5.1 */
  requireFresh(options: FreshOptions): void;
  /** @throws {SessionRefusal} `not-signed-in`, `level-too-low`. */
  requireLevel(level: Level): void;
}

type AnyData = Record<string, unknown>;

export function sessionOf<Data extends object, Level extends string>(
  state: RequestState,
): Session<Data, Level> {
  return new RequestSession(state) as unknown as Session<Data, Level>;
}

class RequestSession implements Session<AnyData, string> {
  readonly #state: RequestState;

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
    const { carry = [], checkpoint } = options;
    await afterCommit(state);
    const level = this.#level(options.level);
    await raising(state, signIn(state, { subject, level, carry, checkpoint }));
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

  async rotate(): Promise<void> {
    const state = this.#token();
    this.#raiseSuperseded(state);
    await afterCommit(state);
    const { live } = state;
    if (live === undefined) return; // Without a record there is no secret that could be known to anybody.
    await raising(state, rotateDead(state, live, undefined));
    const { handle } = live.record;
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

  /** Nothing of a session leaks into logs by printing it. */
  toJSON(): object {
    return {};
  }

  #reading(): RequestState {
    const state = this.#state;
    state.touched = true;
    this.#raiseSuperseded(state);
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
async function raising(state: RequestState, step: Promise<void>): Promise<void> {
  try {
    await step;
  } catch (error) {
    if (error instanceof SessionError) raise(state, error);
    throw error;
  }
}

function refuseReadOnly(state: RequestState): void {
  if (!state.readOnly) return;
  throw new SessionError(
    "HOLDFAST_NO_SESSION",
    "This session was opened by read(); it cannot change",
  );
}
