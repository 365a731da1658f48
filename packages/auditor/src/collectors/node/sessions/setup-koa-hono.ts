/**
 * Koa's session middlewares and hono-sessions.
 * Defaults read in koa-session 7, koa-generic-session 2 and hono-sessions 0.8.
 * @module
 */
import type { IdleEvidence, SecureFlag, SessionEvidence } from "../../../evidence.ts";
import { property, type Value } from "../../script/script-value.ts";
import { option, type SetUp } from "./find-setups.ts";
import { idBitsOf } from "./id-bits.ts";
import { sealingOf } from "./sealing.ts";
import { koaKeys, secretsOf } from "./secrets.ts";
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
import { encryptionIn, type StoreEvidence, storeOf } from "./stores.ts";

const DAY_SECONDS = 86_400;

/** koa-session keeps the contents in the cookie unless it is given a store; the age is checked in either case. */
export function koaSession(setUp: SetUp): SessionEvidence {
  const { project, label: of, options, place } = setUp;
  const at = <T>(value: T | undefined): Otherwise<T> => ({ value, of, place });
  const external = option(options, "store", "ContextStore");
  const isStateless = external.kind === "literal" && external.value === undefined;
  const store = storeOf(project, external, at("cookie" as const));
  const lifetime = lifetimeSetting(
    property(options, "maxAge"),
    1,
    at<number | "session">(DAY_SECONDS),
  );
  const isNever = lifetime.value === "session";
  return {
    library: of,
    place,
    cookie: {
      ...koaCookie(options, at),
      name: textSetting(property(options, "key"), at("koa.sess")),
      defaultName: "koa.sess",
      lifetimeSeconds: lifetime,
    },
    isStateless,
    strictIds: byDefault(at(true)),
    idBits: idBitsOf(project, property(options, "genid"), at(122)),
    storage: store.storage,
    isEncrypted:
      isStateless && encodes(setUp)
        ? settingSet(true, property(options, "encode").place)
        : encryptionIn(store, at(false)),
    idle: isNever
      ? { seconds: settingSet("never", property(options, "maxAge").place), keptBy: "nobody" }
      : {
          seconds: { value: lifetime.value as number | undefined, origin: lifetime.origin },
          keptBy: lifetime.origin.kind === "default" ? "library" : "application",
        },
    secrets: koaKeys(project, "keys of the Koa application"),
  };
}

/** An own `encode` that seals; the default is readable. It is asked for cookies only. */
function encodes({ project, options }: SetUp): boolean {
  return sealingOf(project, property(options, "encode")) === "sealed";
}

/** koa-generic-session and its kin: an id in the cookie, the contents in a store, in memory without one. */
export function koaStoreSession(setUp: SetUp): SessionEvidence {
  const { project, library, label: of, options, place } = setUp;
  const at = <T>(value: T | undefined): Otherwise<T> => ({ value, of, place });
  const cookie = property(options, "cookie");
  const store = storeOf(project, property(options, "store"), at("memory" as const));
  const defaultName = library === "koa-generic-session" ? "koa.sid" : "koa:sess";
  const lifetime =
    library === "koa-session2" ? option(options, "maxAge") : property(cookie, "maxAge");
  return {
    library: of,
    place,
    cookie: {
      ...koaCookie(library === "koa-session2" ? options : cookie, at),
      name: textSetting(property(options, "key"), at(defaultName)),
      defaultName,
      lifetimeSeconds: lifetimeSetting(lifetime, 1, at<number | "session">("session")),
    },
    isStateless: false,
    strictIds: byDefault(at(true)),
    idBits: idBitsOf(project, option(options, "genSid", "genid"), at(192)),
    storage: store.storage,
    isEncrypted: encryptionIn(store, at(false)),
    idle: koaIdle(setUp, lifetime, store),
    secrets: koaKeys(project, "keys of the Koa application"),
  };
}

function koaIdle(
  { options, label: of, place }: SetUp,
  lifetime: Value,
  store: StoreEvidence,
): IdleEvidence {
  for (const [value, unit] of [
    [property(options, "ttl"), 1],
    [lifetime, 1],
  ] as const) {
    const seconds = lifetimeSetting(value, unit, { value: undefined, of, place });
    if (typeof seconds.value === "number") {
      return { seconds: settingSet(seconds.value, value.place), keptBy: "application" };
    }
  }
  const seconds = byDefault<number | "never">({
    value: store.defaultSeconds ?? DAY_SECONDS,
    of,
    place,
  });
  return { seconds, keptBy: "store-default" };
}

function koaCookie(options: Value, at: <T>(value: T | undefined) => Otherwise<T>) {
  return {
    secure: secureSetting(property(options, "secure"), at<SecureFlag>("when-https")),
    httpOnly: booleanSetting(property(options, "httpOnly"), at(true)),
    sameSite: sameSiteSetting(property(options, "sameSite"), at("unset")),
    domain: textSetting(property(options, "domain"), at("")),
    path: textSetting(property(options, "path"), at("/")),
  };
}

/** hono-sessions sets no flag by itself. */
export function honoSession(setUp: SetUp): SessionEvidence {
  const { project, label: of, options, place } = setUp;
  const at = <T>(value: T | undefined): Otherwise<T> => ({ value, of, place });
  const cookie = property(options, "cookieOptions");
  const store = storeOf(project, property(options, "store"), at("memory" as const));
  const isStateless = store.made?.path.some((part) => /CookieStore/.test(part)) ?? false;
  const expiry = settingOf<number | "never">(
    property(options, "expireAfterSeconds"),
    (seconds) => Number(seconds),
    at<number | "never">("never"),
  );
  const key = property(options, "encryptionKey");
  const isSealed = key.kind !== "literal" || key.value !== undefined || key.unset !== undefined;
  return {
    library: of,
    place,
    cookie: {
      secure: secureSetting(property(cookie, "secure"), at<SecureFlag>("never")),
      httpOnly: booleanSetting(property(cookie, "httpOnly"), at(false)),
      sameSite: sameSiteSetting(property(cookie, "sameSite"), at("unset")),
      name: textSetting(property(options, "sessionCookieName"), at("session")),
      defaultName: "session",
      lifetimeSeconds: lifetimeSetting(
        property(cookie, "maxAge"),
        1000,
        at<number | "session">("session"),
      ),
      domain: textSetting(property(cookie, "domain"), at("")),
      path: textSetting(property(cookie, "path"), at("/")),
    },
    isStateless,
    strictIds: byDefault(at(true)),
    idBits: byDefault(at(126)),
    storage: isStateless
      ? settingSet("cookie", store.storage.origin.place ?? place)
      : store.storage,
    isEncrypted:
      isStateless && isSealed ? settingSet(true, key.place) : encryptionIn(store, at(false)),
    idle: { seconds: expiry, keptBy: expiry.origin.kind === "default" ? "nobody" : "application" },
    secrets: secretsOf(project, key, "hono-sessions encryptionKey"),
  };
}
