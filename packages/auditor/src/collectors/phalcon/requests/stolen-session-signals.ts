/**
 * Whether a session that turns up in another browser, or at another address, is noticed.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { child, type PhpFile, type PhpNode, placeOf, textOf } from "../../php/php-file.ts";
import { ancestorsOf, indexPhp, isInside, namedFunctionOf } from "../../php/php-walk.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { sessionOperations } from "../code/session-operations.ts";

const AGENT = /getUserAgent\(|HTTP_USER_AGENT|Sec-CH-UA/i;
const ADDRESS = /getClientAddress\(|REMOTE_ADDR/i;
/** A part of it, or where it lies, changes less often. */
const COARSE = /country|region|city|asn|geo|subnet|substr|explode|strrpos|ip2long|inet_pton/i;

export function stolenSessionSignals(phalcon: PhalconApplication): readonly Observation[] {
  const seen = phalcon.code.files.flatMap((file) =>
    /session/i.test(file.text) && (AGENT.test(file.text) || ADDRESS.test(file.text))
      ? comparisons(phalcon, file)
      : [],
  );
  return seen.slice(0, 4);
}

function comparisons(phalcon: PhalconApplication, file: PhpFile): readonly Observation[] {
  const operations = sessionOperations(phalcon).filter((each) => each.file === file);
  return indexPhp(file)
    .ofKind("bin")
    .flatMap((node): readonly Observation[] => {
      if (!/^[!=]==?$/.test(String(node.type))) return [];
      const scope = namedFunctionOf(file, node);
      const sides = [child(node, "left"), child(node, "right")].flatMap((side) => side ?? []);
      if (scope === undefined || sides.length < 2) return [];
      const texts = sides.map((side) => madeOf(file, side, scope.node));
      const now = texts.findIndex((text) => AGENT.test(text) || ADDRESS.test(text));
      const kept = sides[1 - now];
      if (now === -1 || kept === undefined || !isKept(file, kept, scope.node, operations))
        return [];
      // What follows from it: the session ends, or somebody is sent to sign in.
      const branch = ancestorsOf(file, node).find(({ kind }) => kind === "if");
      const acts = operations.some(
        ({ kind, node: at }) =>
          (kind === "destroy" || kind === "remove") &&
          isInside(at, scope.node) &&
          (branch === undefined || isInside(at, branch)),
      );
      if (!acts) return [];
      const text = texts[now] ?? "";
      const whole = ADDRESS.test(text) && !AGENT.test(text) && !COARSE.test(text);
      return [whole ? strict(file, node) : noticed(file, node)];
    });
}

function noticed(file: PhpFile, node: PhpNode): Observation {
  return {
    topic: "stolen-session-signals",
    place: placeOf(file, node),
    kind: "good",
    value: "compared",
    what: "What the browser says of itself is compared with what the session began with, and another ends it",
  };
}

function strict(file: PhpFile, node: PhpNode): Observation {
  return {
    topic: "stolen-session-signals",
    place: placeOf(file, node),
    kind: "fault",
    value: "the same address",
    what: "A session ends as soon as the address changes, which happens to honest people between two networks",
    remedy:
      "Compare what changes less, such as the browser or the region, and ask for the password again instead of ending the session.",
  };
}

function isKept(
  file: PhpFile,
  side: PhpNode,
  scope: PhpNode,
  operations: ReturnType<typeof sessionOperations>,
): boolean {
  const read = operations.filter(({ kind, node }) => kind === "read" && isInside(node, scope));
  if (read.some(({ node }) => isInside(node, side))) return true;
  if (/\$_SESSION\[/.test(madeOf(file, side, scope))) return true;
  return (
    side.kind === "variable" &&
    assigned(file, side, scope).some((each) => read.some(({ node }) => isInside(node, each)))
  );
}

/** The text of an expression, with that of what its variable was made of. */
function madeOf(file: PhpFile, node: PhpNode, scope: PhpNode): string {
  const made = node.kind === "variable" ? assigned(file, node, scope) : [];
  return [node, ...made].map((each) => textOf(file, each).slice(0, 300)).join(" ");
}

function assigned(file: PhpFile, variable: PhpNode, scope: PhpNode): readonly PhpNode[] {
  return indexPhp(file)
    .assignmentsTo(typeof variable.name === "string" ? variable.name : "")
    .filter((each) => isInside(each, scope));
}
