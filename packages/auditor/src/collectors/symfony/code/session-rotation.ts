/**
 * Whether a method gives the session a new id, and in which order with what it writes.
 * @module
 */
import type { Rotation } from "../../../evidence.ts";
import { child, type PhpNode, textOf } from "../../php/php-file.ts";
import { argumentOf, offsetOf, type PhpCall, type PhpFunction } from "../../php/php-walk.ts";
import { receiverOf } from "./code-roles.ts";
import { callsOf } from "./code-text.ts";

const ROTATIONS: ReadonlySet<string> = new Set([
  "migrate",
  "invalidate",
  "regenerate",
  "session_regenerate_id",
  "onauthentication",
  "migratesession",
]);
const CHECKS: ReadonlySet<string> = new Set([
  "ispasswordvalid",
  "password_verify",
  "verify",
  "isvalid",
]);

/** Whether the method gives the session a new id, and in which order with the write. */
export function rotationOf(
  method: PhpFunction,
  write: PhpCall,
): { rotation: Rotation; at: PhpCall | undefined } {
  const calls = callsOf(method);
  const rotations = calls.filter(
    ({ name, file, target }) =>
      ROTATIONS.has(name) &&
      (name !== "migrate" || /session/i.test(textOf(file, target) + receiverOf(file, target))),
  );
  const at = rotations.at(-1);
  if (at === undefined) return { rotation: "none", at };
  const end = positionOf(at);
  const check = calls.filter(({ name }) => CHECKS.has(name) && name !== "isvalid").at(-1);
  if (check !== undefined && end < positionOf(check)) return { rotation: "before-check", at };
  const keeps =
    at.name === "migrate" || at.name === "session_regenerate_id" || at.name === "regenerate";
  const destroys = !keeps || isTrue(argumentOf(at, 0));
  // The token alone reaches the session at the end of the request; the key is there at once.
  const written = calls.filter(
    ({ name, node, file }) => name === "set" && /_security_/.test(textOf(file, node)),
  );
  const isWrittenBefore = [write, ...written].some(
    (each) => each.name === "set" && positionOf(each) < end,
  );
  return { rotation: isWrittenBefore && !destroys ? "old-session-kept" : "rotated", at };
}

function isTrue(node: PhpNode | undefined): boolean {
  return node?.kind === "boolean" && node.value === true;
}

/** Where a call's own name stands: calls in a chain all start at its beginning. */
export function nameNode(call: PhpCall): PhpNode | undefined {
  const offset = child(child(call.node, "what"), "offset");
  return offset?.loc ? offset : undefined;
}

function positionOf(call: PhpCall): number {
  return offsetOf(nameNode(call) ?? call.node);
}
