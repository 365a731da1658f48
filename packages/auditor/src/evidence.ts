/**
 * Evidence: what collectors found out about one application, in words that fit every framework.
 * It judges nothing; controls judge it and gather nothing.
 * @module
 */

/** A place in a file of the audited tree. */
export interface Place {
  /** Path from the root of the tree, with `/`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /**
   * Where the text of a literal value starts and ends in the file, in UTF-16 code units from 0, if exactly
   * that text can be replaced by another value.
   */
  readonly span?: { readonly start: number; readonly end: number };
}

/** Where an effective value comes from. */
export type Origin =
  /** The application says so. */
  | { readonly kind: "set"; readonly place: Place }
  /** Nothing sets it, and the library decides. `place` is where it would be set. */
  | { readonly kind: "default"; readonly of: string; readonly place?: Place }
  /** Nothing sets it, and the platform decides: PHP's own default. */
  | { readonly kind: "platform"; readonly of: string; readonly place?: Place }
  /** The deployment decides, by a variable that the repository gives no value. */
  | { readonly kind: "environment"; readonly name: string; readonly place: Place }
  /** It could not be followed. */
  | { readonly kind: "unknown"; readonly why: string; readonly place?: Place };

/** An effective value in production. `value` is `undefined` if it is not known; `origin` then says why. */
export interface Setting<T> {
  readonly value: T | undefined;
  readonly origin: Origin;
  /** The value as the application wrote it, if that says more: `"auto"`, `86400 * 365`. Never a secret. */
  readonly written?: string;
  /** A setting that was written and does nothing, and why; the value is what holds all the same. */
  readonly withoutEffect?: { readonly place: Place; readonly why: string };
}

/** `when-https`: decided by the request's scheme, or switched on in production only. */
export type SecureFlag = "always" | "when-https" | "never";

export type SameSiteFlag = "strict" | "lax" | "none" | "unset";

export type StorageKind =
  | "files"
  | "memory"
  | "database"
  | "redis"
  | "memcached"
  | "documents"
  | "cookie"
  | "custom";

export interface CookieEvidence {
  readonly secure: Setting<SecureFlag>;
  readonly httpOnly: Setting<boolean>;
  readonly sameSite: Setting<SameSiteFlag>;
  readonly name: Setting<string>;
  /** What the name is when nobody chooses one. */
  readonly defaultName: string;
  /** Seconds, or `"session"` for a cookie that ends with the browser. */
  readonly lifetimeSeconds: Setting<number | "session">;
  /** `""` for the single host. */
  readonly domain: Setting<string>;
  readonly path: Setting<string>;
}

/** What ends an unused session, if anything does. */
export interface IdleEvidence {
  /** Seconds; `"never"` if nothing ends it. */
  readonly seconds: Setting<number | "never">;
  /**
   * `application`: the application sets or checks it. `library`: the library checks it at each request.
   * `store-default`: only the store's own default lifetime. `garbage-collection`: PHP's, which is chance and no
   * timeout. `nobody`: nothing ends it.
   */
  readonly keptBy: "application" | "library" | "store-default" | "garbage-collection" | "nobody";
}

/** A secret that signs or encrypts session cookies or tokens. */
export interface SecretEvidence {
  /** What it is for: `"express-session secret"`. */
  readonly purpose: string;
  readonly place: Place;
  /**
   * `literal`: usable as it stands in a loaded file. `fallback`: a constant that holds if a variable is missing.
   * `placeholder`: an obvious placeholder that a set-up step replaces. `environment`, `generated`: not in the repository.
   */
  readonly source:
    | "literal"
    | "fallback"
    | "placeholder"
    | "environment"
    | "generated"
    | "file"
    | "unknown";
  /** Masked: the first two characters and the length at most. */
  readonly masked?: string;
}

/** One way in which the application keeps sessions; most have one. */
export interface SessionEvidence {
  /** With its version where known: `"express-session 1.17.3"`, `"symfony/framework-bundle 6.4.3"`. */
  readonly library: string;
  /** Where sessions are set up. */
  readonly place: Place;
  readonly cookie: CookieEvidence;
  /** The contents travel in the cookie: the server keeps nothing. */
  readonly isStateless: boolean;
  /** Ids that the server did not issue are refused. */
  readonly strictIds: Setting<boolean>;
  /** Random bits in an id. */
  readonly idBits: Setting<number>;
  readonly storage: Setting<StorageKind>;
  /** Session data is sealed where it is kept. */
  readonly isEncrypted: Setting<boolean>;
  readonly idle: IdleEvidence;
  readonly secrets: readonly SecretEvidence[];
}

/** How the session's id changes at a change of privilege. */
export type Rotation =
  /** New id, old one dead, before the identity is written or in one step with it. */
  | "rotated"
  /** New id, but the identity was written before, and the old session is kept. */
  | "old-session-kept"
  /** New id before the credentials are checked: whoever planted one waits for the next. */
  | "before-check"
  | "none"
  /** Whoever did it cannot be followed; `why` says what to look at. */
  | "unknown";

/** A place where somebody becomes signed in, or gets other rights. */
export interface PrivilegeChange {
  readonly kind:
    | "password"
    | "registration"
    | "reset-link"
    | "single-sign-on"
    | "remember-me"
    | "impersonation"
    | "password-change"
    | "role-change"
    | "other";
  readonly place: Place;
  readonly rotation: Rotation;
  /** Where the rotation is, if anywhere. */
  readonly rotationPlace?: Place;
  /** In one sentence, what was seen: `"LoginSuccessEvent migrates: session_fixation_strategy migrate, default of …"`. */
  readonly why: string;
  /** For `password-change` and `role-change`: what happens to the person's other sessions. */
  readonly others?: "ended" | "kept" | "unknown";
}

/** A place where somebody signs out. */
export interface SignOut {
  readonly place: Place;
  /**
   * `destroyed`: the server's session is gone. `cookie-cleared`: stateless, and the cookie is removed.
   * `key-removed`: only a key is removed, session and id live on. `nothing`: neither.
   */
  readonly effect: "destroyed" | "cookie-cleared" | "key-removed" | "nothing" | "unknown";
  readonly why: string;
}

export interface RememberMeEvidence {
  readonly place: Place;
  /**
   * `random-token` (kept on the server), `signed`, `encrypted`, `plain` (an id or name alone), `password`;
   * `session`: no token of its own, the session itself lives longer.
   */
  readonly scheme:
    | "random-token"
    | "signed"
    | "encrypted"
    | "plain"
    | "password"
    | "session"
    | "unknown";
  readonly why: string;
  /** It ends on the server after some time. */
  readonly expires: boolean | undefined;
  readonly secure: Setting<SecureFlag>;
  readonly httpOnly: Setting<boolean>;
  readonly sameSite: Setting<SameSiteFlag>;
  readonly lifetimeSeconds: Setting<number | "session">;
}

/** One part of the state-changing surface, and what stands between it and other sites. */
export interface CsrfEvidence {
  /** `protected`: all that changes state, sign-in included. `partial`: `gaps` are open. */
  readonly cover: "protected" | "partial" | "none" | "unknown";
  readonly place: Place;
  readonly why: string;
  readonly gaps: readonly { readonly place: Place; readonly what: string }[];
}

/** Whether something is there, and where it was seen or would have to be. */
export interface PresenceEvidence {
  /** `undefined` if it cannot be told from source. */
  readonly present: boolean | undefined;
  readonly place: Place;
  readonly why: string;
}

export interface AuditLogEvidence {
  readonly success: PresenceEvidence;
  readonly failure: PresenceEvidence;
}

/** Topics of {@link Observation}; each is judged by the control of that name. */
export type ObservationTopic =
  | "dead-setting"
  | "id-in-url"
  | "native-session-functions"
  | "proxy-trust"
  | "token-exposure"
  | "token-in-log"
  | "web-storage"
  | "debug-in-production"
  | "session-caching"
  | "supported-version"
  | "session-data"
  | "transport-security"
  | "store-access"
  | "deserialization"
  | "absolute-timeout"
  | "logout-method"
  | "cross-origin-reads"
  | "eager-sessions"
  | "fresh-authentication"
  | "session-api"
  | "client-cleanup"
  | "safe-methods"
  | "session-overview"
  | "account-disabling"
  | "websocket-sessions"
  | "token-verification"
  | "session-puzzling"
  | "id-validation"
  | "ids-at-rest"
  | "static-tokens"
  | "periodic-rotation"
  | "expired-data"
  | "concurrent-sessions"
  | "federated-sessions"
  | "stolen-session-signals"
  | "device-binding";

/** Something seen at a place that no field above holds. */
export interface Observation {
  readonly topic: ObservationTopic;
  readonly place: Place;
  /** `fault`: wrong. `doubt`: a person must look. `good`: what the control asks for was seen. */
  readonly kind: "fault" | "doubt" | "good";
  /** What was seen, in one sentence. */
  readonly what: string;
  /** The value in effect, where there is one: `"clear text"`, `"every 900 seconds"`. Never a secret. */
  readonly value?: string;
  /** Where the value comes from, if the application did not write it at `place`. */
  readonly origin?: Origin;
  /** What to do about it, in the application's own terms. */
  readonly remedy?: string;
}

/** A session policy that the repository keeps beside the code, in a file that machines read. */
export interface PolicyEvidence {
  readonly place: Place;
  readonly idleSeconds: PolicyValue<number> | undefined;
  readonly absoluteSeconds: PolicyValue<number> | undefined;
  /** How many sessions an account may have at once. */
  readonly maximumSessions: PolicyValue<number | "unlimited"> | undefined;
  /** What happens to sessions here and at an identity provider when one of them ends. */
  readonly federation: PolicyValue<string> | undefined;
  /** What is wrong with the file, in whole sentences; empty if nothing is. */
  readonly faults: readonly string[];
}

/** A number or rule of a policy, with its reason if one is given. */
export interface PolicyValue<T> {
  readonly value: T;
  readonly place: Place;
  readonly reason: string | undefined;
}

/** Stacks that fixes are written for. */
export type Stack =
  | "symfony"
  | "phalcon"
  | "express-session"
  | "cookie-session"
  | "@fastify/session"
  | "@fastify/secure-session"
  | "koa-session"
  | "iron-session"
  | "hono-sessions"
  | "next-auth"
  | "better-auth"
  | "holdfast"
  | "other";

/** A file that could not be read in full; the rest was. */
export interface Unread {
  readonly file: string;
  readonly why: string;
}

/** Everything collectors found out about one application. */
export interface Evidence {
  /** Folder of the application from the root of the tree; `"."` for the root itself. */
  readonly root: string;
  readonly framework: "symfony" | "phalcon" | "node";
  /** Some files alone, whatever application they belong to: `framework` says in which language. */
  readonly isFilesOnly?: boolean;
  readonly stack: Stack;
  /** Installed versions of what matters, by package: `{ "symfony/framework-bundle": "6.4.3" }`. */
  readonly versions: Readonly<Record<string, string>>;
  /** Where the application as a whole can be pointed at: its manifest. */
  readonly place: Place;
  /** Empty if the application keeps no sessions: then nothing is judged. */
  readonly sessions: readonly SessionEvidence[];
  readonly privilegeChanges: readonly PrivilegeChange[];
  readonly signOuts: readonly SignOut[];
  /** `undefined` if there is none. */
  readonly rememberMe: RememberMeEvidence | undefined;
  /** `undefined` if nothing changes state. */
  readonly csrf: CsrfEvidence | undefined;
  /** `undefined` if nobody signs in here. */
  readonly throttling: PresenceEvidence | undefined;
  /** `undefined` if nobody signs in here. */
  readonly auditLog: AuditLogEvidence | undefined;
  readonly observations: readonly Observation[];
  /** `undefined` if the repository has no file for it. */
  readonly policy?: PolicyEvidence | undefined;
  readonly unread: readonly Unread[];
  /** What is there and not supported, said rather than guessed at. */
  readonly unsupported: readonly string[];
}
