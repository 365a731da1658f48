/**
 * Judges the secret that a request presents against a record. Pure, and the only place with these rules.
 * @module
 */
import { sameHash } from "../crypto/token.ts";
import type { RetiredSecret, SessionRecord } from "../stores/store.ts";

/** Retired secrets that a record keeps. */
export const RETIRED_LIMIT = 4;

/**
 * `current`: serve. `successor`: the secret was replaced gracefully, serve as if its successor had come;
 * `open` says that the successor has not been seen yet and may be handed out again. `superseded`:
 * replaced a moment ago, repeat the request. `stale`: neither; a copied cookie, or a very late request.
 */
export type Judgement =
  | { readonly as: "current" }
  | { readonly as: "successor"; readonly open: boolean }
  | { readonly as: "superseded" }
  | { readonly as: "stale" };

const CURRENT: Judgement = { as: "current" };
const SUPERSEDED: Judgement = { as: "superseded" };
const STALE: Judgement = { as: "stale" };

/** @param secretHash SHA-256 of the presented secret. The order of the rules is the specification. */
export function judgeSecret(
  record: SessionRecord,
  secretHash: Uint8Array,
  now: number,
  retiredSeconds: number,
): Judgement {
  if (sameHash(record.secretHash, secretHash)) return CURRENT;

  const [newest] = record.retired;
  if (newest?.kind === "graceful" && sameHash(newest.hash, secretHash)) {
    if (newest.until === null) return { as: "successor", open: true };
    if (now <= newest.until) return { as: "successor", open: false };
  }
  const retiredMs = retiredSeconds * 1000;
  for (const entry of record.retired) {
    if (sameHash(entry.hash, secretHash)) {
      return now <= endOf(entry) + retiredMs ? SUPERSEDED : STALE;
    }
  }
  // A full list may have pushed the entry out: then nothing can be said against it yet.
  const oldest = record.retired[RETIRED_LIMIT - 1];
  return oldest !== undefined && now - oldest.retiredAt < retiredMs ? SUPERSEDED : STALE;
}

function endOf(entry: RetiredSecret): number {
  return entry.kind === "dead" ? entry.retiredAt : (entry.until ?? entry.retiredAt);
}

/** Whether a judgement serves the session. */
export function isServed(judgement: Judgement): boolean {
  return judgement.as === "current" || judgement.as === "successor";
}

/** The retired list after the current secret was replaced gracefully. */
export function retireGracefully(record: SessionRecord, now: number): readonly RetiredSecret[] {
  const entry = { hash: record.secretHash, kind: "graceful", retiredAt: now, until: null } as const;
  return [entry, ...record.retired].slice(0, RETIRED_LIMIT);
}

/** The retired list after the current secret was replaced for good: every open entry is closed now. */
export function retireDead(record: SessionRecord, now: number): readonly RetiredSecret[] {
  const entry = { hash: record.secretHash, kind: "dead", retiredAt: now, until: now } as const;
  const closed = record.retired.map((old) =>
    old.until === null || old.until > now ? { ...old, until: now } : old,
  );
  return [entry, ...closed].slice(0, RETIRED_LIMIT);
}

/** The retired list once the successor was seen: its predecessor is served a little longer. */
export function closeNewest(
  record: SessionRecord,
  now: number,
  graceSeconds: number,
): readonly RetiredSecret[] {
  const [newest, ...others] = record.retired;
  if (newest?.kind !== "graceful" || newest.until !== null) return record.retired;
  return [{ ...newest, until: now + graceSeconds * 1000 }, ...others];
}

/** When the current secret was made. */
export function secretMadeAt(record: SessionRecord): number {
  return record.retired[0]?.retiredAt ?? record.createdAt;
}
