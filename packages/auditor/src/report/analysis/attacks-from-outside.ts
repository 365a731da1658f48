/**
 * How attacks on the way to the session go in the application at hand. Every sentence rests on a field of the evidence; one
 * without evidence is left out. What is left is what no control of this review takes away.
 * @module
 */
import type { Evidence, SameSiteFlag, SecureFlag, SessionEvidence } from "../../evidence.ts";
import { afterColon, listText, placeText, withoutStop } from "../wording.ts";
import { type Attack, joined, lifeOfCopy, valuesOf } from "./attack.ts";
import { CHANGE_WORDS, signIns } from "./conduct-points.ts";
import { faultsOn, observedText } from "./observed-text.ts";

export function hijacking(evidence: Evidence): Attack {
  const { sessions, rememberMe, stack } = evidence;
  const names = valuesOf(sessions, ({ cookie }) => cookie.name.value).map((name) => `\`${name}\``);
  const readable = valuesOf(sessions, ({ cookie }) => cookie.httpOnly.value);
  const script = readable.includes(false)
    ? "A script that gets into a page, by an injection flaw or with a third party's code, reads it from `document.cookie` and sends it away."
    : readable.includes(true)
      ? "`HttpOnly` keeps it from scripts, so an injection flaw has to act inside of the page while it is open."
      : "";
  const remembered =
    rememberMe?.httpOnly.value === false
      ? `The remember-me cookie is within reach of scripts as well, and opens new sessions (${placeText(rememberMe.place)}).`
      : "";
  const named = names.length === 0 ? "" : ` ${listText(names)}`;
  return {
    attack: joined(
      `Whoever has the value of the session cookie${named} is taken for its owner.`,
      script,
      remembered,
      faultsOn(evidence, "token-exposure", "web-storage", "id-in-url", "token-in-log"),
      lifeOfCopy(sessions),
    ),
    residual: joined(
      "A script injected into a page can still act as the person while that page is open.",
      stack === "holdfast" ? "" : "A copied cookie works on any machine until the session ends.",
    ),
  };
}

export function fixation(evidence: Evidence): Attack {
  const { sessions } = evidence;
  const ways = signIns(evidence);
  const say = (rotation: readonly string[]) =>
    ways
      .filter((way) => rotation.includes(way.rotation))
      .map(({ kind, place }) => `${CHANGE_WORDS[kind]} (${placeText(place)})`);
  const open = say(["none", "before-check", "old-session-kept"]);
  const unknown = say(["unknown"]);
  const isPrefixed = sessions.every(({ cookie }) =>
    /^__host-/i.test(cookie.name.value ?? "__host-"),
  );
  const way = isPrefixed ? "" : ", from another host of the same site or over plain http,";
  const end =
    ways.length === 0
      ? "No sign-in was found that a planted session could wait for."
      : open.length > 0
        ? `The planted session becomes the person's at ${listText(open)}.`
        : unknown.length > 0
          ? `Whether the planted session becomes the person's could not be told at ${listText(unknown)}.`
          : "Every sign-in that was found gives a new id, so the planted one stays anonymous.";
  return {
    attack: joined(
      `The attacker puts a session of their own into the victim's browser${way} and waits for the victim to sign in.`,
      plantedText(sessions),
      faultsOn(evidence, "id-in-url"),
      end,
    ),
    residual: isPrefixed
      ? ""
      : "Another host of the same site can still overwrite the cookie and put the victim into the attacker's session; only the `__Host-` prefix of the name keeps it from that.",
  };
}

function plantedText(sessions: readonly SessionEvidence[]): string {
  const texts = sessions.flatMap(({ isStateless, strictIds }) => {
    if (isStateless)
      return "Since the cookie carries the contents, it is a whole session that is planted, not an id.";
    if (strictIds.value === undefined) return [];
    return strictIds.value
      ? "It has to be one that the server issued, which a visit gives anybody."
      : "Any made-up id will do: the server adopts it.";
  });
  return joined(...new Set(texts));
}

const FORGED: Readonly<Record<SameSiteFlag, string>> = {
  strict: "The session cookie goes along only from hosts of the same site (`Strict`).",
  lax: "The session cookie goes along from hosts of the same site, and from anywhere with a link or another navigation by GET (`Lax`).",
  none: "The session cookie goes along from everywhere (`None`).",
  unset:
    "Without a `SameSite` attribute the session cookie goes along in browsers that have no rule for it, and in Chromium for two minutes after it was set.",
};

export function requestForgery(evidence: Evidence): Attack {
  const { csrf, sessions } = evidence;
  if (csrf === undefined) {
    return {
      attack: "No request was found that changes state, so there is nothing to forge.",
      residual: "",
    };
  }
  const flags = valuesOf(sessions, ({ cookie }) => cookie.sameSite.value);
  const gaps = csrf.gaps.map(({ what, place }) => `${withoutStop(what)} (${placeText(place)})`);
  const cover = {
    protected: `What changes state asks for more than the cookie: ${afterColon(csrf.why)} (${placeText(csrf.place)}).`,
    partial: `Open to it: ${listText(gaps.length === 0 ? [withoutStop(csrf.why)] : gaps, 4)}.`,
    none: `Nothing else is asked for: ${afterColon(csrf.why)} (${placeText(csrf.place)}).`,
    unknown: `Whether more is asked for could not be told: ${afterColon(csrf.why)} (${placeText(csrf.place)}).`,
  }[csrf.cover];
  return {
    attack: joined(
      "A page of another site makes the victim's browser send a request that changes something.",
      ...flags.map((flag) => FORGED[flag]),
      cover,
    ),
    residual:
      "Whether any GET request changes state was not judged. A script injected into the application's own pages passes every such check.",
  };
}

const WIRE: Readonly<Record<SecureFlag, string>> = {
  never:
    "The browser sends the session cookie with any request to the host by plain http, and one image address in a foreign page is enough to cause one.",
  "when-https":
    "The session cookie carries `Secure` where the application knows that the request came by https, so a thief needs a session that was started over plain http, or an application that takes https for http behind its proxy.",
  always: "The session cookie carries `Secure`, so browsers never send it by plain http.",
};

export function manInTheMiddle(evidence: Evidence): Attack {
  const flags = valuesOf(evidence.sessions, ({ cookie }) => cookie.secure.value);
  const remembered =
    evidence.rememberMe?.secure.value === "never"
      ? `The remember-me cookie goes by plain http too (${placeText(evidence.rememberMe.place)}).`
      : "";
  const seen = evidence.observations.filter(({ topic }) => topic === "transport-security");
  return {
    attack: joined(
      "Somebody on the way between browser and server, in the same wireless network for one, reads and changes what is not encrypted.",
      ...flags.map((flag) => WIRE[flag]),
      remembered,
      observedText(seen),
      faultsOn(evidence, "proxy-trust"),
    ),
    residual: seen.some(({ kind }) => kind === "good")
      ? ""
      : "Whether the site answers plain http at all, and whether browsers are told not to try it (HSTS), is up to the server in front, which was not seen.",
  };
}
