/**
 * A request that is still under way does not bring a session back that was signed out meanwhile.
 * @module
 */
import type { SessionEvidence, Stack } from "../../evidence.ts";
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { type Case, NO_SESSIONS, notApplicable, worst } from "../judging.ts";

/** Libraries that write the whole session back at the end of a request, whatever happened to it meanwhile. */
const WRITES_BACK: readonly Stack[] = [
  "express-session",
  "@fastify/session",
  "koa-session",
  "hono-sessions",
];

export const resurrection: Control = defineControl({
  id: "resurrection",
  title: "A signed-out session does not come back",
  failureTitle: "A slow request brings a signed-out session back",
  severity: "medium",
  covers: ["SM-30", "SM-49"],
  threats: ["replay-after-sign-out"],
  effort: "days",
  verification:
    "Send a request that takes a second and writes to the session, sign out while it runs, and send the cookie again afterwards: it must not be signed in.",
  judge({ sessions, stack }) {
    const kept = sessions.filter(({ isStateless }) => !isStateless);
    if (kept.length === 0) {
      return notApplicable(
        sessions.length === 0 ? NO_SESSIONS : "The server keeps no session that could come back.",
      );
    }
    return worst(
      kept.map((session) => judged(session, stack)),
      {
        pass: "The store keeps requests of one session apart, or refuses what comes too late.",
        fail: "A request that was under way at the sign-out writes the session back.",
        review:
          "Whether a request that was under way writes a session back has to be looked at by hand.",
      },
    );
  },
});

function judged(session: SessionEvidence, stack: Stack): Case {
  const { place, storage, library } = session;
  const origin = { kind: "default", of: library } as const;
  if (WRITES_BACK.includes(stack)) {
    return {
      verdict: "fail",
      confidence: "high",
      finding: {
        place,
        value: "written back whole",
        origin,
        message: `${library} writes the whole session back when a request ends: one that was under way at the sign-out stores the session again, signed in, under the old id.`,
        fix: {
          text: "Use a session library whose store refuses to write what was deleted (compare-and-swap), or check at each request that the session was not ended.",
        },
      },
    };
  }
  const kind = storage.value;
  const isLocked = stack === "holdfast" || kind === "files" || kind === "database";
  return {
    verdict: isLocked ? "pass" : "review",
    confidence: "medium",
    finding: {
      place: storage.origin.place ?? place,
      value: isLocked ? "kept apart" : "not locked",
      origin: storage.origin,
      message: isLocked
        ? "Requests of one session do not overwrite each other's end."
        : "This store locks no session unless it is told to: a request that was under way at the sign-out may write it back.",
    },
  };
}
