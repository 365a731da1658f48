/**
 * Which requests that change something carry a token, sign-in included.
 * @module
 */
import type { CsrfEvidence, Place } from "../../../evidence.ts";
import { isSubclassOf } from "../../php/php-code.ts";
import { placeOf, textOf } from "../../php/php-file.ts";
import { indexPhp, namedFunctionOf, type PhpFunction } from "../../php/php-walk.ts";
import { isNothing } from "../code/about-somebody.ts";
import { changesState } from "../code/account-actions.ts";
import { callGraph } from "../code/call-graph.ts";
import { tokenForms } from "../code/forms.ts";
import { identityKeys } from "../code/identity.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { handlers, runsBefore } from "../code/request-handlers.ts";
import { type Step, traceOf } from "../code/trace.ts";
import { nameFor, signInPaths } from "../sign-in/collect-sign-ins.ts";
import { somebodySignsIn } from "../sign-in/cookie-guard.ts";
import { isServerCall, takesHeaderToken } from "./program-requests.ts";

const MAX_GAPS = 30;

export function collectCsrf(phalcon: PhalconApplication): CsrfEvidence | undefined {
  const paths = signInPaths(phalcon);
  if (!somebodySignsIn(phalcon)) return undefined;
  const surface = changingHandlers(phalcon);
  const gates = gatesOf(phalcon);
  const isGated = (handler: PhpFunction): boolean =>
    gates.some((gate) => passes(phalcon, handler, gate));
  const [gate] = gates;
  if (gate !== undefined && surface.every(isGated)) {
    const why =
      "Every request that changes something passes a check of the token before its action.";
    return { cover: "protected", place: gate.place, why, gaps: [] };
  }
  const covered = surface.filter((handler) => checksToken(phalcon, handler));
  const open = surface.filter((handler) => !covered.includes(handler));
  const gaps = open.slice(0, MAX_GAPS).map((handler) => ({
    place: placeOf(handler.file, handler.node),
    what: `${nameFor(handler)} changes something and checks no token.`,
  }));
  const [firstCovered] = covered;
  const place =
    gaps[0]?.place ??
    (firstCovered && placeOf(firstCovered.file, firstCovered.node)) ??
    paths[0]?.change.place ??
    phalcon.place;
  if (surface.length === 0) {
    const checked = anyCheck(phalcon);
    const why = "No action that changes something could be found.";
    return checked === undefined
      ? { cover: "none", place, why: "No code checks a token.", gaps: [] }
      : { cover: "unknown", place: checked, why, gaps: [] };
  }
  if (open.length === 0) {
    return {
      cover: "protected",
      place,
      why: `All ${surface.length} actions that change something check a token.`,
      gaps: [],
    };
  }
  if (covered.length === 0) {
    return {
      cover: "none",
      place,
      why: `None of ${surface.length} actions that change something checks a token.`,
      gaps,
    };
  }
  const why = `${covered.length} of ${surface.length} actions that change something check a token.`;
  return { cover: "partial", place, why, gaps };
}

/** Actions that write rows or who somebody is, and those that sign people in. */
function changingHandlers(phalcon: PhalconApplication): readonly PhpFunction[] {
  const entries = new Set(
    signInPaths(phalcon)
      .filter(({ change }) => change.kind === "password")
      .map(({ entry }) => entry.node),
  );
  // A link from a mail carries a secret of its own, which no other site knows.
  const links = new Set(
    signInPaths(phalcon)
      .filter(({ change }) => change.kind === "reset-link")
      .map(({ entry }) => entry.node),
  );
  return handlers(phalcon).filter(
    (handler) =>
      !links.has(handler.node) &&
      !takesHeaderToken(phalcon, handler) &&
      !isServerCall(phalcon, handler) &&
      (entries.has(handler.node) ||
        traceOf(phalcon, handler).some(changesState) ||
        changesIdentity(phalcon, handler)),
  );
}

/** What is posted goes into what the session keeps of somebody: no row is written, and rights follow from it. */
function changesIdentity(phalcon: PhalconApplication, handler: PhpFunction): boolean {
  const steps = traceOf(phalcon, handler);
  const keys = identityKeys(phalcon);
  return (
    steps.some(
      ({ operation }) =>
        operation?.kind === "write" && keys.has(operation.key ?? "") && !isNothing(operation.value),
    ) && steps.some(({ call }) => /^get(filtered)?post$/.test(call?.name ?? ""))
  );
}

/** Whether a request passes a check of the token, in the action or before it. */
export function checksToken(phalcon: PhalconApplication, handler: PhpFunction): boolean {
  if (gatesOf(phalcon).some((gate) => passes(phalcon, handler, gate))) return true;
  const forms = tokenForms(phalcon);
  const steps = traceOf(phalcon, handler);
  if (steps.some((step) => isTokenCheck(phalcon, step))) return true;
  // A form that checks the token, and whose `isValid()` somebody asks.
  const hasForm = steps.some(
    ({ call }) => call?.form === "new" && forms.has((call.className ?? "").toLowerCase()),
  );
  return hasForm && steps.some(({ call }) => call?.name === "isvalid");
}

function isTokenCheck(phalcon: PhalconApplication, { call, node, file }: Step): boolean {
  if (call !== undefined) {
    // What the application's own function of that name does, its own steps say.
    const own = callGraph(phalcon).calledBy(call);
    if (own !== undefined) return isOwnCheck(phalcon, own);
    if (
      call.name === "checktoken" ||
      /^(check|verify|validate|assert|require)_?(csrf|xsrf|form_?token|security_?token)\w*$/.test(
        call.name,
      )
    )
      return true;
    return call.name === "hash_equals" && /csrf|xsrf/i.test(textOf(file, call.node));
  }
  return (
    node.kind === "bin" &&
    /csrf|xsrf|token/i.test(textOf(file, node)) &&
    /getPost|_POST|getHeader|getPut|getJson|getSessionToken|csrf.*session|session.*csrf/is.test(
      textOf(file, node),
    )
  );
}

const SAYS_CSRF = /csrf|xsrf|form_?token|security_?token/i;
const COMPARES = /^([!=]==?|[<>]=?)$/;

/** A function that says so, and compares what it is given with the session, or deciphers it and looks at it. */
function isOwnCheck(phalcon: PhalconApplication, own: PhpFunction): boolean {
  const { name = "", of, file } = own;
  if (!/^(is|has)?_?(check|verif|valid|assert|require|compare|match)/i.test(name)) return false;
  if (!SAYS_CSRF.test(`${name} ${of?.name?.replace(/^.*\\/, "") ?? ""}`)) return false;
  const steps = traceOf(phalcon, own).filter((step) => step.file === file);
  const compares = steps.some(
    ({ call, node }) => call?.name === "hash_equals" || COMPARES.test(String(node.type)),
  );
  return (
    compares &&
    steps.some(
      ({ call, operation }) =>
        operation?.kind === "read" ||
        /^(decrypt\w*|hash_hmac|getsessiontoken)$/.test(call?.name ?? ""),
    )
  );
}

/** A check that stands before actions. */
interface Gate {
  readonly place: Place;
  /** The controller whose own actions, and those of controllers that extend it, pass; `undefined` for all. */
  readonly controller: string | undefined;
}

const foundGates = new WeakMap<PhalconApplication, readonly Gate[]>();

function gatesOf(phalcon: PhalconApplication): readonly Gate[] {
  const known = foundGates.get(phalcon) ?? findGates(phalcon);
  foundGates.set(phalcon, known);
  return known;
}

function findGates(phalcon: PhalconApplication): readonly Gate[] {
  return phalcon.code.files.flatMap((file) =>
    indexPhp(file).functions.flatMap((each): readonly Gate[] => {
      if (!runsBefore(each)) return [];
      const check = traceOf(phalcon, each).find((step) => isTokenCheck(phalcon, step));
      if (check === undefined) return [];
      const owner = each.of?.name;
      const isController = owner !== undefined && isSubclassOf(phalcon.code, owner, /Controller/i);
      return [
        { place: placeOf(check.file, check.node), controller: isController ? owner : undefined },
      ];
    }),
  );
}

function passes(phalcon: PhalconApplication, { of }: PhpFunction, { controller }: Gate): boolean {
  if (controller === undefined) return true;
  const exactly = new RegExp(`^${controller.replace(/\\/g, "\\\\")}$`, "i");
  return of?.name !== undefined && isSubclassOf(phalcon.code, of.name, exactly);
}

function anyCheck(phalcon: PhalconApplication): Place | undefined {
  const [call] = phalcon.code.callsNamed("checkToken");
  if (call === undefined) return undefined;
  const within = namedFunctionOf(call.file, call.node);
  return placeOf(call.file, within?.node ?? call.node);
}
