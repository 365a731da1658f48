/**
 * The limit of sessions per subject, counted over sessions that their browser has presented.
 * @module
 */
import { isPending, type StoredSession } from "../stores/store.ts";
import type { Core } from "./core.ts";
import type { Presented } from "./load.ts";
import { endedBy } from "./load.ts";
import type { RequestView } from "./request-view.ts";

/**
 * Called when a session is presented for the first time.
 *
 * @returns `false` if this session is the one too many, and has been removed.
 * @see ASVS 5.0, 7.1.2
 */
export async function enforceLimit(
  core: Core,
  request: RequestView,
  { key, record }: Presented,
): Promise<boolean> {
  const { sessionsPerSubject, sessionLimit } = core.options.policy;
  if (sessionsPerSubject === 0) return true;
  const newestFirst = (await presentedSessions(core, record.subjectKey as string)).sort(
    (left, right) =>
      (right.record.presentedAt ?? 0) - (left.record.presentedAt ?? 0) ||
      (left.key < right.key ? 1 : -1),
  );
  const tooMany = newestFirst.length - sessionsPerSubject;
  if (tooMany <= 0) return true;

  const ending =
    sessionLimit === "revoke-oldest"
      ? newestFirst.slice(sessionsPerSubject)
      : newestFirst.slice(0, tooMany);
  for (const session of ending) {
    // Two requests may find the same session: only the one that removes it reports it.
    if (await core.store.run("delete", (store) => store.delete(session.key))) {
      const { handle } = session.record;
      core.emit({ type: "session.revoked", handle, reason: "limit", address: request.address });
    }
  }
  return !ending.some((session) => session.key === key);
}

/** Whether the subject may sign in once more; asked only where the policy refuses new sessions. */
export async function hasRoom(
  core: Core,
  subjectKey: string,
  replaced: string | undefined,
): Promise<boolean> {
  const { sessionsPerSubject } = core.options.policy;
  if (sessionsPerSubject === 0) return true;
  const sessions = await presentedSessions(core, subjectKey);
  const others = sessions.filter(({ key }) => key !== replaced);
  return others.length < sessionsPerSubject;
}

/** Live sessions of a subject that count. */
export async function presentedSessions(core: Core, subjectKey: string): Promise<StoredSession[]> {
  const now = core.now();
  const all = await core.store.run("listSubject", (store) => store.listSubject(subjectKey));
  return all.filter(
    ({ record }) =>
      record.presentedAt !== null && !isPending(record) && endedBy(record, now) === undefined,
  );
}
