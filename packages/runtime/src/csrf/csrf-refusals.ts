/**
 * Reports refused requests so that a flood of them is a handful of events.
 * @module
 */
import type { Core } from "../engine/core.ts";
import type { RequestState } from "../engine/request-state.ts";
import type { SessionEvent } from "../events.ts";

/** `session-ended`: of another session, while nobody is signed in. */
export type CsrfFault = Extract<SessionEvent, { type: "csrf.refused" }>["reason"] | "session-ended";

const WINDOW_MS = 60_000;
// Beyond this many addresses at once, further ones share one report.
const MAX_ADDRESSES = 4096;

/** @returns Reports the first refusal of a reason and address within a minute. */
export function refusalReporter({
  now,
  emit,
}: Core): (state: RequestState, reason: CsrfFault) => void {
  const reportedAt = new Map<string, number>();

  const isNew = (key: string): boolean => {
    const at = reportedAt.get(key);
    return at === undefined || now() - at >= WINDOW_MS;
  };

  return ({ request, live }, fault) => {
    const { method, address } = request;
    const reason = fault === "session-ended" ? "other-session" : fault;
    let key = `${reason} ${address ?? ""}`;
    if (!isNew(key)) return;
    // Entries stand in the order of their time, since one that is reported again moves to the end.
    for (const [old] of reportedAt) {
      if (!isNew(old)) break;
      reportedAt.delete(old);
    }
    if (reportedAt.size >= MAX_ADDRESSES) key = reason;
    if (!isNew(key)) return;
    reportedAt.set(key, now());
    emit({ type: "csrf.refused", handle: live?.record.handle, method, reason, address });
  };
}
