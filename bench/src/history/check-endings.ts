/**
 * Beginnings and endings: whatever ends a session ends it for good, nothing else does, and a replaced
 * token or checkpoint is worthless.
 * @module
 */

import type { Entry } from "./operation.ts";
import type { Violation } from "./violation.ts";
import { groupBy } from "./violation.ts";

/** @param history Every operation of the history. */
export function checkEndings(history: readonly Entry[]): readonly Violation[] {
  const revocations = groupBy(
    history.filter(({ kind }) => kind === "revoke-all"),
    ({ subject }) => subject,
  );
  const created = new Map<string, Entry>();
  const byId = new Map<number, Entry>();
  for (const entry of history) {
    byId.set(entry.id, entry);
    if (entry.kind === "sign-in" && entry.makes !== undefined) created.set(entry.makes, entry);
  }
  const checkpointOf = ({ checkpoint }: Entry) =>
    checkpoint === undefined ? undefined : byId.get(checkpoint);

  const violations: Violation[] = [];
  for (const [name, entries] of groupBy(history, ({ session }) => session)) {
    const creation = created.get(name);
    if (creation === undefined) throw new Error(`The history lacks the sign-in that made ${name}`);
    const ends = [
      ...endingsBySession(entries),
      ...endingsBySubject(
        revocations.get(creation.subject) ?? [],
        creation,
        checkpointOf(creation),
      ),
    ];
    violations.push(...checkLife(entries, creation, ends), ...checkTokens(entries));
  }
  for (const entry of created.values()) {
    const checkpoint = checkpointOf(entry);
    if (checkpoint === undefined) continue;
    const mayRefuse = revocations.get(entry.subject) ?? [];
    violations.push(...checkCheckpoint(entry, checkpoint, mayRefuse));
  }
  return violations;
}

/** What ends, or may end, a session. */
interface Ending {
  readonly by: Entry;
  /** The session is certainly over after this; never, where it is only possible. */
  readonly certainAt: number;
}

/** Signing out, and signing in anew from it. */
function endingsBySession(entries: readonly Entry[]): readonly Ending[] {
  return entries
    .filter(({ kind, result }) => {
      const ends = kind === "sign-out" || kind === "sign-in";
      return ends && result.outcome !== "refused";
    })
    .map((by) => ({ by, certainAt: by.result.outcome === "ok" ? by.end : Infinity }));
}

/** Revocations of the account, as far as they can have met the session. */
function endingsBySubject(
  revocations: readonly Entry[],
  creation: Entry,
  checkpoint: Entry | undefined,
): readonly Ending[] {
  return revocations.flatMap((by): readonly Ending[] => {
    if (by.result.outcome === "refused") return [];
    if (by.result.outcome === "unknown") return [{ by, certainAt: Infinity }];
    if (creation.end < by.start) return [{ by, certainAt: by.end }];
    if (by.end < creation.start) return [];
    // Side by side. Made before, it is revoked; made after, an older checkpoint would have been refused.
    const isBound = checkpoint !== undefined && checkpoint.end < by.start;
    return [{ by, certainAt: isBound ? Math.max(by.end, creation.end) : Infinity }];
  });
}

function checkLife(
  entries: readonly Entry[],
  creation: Entry,
  endings: readonly Ending[],
): readonly Violation[] {
  const violations: Violation[] = [];
  let over: Ending | undefined;
  for (const ending of endings) {
    if (ending.certainAt < (over?.certainAt ?? Infinity)) over = ending;
  }
  for (const entry of entries) {
    if (entry.result.outcome !== "refused" || entry.result.reason !== "gone") continue;
    const mayHaveEnded = endings.some(({ by }) => by.start < entry.end);
    if (!mayHaveEnded) {
      violations.push({
        rule: "lost session",
        explanation: `operation ${entry.id} found ${entry.session} gone, which nothing had ended`,
        entries: [creation, entry],
      });
    }
    // Seen gone once, it must not be seen again.
    if (entry.end < (over?.certainAt ?? Infinity)) over = { by: entry, certainAt: entry.end };
  }
  for (const entry of entries) {
    if (entry.result.outcome !== "ok") continue;
    const { as } = entry.result;
    if (as !== undefined && as !== creation.subject) {
      violations.push({
        rule: "wrong subject",
        explanation: `operation ${entry.id} was served as ${as} with ${entry.session} of ${creation.subject}`,
        entries: [creation, entry],
      });
    }
    // Signing out and signing in answer the same without a session.
    if (as === undefined || over === undefined || entry.start <= over.certainAt) continue;
    violations.push({
      rule: "resurrection",
      explanation: `operation ${entry.id} was served by ${entry.session}, which operation ${over.by.id} had shown to be over`,
      entries: [...new Set([creation, over.by, entry])],
    });
  }
  return violations;
}

/** A rotation that returned has made the token it was asked with worthless, and all before it. */
function checkTokens(entries: readonly Entry[]): readonly Violation[] {
  const rotations = entries.filter(
    ({ kind, result }) => kind === "rotate" && result.outcome !== "refused",
  );
  return entries.flatMap((entry): readonly Violation[] => {
    const { id, token = 0, result } = entry;
    const replacing = rotations.filter((each) => (each.token ?? 0) >= token && each !== entry);
    if (result.outcome === "ok" && result.as !== undefined) {
      const done = replacing.find((each) => each.result.outcome === "ok" && each.end < entry.start);
      if (done === undefined) return [];
      const explanation = `operation ${id} was served with token ${token}, which operation ${done.id} had replaced`;
      return [{ rule: "replaced token served", explanation, entries: [done, entry] }];
    }
    if (result.outcome !== "refused" || result.reason !== "superseded") return [];
    if (replacing.some(({ start }) => start < entry.end)) return [];
    const explanation = `operation ${id} was refused as superseded, though nobody replaced its token`;
    return [{ rule: "refused without cause", explanation, entries: [entry] }];
  });
}

function checkCheckpoint(
  signIn: Entry,
  checkpoint: Entry,
  revocations: readonly Entry[],
): readonly Violation[] {
  const { id, result } = signIn;
  if (result.outcome === "ok") {
    const between = revocations.find(
      (each) =>
        each.result.outcome === "ok" && checkpoint.end < each.start && each.end < signIn.start,
    );
    if (between === undefined) return [];
    const explanation = `operation ${id} signed in with a checkpoint that operation ${between.id} had replaced`;
    return [{ rule: "checkpoint passed", explanation, entries: [checkpoint, between, signIn] }];
  }
  if (result.outcome !== "refused" || result.reason !== "revoked-meanwhile") return [];
  const hasCause = revocations.some(
    (each) =>
      each.result.outcome !== "refused" &&
      each.start < signIn.end &&
      (each.result.outcome === "unknown" || each.end > checkpoint.start),
  );
  if (hasCause) return [];
  const explanation = `operation ${id} was refused as revoked meanwhile, though nobody revoked`;
  return [{ rule: "refused without cause", explanation, entries: [checkpoint, signIn] }];
}
