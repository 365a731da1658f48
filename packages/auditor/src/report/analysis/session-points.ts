/**
 * What the evidence says of each way in which sessions are kept: cookie, ids, storage, timeouts, secrets.
 * Says what is in effect; whether that is enough is for the controls.
 * @module
 */
import { duration } from "../../controls/duration.ts";
import type {
  Evidence,
  SameSiteFlag,
  SecretEvidence,
  SecureFlag,
  SessionEvidence,
  StorageKind,
} from "../../evidence.ts";
import { capital, placeText, settingText } from "../wording.ts";
import { observedText } from "./observed-text.ts";

/** One text for each way of keeping sessions, named where there are several. */
function forEach({ sessions }: Evidence, say: (session: SessionEvidence) => string): string {
  const texts = sessions.map((session) => {
    const text = say(session);
    return sessions.length > 1 && text !== "" ? `${session.library}: ${text}` : text;
  });
  return [...new Set(texts)].filter((text) => text !== "").join(" ");
}

export const SECURE_TEXT: Readonly<Record<SecureFlag, string>> = {
  always: "`Secure` is always set",
  "when-https": "`Secure` is set on responses to requests that came by https",
  never: "`Secure` is not set",
};

export const SAME_SITE_TEXT: Readonly<Record<SameSiteFlag, string>> = {
  strict: "`SameSite` is `Strict`",
  lax: "`SameSite` is `Lax`",
  none: "`SameSite` is `None`, so the cookie goes with every request from other sites too",
  unset: "`SameSite` is left out, and each browser falls back to a rule of its own",
};

export function httpOnlyText(isSet: boolean): string {
  return isSet ? "`HttpOnly` is set" : "`HttpOnly` is not set, so scripts can read the cookie";
}

export function flagsText(evidence: Evidence): string {
  return forEach(evidence, ({ cookie }) =>
    [
      settingText(cookie.secure, "`Secure`", (flag) => SECURE_TEXT[flag]),
      settingText(cookie.httpOnly, "`HttpOnly`", httpOnlyText),
      settingText(cookie.sameSite, "`SameSite`", (flag) => SAME_SITE_TEXT[flag]),
    ].join(" "),
  );
}

export function cookieNameText(evidence: Evidence): string {
  return forEach(evidence, ({ cookie }) => {
    const { name, domain, path } = cookie;
    const scope = settingText(domain, "The host", (host) =>
      host === ""
        ? "It goes to the host that set it and to no other"
        : `It goes to ${host} and every host below it`,
    );
    const below =
      path.value === undefined || path.value === "/"
        ? ""
        : settingText(path, "The path", (value) => `Its path is \`${value}\``);
    return [
      settingText(name, "The cookie's name", (value) => `The cookie is named \`${value}\``),
      scope,
      below,
    ]
      .filter((text) => text !== "")
      .join(" ");
  });
}

export function persistenceText(evidence: Evidence): string {
  return forEach(evidence, ({ cookie, isStateless }) => {
    const text = settingText(
      cookie.lifetimeSeconds,
      "How long browsers keep the cookie",
      (value) =>
        value === "session"
          ? "The cookie ends with the browser"
          : `Browsers keep the cookie for ${duration(value)}`,
    );
    // What a browser forgets, a copy remembers: NIST SP 800-63B-4 5.1.1 forbids relying on it.
    const { value } = cookie.lifetimeSeconds;
    return typeof value === "number" && !isStateless
      ? `${text} That bounds the copy in this browser alone, not the session on the server.`
      : text;
  });
}

export function idsText(evidence: Evidence): string {
  return forEach(evidence, ({ isStateless, strictIds, idBits }) => {
    if (isStateless) {
      return "There is no id: the cookie carries the contents themselves, and counts because it is signed or sealed.";
    }
    const strict = settingText(
      strictIds,
      "Whether ids that the server never issued are refused",
      (isStrict) =>
        isStrict
          ? "An id that the server never issued is not adopted"
          : "An id that the server never issued is adopted as it comes",
    );
    const bits = settingText(
      idBits,
      "How many random bits an id has",
      (value) => `An id has ${value} random bits`,
    );
    return `${strict} ${bits}`;
  });
}

const STORAGE_TEXT: Readonly<Record<StorageKind, string>> = {
  files: "Session data lies in files of the server",
  memory:
    "Session data lies in the memory of one process: a restart signs everybody out, and a second process knows none of it",
  database: "Session data lies in a database",
  redis: "Session data lies in Redis",
  memcached: "Session data lies in Memcached, which may drop any of it when memory is short",
  documents: "Session data lies in a document store",
  cookie: "Session data lies in the cookie itself",
  custom: "Session data is kept by a handler of the application's own",
};

export function storageText(evidence: Evidence): string {
  const text = forEach(evidence, ({ storage, isEncrypted, isStateless }) => {
    const where = settingText(storage, "Where session data lies", (kind) => STORAGE_TEXT[kind]);
    const sealed = settingText(isEncrypted, "Whether it is encrypted there", (value) => {
      if (value) return "It is encrypted there";
      return isStateless
        ? "It is signed and not encrypted, so whoever has the cookie reads it"
        : "It is not encrypted there by the application";
    });
    return `${where} ${sealed}`;
  });
  const seen = evidence.observations.filter(
    ({ topic }) => topic === "store-access" || topic === "deserialization",
  );
  return [text, observedText(seen)].filter((part) => part !== "").join(" ");
}

export function idleText(evidence: Evidence): string {
  return forEach(evidence, ({ idle, isStateless }) => {
    const { seconds, keptBy } = idle;
    if (keptBy === "nobody" || seconds.value === "never") {
      const who = isStateless ? "a copy of the cookie stays good" : "it stays good on the server";
      return settingText(
        seconds,
        "What ends an unused session",
        () => `Nothing ends a session that is not used: ${who}`,
      );
    }
    const after = settingText(seconds, "When an unused session ends", (value) =>
      keptBy === "garbage-collection"
        ? `Data unused for ${duration(Number(value))} may be collected`
        : `A session that is not used ends after ${duration(Number(value))}`,
    );
    return `${after} ${KEPT_BY_TEXT[keptBy]}`;
  });
}

const KEPT_BY_TEXT = {
  application: "The application sees to it itself.",
  library: "The library checks it at each request.",
  "store-default": "Only the store's own default does that; the application chose nothing.",
  "garbage-collection":
    "PHP's garbage collection runs by chance, and not at all where the system switches it off: until then a late request finds the session alive. This is no timeout.",
} as const;

const SECRET_TEXT: Readonly<Record<SecretEvidence["source"], string>> = {
  literal: "in the source",
  fallback: "from the environment, and a constant of the source where the variable is missing",
  placeholder: "a placeholder that set-up replaces",
  environment: "from the environment, and not in the repository",
  generated: "generated, and not in the repository",
  file: "read from a file",
  unknown: "from where it could not be followed to",
};

export function secretsText(evidence: Evidence): string {
  return forEach(evidence, ({ secrets, isStateless, library }) => {
    if (secrets.length === 0) {
      return isStateless ? `No secret of ${library} was found in the repository.` : "";
    }
    return secrets
      .map(({ purpose, source, place, masked }) => {
        const shown = masked === undefined ? "" : `, ${masked}`;
        return `${capital(purpose)}: ${SECRET_TEXT[source]} (${placeText(place)}${shown}).`;
      })
      .join(" ");
  });
}
