/**
 * Libraries that bring sign-in and sessions as one: Auth.js (next-auth) and better-auth; and Holdfast.
 * Defaults read in next-auth 4 and 5, better-auth 1 and holdfast 0.
 * @module
 */
import type {
  IdleEvidence,
  SameSiteFlag,
  SecureFlag,
  SessionEvidence,
  Setting,
  StorageKind,
} from "../../../evidence.ts";
import { property, propertyAt, shipped, truthOf, type Value } from "../../script/script-value.ts";
import { isAtLeast } from "../packages/version.ts";
import { option, type SetUp } from "./find-setups.ts";
import { secretFromVariable, secretsOf } from "./secrets.ts";
import {
  booleanSetting,
  byDefault,
  lifetimeSetting,
  type Otherwise,
  sameSiteSetting,
  secureSetting,
  settingOf,
  settingSet,
  textSetting,
} from "./setting.ts";
import { storeOf } from "./stores.ts";

const isAbsent = (value: Value): boolean => value.kind === "literal" && value.value === undefined;

/** A sealed token in the cookie, unless an adapter keeps sessions in a database. */
export function authJs(setUp: SetUp): SessionEvidence {
  const { project, label: of, options, place, version } = setUp;
  const at = <T>(value: T | undefined): Otherwise<T> => ({ value, of, place });
  const session = property(options, "session");
  const strategy = shipped(property(session, "strategy"));
  const hasAdapter = !isAbsent(property(options, "adapter"));
  const isStateless =
    strategy.kind === "literal" && strategy.value !== undefined
      ? strategy.value === "jwt"
      : !hasAdapter;
  const defaultName = isAtLeast(version, "5.0.0")
    ? "authjs.session-token"
    : "next-auth.session-token";
  const token = propertyAt(options, ["cookies", "sessionToken"]);
  const cookie = property(token, "options");
  const maxAge = property(session, "maxAge");
  const lifetime = lifetimeSetting(maxAge, 1000, at<number | "session">(2_592_000));
  const secret = option(options, "secret");
  const otherwise = { purpose: "next-auth secret", place, source: "environment" as const };
  return {
    library: of,
    place,
    cookie: {
      secure: secureSetting(
        isAbsent(token) ? property(options, "useSecureCookies") : property(cookie, "secure"),
        at<SecureFlag>("when-https"),
      ),
      httpOnly: booleanSetting(property(cookie, "httpOnly"), at(isAbsent(token))),
      sameSite: sameSiteSetting(
        property(cookie, "sameSite"),
        at<SameSiteFlag>(isAbsent(token) ? "lax" : "unset"),
      ),
      name: textSetting(property(token, "name"), at(defaultName)),
      defaultName,
      lifetimeSeconds: lifetime,
      domain: textSetting(property(cookie, "domain"), at("")),
      path: textSetting(property(cookie, "path"), at("/")),
    },
    isStateless,
    strictIds: byDefault(at(true)),
    idBits: byDefault(at(isStateless ? undefined : 256)),
    storage: isStateless
      ? byDefault(at<StorageKind>("cookie"))
      : settingSet<StorageKind>("database", property(options, "adapter").place),
    isEncrypted: byDefault(at(isStateless)),
    idle: idleOf(lifetime),
    secrets:
      isAbsent(secret) && !hasUnset(secret)
        ? secretFromVariable(
            project,
            ["AUTH_SECRET", "NEXTAUTH_SECRET"],
            "next-auth secret",
            otherwise,
          )
        : secretsOf(project, secret, "next-auth secret"),
  };
}

function hasUnset(value: Value): boolean {
  return value.kind === "literal" && value.unset !== undefined;
}

/** Sessions in the application's database, a signed token in the cookie. */
export function betterAuth(setUp: SetUp): SessionEvidence {
  const { project, label: of, options, place } = setUp;
  const at = <T>(value: T | undefined): Otherwise<T> => ({ value, of, place });
  const advanced = property(options, "advanced");
  const own = propertyAt(advanced, ["cookies", "session_token", "attributes"]);
  const shared = property(advanced, "defaultCookieAttributes");
  const flag = (name: string): Value =>
    isAbsent(property(own, name)) ? property(shared, name) : property(own, name);
  const expiresIn = propertyAt(options, ["session", "expiresIn"]);
  const lifetime = lifetimeSetting(expiresIn, 1000, at<number | "session">(604_800));
  const secret = property(options, "secret");
  const otherwise = { purpose: "better-auth secret", place, source: "environment" as const };
  const secondary = property(options, "secondaryStorage");
  const store = isAbsent(secondary)
    ? byDefault(at<StorageKind>("database"))
    : storeOf(project, secondary, at<StorageKind>("database")).storage;
  return {
    library: of,
    place,
    cookie: {
      secure: secureSetting(
        isAbsent(flag("secure")) ? property(advanced, "useSecureCookies") : flag("secure"),
        at<SecureFlag>("when-https"),
      ),
      httpOnly: booleanSetting(flag("httpOnly"), at(true)),
      sameSite: sameSiteSetting(flag("sameSite"), at<SameSiteFlag>("lax")),
      name: betterAuthName(advanced, at("better-auth.session_token")),
      defaultName: "better-auth.session_token",
      lifetimeSeconds: lifetime,
      domain: textSetting(propertyAt(advanced, ["crossSubDomainCookies", "domain"]), at("")),
      path: textSetting(flag("path"), at("/")),
    },
    isStateless: false,
    strictIds: byDefault(at(true)),
    idBits: byDefault(at(190)),
    storage: store,
    isEncrypted: byDefault(at(false)),
    idle: idleOf(lifetime),
    secrets:
      isAbsent(secret) && !hasUnset(secret)
        ? secretFromVariable(
            project,
            ["BETTER_AUTH_SECRET", "AUTH_SECRET"],
            "better-auth secret",
            otherwise,
          )
        : secretsOf(project, secret, "better-auth secret"),
  };
}

function betterAuthName(advanced: Value, otherwise: Otherwise<string>): Setting<string> {
  const own = propertyAt(advanced, ["cookies", "session_token", "name"]);
  if (!isAbsent(own)) return textSetting(own, otherwise);
  const prefix = textSetting(property(advanced, "cookiePrefix"), otherwise);
  if (prefix.origin.kind === "default" || prefix.value === undefined) return prefix;
  return { ...prefix, value: `${prefix.value}.session_token` };
}

/** Everything is on unless an option that begins with `unsafe` gives it up. */
export function holdfast(setUp: SetUp): SessionEvidence {
  const { label: of, options, place } = setUp;
  const at = <T>(value: T | undefined): Otherwise<T> => ({ value, of, place });
  const policy = property(options, "policy");
  const plain = property(policy, "unsafePlainHttp");
  const isPlain = truthOf(plain) === true;
  const embedded = property(policy, "unsafeSameSiteNone");
  const idle = settingOf<number | "never">(
    property(policy, "idleTimeoutSeconds"),
    (seconds) => Number(seconds),
    at<number | "never">(1800),
  );
  const persistent = truthOf(property(policy, "persistentCookie")) === true;
  const absolute = lifetimeSetting(
    property(policy, "absoluteTimeoutSeconds"),
    1000,
    at<number | "session">(43_200),
  );
  const keyring = property(options, "keyring");
  return {
    library: of,
    place,
    cookie: {
      secure: isPlain
        ? settingSet("never", plain.place, "unsafePlainHttp")
        : byDefault(at<SecureFlag>("always")),
      httpOnly: byDefault(at(true)),
      sameSite:
        truthOf(embedded) === true
          ? settingSet("none", embedded.place, "unsafeSameSiteNone")
          : sameSiteSetting(property(policy, "sameSite"), at<SameSiteFlag>("lax")),
      name: textSetting(property(policy, "cookieName"), at("__Host-sid")),
      // Its own name says nothing of the server behind it, and its prefix protects: no need to change it.
      defaultName: "",
      lifetimeSeconds: persistent ? absolute : byDefault(at<number | "session">("session")),
      domain: textSetting(property(policy, "unsafeDomain"), at("")),
      path: byDefault(at("/")),
    },
    isStateless: false,
    strictIds: byDefault(at(true)),
    idBits: byDefault(at(256)),
    storage: holdfastStorage(setUp, at("memory")),
    isEncrypted: byDefault(at(true)),
    idle: { seconds: idle, keptBy: idle.origin.kind === "default" ? "library" : "application" },
    secrets: [{ purpose: "keyring of holdfast", place: keyring.place, source: "file" }],
  };
}

function holdfastStorage(
  { options }: SetUp,
  otherwise: Otherwise<StorageKind>,
): Setting<StorageKind> {
  const store = shipped(property(options, "store"));
  if (store.kind !== "call")
    return {
      value: undefined,
      origin: { kind: "unknown", why: "The store is made elsewhere.", place: store.place },
    };
  const name = store.path.join(".");
  const kinds: readonly (readonly [RegExp, StorageKind])[] = [
    [/sqlite|postgres|mysql|mariadb/i, "database"],
    [/redis|valkey/i, "redis"],
    [/memcached/i, "memcached"],
    [/mongo|dynamo/i, "documents"],
    [/memory/i, "memory"],
  ];
  const kind = kinds.find(([pattern]) => pattern.test(name))?.[1];
  return settingSet(kind ?? otherwise.value ?? "custom", store.place, name);
}

/** The library checks its own lifetime at each request, whoever chose it. */
function idleOf({ value, origin }: Setting<number | "session">): IdleEvidence {
  return {
    seconds: { value: value === "session" ? undefined : value, origin },
    keptBy: origin.kind === "default" ? "library" : "application",
  };
}
