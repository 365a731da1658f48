/**
 * Every option of `createSessions`, its default and its limits: the only holder of defaults.
 * @module
 */
import type { CookieForm } from "./cookie/set-cookie.ts";
import { cookieForm } from "./cookie/set-cookie.ts";
import type { Keyring } from "./crypto/keyring.ts";
import { SessionError } from "./errors.ts";
import type { SessionEventHandler } from "./events.ts";
import type { SessionStore } from "./stores/store.ts";

/** What `isActivity` and the cross-site check may look at. */
export interface RequestFacts {
  readonly method: string;
  /** Value of a header by its lower-case name. */
  header(name: string): string | undefined;
}

export type PolicyPreset = "nist-aal1" | "nist-aal2" | "nist-aal3";

/** Timeouts, cookie attributes and limits: every setting that a security review asks for. */
export interface SessionPolicy {
  /** Longest time between two requests of a signed-in session, in seconds: 60 to 2 592 000. @default 1800 @see ASVS 5.0, 7.3.1 */
  readonly idleTimeoutSeconds?: number;
  /** Longest life of a session, in seconds: 300 to 34 560 000. @default 43200 @see ASVS 5.0, 7.3.2 */
  readonly absoluteTimeoutSeconds?: number;
  /** Longest time between two requests of an anonymous session, in seconds: 60 to 2 592 000. @default 1800 */
  readonly anonymousIdleSeconds?: number;
  /** A signed-in session gets a new secret about this often, in seconds: 60 to 86 400. @default 900 */
  readonly rotationIntervalSeconds?: number;
  /** How long a replaced secret is served beside its confirmed successor, in seconds: 5 to 300. @default 30 */
  readonly rotationGraceSeconds?: number;
  /** How long a dead secret is answered "repeat the request" before it counts as theft, in seconds: 10 to 600. @default 60 */
  readonly retiredSeconds?: number;
  /** Largest session data, in bytes of JSON: 256 to 1 048 576. @default 65536 */
  readonly maxDataBytes?: number;
  /** Longest time that a request waits for the store, in seconds: 0.05 to 30. @default 2 */
  readonly storeDeadlineSeconds?: number;
  /** Most sessions of one subject: 1 to 10 000. @default 50 @see ASVS 5.0, 7.1.2 */
  readonly sessionsPerSubject?: number;
  /** What happens beyond `sessionsPerSubject`. @default "revoke-oldest" */
  readonly sessionLimit?: "revoke-oldest" | "refuse-new";
  /** Difference to the store's clock that is reported, in seconds: 1 to 300. @default 5 */
  readonly clockSkewSeconds?: number;
  /** Name of the signed-in cookie; the anonymous one adds `-anon`. @default "__Host-sid" */
  readonly cookieName?: string;
  /** Names that earlier releases of the application used; their cookies are taken over. @default [] */
  readonly previousNames?: readonly string[];
  /** @default "Lax" */
  readonly sameSite?: "Lax" | "Strict";
  /** The cookie outlives the browser, for the rest of the absolute lifetime. @default false @see NIST SP 800-63B-4 5.1 */
  readonly persistentCookie?: boolean;
  /** Sent with `signOut`, quoted as the header wants it; `false` sends none. @default false */
  readonly clearSiteData?: false | readonly ("cache" | "cookies" | "storage")[];
  /** Whether an unsafe request that has neither `Sec-Fetch-Site` nor `Origin` is served. @default "serve" */
  readonly withoutOrigin?: "serve" | "refuse";
  /** Whether a request shows that the user is there; others do not renew the session. @default every request but prefetches */
  readonly isActivity?: (request: RequestFacts) => boolean;
  /** Shares the cookie with a domain and its subdomains: any of them can then plant one. */
  readonly unsafeDomain?: string;
  /** Cookies without `Secure` and prefix, for a network without TLS: anybody on it can steal sessions. */
  readonly unsafePlainHttp?: boolean;
  /** `SameSite=None; Partitioned`, for a page embedded in other sites: gives up the browser's own protection. */
  readonly unsafeSameSiteNone?: boolean;
}

/** Written and read as text instead of JSON, to keep values that JSON would change. */
export interface DataCodec {
  stringify(value: unknown): string;
  parse(text: string): unknown;
}

/** Session data as a type alone, made by {@link sessionData}, or as a Standard Schema. */
export type DataSpec<Data> = TypedData<Data> | StandardSchema<Data>;

/** @see sessionData */
export interface TypedData<Data> {
  readonly "~data"?: Data;
}

/** The part of a Standard Schema (standardschema.dev, version 1) that is used. */
export interface StandardSchema<Data> {
  readonly "~standard": {
    readonly version: 1;
    readonly validate: (value: unknown) => StandardResult | Promise<StandardResult>;
    readonly types?: { readonly input: Data; readonly output: unknown } | undefined;
  };
}

interface StandardResult {
  readonly issues?: readonly { readonly path?: readonly unknown[] | undefined }[] | undefined;
}

/**
 * Gives session data its type, without a validator.
 *
 * @example
 * createSessions({ keyring, store, data: sessionData<{ cart: string[] }>() });
 */
export function sessionData<Data extends object>(): TypedData<Data> {
  return {};
}

export interface SessionOptions<Data extends object, Level extends string> {
  readonly keyring: Keyring;
  readonly store: SessionStore;
  /** Type, or type and validator, of the session data. @default any JSON under any key */
  readonly data?: DataSpec<Data>;
  /** Strengths of a sign-in, weakest first. @default ["signed-in"] */
  readonly levels?: readonly Level[];
  /** Single settings, on top of `preset` if there is one. */
  readonly policy?: SessionPolicy;
  /** Timeouts of an assurance level of NIST SP 800-63B-4 (final); `policy` may only be stricter. */
  readonly preset?: PolicyPreset;
  readonly codec?: DataCodec;
  readonly onEvent?: SessionEventHandler;
  /** The current instant, in Unix epoch milliseconds. @default Date.now */
  readonly now?: () => number;
  /** Removes dead records in the background. @default true */
  readonly sweep?: boolean;
}

type NumberSetting = {
  [Key in keyof SessionPolicy]-?: Required<SessionPolicy>[Key] extends number ? Key : never;
}[keyof SessionPolicy];

/** Default, least and most of every number. */
const numbers: Record<NumberSetting, readonly [number, number, number]> = {
  idleTimeoutSeconds: [1800, 60, 2_592_000],
  absoluteTimeoutSeconds: [43_200, 300, 34_560_000], // 400 days: the longest a browser keeps a cookie (RFC 6265bis 5.5).
  anonymousIdleSeconds: [1800, 60, 2_592_000],
  rotationIntervalSeconds: [900, 60, 86_400],
  rotationGraceSeconds: [30, 5, 300],
  retiredSeconds: [60, 10, 600],
  maxDataBytes: [65_536, 256, 1_048_576],
  storeDeadlineSeconds: [2, 0.05, 30],
  sessionsPerSubject: [50, 1, 10_000],
  clockSkewSeconds: [5, 1, 300],
};

/** Longest idle and absolute time of each level, in seconds: NIST SP 800-63B-4, 2.1.3, 2.2.3 and 2.3.3. */
const presets: Record<
  PolicyPreset,
  { idleTimeoutSeconds: number; absoluteTimeoutSeconds: number }
> = {
  "nist-aal1": { idleTimeoutSeconds: 2_592_000, absoluteTimeoutSeconds: 2_592_000 },
  "nist-aal2": { idleTimeoutSeconds: 3600, absoluteTimeoutSeconds: 86_400 },
  "nist-aal3": { idleTimeoutSeconds: 900, absoluteTimeoutSeconds: 43_200 },
};

const policyKeys: Record<keyof SessionPolicy, true> = {
  idleTimeoutSeconds: true,
  absoluteTimeoutSeconds: true,
  anonymousIdleSeconds: true,
  rotationIntervalSeconds: true,
  rotationGraceSeconds: true,
  retiredSeconds: true,
  maxDataBytes: true,
  storeDeadlineSeconds: true,
  sessionsPerSubject: true,
  sessionLimit: true,
  clockSkewSeconds: true,
  cookieName: true,
  previousNames: true,
  sameSite: true,
  persistentCookie: true,
  clearSiteData: true,
  withoutOrigin: true,
  isActivity: true,
  unsafeDomain: true,
  unsafePlainHttp: true,
  unsafeSameSiteNone: true,
};

const optionKeys: Record<keyof SessionOptions<object, string>, true> = {
  keyring: true,
  store: true,
  data: true,
  levels: true,
  policy: true,
  preset: true,
  codec: true,
  onEvent: true,
  now: true,
  sweep: true,
};

/** The policy with every number present, in the units of its names. */
export type ResolvedPolicy = Readonly<Required<Pick<SessionPolicy, NumberSetting>>> & {
  readonly sessionLimit: "revoke-oldest" | "refuse-new";
  readonly persistentCookie: boolean;
  readonly clearSiteData: string | undefined;
  readonly withoutOrigin: "serve" | "refuse";
  readonly isActivity: ((request: RequestFacts) => boolean) | undefined;
};

/** Everything the engine needs to know, checked and complete. */
export interface ResolvedOptions {
  readonly keyring: Keyring;
  readonly store: SessionStore;
  readonly policy: ResolvedPolicy;
  readonly levels: readonly string[];
  readonly signedInCookie: CookieForm;
  readonly anonymousCookie: CookieForm;
  readonly previousCookies: readonly { signedIn: CookieForm; anonymous: CookieForm }[];
  readonly codec: DataCodec | undefined;
  readonly schema: StandardSchema<unknown> | undefined;
  readonly onEvent: SessionEventHandler | undefined;
  readonly now: () => number;
  readonly sweep: boolean;
  /** Options that give up a protection, and what each gives up. */
  readonly unsafe: readonly { readonly option: string; readonly explanation: string }[];
}

// RFC 6265bis 4.1.1: a cookie name is an RFC 9110 token. Prefixes are ours to choose, see below.
const COOKIE_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/;

/** @throws {SessionError} HOLDFAST_OPTION, with every fault at once. */
export function resolveOptions<Data extends object, Level extends string>(
  options: SessionOptions<Data, Level>,
): ResolvedOptions {
  const faults: string[] = [];
  const fault = (option: string, rule: string) => void faults.push(`"${option}" ${rule}`);

  if (typeof options !== "object" || options === null) {
    throw new SessionError("HOLDFAST_OPTION", "createSessions takes an object of options");
  }
  unknownKeys(options, optionKeys, "", fault);
  const given = options.policy ?? {};
  unknownKeys(given, policyKeys, "policy.", fault);

  checkShapes(options, fault);
  const timeouts = resolveNumbers(given, options.preset, fault);
  checkTogether(timeouts, options, fault);
  const levels = resolveLevels(options.levels, fault);
  const cookies = resolveCookies(given, fault);

  if (faults.length > 0) {
    throw new SessionError("HOLDFAST_OPTION", `createSessions: ${faults.join("; ")}`, { faults });
  }
  const clear = given.clearSiteData || undefined;
  return Object.freeze({
    keyring: options.keyring,
    store: options.store,
    policy: Object.freeze({
      ...timeouts,
      sessionLimit: given.sessionLimit ?? "revoke-oldest",
      persistentCookie: given.persistentCookie ?? false,
      clearSiteData: clear?.map((what) => `"${what}"`).join(", "),
      withoutOrigin: given.withoutOrigin ?? "serve",
      isActivity: given.isActivity,
    }),
    levels,
    ...cookies,
    codec: options.codec,
    schema: options.data && "~standard" in options.data ? options.data : undefined,
    onEvent: options.onEvent,
    now: options.now ?? Date.now,
    sweep: options.sweep ?? true,
    unsafe: unsafeOptions(given),
  });
}

type Fault = (option: string, rule: string) => void;

function unknownKeys(given: object, known: object, prefix: string, fault: Fault): void {
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(known, key)) fault(prefix + key, "is not an option; check its spelling");
  }
}

function checkShapes(options: SessionOptions<object, string>, fault: Fault): void {
  const { keyring, store, codec, preset, policy = {} } = options;
  if (typeof keyring?.find !== "function") fault("keyring", "is needed: createKeyring({ file })");
  if (typeof store?.get !== "function") fault("store", "is needed: sqliteStore(db), for example");
  if (codec && (typeof codec.stringify !== "function" || typeof codec.parse !== "function")) {
    fault("codec", "must have the functions stringify and parse");
  }
  if (preset !== undefined && !Object.hasOwn(presets, preset)) {
    fault("preset", `must be one of ${Object.keys(presets).join(", ")}`);
  }
  for (const key of ["onEvent", "now"] as const) {
    if (options[key] !== undefined && typeof options[key] !== "function") {
      fault(key, "must be a function");
    }
  }
  oneOf(policy, "sessionLimit", ["revoke-oldest", "refuse-new"], fault);
  oneOf(policy, "withoutOrigin", ["serve", "refuse"], fault);
  oneOf(policy, "sameSite", ["Lax", "Strict"], fault);
  for (const key of ["persistentCookie", "unsafePlainHttp", "unsafeSameSiteNone"] as const) {
    oneOf(policy, key, [true, false], fault);
  }
  if (policy.isActivity !== undefined && typeof policy.isActivity !== "function") {
    fault("policy.isActivity", "must be a function");
  }
  const clear = policy.clearSiteData ?? false;
  if (clear !== false && !clear.every((what) => ["cache", "cookies", "storage"].includes(what))) {
    fault("policy.clearSiteData", 'must be false or a list of "cache", "cookies" and "storage"');
  }
}

function oneOf<Key extends keyof SessionPolicy>(
  policy: SessionPolicy,
  key: Key,
  values: readonly unknown[],
  fault: Fault,
): void {
  if (policy[key] !== undefined && !values.includes(policy[key])) {
    fault(`policy.${key}`, `must be one of ${values.join(", ")}`);
  }
}

function resolveNumbers(
  policy: SessionPolicy,
  preset: PolicyPreset | undefined,
  fault: Fault,
): Record<NumberSetting, number> {
  const limits = preset === undefined ? undefined : presets[preset];
  const resolved = {} as Record<NumberSetting, number>;
  for (const key of Object.keys(numbers) as NumberSetting[]) {
    const [standard, least, most] = numbers[key];
    const limit = limits?.[key as keyof typeof limits];
    const value = policy[key] ?? limit ?? standard;
    const whole = key === "storeDeadlineSeconds" || Number.isInteger(value);
    if (typeof value !== "number" || !whole || value < least || value > most) {
      fault(`policy.${key}`, `must be a ${whole ? "" : "whole "}number from ${least} to ${most}`);
    } else if (limit !== undefined && value > limit) {
      fault(`policy.${key}`, `is ${value}, but preset ${preset} allows ${limit} at most`);
    }
    resolved[key] = value;
  }
  return resolved;
}

function checkTogether(
  timeouts: Record<NumberSetting, number>,
  { keyring, store }: SessionOptions<object, string>,
  fault: Fault,
): void {
  const { idleTimeoutSeconds, absoluteTimeoutSeconds, rotationGraceSeconds } = timeouts;
  if (idleTimeoutSeconds > absoluteTimeoutSeconds) {
    fault("policy.idleTimeoutSeconds", "must not be longer than absoluteTimeoutSeconds");
  }
  if (timeouts.retiredSeconds < rotationGraceSeconds) {
    fault("policy.retiredSeconds", "must not be shorter than rotationGraceSeconds");
  }
  if (rotationGraceSeconds * 2 > timeouts.rotationIntervalSeconds) {
    fault("policy.rotationGraceSeconds", "must be at most half of rotationIntervalSeconds");
  }
  if (keyring !== undefined && absoluteTimeoutSeconds > keyring.longestSessionSeconds) {
    fault(
      "policy.absoluteTimeoutSeconds",
      `is longer than the keyring keeps replaced keys (${keyring.longestSessionSeconds}); lower it, or make the keyring with a higher longestSessionSeconds`,
    );
  }
  if (store?.traits !== undefined && !store.traits.index) {
    fault(
      "policy.sessionsPerSubject",
      `needs a store with the trait "index"; ${store.name} has none`,
    );
  }
}

function resolveLevels(levels: readonly string[] | undefined, fault: Fault): readonly string[] {
  const resolved = levels ?? ["signed-in"];
  const valid = (level: unknown) => typeof level === "string" && /^[\w.:-]{1,64}$/.test(level);
  if (resolved.length === 0 || !resolved.every(valid) || new Set(resolved).size < resolved.length) {
    fault("levels", "must be one or more different names of letters, digits and . : _ -");
  }
  return Object.freeze([...resolved]);
}

type ResolvedCookies = Pick<
  ResolvedOptions,
  "signedInCookie" | "anonymousCookie" | "previousCookies"
>;

function resolveCookies(policy: SessionPolicy, fault: Fault): ResolvedCookies {
  const { unsafeDomain, unsafePlainHttp = false, unsafeSameSiteNone = false } = policy;
  const prefix = unsafePlainHttp ? "" : unsafeDomain === undefined ? "__Host-" : "__Secure-";
  const name = policy.cookieName ?? `${prefix}sid`;

  if (!COOKIE_NAME.test(name)) {
    fault("policy.cookieName", "must be 1 to 64 letters, digits or - _ . characters");
  } else if (prefix !== "" && !name.startsWith(prefix)) {
    fault("policy.cookieName", `must begin with ${prefix}`);
  } else if (prefix === "" && /^__(host|secure|http)/i.test(name)) {
    fault(
      "policy.cookieName",
      "must have no prefix with unsafePlainHttp: browsers would refuse it",
    );
  }
  if (unsafePlainHttp && unsafeSameSiteNone) {
    fault("policy.unsafeSameSiteNone", "needs Secure cookies, which unsafePlainHttp gives up");
  }
  if (unsafeSameSiteNone && policy.sameSite !== undefined) {
    fault("policy.sameSite", "must be left out with unsafeSameSiteNone");
  }
  if (unsafeDomain !== undefined && !/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(unsafeDomain)) {
    fault("policy.unsafeDomain", "must be a lower-case domain such as example.com");
  }
  const previous = policy.previousNames ?? [];
  if (!previous.every((old) => COOKIE_NAME.test(old) && old !== name)) {
    fault("policy.previousNames", "must be cookie names other than the present one");
  }

  const attributes = {
    secure: !unsafePlainHttp,
    sameSite: unsafeSameSiteNone ? "None" : (policy.sameSite ?? "Lax"),
    partitioned: unsafeSameSiteNone,
    domain: unsafeDomain,
  } as const;
  const pair = (base: string) => ({
    signedIn: cookieForm(base, attributes),
    anonymous: cookieForm(`${base}-anon`, attributes),
  });
  const { signedIn, anonymous } = pair(name);
  return {
    signedInCookie: signedIn,
    anonymousCookie: anonymous,
    previousCookies: previous.map(pair),
  };
}

function unsafeOptions(policy: SessionPolicy): ResolvedOptions["unsafe"] {
  const explanations = {
    unsafeDomain: "every host of the domain receives the session cookie and can plant one",
    unsafePlainHttp: "cookies travel without TLS: anybody on the network can take over sessions",
    unsafeSameSiteNone: "other sites' requests carry the session cookie",
  } as const;
  return (Object.keys(explanations) as (keyof typeof explanations)[])
    .filter((option) => policy[option])
    .map((option) => ({ option: `policy.${option}`, explanation: explanations[option] }));
}
