/**
 * Evidence of an application where every control holds, for tests to break one thing of.
 * @module
 */
import type {
  CookieEvidence,
  Evidence,
  Observation,
  ObservationTopic,
  Place,
  PolicyEvidence,
  PolicyValue,
  PrivilegeChange,
  RememberMeEvidence,
  SecretEvidence,
  SessionEvidence,
  Setting,
  SignOut,
} from "../evidence.ts";

export const somewhere: Place = { file: "src/app.ts", line: 7, column: 3 };

/** A value that the application sets. */
export function set<T>(value: T): Setting<T> {
  return { value, origin: { kind: "set", place: somewhere } };
}

/** A value that only the deployment knows. */
export function decidedOutside<T>(): Setting<T> {
  return { value: undefined, origin: { kind: "environment", name: "SESSION_X", place: somewhere } };
}

const soundCookie: CookieEvidence = {
  secure: set("always"),
  httpOnly: set(true),
  sameSite: set("lax"),
  name: set("__Host-sid"),
  defaultName: "connect.sid",
  lifetimeSeconds: set("session"),
  domain: set(""),
  path: set("/"),
};

const soundSecret: SecretEvidence = {
  purpose: "express-session secret",
  place: somewhere,
  source: "environment",
};

export function session(
  changes: Partial<SessionEvidence> = {},
  cookie: Partial<CookieEvidence> = {},
): SessionEvidence {
  return {
    library: "express-session 1.19.0",
    place: somewhere,
    cookie: { ...soundCookie, ...cookie },
    isStateless: false,
    strictIds: set(true),
    idBits: set(192),
    storage: set("redis"),
    isEncrypted: set(true),
    idle: { seconds: set(1800), keptBy: "application" },
    secrets: [soundSecret],
    ...changes,
  };
}

export function secret(changes: Partial<SecretEvidence>): SecretEvidence {
  return { ...soundSecret, ...changes };
}

export function change(changes: Partial<PrivilegeChange>): PrivilegeChange {
  return {
    kind: "password",
    place: somewhere,
    rotation: "rotated",
    why: "The session is regenerated.",
    ...changes,
  };
}

export function signOut(effect: SignOut["effect"]): SignOut {
  return { place: somewhere, effect, why: "The session is handled." };
}

export function remembered(changes: Partial<RememberMeEvidence>): RememberMeEvidence {
  return {
    place: somewhere,
    scheme: "random-token",
    why: "A random token is kept in a table.",
    expires: true,
    secure: set("always"),
    httpOnly: set(true),
    sameSite: set("lax"),
    lifetimeSeconds: set(604_800),
    ...changes,
  };
}

export function observed(topic: ObservationTopic, kind: Observation["kind"]): Observation {
  return { topic, kind, place: somewhere, what: "Something was seen.", remedy: "Change it." };
}

/** A value of a policy file. */
export function decided<T>(value: T, reason?: string): PolicyValue<T> {
  return { value, place: { file: "session-policy.json", line: 2, column: 3 }, reason };
}

/** A policy that is kept and says all that is asked. */
export function policy(changes: Partial<PolicyEvidence> = {}): PolicyEvidence {
  return {
    place: { file: "session-policy.json", line: 1, column: 1 },
    idleSeconds: decided(1800),
    absoluteSeconds: decided(43_200),
    maximumSessions: decided(5),
    federation: undefined,
    faults: [],
    ...changes,
  };
}

export function evidence(changes: Partial<Evidence> = {}): Evidence {
  const present = { present: true, place: somewhere, why: "It is there." };
  return {
    root: ".",
    framework: "node",
    stack: "express-session",
    versions: { "express-session": "1.19.0" },
    place: { file: "package.json", line: 1, column: 1 },
    sessions: [session()],
    privilegeChanges: [
      change({ kind: "password" }),
      change({ kind: "password-change" }),
      change({ kind: "role-change" }),
    ],
    signOuts: [signOut("destroyed")],
    rememberMe: remembered({}),
    csrf: { cover: "protected", place: somewhere, why: "A token is checked.", gaps: [] },
    throttling: present,
    auditLog: { success: present, failure: present },
    observations: [],
    unread: [],
    unsupported: [],
    ...changes,
  };
}
