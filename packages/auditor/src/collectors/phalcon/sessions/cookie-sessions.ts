/**
 * Sessions that the application keeps by itself: who somebody is stands in a cookie, or a token in it names a record.
 * @module
 */

import type {
  IdleEvidence,
  Observation,
  SecretEvidence,
  SessionEvidence,
  Setting,
  StorageKind,
} from "../../../evidence.ts";
import { textOf } from "../../php/php-file.ts";
import { namedFunctionOf } from "../../php/php-walk.ts";
import type { CookieWrite } from "../code/cookie-writes.ts";
import { identityWrites } from "../code/identity.ts";
import { identityCookies } from "../code/identity-cookies.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { traceOf } from "../code/trace.ts";
import { encryptsCookies, madeOf, schemeOf } from "../sign-in/cookie-scheme.ts";

/** @returns None where the session knows who somebody is: cookies beside it only remember people. */
export function cookieSessions(
  phalcon: PhalconApplication,
  secrets: readonly SecretEvidence[],
): readonly SessionEvidence[] {
  if (!identityWrites(phalcon).some(({ isCookie }) => isCookie === true)) return [];
  return identityCookies(phalcon).flatMap(({ name, issued: [first] }) =>
    first === undefined ? [] : [cookieSession(phalcon, name, first.write, secrets)],
  );
}

/** Cookies that hold an id alone, which anybody can write. */
export function forgeableCookies(phalcon: PhalconApplication): readonly Observation[] {
  if (!identityWrites(phalcon).some(({ isCookie }) => isCookie === true)) return [];
  return identityCookies(phalcon).flatMap(({ name, issued: [first] }): readonly Observation[] => {
    if (first === undefined || schemeOf(phalcon, first.write).scheme !== "plain") return [];
    if (first.write.byService && encryptsCookies(phalcon)) return [];
    return [
      {
        topic: "token-verification",
        place: first.write.place,
        kind: "fault",
        value: "not signed",
        what: `The cookie "${name}" says who somebody is, and nothing signs it: whoever writes another id into it is signed in as that`,
        remedy:
          "Keep who somebody is in the session, or in a token that is signed with a key of the server's and ends.",
      },
    ];
  });
}

function cookieSession(
  phalcon: PhalconApplication,
  name: string,
  write: CookieWrite,
  secrets: readonly SecretEvidence[],
): SessionEvidence {
  const { place, byService } = write;
  const { scheme } = schemeOf(phalcon, write);
  const isStateless = scheme !== "random-token";
  const of = byService ? "Phalcon's cookies service" : "the application's own cookie";
  const here: Setting<string> = { value: "", origin: { kind: "default", of, place } };
  return {
    library: isStateless
      ? `the cookie "${name}", which the application writes itself`
      : `tokens in the cookie "${name}", which the application keeps itself`,
    place,
    cookie: {
      secure: write.secure,
      httpOnly: write.httpOnly,
      sameSite: write.sameSite,
      name: { value: name, origin: { kind: "set", place } },
      defaultName: "PHPSESSID",
      lifetimeSeconds: write.lifetimeSeconds,
      domain: here,
      path: { ...here, value: "/" },
    },
    isStateless,
    // What is looked up and not found signs nobody in.
    strictIds: { value: true, origin: { kind: "set", place } },
    idBits: idBits(write),
    storage: isStateless
      ? { value: "cookie", origin: { kind: "set", place } }
      : keptIn(phalcon, write),
    isEncrypted: isStateless
      ? {
          value: scheme === "encrypted" || (byService && encryptsCookies(phalcon)),
          origin: { kind: "set", place },
        }
      : {
          value: false,
          origin: { kind: "default", of: "the application's record of it, which nothing encrypts" },
        },
    idle: idle(write),
    secrets,
  };
}

const DEFAULT_RANDOM_BYTES = 16;

function idBits({ call, value, place }: CookieWrite): Setting<number> {
  const made = value === undefined ? "" : madeOf(call.file, value, 0);
  const random =
    /(?:random_bytes|openssl_random_pseudo_bytes|->(?:hex|bytes|base64|base64safe))\(\s*(\d*)/i.exec(
      made,
    );
  if (random === null) {
    const why = "how the token is made cannot be followed";
    return { value: undefined, origin: { kind: "unknown", why, place } };
  }
  const bytes = random[1] === "" ? DEFAULT_RANDOM_BYTES : Number(random[1]);
  return { value: bytes * 8, origin: { kind: "set", place } };
}

function keptIn(phalcon: PhalconApplication, { call, place }: CookieWrite): Setting<StorageKind> {
  const within = namedFunctionOf(call.file, call.node);
  const text = (within === undefined ? [] : traceOf(phalcon, within))
    .map(({ file, node }) => textOf(file, node).slice(0, 200))
    .join("\n");
  const value = /redis|->setex\(/i.test(text)
    ? "redis"
    : /memcache/i.test(text)
      ? "memcached"
      : "database";
  return { value, origin: { kind: "set", place } };
}

/** The cookie's own end is the browser's word: only what is in a token, or beside it, is checked here. */
function idle({ call, place }: CookieWrite): IdleEvidence {
  const within = namedFunctionOf(call.file, call.node);
  const text = textOf(call.file, within?.node ?? call.node);
  const expires = /setExpirationTime\(|["']exp["']|expires?_?(at|on)|valid_?until|->setex\(/i;
  const seconds: Setting<number | "never"> = expires.test(text)
    ? { value: undefined, origin: { kind: "unknown", why: "the end is computed", place } }
    : {
        value: "never",
        origin: { kind: "default", of: "a cookie of the application's own", place },
      };
  return { seconds, keptBy: seconds.value === "never" ? "nobody" : "application" };
}
