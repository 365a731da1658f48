/**
 * What the `holdfast keys` commands do to a ring: from one ring to the next, or a refusal that says what to
 * do instead. Pure: no files, no clock.
 * @module
 */
import { randomBytes } from "node:crypto";
import {
  type FileIndexKey,
  type FileKey,
  KEY_NUMBERS,
  type KeyFile,
  REREAD_SECONDS,
} from "../crypto/key-file.ts";

/** How long a next key must have been in the file before it may seal, in milliseconds: five re-reads. */
export const PROMOTE_AFTER_MS: number = 5 * REREAD_SECONDS * 1000;

/** A current key older than this should be rotated, in milliseconds: 90 days. */
export const ROTATE_AFTER_MS: number = 90 * 86_400_000;

/** When and how a change is asked for. */
export interface ChangeContext {
  readonly now: number;
  /** `--now`: do not wait until every process has read the next key. */
  readonly force: boolean;
  /** The command line of another verb, for advice: `npx holdfast keys promote`. */
  command(verb: string): string;
}

/** The new ring and a sentence about it, or why there is none. */
export type Change =
  | { readonly file: KeyFile; readonly done: string }
  | { readonly refused: string };

/** A ring with one current key and one index key. */
export function newKeyFile(longestSessionSeconds: number, now: number): KeyFile {
  const made = { createdAt: now, stateSince: now };
  return {
    longestSessionSeconds,
    keys: [{ number: 0, state: "current", ...made, bytes: randomBytes(32) }],
    index: [{ state: "current", ...made, bytes: randomBytes(32) }],
  };
}

/** Adds a next key, which opens and does not seal. */
export function rotate(file: KeyFile, context: ChangeContext): Change {
  const { now, command } = context;
  const waiting = file.keys.find(({ state }) => state === "next");
  if (waiting !== undefined) {
    return {
      refused: `Key ${waiting.number} is next already; make it current with \`${command("promote")}\`.`,
    };
  }
  const number = freeNumber(file);
  if (number === undefined) return { refused: fullAdvice(file, context) };
  const key = { number, state: "next", createdAt: now, stateSince: now, bytes: randomBytes(32) };
  return {
    file: { ...file, keys: [...file.keys, key as FileKey] },
    done: `Key ${number} is next. When every process has read it, make it current: \`${command("promote")}\` in ${duration(PROMOTE_AFTER_MS)}.`,
  };
}

/** Makes the next key current; the current one becomes old. */
export function promote(file: KeyFile, { now, force, command }: ChangeContext): Change {
  const next = file.keys.find(({ state }) => state === "next");
  if (next === undefined) {
    return { refused: `There is no next key; add one with \`${command("rotate")}\`.` };
  }
  const wait = next.stateSince + PROMOTE_AFTER_MS - now;
  if (wait > 0 && !force) {
    return {
      refused: `Key ${next.number} is too new: processes read the file once a minute, and one that lacks the key would take its users for strangers. Try again in ${duration(wait)}, or add --now if no server runs or the current key is known to others.`,
    };
  }
  const keys = file.keys.map((key): FileKey => {
    if (key === next) return { ...key, state: "current", stateSince: now };
    return key.state === "current"
      ? { ...key, state: "old", stateSince: now, demotedAt: now }
      : key;
  });
  const old = file.keys.find(({ state }) => state === "current")?.number;
  const after = duration(retentionMs(file));
  return {
    file: { ...file, keys },
    done: `Key ${next.number} is current, and key ${old} is old: it still opens. Remove it after ${after}: \`${command(`remove ${old}`)}\`.`,
  };
}

/** Drops the bytes of a key; its number stays. A current key is replaced by the next one in the same step. */
export function revoke(file: KeyFile, number: number, context: ChangeContext): Change {
  const { now, command } = context;
  const key = file.keys.find((candidate) => candidate.number === number);
  if (key === undefined) return { refused: unknownKey(file, number) };
  if (key.state === "revoked") return { refused: `Key ${number} is revoked already.` };
  let before = file;
  if (key.state === "current") {
    if (!file.keys.some(({ state }) => state === "next")) {
      return {
        refused: `Key ${number} is current, and there is no next key to take its place. Run \`${command("rotate")}\`, then in ${duration(PROMOTE_AFTER_MS)} \`${command(`revoke ${number}`)}\`, which also promotes; if the key is known to others, do not wait: \`${command(`revoke ${number}`)} --now\`.`,
      };
    }
    const promoted = promote(file, context);
    if ("refused" in promoted) return promoted;
    before = promoted.file;
  }
  const keys = before.keys.map((each): FileKey => {
    if (each.number !== number) return each;
    const { bytes: _, ...rest } = each;
    return { ...rest, state: "revoked", stateSince: now };
  });
  const current = keys.find(({ state }) => state === "current")?.number;
  const promoted = key.state === "current" ? ` Key ${current} is current now.` : "";
  return {
    file: { ...before, keys },
    done: `Key ${number} is revoked.${promoted} Sessions that only it opens end at their next request, as soon as processes have read the file again (a minute at most). Backups of the file still hold the key: delete those as well.`,
  };
}

/** Takes a key out of the ring, once no session can need it. */
export function remove(file: KeyFile, number: number, context: ChangeContext): Change {
  const { now, command } = context;
  const key = file.keys.find((candidate) => candidate.number === number);
  if (key === undefined) return { refused: unknownKey(file, number) };
  if (key.state === "current") {
    return {
      refused: `Key ${number} is current; first put another in its place with \`${command("rotate")}\` and \`${command("promote")}\`.`,
    };
  }
  const at = removableAt(file, key);
  if (at > now) {
    const hint =
      key.state === "revoked"
        ? "Its number must not come back while such a session lives."
        : `To end those sessions now: \`${command(`revoke ${number}`)}\`.`;
    return {
      refused: `Key ${number} may still be needed by sessions that began before it was demoted; it can be removed in ${duration(at - now)} (${date(at)}). ${hint}`,
    };
  }
  return {
    file: { ...file, keys: file.keys.filter((each) => each !== key) },
    done: `Key ${number} is removed; no session could be under it any more.`,
  };
}

/** Replaces the index key; the one before is kept for the sessions that are indexed by it. */
export function rotateIndex(file: KeyFile, { now, command }: ChangeContext): Change {
  const old = file.index.find(({ state }) => state === "old");
  if (old !== undefined) {
    const wait = indexRemovableAt(file, old) - now;
    const when = wait > 0 ? `, possible in ${duration(wait)}` : "";
    return {
      refused: `There is an old index key already; first \`${command("remove --index")}\`${when}.`,
    };
  }
  const index: FileIndexKey[] = [
    { state: "current", createdAt: now, stateSince: now, bytes: randomBytes(32) },
    ...file.index.map((key): FileIndexKey => ({ ...key, state: "old", stateSince: now })),
  ];
  return {
    file: { ...file, index },
    done: `The index key is replaced. Until every process has read the file, a minute at most, "sign out everywhere" may miss a sign-in made by a process that read it earlier. Remove the old one after ${duration(retentionMs(file))}: \`${command("remove --index")}\`.`,
  };
}

/** Takes the old index key out, once no session is indexed by it. */
export function removeIndex(file: KeyFile, { now, command }: ChangeContext): Change {
  const old = file.index.find(({ state }) => state === "old");
  if (old === undefined) {
    return {
      refused: `There is no old index key; \`${command("rotate --index")}\` would replace the current one.`,
    };
  }
  const at = indexRemovableAt(file, old);
  if (at > now) {
    return {
      refused: `Sessions may still be indexed by the old index key; it can be removed in ${duration(at - now)} (${date(at)}).`,
    };
  }
  return {
    file: { ...file, index: file.index.filter((key) => key !== old) },
    done: "The old index key is removed; no session is indexed by it any more.",
  };
}

/** From when no session can be under the key. A key that never sealed can go at once. */
export function removableAt(file: KeyFile, key: FileKey): number {
  return key.demotedAt === undefined ? key.createdAt : key.demotedAt + retentionMs(file);
}

/** From when no session can be indexed by the old index key. */
export function indexRemovableAt(file: KeyFile, old: FileIndexKey): number {
  return old.stateSince + retentionMs(file);
}

// A process may seal with a demoted key until it reads the file again, so its sessions end that much later.
function retentionMs(file: KeyFile): number {
  return file.longestSessionSeconds * 1000 + PROMOTE_AFTER_MS;
}

// After the newest number, so that a removed one comes back as late as possible.
function freeNumber({ keys }: KeyFile): number | undefined {
  const newest = keys.reduce<FileKey | undefined>(
    (best, key) => (best === undefined || key.createdAt >= best.createdAt ? key : best),
    undefined,
  );
  const taken = new Set(keys.map(({ number }) => number));
  for (let step = 1; step <= KEY_NUMBERS; step++) {
    const number = ((newest?.number ?? -1) + step) % KEY_NUMBERS;
    if (!taken.has(number)) return number;
  }
  return undefined;
}

function fullAdvice(file: KeyFile, { now, command }: ChangeContext): string {
  const [first] = file.keys
    .filter(({ state }) => state !== "current")
    .map((key) => ({ number: key.number, at: removableAt(file, key) }))
    .sort((a, b) => a.at - b.at);
  const full = `All ${KEY_NUMBERS} key numbers are taken`;
  if (first === undefined) return `${full}.`;
  const how = `\`${command(`remove ${first.number}`)}\``;
  return first.at <= now
    ? `${full}. Key ${first.number} is not needed any more: ${how}, then try again.`
    : `${full}. The first that can go is key ${first.number}, in ${duration(first.at - now)} (${date(first.at)}): ${how}. Until then the current key stays.`;
}

function unknownKey(file: KeyFile, number: number): string {
  const numbers = file.keys.map((key) => key.number).sort((a, b) => a - b);
  return `There is no key ${number}; the file holds ${numbers.join(", ")}.`;
}

/** A length of time for people, rounded up: `2 min`, `30 days`. */
export function duration(ms: number): string {
  return inUnits(ms, Math.ceil);
}

/** As {@link duration}, rounded down: how long something has been. */
export function age(ms: number): string {
  return inUnits(Math.max(0, ms), Math.floor);
}

function inUnits(ms: number, round: (value: number) => number): string {
  if (ms < 60_000) return `${round(ms / 1000)} s`;
  if (ms < 2 * 3_600_000) return `${round(ms / 60_000)} min`;
  if (ms < 2 * 86_400_000) return `${round(ms / 3_600_000)} h`;
  return `${round(ms / 86_400_000)} days`;
}

/** `2026-01-31 12:00 UTC` */
export function date(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
