/**
 * How the application keeps its sessions: cookie, storage, ids and time limits.
 * @module
 */

import type {
  CookieEvidence,
  Observation,
  SecretEvidence,
  SessionEvidence,
  Setting,
} from "../../../evidence.ts";
import { textOf } from "../../php/php-file.ts";
import { type PhpSessionSettings, phpSessionSettings } from "../../php/php-settings.ts";
import { type PhpValue, scalarOf } from "../../php/php-value.ts";
import type { PhpCall } from "../../php/php-walk.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { sessionOperations } from "../code/session-operations.ts";
import { missingAdapters, missingFrom, strictIds } from "./adapter-classes.ts";
import { cookieSessions } from "./cookie-sessions.ts";
import { idleEvidence } from "./idle-timeout.ts";
import { withResent } from "./resent-cookie.ts";
import { sealing } from "./session-sealing.ts";
import { type SessionService, sessionServices } from "./session-services.ts";

export interface SessionsFound {
  readonly sessions: readonly SessionEvidence[];
  readonly observations: readonly Observation[];
  readonly unsupported: readonly string[];
}

export function collectSessions(
  phalcon: PhalconApplication,
  secrets: readonly SecretEvidence[],
): SessionsFound {
  const services = sessionServices(phalcon);
  const found = services.map((service) => ({
    service,
    settings: settingsOf(phalcon, service),
    ignored: ignoredOptions(service),
  }));
  return {
    sessions: [
      ...found.map(({ service, settings, ignored }) => ({
        library: libraryOf(phalcon, service),
        place: service.place,
        cookie: withResent(phalcon, withIgnored(settings.cookie, ignored)),
        isStateless: service.adapter?.kind === "cookie",
        strictIds: strictIds(phalcon, service, settings.strictMode, libraryOf(phalcon, service)),
        idBits: madeIdBits(phalcon) ?? settings.idBits,
        storage: storageSetting(phalcon, service, settings),
        isEncrypted: encryption(phalcon, service),
        idle: idleEvidence(phalcon, service, settings),
        secrets,
      })),
      ...cookieSessions(phalcon, secrets),
    ],
    observations: [
      ...(found[0]?.settings.observations ?? []),
      ...found.flatMap(({ ignored }) => ignored.map(deadOption)),
      ...found.flatMap(({ service }) => missingAdapters(phalcon, service)),
    ],
    unsupported: [],
  };
}

function settingsOf(phalcon: PhalconApplication, service: SessionService): PhpSessionSettings {
  const { tree, application, code, resolve } = phalcon;
  const operations = sessionOperations(phalcon);
  const starts = operations
    .filter(({ kind, isNative }) => kind === "start" && !isNative)
    .flatMap(({ node }) => code.calls.find((call): call is PhpCall => call.node === node) ?? []);
  const named = operations.find(({ kind, isNative }) => kind === "set-name" && !isNative);
  const nameValue = named?.value && phalcon.evaluate(named.file, named.value);
  const name = nameValue === undefined ? undefined : nameSetting(nameValue);
  return phpSessionSettings(tree, application, code, {
    starts,
    resolve,
    place: service.place,
    ...(name && { name }),
  });
}

/** Ids that the application makes itself, from what others can guess. */
function madeIdBits(phalcon: PhalconApplication): SessionEvidence["idBits"] | undefined {
  for (const { kind, file, value, place } of sessionOperations(phalcon)) {
    if (kind !== "set-id" || value === undefined) continue;
    const text = textOf(file, value);
    if (/random_bytes|session_create_id|openssl_random|->hex\(|->base64/i.test(text)) continue;
    if (!/\b(md5|sha1|uniqid|microtime|time|mt_rand|rand|crc32)\(/i.test(text)) continue;
    return { value: 0, origin: { kind: "set", place }, written: text.slice(0, 80) };
  }
  return undefined;
}

function nameSetting(value: PhpValue): Setting<string> {
  const name = scalarOf(value);
  if (typeof name === "string") return { value: name, origin: { kind: "set", place: value.place } };
  return value.kind === "environment"
    ? { value: undefined, origin: { kind: "environment", name: value.name, place: value.place } }
    : { value: undefined, origin: { kind: "unknown", why: "is computed", place: value.place } };
}

/** What keeps the session, with its version. */
export function libraryOf(phalcon: PhalconApplication, service: SessionService): string {
  if (service.library === "native") return "PHP's session functions";
  const { text } = phalcon.version;
  return text === undefined ? "Phalcon sessions" : `Phalcon ${text} sessions`;
}

/** Options that look as if they set the cookie. Phalcon stores them, and starts the session without them. */
const COOKIE_OPTIONS: readonly (readonly [
  pattern: RegExp,
  field: keyof CookieEvidence | undefined,
])[] = [
  [/^(session\.)?(cookie_?)?secure$/i, "secure"],
  [/^(session\.)?(cookie_?)?http_?only$/i, "httpOnly"],
  [/^(session\.)?(cookie_?)?same_?site$/i, "sameSite"],
  [/^(session\.)?(session_?|cookie_?)?name$/i, "name"],
  [/^(session\.)?cookie_?(lifetime|max_?age)$/i, "lifetimeSeconds"],
  [/^(session\.)?cookie_?domain$/i, "domain"],
  [/^(session\.)?cookie_?path$/i, "path"],
  [
    /^(session\.)?(use_?strict_?mode|gc_?maxlifetime|gc_?probability|use_?only_?cookies)$/i,
    undefined,
  ],
];

interface IgnoredOption {
  readonly key: string;
  readonly field: keyof CookieEvidence | undefined;
  readonly value: PhpValue;
}

function ignoredOptions(service: SessionService): readonly IgnoredOption[] {
  const all = [service.managerOptions, ...service.adapters.map(({ options }) => options)];
  const seen = new Set<PhpValue>();
  return all.flatMap((options) => {
    if (options?.kind !== "array" || seen.has(options)) return [];
    seen.add(options);
    return [...options.entries].flatMap(([key, value]): readonly IgnoredOption[] => {
      const match = COOKIE_OPTIONS.find(([pattern]) => pattern.test(key));
      return match === undefined ? [] : [{ key, field: match[1], value }];
    });
  });
}

function withIgnored(cookie: CookieEvidence, ignored: readonly IgnoredOption[]): CookieEvidence {
  const result = { ...cookie } as Record<string, unknown>;
  for (const { key, field, value } of ignored) {
    if (field === undefined) continue;
    const setting = cookie[field] as Setting<unknown>;
    // Something else that works is set: the dead option is reported, and changes nothing.
    if (setting.origin.kind === "set") continue;
    const why = `Phalcon ignores the option ${key}: it starts the session without options`;
    result[field] = { ...setting, withoutEffect: { place: value.place, why } };
  }
  return result as unknown as CookieEvidence;
}

function deadOption({ key, value }: IgnoredOption): Observation {
  const ini = `session.${key.replace(/^session\./, "").toLowerCase()}`;
  return {
    topic: "dead-setting",
    place: value.place,
    kind: "fault",
    what: `Phalcon's session reads no option ${key}: this line does nothing.`,
    remedy: `Set it before the session starts: ini_set("${ini}", …) or session_set_cookie_params().`,
  };
}

function storageSetting(
  phalcon: PhalconApplication,
  service: SessionService,
  settings: PhpSessionSettings,
): SessionEvidence["storage"] {
  const { adapter, adapters, place } = service;
  if (adapter?.kind === undefined) {
    const why =
      adapters.length > 1
        ? `depends on which of ${adapters.map(({ className }) => className.replace(/^.*\\/, "")).join(", ")} is used`
        : adapters.length === 1
          ? "which adapter is used is computed"
          : "no adapter is set where the session is made";
    return { value: undefined, origin: { kind: "unknown", why, place } };
  }
  if (missingFrom(phalcon, adapter) !== undefined) {
    const why = `${adapter.className} does not exist in this version of Phalcon`;
    return { value: undefined, origin: { kind: "unknown", why, place: adapter.place } };
  }
  const { major } = phalcon.version;
  const leavesItToPhp =
    service.library === "native" ||
    (adapter.kind === "files" && !adapter.isOwn && (major ?? 4) < 4);
  if (leavesItToPhp && settings.saveHandler.origin.kind === "set") {
    const handler = settings.saveHandler.value ?? "";
    const value =
      handler === "files"
        ? "files"
        : /redis/.test(handler)
          ? "redis"
          : /memcache/.test(handler)
            ? "memcached"
            : "custom";
    return { value, origin: settings.saveHandler.origin, written: handler };
  }
  if (service.library === "native") return { value: "files", origin: settings.saveHandler.origin };
  return {
    value: adapter.kind,
    origin: { kind: "set", place: adapter.place },
    written: adapter.className,
  };
}

/** Nothing of Phalcon's encrypts sessions: only an adapter of the application's own can. */
function encryption(phalcon: PhalconApplication, service: SessionService): Setting<boolean> {
  const { adapter, place } = service;
  const sealed = adapter === undefined ? undefined : sealing(phalcon, adapter);
  if (sealed !== undefined) return sealed;
  const of = adapter === undefined ? "Phalcon's session adapters" : adapter.className;
  return {
    value: false,
    origin: {
      kind: "default",
      of: `${of}, which writes session data as it is`,
      place: adapter?.place ?? place,
    },
  };
}
