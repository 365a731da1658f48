/**
 * How many random bits a session id of the application's own making has.
 * @module
 */
import ts from "typescript";
import type { Setting } from "../../../evidence.ts";
import { nodesOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { calleeName } from "../../script/script-syntax.ts";
import { shipped, type Value } from "../../script/script-value.ts";
import { byDefault, type Otherwise, settingSet, settingUnknown } from "./setting.ts";

/** Bits of random data by the generator's name; a number counts what the generator is asked for. */
const GENERATORS: readonly { name: RegExp; bits(amount: number | undefined): number }[] = [
  { name: /^(?:randomBytes|pseudoRandomBytes)$/, bits: (bytes = 0) => bytes * 8 },
  { name: /^(?:randomUUID|uuidv4|uuid4|v4|uuid|guid)$/, bits: () => 122 },
  { name: /^(?:uuidv7|v7)$/, bits: () => 74 },
  { name: /^(?:uuidv1|v1|uuidv6|v6)$/, bits: () => 14 },
  { name: /^nanoid$/, bits: (length = 21) => length * 6 },
  { name: /^(?:sync|uid|uidSafe)$/, bits: (bytes = 18) => bytes * 8 },
  { name: /^(?:getRandomValues)$/, bits: () => 128 },
  { name: /^(?:createId|cuid2?|init)$/, bits: () => 124 },
  { name: /^(?:ulid)$/, bits: () => 80 },
];

export function idBitsOf(
  project: ScriptProject,
  generator: Value,
  otherwise: Otherwise<number>,
): Setting<number> {
  const effective = shipped(generator);
  if (effective.kind === "literal") return byDefault(otherwise);
  if (effective.kind === "external") {
    const name = effective.path.at(-1) ?? effective.module;
    const known = GENERATORS.find((one) => one.name.test(name));
    return known === undefined
      ? settingUnknown(`${name} makes the ids`, effective.place)
      : settingSet(known.bits(undefined), effective.place, name);
  }
  if (effective.kind !== "function") return settingUnknown("makes the ids", effective.place);
  const { node, place } = effective;
  let isGuessable = false;
  let bits: number | undefined;
  for (const inner of nodesOf(node)) {
    if (!ts.isCallExpression(inner)) continue;
    const text = inner.expression.getText();
    if (/^(?:Math\.random|Date\.now|process\.hrtime)$/.test(text)) isGuessable = true;
    const name = calleeName(inner) ?? "";
    const known = GENERATORS.find((one) => one.name.test(name));
    if (known === undefined) continue;
    const amount = inner.arguments[0] && shipped(project.evaluator.evaluate(inner.arguments[0]));
    const count =
      amount?.kind === "literal" && typeof amount.value === "number" ? amount.value : undefined;
    bits = (bits ?? 0) + known.bits(count);
  }
  if (bits !== undefined) return settingSet(bits, place, textOf(node));
  // A generator that is no source of secrets gives an attacker everything he needs.
  if (isGuessable) return settingSet(0, place, textOf(node));
  return settingUnknown("ids are made by a function that is not known", place);
}
