/**
 * The session as a handler sees it. How each method does its work is told by `request-session.ts`.
 * @module
 */
import type { LevelArgument, LevelOptions } from "./level-argument.ts";

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
  /** Remembers the browser, so that it comes back without signing in: needs `rememberMe`. @default false */
  readonly remember?: boolean;
}

export interface RotateOptions {
  /**
   * This request has just changed the account's credentials: the session goes on under their present
   * `credentialStamp`. @default false
   */
  readonly restamp?: boolean;
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
  rotate(options?: RotateOptions): Promise<void>;
  /** Ends the session for good, on every process. The object cannot be used again. @see ASVS 5.0, 7.4.1 */
  signOut(): Promise<void>;
  /** Saves the changes so far, before the response does. @throws {SessionError} */
  commit(): Promise<void>;

  isFresh(options: FreshOptions): boolean;
  /** @throws {SessionRefusal} `not-signed-in`, `not-fresh`. @see ASVS 5.0, 7.5.1 */
  requireFresh(options: FreshOptions): void;
  /** @throws {SessionRefusal} `not-signed-in`, `level-too-low`. */
  requireLevel(level: Level): void;

  /** For a hidden field or a meta tag: shows that a form is ours. Needs `csrf`. Different each time. */
  csrfToken(): string;
  /**
   * Takes the token that a form brought. An unsafe request shows no session before it has; one in the
   * `X-CSRF-Token` header is found without this.
   *
   * @param form The token, or the form that it is in: parsed fields by name, `FormData`, `URLSearchParams`.
   * @throws {SessionRefusal} `csrf`; `not-signed-in` if the form's session has ended since.
   * @see ASVS 5.0, 3.5.1; CWE-352
   */
  verifyCsrf(form: string | object | null | undefined): void;
}
