/**
 * Listeners that start a session for whoever sends a request.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { child, placeOf } from "../../php/php-file.ts";
import {
  ancestorsOf,
  indexPhp,
  isInside,
  namedFunctionOf,
  offsetOf,
  type PhpCall,
  type PhpFunction,
} from "../../php/php-walk.ts";
import { receiverOf, runsOutsideRequests, titleOf, typesOf } from "../code/code-roles.ts";
import { codeTextOf } from "../code/code-text.ts";
import { nameNode } from "../code/session-rotation.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";

const EVENTS =
  /(^|\\)(RequestEvent|GetResponseEvent|ControllerEvent|FilterControllerEvent|ResponseEvent|FilterResponseEvent)$/;
/** Every request of a visitor is a main one: this guards nothing. */
const NO_GUARD = /^!?\s*\$\w+->(isMainRequest|isMasterRequest)\(\)$/;

export function eagerSessions(app: SymfonyApplication): Observation[] {
  const writes = app.code
    .callsNamed("set")
    .filter(({ file, target }) => /session/i.test(receiverOf(file, target)));
  return writes.flatMap((call): Observation[] => {
    const method = namedFunctionOf(call.file, call.node);
    if (method === undefined || !isListener(app, method) || isGuarded(call, method)) return [];
    const place = placeOf(call.file, nameNode(call) ?? call.node);
    const what = `${titleOf(method).trim().replace(" ", "::")} writes into the session on every request, so every visitor and robot gets one.`;
    const remedy = "Write into the session when the visitor did something that has to be kept.";
    return [{ topic: "eager-sessions", place, kind: "fault", what, remedy }];
  });
}

function isListener(app: SymfonyApplication, method: PhpFunction): boolean {
  return (
    !runsOutsideRequests(app.code, method.of) &&
    method.parameters.some((parameter) =>
      typesOf(method.file, parameter).some((type) => EVENTS.test(type)),
    )
  );
}

/** Below a condition, or after one that returns. */
function isGuarded(call: PhpCall, method: PhpFunction): boolean {
  const index = indexPhp(method.file);
  const conditions = [
    "if",
    "switch",
    "match",
    "retif",
    "foreach",
    "while",
    "catch",
    "closure",
    "arrowfunc",
  ];
  const above = ancestorsOf(call.file, call.node).filter((node) => isInside(node, method.node));
  if (above.some((node) => conditions.includes(node.kind) && !isNoGuard(call, node))) return true;
  return ["return", "throw"].some((kind) =>
    index
      .ofKind(kind)
      .some(
        (node) =>
          isInside(node, method.node) &&
          offsetOf(node) < offsetOf(call.node) &&
          !ancestorsOf(method.file, node).some(
            (each) => each.kind === "if" && isNoGuard(call, each),
          ),
      ),
  );
}

function isNoGuard({ file }: PhpCall, node: Parameters<typeof child>[0]): boolean {
  const test = node?.kind === "if" ? child(node, "test") : undefined;
  return test !== undefined && NO_GUARD.test(codeTextOf(file, test).trim());
}
