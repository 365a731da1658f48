/**
 * Evidence for tests: an application with faults of every kind, one that is sound, one without sessions.
 * @module
 */
import type { Evidence, Place, SessionEvidence, Setting } from "../evidence.ts";

export const FRAMEWORK: string = "config/packages/framework.yaml";
export const SIGN_IN: string = "src/Controller/SignInController.php";
const SERVER = "api/src/server.ts";

export function place(file: string, line: number, column = 1): Place {
  return { file, line, column };
}

function set<T>(value: T, file: string, line: number): Setting<T> {
  return { value, origin: { kind: "set", place: place(file, line) } };
}

function byDefault<T>(value: T, of: string): Setting<T> {
  return { value, origin: { kind: "default", of } };
}

export const BUNDLE: string = "symfony/framework-bundle 5.4.21";

/** Sessions of a shop that leaves nearly everything to old defaults. */
export const weakSession: SessionEvidence = {
  library: BUNDLE,
  place: place(FRAMEWORK, 3, 5),
  cookie: {
    secure: byDefault("never", BUNDLE),
    httpOnly: byDefault(true, BUNDLE),
    sameSite: {
      value: undefined,
      origin: { kind: "environment", name: "COOKIE_SAMESITE", place: place(FRAMEWORK, 5, 26) },
    },
    name: byDefault("PHPSESSID", "PHP 8.1"),
    defaultName: "PHPSESSID",
    lifetimeSeconds: { ...set(31_536_000, FRAMEWORK, 6), written: "86400 * 365" },
    domain: byDefault("", BUNDLE),
    path: byDefault("/", BUNDLE),
  },
  isStateless: false,
  strictIds: byDefault(true, BUNDLE),
  idBits: { value: 128, origin: { kind: "platform", of: "PHP 8.1 (session.sid_length)" } },
  storage: {
    ...byDefault("files", BUNDLE),
    withoutEffect: { place: place("php.ini", 4), why: "the framework sets its own handler." },
  },
  isEncrypted: byDefault(false, BUNDLE),
  idle: {
    seconds: { value: 1440, origin: { kind: "platform", of: "PHP 8.1 (session.gc_maxlifetime)" } },
    keptBy: "garbage-collection",
  },
  secrets: [
    {
      purpose: "kernel secret",
      place: place(".env", 7, 12),
      source: "literal",
      masked: "ab… (32 characters)",
    },
  ],
};

export const weakEvidence: Evidence = {
  root: ".",
  framework: "symfony",
  stack: "symfony",
  versions: { "symfony/framework-bundle": "5.4.21", "symfony/security-bundle": "5.4.21" },
  place: place("composer.json", 1),
  sessions: [weakSession],
  privilegeChanges: [
    {
      kind: "password",
      place: place(SIGN_IN, 40, 9),
      rotation: "none",
      why: "the token is written to the storage by hand, past the firewall.",
    },
    {
      kind: "password-change",
      place: place("src/Controller/AccountController.php", 21),
      rotation: "unknown",
      why: "a service that is not in the repository is called",
      others: "kept",
    },
  ],
  signOuts: [
    {
      place: place("config/packages/security.yaml", 18),
      effect: "destroyed",
      why: "the firewall invalidates the session, default of symfony/security-bundle 5.4.21",
    },
  ],
  rememberMe: {
    place: place("config/packages/security.yaml", 22),
    scheme: "signed",
    why: "the firewall's remember_me without a token provider",
    expires: true,
    secure: byDefault("never", "symfony/security-bundle 5.4.21"),
    httpOnly: byDefault(true, "symfony/security-bundle 5.4.21"),
    sameSite: byDefault("unset", "symfony/security-bundle 5.4.21"),
    lifetimeSeconds: byDefault(31_536_000, "symfony/security-bundle 5.4.21"),
  },
  csrf: {
    cover: "partial",
    place: place("config/packages/framework.yaml", 2),
    why: "forms carry tokens",
    gaps: [{ place: place(SIGN_IN, 22), what: "the sign-in form checks no token." }],
  },
  throttling: {
    present: false,
    place: place("config/packages/security.yaml", 9),
    why: "the firewall has no login_throttling",
  },
  auditLog: {
    success: { present: true, place: place(SIGN_IN, 55), why: "it writes to the log" },
    failure: { present: false, place: place(SIGN_IN, 61), why: "the failure handler is silent" },
  },
  observations: [
    {
      topic: "web-storage",
      place: place("assets/app.js", 12),
      kind: "fault",
      what: "A token is kept in localStorage.",
      remedy: "Leave it in the cookie.",
    },
  ],
  unread: [{ file: "src/Broken.php", why: "line 3 is no PHP" }],
  unsupported: ["legacy/: a CakePHP application"],
};

/** Everything as it should be. */
export const soundEvidence: Evidence = {
  ...weakEvidence,
  root: "api",
  framework: "node",
  stack: "express-session",
  versions: { express: "4.21.0", "express-session": "1.18.1" },
  place: place("api/package.json", 1),
  sessions: [
    {
      ...weakSession,
      library: "express-session 1.18.1",
      place: place(SERVER, 12, 9),
      cookie: {
        secure: set("always", SERVER, 16),
        httpOnly: byDefault(true, "express-session 1.18.1"),
        sameSite: set("lax", SERVER, 17),
        name: set("__Host-sid", SERVER, 14),
        defaultName: "connect.sid",
        lifetimeSeconds: byDefault("session", "express-session 1.18.1"),
        domain: byDefault("", "express-session 1.18.1"),
        path: byDefault("/", "express-session 1.18.1"),
      },
      storage: set("redis", SERVER, 13),
      idBits: byDefault(192, "express-session 1.18.1"),
      idle: { seconds: set(1800, SERVER, 13), keptBy: "application" },
      secrets: [
        { purpose: "express-session secret", place: place(SERVER, 15), source: "environment" },
      ],
    },
  ],
  privilegeChanges: [
    {
      kind: "password",
      place: place(SERVER, 40),
      rotation: "rotated",
      why: "req.session.regenerate precedes the assignment",
    },
  ],
  rememberMe: undefined,
  csrf: {
    cover: "protected",
    place: place(SERVER, 30),
    why: "a middleware checks Origin",
    gaps: [],
  },
  throttling: { present: true, place: place(SERVER, 35), why: "a limiter stands before sign-in" },
  auditLog: {
    success: { present: true, place: place(SERVER, 44), why: "it is logged" },
    failure: { present: true, place: place(SERVER, 48), why: "it is logged" },
  },
  observations: [],
  unread: [],
  unsupported: [],
};

export const emptyEvidence: Evidence = {
  ...soundEvidence,
  root: "site",
  framework: "phalcon",
  stack: "phalcon",
  versions: { "phalcon/phalcon": "5.9.3" },
  place: place("site/composer.json", 1),
  sessions: [],
  privilegeChanges: [],
  signOuts: [],
  csrf: undefined,
  throttling: undefined,
  auditLog: undefined,
};
