/**
 * WebSockets ask where a connection comes from.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const websocketSessions: Control = defineControl({
  id: "websocket-sessions",
  title: "WebSockets ask where a connection comes from",
  failureTitle: "Any site can open a WebSocket with the visitor's session",
  severity: "medium",
  covers: ["SM-45"],
  threats: ["cross-site-request-forgery", "hijacking"],
  effort: "hours",
  verification:
    "Open the WebSocket with an Origin of another site: it must be refused. Sign out: open connections must end.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "websocket-sessions",
      {
        pass: "WebSockets check the origin and the session.",
        fail: "A WebSocket takes the visitor's session from any origin.",
        review: "What WebSockets check has to be looked at by hand.",
      },
      notApplicable("No WebSocket that uses the session was found."),
    );
  },
});
