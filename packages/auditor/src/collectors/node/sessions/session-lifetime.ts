/**
 * When sessions begin and when they end however much they are used, as each library has it.
 * @module
 */
import type ts from "typescript";
import type { Observation, SessionEvidence } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { property, propertyAt, shipped, truthOf, type Value } from "../../script/script-value.ts";
import { handlerAround } from "../code/handlers.ts";
import { isOrder, isUsed } from "../code/in-use.ts";
import type { SetUp } from "./find-setups.ts";

/** express-session and @fastify/session store a session for every visitor unless they are told not to. */
export function eagerSessions({ library, label, options, place }: SetUp): Observation[] {
  if (library !== "express-session" && library !== "@fastify/session") return [];
  const topic = "eager-sessions";
  const given = property(options, "saveUninitialized");
  const value = shipped(given);
  if (value.kind === "literal" && value.value !== undefined) {
    if (!value.value) {
      const what = `${label} stores sessions that hold something only.`;
      return [{ topic, place: value.place, kind: "good", what }];
    }
  } else if (value.kind !== "literal") {
    const what = "Whether every visitor gets a session is decided elsewhere.";
    return [{ topic, place: value.place, kind: "doubt", what }];
  }
  const isSet = value.kind === "literal" && value.value !== undefined;
  return [
    {
      topic,
      place: isSet ? value.place : place,
      kind: "fault",
      what: isSet
        ? "saveUninitialized is on: every visitor gets a session."
        : `saveUninitialized is not set, and ${label} then stores a session for every visitor.`,
      remedy: "Set saveUninitialized: false.",
    },
  ];
}

/** Whether anything ends a session that is used again and again. */
export function absoluteTimeouts(
  project: ScriptProject,
  setUps: readonly SetUp[],
  sessions: readonly SessionEvidence[],
): readonly Observation[] {
  const own = ownLimit(project);
  if (own !== undefined) {
    const what = `${textOf(own)} ends a session by the time of its sign-in.`;
    return [{ topic: "absolute-timeout", place: placeOf(own), kind: "good", what }];
  }
  return setUps.flatMap((setUp) =>
    byLibrary(
      setUp,
      sessions.find(({ place }) => place === setUp.place),
    ),
  );
}

const IN_SESSION =
  /\b(?:session|sess|token|auth)\b[^;]{0,120}(?:(?:signed|logged)_?in_?at|login_?(?:at|time|timestamp|date)|(?:sign|log)_?in_?time|created_?(?:at|on)?|auth(?:enticated)?_?(?:at|time)|started_?(?:at)?|session_?start|issued_?at|\biat|absolute\w*|max_?age_?at)\b/i;

/** A comparison of the time of sign-in, kept in the session, with now. */
function ownLimit(project: ScriptProject): ts.Node | undefined {
  for (const source of project.filesWith(IN_SESSION)) {
    for (const node of nodesOf(source)) {
      if (!isOrder(node)) continue;
      const text = node.getText();
      if (!IN_SESSION.test(text)) continue;
      if (/Date\.now|new Date|\bnow\b|getTime|dayjs|moment|\d{4,}|MAX|LIMIT|LIFETIME/i.test(text)) {
        if (isUsed(project, handlerAround(node))) return node;
      }
    }
  }
  return undefined;
}

const REMEDY =
  "Keep the time of the sign-in in the session, and refuse it after its longest lifetime.";

function byLibrary(setUp: SetUp, session: SessionEvidence | undefined): Observation[] {
  const { library, label, options, place } = setUp;
  const seen = (kind: Observation["kind"], what: string, at: Value["place"]): Observation[] => [
    {
      topic: "absolute-timeout",
      place: at,
      kind,
      what,
      ...(kind === "fault" && { remedy: REMEDY }),
    },
  ];
  const seconds = session?.idle.seconds.value;
  switch (library) {
    case "express-session":
    case "@fastify/session": {
      if (typeof session?.cookie.lifetimeSeconds.value !== "number") return [];
      const rolling = property(options, "rolling");
      return seen(
        "fault",
        truthOf(rolling) === true
          ? "Each request begins the session's lifetime anew, cookie included, and nothing else ends it."
          : `${label} begins the stored session's lifetime anew with each request, and nothing else ends it.`,
        truthOf(rolling) === true ? rolling.place : place,
      );
    }
    case "cookie-session":
      return seen(
        "fault",
        `${label} never checks how old a cookie is: a copy of it is good for ever.`,
        place,
      );
    case "iron-session":
      return typeof seconds === "number"
        ? seen(
            "good",
            `The seal ends after ${seconds} seconds unless the session is saved anew.`,
            place,
          )
        : seconds === "never"
          ? seen("fault", "The seal never ends, since ttl is 0.", property(options, "ttl").place)
          : [];
    case "koa-session": {
      const renewed = ["rolling", "renew"].map((name) => property(options, name));
      const on = renewed.find((one) => truthOf(one) === true);
      return on === undefined
        ? []
        : seen(
            "fault",
            "Use begins the session's lifetime anew, and nothing else ends it.",
            on.place,
          );
    }
    case "next-auth":
      return seen(
        "fault",
        `${label} begins a session's maxAge anew when it is used, and nothing else ends it.`,
        place,
      );
    case "better-auth": {
      const off = propertyAt(options, ["session", "disableSessionRefresh"]);
      return truthOf(off) === true
        ? seen("good", `${label} does not prolong sessions here.`, off.place)
        : seen(
            "fault",
            `${label} prolongs a session that is used, and nothing else ends it.`,
            place,
          );
    }
    case "hono-sessions": {
      if (typeof seconds !== "number") return [];
      const prolongs = shipped(property(options, "autoExtendExpiration"));
      const isOff = prolongs.kind === "literal" && prolongs.value === false;
      return isOff
        ? seen("good", `A session ends after ${seconds} seconds.`, prolongs.place)
        : seen("fault", "Each request prolongs the session, and nothing else ends it.", place);
    }
    case "holdfast":
      return seen("good", `${label} ends every session after absoluteTimeoutSeconds.`, place);
    default:
      return [];
  }
}
