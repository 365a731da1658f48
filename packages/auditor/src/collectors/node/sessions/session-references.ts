/**
 * What the cookie carries and what the store keeps of it: whether an id that a visitor makes up is refused before
 * anything is looked up, and whether who reads the store can make a cookie of what is there.
 * @module
 */
import type {
  Observation,
  Origin,
  Place,
  SecretEvidence,
  SessionEvidence,
} from "../../../evidence.ts";
import { property, shipped } from "../../script/script-value.ts";
import type { SetUp } from "./find-setups.ts";

export function sessionReferences(
  setUp: SetUp,
  session: SessionEvidence | undefined,
): readonly Observation[] {
  const { library, options } = setUp;
  if (session === undefined || session.isStateless) return [];
  switch (library) {
    case "express-session":
    case "@fastify/session":
      return signed(setUp, session.secrets);
    case "koa-session": {
      const given = shipped(property(options, "signed"));
      return given.kind === "literal" && given.value === false
        ? [unsigned(given.place)]
        : signed(setUp, session.secrets);
    }
    case "better-auth":
      return signed(setUp, session.secrets);
    case "next-auth":
      return [bareToken(setUp)];
    case "holdfast":
      return byHoldfast(setUp);
    default:
      return [];
  }
}

const CHECKED = "id-validation";
const KEPT = "ids-at-rest";

/** Signed cookies: the store has the id alone, and the signature is what the cookie has beside it. */
function signed({ label, place }: SetUp, secrets: readonly SecretEvidence[]): Observation[] {
  const origin: Origin = { kind: "default", of: label, place };
  const known = secrets.find(({ source }) => source === "literal" || source === "fallback");
  const checked: Observation = {
    topic: CHECKED,
    place,
    kind: "good",
    what: `${label} verifies the cookie's signature before it looks the id up.`,
    value: "signed",
    origin,
  };
  if (known === undefined) {
    const what = `The cookie carries the id signed with a secret that the store does not hold: a record's name alone opens nothing.`;
    return [checked, { topic: KEPT, place, kind: "good", what, value: "signed", origin }];
  }
  return [
    checked,
    {
      topic: KEPT,
      place: known.place,
      kind: "fault",
      what: "The store holds ids as they are, and the secret that signs them for the cookie stands in the repository: who has both makes cookies.",
      value: "clear text, signed with a known secret",
      remedy:
        "Take the secret from the environment, and change it: then a record's name alone opens nothing.",
    },
  ];
}

function unsigned(place: Place): Observation {
  return {
    topic: KEPT,
    place,
    kind: "fault",
    what: "The cookie is not signed, so the store's key is the cookie's value.",
    value: "clear text",
    remedy: "Leave signed on, with keys from the environment in app.keys.",
  };
}

/** Auth.js keeps the token itself in the column sessionToken. */
function bareToken({ label, place }: SetUp): Observation {
  return {
    topic: KEPT,
    place,
    kind: "fault",
    what: `${label} keeps the token of the cookie itself in the database.`,
    value: "clear text",
    origin: { kind: "default", of: label, place },
    remedy:
      "Give NextAuth an adapter that hashes the token in createSession, getSessionAndUser, updateSession and deleteSession.",
  };
}

function byHoldfast({ label, place }: SetUp): Observation[] {
  const origin: Origin = { kind: "default", of: label, place };
  return [
    {
      topic: CHECKED,
      place,
      kind: "good",
      what: `${label} takes tokens of one length and alphabet, once, and looks nothing else up.`,
      value: "exact",
      origin,
    },
    {
      topic: KEPT,
      place,
      kind: "good",
      what: `${label} keeps a keyed hash of the token.`,
      value: "keyed hash",
      origin,
    },
  ];
}
