/**
 * What the evidence says of the application's conduct: sign-in and sign-out, remember-me, cross-site
 * requests, throttling, records. Says what was seen; whether that is enough is for the controls.
 * @module
 */
import { duration } from "../../controls/duration.ts";
import type { Evidence, PresenceEvidence, PrivilegeChange, Rotation } from "../../evidence.ts";
import {
  afterColon,
  capital,
  countText,
  listText,
  placeText,
  settingText,
  withoutStop,
} from "../wording.ts";
import { httpOnlyText, SAME_SITE_TEXT, SECURE_TEXT } from "./session-points.ts";

export const CHANGE_WORDS: Readonly<Record<PrivilegeChange["kind"], string>> = {
  password: "sign-in by password",
  registration: "sign-in after registration",
  "reset-link": "sign-in by a reset link",
  "single-sign-on": "single sign-on",
  "remember-me": "sign-in by remember-me",
  impersonation: "impersonation",
  "password-change": "password change",
  "role-change": "role change",
  other: "change of rights",
};

const ROTATION_TEXT: Readonly<Record<Rotation, string>> = {
  rotated: "gives the session a new id and ends the old one",
  "old-session-kept": "gives a new id but leaves the old session signed in",
  "before-check": "gives a new id before the credentials are checked, and none after",
  none: "keeps the id that the visitor came with",
  unknown: "does something to the id that could not be followed",
};

const OTHERS_TEXT = {
  ended: "the person's other sessions end",
  kept: "the person's other sessions go on",
  unknown: "what becomes of the person's other sessions could not be told",
} as const;

/** Ways of signing in; the two kinds that change an account are told apart. */
export function signIns({ privilegeChanges }: Evidence): PrivilegeChange[] {
  return privilegeChanges.filter(
    ({ kind }) => kind !== "password-change" && kind !== "role-change",
  );
}

/** Changes of which the same is to be said are told once, with all of their places. */
function changesText(changes: readonly PrivilegeChange[], isStateless: boolean): string {
  const places = new Map<string, { readonly kind: string; readonly at: string[] }>();
  for (const { kind, place, rotation, why, others } of changes) {
    const does =
      isStateless && rotation === "none"
        ? "goes on with the session that the visitor came with"
        : ROTATION_TEXT[rotation];
    const rest = others === undefined ? "" : ` ${capital(OTHERS_TEXT[others])}.`;
    const said = `${does}: ${afterColon(why)}.${rest}`;
    const key = `${kind}\0${said}`;
    const same = places.get(key) ?? { kind: CHANGE_WORDS[kind], at: [] };
    same.at.push(placeText(place));
    places.set(key, same);
  }
  return [...places]
    .map(([key, { kind, at }]) => `${capital(kind)} in ${listText(at)} ${key.split("\0")[1]}`)
    .join(" ");
}

function isStateless({ sessions }: Evidence): boolean {
  return sessions.every((session) => session.isStateless);
}

export function signInText(evidence: Evidence): string {
  const changes = signIns(evidence);
  if (changes.length === 0) return "No place was found where somebody becomes signed in.";
  return changesText(changes, isStateless(evidence));
}

export function passwordChangeText(evidence: Evidence): string {
  const changes = evidence.privilegeChanges.filter(({ kind }) => kind === "password-change");
  return changesText(changes, isStateless(evidence));
}

export function roleChangeText(evidence: Evidence): string {
  const changes = evidence.privilegeChanges.filter(({ kind }) => kind === "role-change");
  return changesText(changes, isStateless(evidence));
}

const SIGN_OUT_TEXT = {
  destroyed: "ends the session on the server",
  "cookie-cleared":
    "removes the cookie from the browser; the server keeps nothing that it could end",
  "key-removed": "removes the identity and leaves the session with its id alive",
  nothing: "ends neither session nor cookie",
  unknown: "does something that could not be followed",
} as const;

const KEY_REMOVED_FROM_COOKIE =
  "takes the identity out of the cookie in this browser, and a copy made before stays good";

export function signOutText(evidence: Evidence): string {
  const { signOuts } = evidence;
  if (signOuts.length === 0) {
    return signIns(evidence).length === 0 ? "" : "No place was found where somebody signs out.";
  }
  return signOuts
    .map(
      ({ place, effect, why }) =>
        `Sign-out in ${placeText(place)} ${isStateless(evidence) && effect === "key-removed" ? KEY_REMOVED_FROM_COOKIE : SIGN_OUT_TEXT[effect]}: ${afterColon(why)}.`,
    )
    .join(" ");
}

const SCHEME_TEXT = {
  "random-token": "Its cookie carries a random token that the server keeps a record of",
  signed:
    "Its cookie is signed and the server keeps no record of it, so sign-out cannot revoke a copy",
  encrypted:
    "Its cookie is encrypted and the server keeps no record of it, so sign-out cannot revoke a copy",
  plain: "Its cookie names the account and nothing proves that the server issued it",
  password: "Its cookie carries the password, or a hash of it",
  session: "There is no token for it: the session itself lives longer",
  unknown: "What its cookie carries could not be followed",
} as const;

export function rememberMeText({ rememberMe }: Evidence): string {
  if (rememberMe === undefined) return "";
  const { place, scheme, why, expires, secure, httpOnly, sameSite, lifetimeSeconds } = rememberMe;
  const end = {
    true: "The server ends it after some time.",
    false: "The server never ends it.",
    undefined: "Whether the server ever ends it could not be told.",
  }[`${expires}`];
  return [
    `People are remembered in ${placeText(place)}. ${SCHEME_TEXT[scheme]}: ${afterColon(why)}.`,
    end,
    settingText(secure, "Its `Secure`", (flag) => SECURE_TEXT[flag]),
    settingText(httpOnly, "Its `HttpOnly`", httpOnlyText),
    settingText(sameSite, "Its `SameSite`", (flag) => SAME_SITE_TEXT[flag]),
    settingText(lifetimeSeconds, "How long browsers keep it", (value) =>
      value === "session" ? "It ends with the browser" : `Browsers keep it for ${duration(value)}`,
    ),
  ].join(" ");
}

export function csrfText({ csrf }: Evidence): string {
  if (csrf === undefined) return "No request was found that changes state.";
  const { cover, place, why, gaps } = csrf;
  const start = {
    protected: "Requests that change state, sign-in among them, are protected",
    partial: `Protection is partial; ${countText(gaps.length, "place")} ${gaps.length === 1 ? "is" : "are"} open`,
    none: "Nothing stands between other sites and the requests that change state",
    unknown: "Whether requests that change state are protected could not be told",
  }[cover];
  const open = gaps.map((gap) => `${withoutStop(gap.what)} (${placeText(gap.place)})`);
  const where = open.length === 0 ? "" : ` Open: ${listText(open, 8)}.`;
  return `${start} (${placeText(place)}): ${afterColon(why)}.${where}`;
}

/** What is said of something found, not found, or not to be told, and when the reason says it itself. */
interface PresenceWords {
  readonly present: string;
  readonly absent: string;
  readonly unknown: string;
  readonly saidBy: RegExp;
}

const THROTTLED: PresenceWords = {
  present: "Repeated attempts are slowed down or blocked",
  absent: "Nothing slows repeated attempts",
  unknown: "Whether anything slows repeated attempts cannot be told from source",
  saidBy: /attempt|slow|block|limit/i,
};

const SUCCESSES: PresenceWords = {
  present: "Sign-ins are recorded",
  absent: "Sign-ins are not recorded",
  unknown: "Whether sign-ins are recorded cannot be told from source",
  saidBy: /record/i,
};

const FAILURES: PresenceWords = {
  present: "Failed attempts are recorded",
  absent: "Failed attempts are not recorded",
  unknown: "Whether failed attempts are recorded cannot be told from source",
  saidBy: /record/i,
};

function presenceText(words: PresenceWords, { present, place, why }: PresenceEvidence): string {
  if (present !== undefined && words.saidBy.test(why)) {
    return `${capital(withoutStop(why))} (${placeText(place)}).`;
  }
  const state = present === undefined ? words.unknown : present ? words.present : words.absent;
  return `${state}: ${afterColon(why)} (${placeText(place)}).`;
}

export function throttlingText({ throttling }: Evidence): string {
  return throttling === undefined ? "" : presenceText(THROTTLED, throttling);
}

export function auditText({ auditLog }: Evidence): string {
  if (auditLog === undefined) return "";
  const { success, failure } = auditLog;
  return `${presenceText(SUCCESSES, success)} ${presenceText(FAILURES, failure)}`;
}
