/**
 * Every option of `createSessions`, its default and its limits: the only holder of defaults.
 * @module
 */

import type { Csrf, RememberMe } from "./companions.ts";
import type { CookieForm } from "./cookie/set-cookie.ts";
import { cookieForm } from "./cookie/set-cookie.ts";
import type { Keyring } from "./crypto/keyring.ts";
import {
  isFunction,
  listFaults,
  listOf,
  matching,
  members,
  must,
  numberFrom,
  oneOf,
  optional,
  type Reader,
} from "./crypto/readers.ts";
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
  /** Most sessions of one subject: 1 to 10 000, or 0 for no limit. @default 50 @see ASVS 5.0, 7.1.2 */
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
  /** Remembers browsers beyond a session: `rememberMe()` of `holdfast/remember-me`. */
  readonly rememberMe?: RememberMe;
  /** Asks unsafe requests for a token: `csrf()` of `holdfast/csrf`. */
  readonly csrf?: Csrf;
  /**
   * For accounts whose passwords also change elsewhere: a text that changes with the account's credentials,
   * or nothing if the account is gone. Asked with every request of a signed-in session; a session that
   * began under another stamp ends. Keep what it reads in memory, or beside what the request reads anyway.
   */
  readonly credentialStamp?: (
    subject: string,
  ) => string | null | undefined | Promise<string | null | undefined>;
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
  sessionsPerSubject: [50, 0, 10_000],
  clockSkewSeconds: [5, 1, 300],
};

type ChoiceSetting =
  | "sessionLimit"
  | "sameSite"
  | "persistentCookie"
  | "withoutOrigin"
  | "unsafePlainHttp"
  | "unsafeSameSiteNone";

/** Every choice, the default first. */
const choices: { readonly [Key in ChoiceSetting]: readonly Required<SessionPolicy>[Key][] } = {
  sessionLimit: ["revoke-oldest", "refuse-new"],
  sameSite: ["Lax", "Strict"],
  persistentCookie: [false, true],
  withoutOrigin: ["serve", "refuse"],
  unsafePlainHttp: [false, true],
  unsafeSameSiteNone: [false, true],
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

type Defaults = Readonly<Required<Pick<SessionPolicy, NumberSetting | ChoiceSetting>>>;

/** The policy with every number and choice present, in the units of its names. */
export type ResolvedPolicy = Defaults & {
  readonly clearSiteData: string | undefined;
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
  readonly rememberMe: RememberMe | undefined;
  readonly csrf: Csrf | undefined;
  readonly credentialStamp: SessionOptions<object, string>["credentialStamp"];
  /** Options that give up a protection, and what each gives up. */
  readonly unsafe: readonly { readonly option: string; readonly explanation: string }[];
}

/** Every row of a table turned into something else, under the same names. */
function mapTable<Key extends string, Row, Result>(
  table: Readonly<Record<Key, Row>>,
  turn: (row: Row) => Result,
): Record<Key, Result> {
  const entries = Object.entries<Row>(table).map(([key, row]) => [key, turn(row)]);
  return Object.fromEntries(entries);
}

const defaults = mapTable<string, readonly unknown[], unknown>(
  { ...numbers, ...choices },
  ([first]) => first,
) as Defaults;

// RFC 6265bis 4.1.1: a cookie name is an RFC 9110 token. Prefixes are ours to choose, see below.
const cookieName = matching(
  /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/,
  "1 to 64 letters, digits or - _ . characters",
);
const aFunction = optional(must<never>("a function", isFunction));

/** Has every setting, or it does not compile. */
const readPolicy: Reader<SessionPolicy> = members<SessionPolicy>({
  ...mapTable(numbers, ([, least, most]) => optional(numberFrom(least, most))),
  ...mapTable(choices, (values) => optional(oneOf<never>(values as never[]))),
  cookieName: optional(cookieName),
  previousNames: optional(listOf(cookieName)),
  clearSiteData: optional(
    must(
      'false or a list of "cache", "cookies" and "storage"',
      (value) =>
        value === false ||
        (Array.isArray(value) &&
          value.every((what) => ["cache", "cookies", "storage"].includes(what))),
    ),
  ),
  isActivity: aFunction,
  unsafeDomain: optional(
    matching(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, "a lower-case domain such as example.com"),
  ),
});

/** Has every option, or it does not compile. */
const readOptions: Reader<SessionOptions<object, string>> = members<SessionOptions<object, string>>(
  {
    keyring: must("a keyring: createKeyring({ file })", has("find")),
    store: must("a store: sqliteStore(db), for example", has("get")),
    data: optional(must("sessionData() or a Standard Schema", (value) => Object(value) === value)),
    levels: optional(must("different names of letters, digits and . : _ -", areLevels)),
    policy: optional(readPolicy),
    preset: optional(oneOf(Object.keys(presets) as PolicyPreset[])),
    codec: optional(must("an object with stringify and parse", has("stringify", "parse"))),
    onEvent: aFunction,
    now: aFunction,
    sweep: optional(oneOf([true, false])),
    rememberMe: optional(must("made by rememberMe()", has("attach"))),
    csrf: optional(must("made by csrf()", has("attach"))),
    credentialStamp: aFunction,
  },
);

function has(...methods: readonly string[]): (value: unknown) => boolean {
  return (value) =>
    methods.every((method) => isFunction((value as Record<string, unknown> | null)?.[method]));
}

function areLevels(levels: unknown): boolean {
  const isLevel = (level: unknown) => typeof level === "string" && /^[\w.:-]{1,64}$/.test(level);
  return (
    Array.isArray(levels) &&
    levels.length > 0 &&
    levels.every(isLevel) &&
    new Set(levels).size === levels.length
  );
}

/** @throws {SessionError} HOLDFAST_OPTION, with every fault at once. */
export function resolveOptions<Data extends object, Level extends string>(
  options: SessionOptions<Data, Level>,
): ResolvedOptions {
  const faults: string[] = [];
  // What is given in the right shape: the rest is judged on it and the defaults.
  const given: Partial<SessionOptions<object, string>> = readOptions(options, "", faults) ?? {};
  const { policy = {}, preset } = given;
  const limits = preset && presets[preset];
  const complete = { ...defaults, ...limits, ...policy };

  const fault: Fault = (setting, rule) => void faults.push(`"policy.${setting}" ${rule}`);
  checkTogether(complete, given, fault);
  for (const key of ["idleTimeoutSeconds", "absoluteTimeoutSeconds"] as const) {
    if (limits && complete[key] > limits[key]) {
      fault(key, `is ${complete[key]}, but preset ${preset} allows ${limits[key]} at most`);
    }
  }
  checkRemembered(given, faults);
  const cookies = resolveCookies(complete, policy.sameSite, fault);

  if (faults.length > 0) {
    throw new SessionError("HOLDFAST_OPTION", listFaults(faults), { faults });
  }
  const { data, levels = ["signed-in"] } = given;
  const clear = policy.clearSiteData || undefined;
  return Object.freeze({
    codec: undefined,
    onEvent: undefined,
    now: Date.now,
    sweep: true,
    rememberMe: undefined,
    csrf: undefined,
    credentialStamp: undefined,
    ...(given as SessionOptions<object, string>),
    policy: Object.freeze({
      isActivity: undefined,
      ...complete,
      clearSiteData: clear?.map((what) => `"${what}"`).join(", "),
    }),
    levels: Object.freeze([...levels]),
    ...cookies,
    schema: data && "~standard" in data ? data : undefined,
    unsafe: unsafeOptions(policy),
  });
}

type Fault = (setting: keyof SessionPolicy, rule: string) => void;

function checkTogether(
  policy: Defaults,
  { keyring, store }: Partial<SessionOptions<object, string>>,
  fault: Fault,
): void {
  const { idleTimeoutSeconds, absoluteTimeoutSeconds, rotationGraceSeconds } = policy;
  if (idleTimeoutSeconds > absoluteTimeoutSeconds) {
    fault("idleTimeoutSeconds", "must not be longer than absoluteTimeoutSeconds");
  }
  if (policy.retiredSeconds < rotationGraceSeconds) {
    fault("retiredSeconds", "must not be shorter than rotationGraceSeconds");
  }
  if (rotationGraceSeconds * 2 > policy.rotationIntervalSeconds) {
    fault("rotationGraceSeconds", "must be at most half of rotationIntervalSeconds");
  }
  if (keyring && absoluteTimeoutSeconds > keyring.longestSessionSeconds) {
    fault(
      "absoluteTimeoutSeconds",
      `must not be longer than the keyring's longestSessionSeconds, ${keyring.longestSessionSeconds}`,
    );
  }
  if (policy.sessionsPerSubject > 0 && store?.traits && !store.traits.index) {
    fault("sessionsPerSubject", `must be 0: ${store.name} lacks the trait "index"`);
  }
}

function checkRemembered(
  { rememberMe, levels = ["signed-in"], keyring }: Partial<SessionOptions<object, string>>,
  faults: string[],
): void {
  if (rememberMe === undefined) return;
  const { level, absoluteTimeoutSeconds } = rememberMe;
  if (!levels.includes(level)) faults.push(`"rememberMe.level", ${level}, must be one of "levels"`);
  const longest = keyring?.longestSessionSeconds ?? absoluteTimeoutSeconds;
  if (absoluteTimeoutSeconds > longest) {
    faults.push(
      `"rememberMe.absoluteTimeoutSeconds" must not be longer than the keyring's longestSessionSeconds, ${longest}`,
    );
  }
}

type ResolvedCookies = Pick<
  ResolvedOptions,
  "signedInCookie" | "anonymousCookie" | "previousCookies"
>;

/** @param sameSite As given: beside `unsafeSameSiteNone`, only the default may stand. */
function resolveCookies(
  policy: SessionPolicy & Defaults,
  sameSite: SessionPolicy["sameSite"],
  fault: Fault,
): ResolvedCookies {
  const { unsafeDomain, unsafePlainHttp, unsafeSameSiteNone, previousNames = [] } = policy;
  const prefix = unsafePlainHttp ? "" : unsafeDomain === undefined ? "__Host-" : "__Secure-";
  const name = policy.cookieName ?? `${prefix}sid`;

  if (prefix !== "" && !name.startsWith(prefix)) {
    fault("cookieName", `must begin with ${prefix}`);
  } else if (prefix === "" && /^__(host|secure|http)/i.test(name)) {
    fault("cookieName", "must have no prefix with unsafePlainHttp");
  }
  if (unsafePlainHttp && unsafeSameSiteNone) {
    fault("unsafeSameSiteNone", "must be left out with unsafePlainHttp");
  }
  if (unsafeSameSiteNone && sameSite !== undefined) {
    fault("sameSite", "must be left out with unsafeSameSiteNone");
  }
  if (previousNames.includes(name)) {
    fault("previousNames", "must be names other than the present one");
  }

  const attributes = {
    secure: !unsafePlainHttp,
    sameSite: unsafeSameSiteNone ? "None" : policy.sameSite,
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
    previousCookies: previousNames.map(pair),
  };
}

function unsafeOptions(policy: SessionPolicy): ResolvedOptions["unsafe"] {
  const explanations = {
    unsafeDomain: "every host of the domain can read and plant the cookie",
    unsafePlainHttp: "anybody on the network can take over sessions",
    unsafeSameSiteNone: "other sites' requests carry the cookie",
  } as const;
  return (Object.keys(explanations) as (keyof typeof explanations)[])
    .filter((option) => policy[option])
    .map((option) => ({ option: `policy.${option}`, explanation: explanations[option] }));
}
