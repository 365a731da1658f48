/**
 * What `holdfast keys list` and `status` say about a ring. Never shows bytes.
 * @module
 */
import { KEY_NUMBERS, type KeyFile } from "../crypto/key-file.ts";
import {
  age,
  type ChangeContext,
  date,
  duration,
  indexRemovableAt,
  PROMOTE_AFTER_MS,
  ROTATE_AFTER_MS,
  removableAt,
} from "./key-changes.ts";

/** The table and its JSON form. */
export function listKeys(
  file: KeyFile,
  now: number,
  fingerprintOf: (bytes: Uint8Array) => string,
): { readonly text: string; readonly json: Readonly<Record<string, unknown>> } {
  const keys = [...file.keys]
    .sort((a, b) => a.number - b.number)
    .map((key) => ({
      number: key.number,
      state: key.state,
      createdAt: key.createdAt,
      stateSince: key.stateSince,
      removableAt: key.state === "current" ? null : removableAt(file, key),
      fingerprint: key.bytes === undefined ? null : fingerprintOf(key.bytes),
    }));
  const index = file.index.map((key) => ({
    state: key.state,
    createdAt: key.createdAt,
    stateSince: key.stateSince,
    removableAt: key.state === "current" ? null : indexRemovableAt(file, key),
    fingerprint: fingerprintOf(key.bytes),
  }));
  const row = (name: string, key: (typeof index)[number] | (typeof keys)[number]): string[] => [
    name,
    key.state,
    date(key.createdAt),
    age(now - key.stateSince),
    key.removableAt === null ? "-" : date(key.removableAt),
    key.fingerprint ?? "-",
  ];
  const rows = [
    ["key", "state", "created", "for", "removable from", "fingerprint"],
    ...keys.map((key) => row(String(key.number), key)),
    ...index.map((key) => row("index", key)),
  ];
  const longest = `Longest session: ${duration(file.longestSessionSeconds * 1000)}.`;
  const { longestSessionSeconds } = file;
  return { text: `${table(rows)}\n${longest}`, json: { longestSessionSeconds, keys, index } };
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}

/** What must be done, and what can be; the second is never empty. */
export function statusOf(
  file: KeyFile,
  { now, command }: ChangeContext,
): { readonly attention: readonly string[]; readonly advice: readonly string[] } {
  const attention: string[] = [];
  const advice: string[] = [];
  const next = file.keys.find(({ state }) => state === "next");
  const current = file.keys.find(({ state }) => state === "current");
  const currentFor = now - (current?.stateSince ?? now);
  const isDue = currentFor >= ROTATE_AFTER_MS;
  const head = `Key ${current?.number} is current since ${age(currentFor)}`;

  if (next !== undefined) {
    const wait = next.stateSince + PROMOTE_AFTER_MS - now;
    const state = `Key ${next.number} is next since ${age(now - next.stateSince)}`;
    const when = wait > 0 ? ` after ${duration(wait)}` : " now";
    // A next key that was forgotten leaves an old key sealing.
    const list = isDue && wait <= 0 ? attention : advice;
    list.push(`${head}. ${state}; promote it${when}: \`${command("promote")}\`.`);
  } else if (isDue) {
    attention.push(`${head}, and no key is next; add one: \`${command("rotate")}\`.`);
  } else {
    advice.push(`${head}; rotate in ${duration(ROTATE_AFTER_MS - currentFor)}.`);
  }

  for (const key of file.keys) {
    if ((key.state === "old" || key.state === "revoked") && removableAt(file, key) <= now) {
      advice.push(
        `Key ${key.number} is not needed any more; remove it: \`${command(`remove ${key.number}`)}\`.`,
      );
    }
  }
  for (const key of file.index) {
    if (key.state === "old" && indexRemovableAt(file, key) <= now) {
      advice.push(
        `The old index key is not needed any more; remove it: \`${command("remove --index")}\`.`,
      );
    }
  }
  if (file.keys.length >= KEY_NUMBERS) {
    attention.push(`All ${KEY_NUMBERS} key numbers are taken, so no key can be added; remove one.`);
  }
  return { attention, advice };
}
