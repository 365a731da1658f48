/**
 * Sign-in by a provider: whether what comes back is bound to the browser that was sent there.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { child, type PhpNode, textOf } from "../../php/php-file.ts";
import { scalarOf } from "../../php/php-value.ts";
import type { PhpFunction } from "../../php/php-walk.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import type { Step } from "../code/trace.ts";
import { nameFor, placeOfStep, signInPaths } from "./collect-sign-ins.ts";

const BINDS = /state|nonce|verifier/i;
/** These keep a state in the session and compare it by themselves. */
const CHECKS_ITSELF =
  /hybridauth|Facebook\\.*(Helper|Facebook)$|Socialite|Jumbojett\\OpenIDConnectClient|OneLogin/i;

export function federatedSessions(phalcon: PhalconApplication): readonly Observation[] {
  const entries = new Map<
    PhpNode,
    { readonly entry: PhpFunction; readonly steps: readonly Step[] }
  >();
  for (const { change, entry, steps } of signInPaths(phalcon)) {
    if (change.kind !== "password" && change.kind !== "impersonation")
      entries.set(entry.node, { entry, steps });
  }
  const seen = [...entries.values()].flatMap(
    ({ entry, steps }) => observed(phalcon, entry, steps) ?? [],
  );
  // The same code, reached by several actions, is said once.
  return seen.filter(
    ({ place }, at) =>
      seen.findIndex(
        ({ place: other }) => other.file === place.file && other.line === place.line,
      ) === at,
  );
}

function observed(
  phalcon: PhalconApplication,
  entry: PhpFunction,
  steps: readonly Step[],
): Observation | undefined {
  const code = steps.find((step) => takesCode(phalcon, step));
  if (code === undefined) return undefined;
  const keeps = steps.some(
    ({ operation }) => operation?.kind === "read" && BINDS.test(operation.key ?? ""),
  );
  const bound = keeps ? steps.find(comparesState) : undefined;
  if (bound !== undefined) {
    return {
      topic: "federated-sessions",
      place: placeOfStep(bound),
      kind: "good",
      value: "bound to the browser",
      what: `${nameFor(entry)} compares what the provider sends back with what the session holds`,
    };
  }
  const library = steps.find(({ call }) => CHECKS_ITSELF.test(call?.className ?? ""));
  if (library !== undefined) return undefined;
  // What is handed on to code that is not here may be compared there.
  const isHandedOn = steps.some(
    ({ call, file }) =>
      call !== undefined &&
      call !== code.call &&
      /state|nonce|verifier/i.test(
        call.arguments.map((argument) => textOf(file, argument)).join(" "),
      ),
  );
  if (isHandedOn) return undefined;
  return {
    topic: "federated-sessions",
    place: placeOfStep(code),
    kind: "fault",
    value: "not bound",
    what: `${nameFor(entry)} takes an authorization code and compares no state with the session`,
    remedy:
      "Keep a random state in the session before the redirect, compare it with hash_equals() when the code comes back, and remove it.",
  };
}

/** `getQuery("code")`, `$_GET["code"]` */
function takesCode(phalcon: PhalconApplication, { call, node, file }: Step): boolean {
  if (call !== undefined) {
    const [first] = call.arguments;
    if (/^(getquery|get|getpost)$/.test(call.name) && first !== undefined) {
      const target = call.target === undefined ? "" : textOf(file, call.target);
      return (
        /request$/i.test(target) &&
        scalarOf(phalcon.evaluate(file, first)) === "code" &&
        exchanges(file.text)
      );
    }
    return (
      call.arguments.some((argument) =>
        /\$_(GET|REQUEST)\[["']code["']\]/.test(textOf(file, argument)),
      ) && exchanges(file.text)
    );
  }
  const right = node.kind === "assign" ? child(node, "right") : undefined;
  return (
    right !== undefined &&
    /^\$_(GET|REQUEST)\[["']code["']\]/.test(textOf(file, right)) &&
    exchanges(file.text)
  );
}

/** A parameter of that name may be a voucher: there has to be an exchange for a token. */
function exchanges(text: string): boolean {
  return (
    /authorization_code|getAccessToken|fetchAccessToken|requestAccessToken|access_?token/i.test(
      text,
    ) && /oauth|openid|provider|client_?(id|secret)/i.test(text)
  );
}

function comparesState({ call, node, file }: Step): boolean {
  if (call !== undefined && call.name !== "hash_equals") return false;
  if (call === undefined && !(node.kind === "bin" && /^[!=]==?$/.test(String(node.type))))
    return false;
  return BINDS.test(textOf(file, node).slice(0, 400));
}
