/**
 * Array literals, spread and keys included.
 * @module
 */

import { type Evaluation, type PhpValue, valueIn } from "./php-evaluation.ts";
import { child, children, type PhpFile, type PhpNode, placeOf } from "./php-file.ts";

export function arrayValue(evaluation: Evaluation, file: PhpFile, node: PhpNode): PhpValue {
  const entries = new Map<string, PhpValue>();
  let isComplete = true;
  let next = 0;
  for (const item of children(node, "items")) {
    const isEntry = item.kind === "entry";
    const written = isEntry ? child(item, "value") : item;
    if (written === undefined) continue;
    const value = valueIn(evaluation, file, written);
    if (item.unpack === true) {
      if (value.kind !== "array" || !value.isComplete) isComplete = false;
      if (value.kind !== "array") continue;
      for (const [key, entry] of value.entries)
        entries.set(/^\d+$/.test(key) ? String(next++) : key, entry);
      continue;
    }
    const writtenKey = isEntry ? child(item, "key") : undefined;
    if (writtenKey === undefined) {
      entries.set(String(next++), value);
      continue;
    }
    const key = valueIn(evaluation, file, writtenKey);
    if (key.kind !== "known") {
      isComplete = false;
      continue;
    }
    const name =
      typeof key.value === "boolean" ? String(Number(key.value)) : String(key.value ?? "");
    if (/^\d+$/.test(name)) next = Math.max(next, Number(name) + 1);
    entries.set(name, value);
  }
  return { kind: "array", entries, isComplete, place: placeOf(file, node) };
}
