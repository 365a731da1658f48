/**
 * How attacks on what the server keeps and knows go in the application at hand. Every sentence rests on a
 * field of the evidence; one without evidence is left out.
 * @module
 */
import type { Evidence } from "../../evidence.ts";
import { listText, placeText } from "../wording.ts";
import { type Attack, joined, lifeOfCopy } from "./attack.ts";
import { auditText, throttlingText } from "./conduct-points.ts";
import { faultsOn } from "./observed-text.ts";

export function replay(evidence: Evidence): Attack {
  const { signOuts, sessions, rememberMe } = evidence;
  const open = signOuts.filter(({ effect }) => effect === "key-removed" || effect === "nothing");
  const cleared = signOuts.filter(({ effect }) => effect === "cookie-cleared");
  const unrevoked =
    rememberMe !== undefined &&
    ["signed", "encrypted", "plain", "password"].includes(rememberMe.scheme);
  const places = (of: typeof signOuts) => listText(of.map(({ place }) => placeText(place)));
  return {
    attack: joined(
      "Somebody who copied the cookie, or who uses the browser next, goes on where the owner stopped.",
      signOuts.length === 0 ? "No sign-out was found that would end the session." : "",
      open.length > 0 ? `The session outlives the sign-out in ${places(open)}.` : "",
      cleared.length > 0
        ? `Sign-out in ${places(cleared)} only takes the cookie from the browser; a copy stays good, since the server keeps nothing that it could end.`
        : "",
      signOuts.some(({ effect }) => effect === "destroyed") && open.length === 0
        ? "Sign-out ends the session on the server, and with it every copy of the cookie."
        : "",
      unrevoked
        ? `A copied remember-me cookie opens a new session afterwards: the server keeps no record of it to remove (${placeText(rememberMe.place)}).`
        : "",
      lifeOfCopy(sessions),
    ),
    residual:
      "A session that its thief keeps in use ends when its owner ends it, or at a limit on its whole life, which this review does not judge.",
  };
}

export function storeTheft(evidence: Evidence): Attack {
  const { sessions, framework, stack } = evidence;
  const texts = sessions.map(({ storage, isEncrypted, isStateless }) => {
    if (isStateless) {
      return isEncrypted.value === false
        ? "There is no store. The contents travel in the cookie, signed and readable for whoever has it."
        : "There is no store: the contents travel in the cookie.";
    }
    const ids =
      stack === "holdfast"
        ? ""
        : framework === "node"
          ? "and the ids they are kept under"
          : "and their ids, each of which is as good as a cookie";
    const what = isEncrypted.value === true ? "sealed session data" : joined("session data", ids);
    switch (storage.value) {
      case undefined:
        return "";
      case "files":
        return `Whoever can read the session folder, by another site on the machine, a backup or a flaw that serves files, has ${what}.`;
      case "memory":
        return `Only somebody who can read the memory of the process has ${what}.`;
      default:
        return `Whoever can read the store, by an injection flaw, a backup or a server that asks for no password, has ${what}.`;
    }
  });
  return {
    attack: joined(
      ...new Set(texts),
      faultsOn(evidence, "store-access", "deserialization", "session-data"),
    ),
    residual: sessions.every(({ isStateless }) => isStateless)
      ? "Whoever gets the key can write any session."
      : sessions.every(({ isEncrypted }) => isEncrypted.value === true)
        ? "Whoever can write to the store as well can exchange what is sealed between sessions, unless it is bound to its id."
        : "Whoever can write to the store as well can sign in as anybody.",
  };
}

export function guessing(evidence: Evidence): Attack {
  const { sessions, throttling, rememberMe } = evidence;
  const bits = sessions.flatMap(({ isStateless, idBits }) =>
    isStateless || idBits.value === undefined ? [] : [idBits.value],
  );
  const known = sessions.flatMap(({ secrets, isStateless }) =>
    secrets
      .filter(({ source }) => source === "literal" || source === "fallback")
      .map(({ purpose, place, source }) => {
        const when = source === "fallback" ? ", which holds where its variable is missing" : "";
        const effect = isStateless
          ? "and writes a session of any content with it"
          : "so what it signs proves nothing any more";
        return `Everybody who has read ${placeText(place)} knows a secret (${purpose})${when}, ${effect}.`;
      }),
  );
  const plain =
    rememberMe?.scheme === "plain"
      ? `The remember-me cookie can be made up for any account (${placeText(rememberMe.place)}).`
      : "";
  const least = Math.min(...bits);
  return {
    attack: joined(
      bits.length === 0 ? "" : `To guess an id is to hit one of 2^${least}.`,
      ...new Set(known),
      plain,
      throttling === undefined
        ? ""
        : `It is easier to guess a password. ${throttlingText(evidence)}`,
    ),
    residual:
      throttling === undefined
        ? ""
        : "No brake stops a password that is known from elsewhere, tried once.",
  };
}

export function abuse(evidence: Evidence): Attack {
  if (evidence.auditLog === undefined) {
    return {
      attack:
        "Nobody signs in here, so a session that somebody else uses leaves no trace that differs from its owner's.",
      residual: "",
    };
  }
  return {
    attack: joined(
      "A session in the wrong hands looks like its owner's. What gives it away is what was written down: a sign-in from an unusual place, failed attempts before it.",
      auditText(evidence),
    ),
    residual:
      "Records help once somebody reads them; whether anybody watches cannot be seen in source.",
  };
}
