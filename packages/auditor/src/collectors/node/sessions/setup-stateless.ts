/**
 * Sessions whose contents travel in the cookie: cookie-session, @fastify/secure-session and iron-session.
 * Defaults read in cookie-session 2.1, @fastify/secure-session 8 and iron-session 8.
 * @module
 */
import type { SecureFlag, SessionEvidence, Setting } from "../../../evidence.ts";
import { property, shipped, type Value } from "../../script/script-value.ts";
import { isAtLeast } from "../packages/version.ts";
import { expiryOf } from "./expiry.ts";
import { option, type SetUp } from "./find-setups.ts";
import { secretsOf } from "./secrets.ts";
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

/** What is the same for all: no id, nothing kept on the server. */
function common({ label: of, place }: SetUp) {
  return {
    library: of,
    place,
    isStateless: true,
    strictIds: byDefault({ value: true, of, place }),
    idBits: byDefault<number>({ value: undefined, of, place }),
    storage: byDefault({ value: "cookie" as const, of, place }),
  };
}

/** Signed, not sealed; nobody ever checks how old a cookie is. */
export function cookieSession(setUp: SetUp): SessionEvidence {
  const { project, label: of, options, place } = setUp;
  const at = <T>(value: T | undefined): Otherwise<T> => ({ value, of, place });
  const lifetime = expiryOf(project, options) ?? property(options, "maxAge");
  return {
    ...common(setUp),
    cookie: {
      secure: secureSetting(property(options, "secure"), at<SecureFlag>("when-https")),
      httpOnly: booleanSetting(property(options, "httpOnly"), at(true)),
      sameSite: sameSiteSetting(property(options, "sameSite"), at("unset")),
      name: nameOf(options, at("session")),
      defaultName: "session",
      lifetimeSeconds: lifetimeSetting(lifetime, 1, at<number | "session">("session")),
      domain: textSetting(property(options, "domain"), at("")),
      path: textSetting(property(options, "path"), at("/")),
    },
    isEncrypted: byDefault(at(false)),
    idle: { seconds: byDefault(at<number | "never">("never")), keptBy: "nobody" },
    secrets: secretsOf(project, option(options, "keys", "secret"), "cookie-session keys"),
  };
}

/** `key` is what other libraries call it; here it is no option and changes nothing. */
function nameOf(options: Value, otherwise: Otherwise<string>): Setting<string> {
  const setting = textSetting(property(options, "name"), otherwise);
  const ignored = property(options, "key");
  if (setting.origin.kind !== "default" || ignored.kind !== "literal") return setting;
  if (ignored.value === undefined) return setting;
  const why = 'Cookie-session has no option "key": the cookie\'s name is "name".';
  return { ...setting, withoutEffect: { place: ignored.place, why } };
}

/** Sealed. The age is checked since 7.3.0 (CVE-2024-31999). */
export function secureSession(setUp: SetUp): SessionEvidence {
  const { project, label: of, options, place, version } = setUp;
  const at = <T>(value: T | undefined): Otherwise<T> => ({ value, of, place });
  const cookie = property(options, "cookie");
  const checksAge = isAtLeast(version, "7.3.0") !== false;
  const expiry = settingOf<number | "never">(
    property(options, "expiry"),
    (seconds) => Number(seconds),
    at<number | "never">(86_400),
  );
  return {
    ...common(setUp),
    cookie: {
      secure: secureSetting(property(cookie, "secure"), at<SecureFlag>("never")),
      httpOnly: booleanSetting(property(cookie, "httpOnly"), at(true)),
      sameSite: sameSiteSetting(property(cookie, "sameSite"), at("unset")),
      name: textSetting(property(options, "cookieName"), at("session")),
      defaultName: "session",
      lifetimeSeconds: lifetimeSetting(
        expiryOf(project, cookie) ?? property(cookie, "maxAge"),
        expiryOf(project, cookie) === undefined ? 1000 : 1,
        at<number | "session">("session"),
      ),
      domain: textSetting(property(cookie, "domain"), at("")),
      path: textSetting(property(cookie, "path"), at("")),
    },
    isEncrypted: byDefault(at(true)),
    idle: checksAge
      ? { seconds: expiry, keptBy: expiry.origin.kind === "default" ? "library" : "application" }
      : { seconds: byDefault(at<number | "never">("never")), keptBy: "nobody" },
    secrets: secretsOf(project, option(options, "key", "secret"), "@fastify/secure-session key"),
  };
}

/** Sealed, with the age in the seal; the cookie ends a minute before the seal does. */
export function ironSession(setUp: SetUp): SessionEvidence {
  const { project, label: of, options, place } = setUp;
  const at = <T>(value: T | undefined): Otherwise<T> => ({ value, of, place });
  const cookie = property(options, "cookieOptions");
  const ttl = settingOf<number | "never">(
    property(options, "ttl"),
    (seconds) => (Number(seconds) === 0 ? "never" : Number(seconds)),
    at<number | "never">(1_209_600),
  );
  const fallback = typeof ttl.value === "number" ? ttl.value - 60 : undefined;
  const maxAge = property(cookie, "maxAge");
  const isSession =
    hasOwn(cookie, "maxAge") && maxAge.kind === "literal" && maxAge.value === undefined;
  return {
    ...common(setUp),
    cookie: {
      secure: secureSetting(property(cookie, "secure"), at<SecureFlag>("always")),
      httpOnly: booleanSetting(property(cookie, "httpOnly"), at(true)),
      sameSite: sameSiteSetting(property(cookie, "sameSite"), at("lax")),
      name: textSetting(property(options, "cookieName"), at<string>(undefined)),
      defaultName: "",
      lifetimeSeconds: isSession
        ? settingSet<number | "session">("session", maxAge.place)
        : lifetimeSetting(maxAge, 1000, at<number | "session">(fallback)),
      domain: textSetting(property(cookie, "domain"), at("")),
      path: textSetting(property(cookie, "path"), at("/")),
    },
    isEncrypted: byDefault(at(true)),
    idle: { seconds: ttl, keptBy: ttl.origin.kind === "default" ? "library" : "application" },
    secrets: secretsOf(project, property(options, "password"), "iron-session password"),
  };
}

function hasOwn(value: Value, name: string): boolean {
  const object = shipped(value);
  return object.kind === "object" && object.properties.has(name);
}
