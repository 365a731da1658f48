/**
 * Whether an account that was disabled while it was signed in is noticed, or only its next sign-in.
 * @module
 */
import type { Observation, Place } from "../../../evidence.ts";
import { child, nameOf, type PhpFile, type PhpNode, placeOf, textOf } from "../../php/php-file.ts";
import {
  ancestorsOf,
  indexPhp,
  isInside,
  namedFunctionOf,
  type PhpFunction,
} from "../../php/php-walk.ts";
import { identityKeys } from "../code/identity.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { traceOf } from "../code/trace.ts";
import { nameFor, signInPaths } from "../sign-in/collect-sign-ins.ts";
import type { SignInPath } from "../sign-in/sign-in-path.ts";

/** Where code asks whether an account is disabled. */
interface Asked {
  readonly flag: string;
  readonly place: Place;
  readonly within: PhpFunction;
}

/** Only accounts are that. */
const SURELY = /^(is_?)?(banned|blocked|suspended|deactivated|disabled)$/i;
/** Also said of what waits for a confirmation: it disables if somebody can take it away. */
const PERHAPS = /^(is_?)?(active|enabled|inactive|locked)$/i;
const MODEL = /(^|\\)(user|account|member|customer|admin(istrator)?|admin_?user|people|person)s?$/i;
const ACCOUNT = /user|account|member|customer|admin|client|person|identity|auth/i;

export function accountDisabling(phalcon: PhalconApplication): readonly Observation[] {
  const paths = signInPaths(phalcon);
  const byPassword = paths.filter(({ change }) => change.kind === "password");
  const atSignIn = [...byPassword, ...paths].flatMap(askedOnTheWay);
  const [first] = atSignIn.filter(
    ({ flag }) => SURELY.test(flag) || isTakenAway(phalcon, stemOf(flag)),
  );
  if (first === undefined) return [];
  const signingIn = new Set(paths.flatMap(({ entry, write }) => [entry.node, write.within.node]));
  const flags = new Set(atSignIn.map(({ flag }) => stemOf(flag)));
  const later = phalcon.code.files
    .flatMap((file) => indexPhp(file).functions)
    .filter((each) => !signingIn.has(each.node))
    .flatMap((from) => askedOfVisitor(phalcon, from, signingIn).map((each) => ({ from, ...each })))
    .filter(({ flag }) => flags.has(stemOf(flag)));
  const topic = "account-disabling";
  const guarding = later.find(({ from }) => GUARDS.test(from.name ?? ""));
  if (guarding !== undefined) {
    const { place, flag, within } = guarding;
    const what = `${nameFor(within)} asks for "${flag}" of whoever is signed in.`;
    return [{ topic, place, kind: "good", what }];
  }
  // Something asks it of whoever is signed in: whether at each request cannot be told.
  if (later.length > 0 || endsSessionsOfOthers(phalcon, flags)) return [];
  return [
    {
      topic,
      place: first.place,
      kind: "fault",
      what: `Whether the account is disabled ("${first.flag}") is asked by ${nameFor(first.within)} at the sign-in, and by nothing that runs at later requests.`,
      remedy:
        "Load the account by the session's id in beforeExecuteRoute(), ask for the flag there, and destroy the session if it is disabled.",
    },
  ];
}

function stemOf(flag: string): string {
  return flag.replace(/^is_?/i, "").toLowerCase();
}

/** Before the identity is written, in the functions on the way to it. */
function askedOnTheWay(path: SignInPath): readonly Asked[] {
  const { steps, write, change } = path;
  if (change.kind === "registration" || change.kind === "reset-link") return [];
  const functions = new Map(
    steps.slice(0, steps.indexOf(write)).map(({ within }) => [within.node, within]),
  );
  functions.set(path.entry.node, path.entry);
  return [...functions.values()].flatMap((each) => askedIn(each));
}

const asked = new WeakMap<PhpNode, readonly Asked[]>();

function askedIn(within: PhpFunction): readonly Asked[] {
  const known = asked.get(within.node);
  if (known !== undefined) return known;
  const { file, node: outer } = within;
  const index = indexPhp(file);
  const found = (node: PhpNode, flag: string): Asked => ({
    flag,
    place: placeOf(file, node),
    within,
  });
  const inside = (node: PhpNode): boolean => isInside(node, outer);
  const fields = ["propertylookup", "nullsafepropertylookup"]
    .flatMap((kind) => index.ofKind(kind))
    .filter((node) => inside(node) && isTested(file, node))
    .flatMap((node) => {
      const flag = nameOf(child(node, "offset")) ?? "";
      return isFlag(flag) && isAccount(child(node, "what"), within) ? [found(node, flag)] : [];
    });
  const calls = index.calls
    .filter(({ node, form }) => form === "method" && inside(node) && isTested(file, node))
    .flatMap(({ node, target }) => {
      const flag = nameOf(child(child(node, "what"), "offset")) ?? "";
      return /^is/i.test(flag) && isFlag(flag) && isAccount(target, within)
        ? [found(node, flag)]
        : [];
    });
  const queries = index.calls
    .filter(
      ({ name, node }) =>
        /^(findfirst\w*|query|fetchone|where|andwhere)$/.test(name) && inside(node),
    )
    .flatMap(({ node, className }) => {
      const condition = /["'\s([.](\w+)\]?\s*(=|!=|<>)\s*[:?'"\d]/g;
      const text = textOf(file, node);
      const flags = [...text.matchAll(condition)].map((match) => match[1] ?? "");
      const flag = flags.find(isFlag);
      return flag !== undefined && ACCOUNT.test(className ?? text) ? [found(node, flag)] : [];
    });
  const all = [...fields, ...calls, ...queries];
  asked.set(outer, all);
  return all;
}

function isFlag(name: string): boolean {
  return SURELY.test(name) || PERHAPS.test(name);
}

/** `$user`, `$this->user`, `$this->auth->getUser()`: not a topic that is locked. */
function isAccount(node: PhpNode | undefined, { of }: PhpFunction): boolean {
  if (node === undefined) return false;
  if (nameOf(node) === "this") return MODEL.test(of?.name ?? "");
  const name =
    node.kind === "call"
      ? (nameOf(child(child(node, "what"), "offset")) ?? "")
      : (nameOf(child(node, "offset")) ?? nameOf(node) ?? "");
  return ACCOUNT.test(name);
}

function isTested(file: PhpFile, node: PhpNode): boolean {
  let below = node;
  for (const above of ancestorsOf(file, node)) {
    if (above.kind === "assign") return child(above, "left") !== below && isComparison(below);
    if (["if", "retif", "while"].includes(above.kind)) return child(above, "test") === below;
    if (isComparison(above) || above.kind === "return") return true;
    if (["function", "method", "closure"].includes(above.kind)) return false;
    below = above;
  }
  return false;
}

function isComparison({ kind, type }: PhpNode): boolean {
  return kind === "bin" ? /^([!=]==?|&&|\|\||and|or)$/.test(String(type)) : kind === "unary";
}

/** What runs before each action. */
const BEFORE =
  /^(before(executeroute|dispatch|dispatchloop|handlerequest|handleroute)|initialize|onconstruct|call)$/i;
const GUARDS = new RegExp(
  `${BEFORE.source}|^(get|load|check|require|is)?_?(current|auth|logged_?in|signed_?in)?_?(user|identity|account|member|auth|allowed)$`,
  "i",
);

/** By what runs before actions, or by whatever loads the account that the session names. */
function askedOfVisitor(
  phalcon: PhalconApplication,
  from: PhpFunction,
  signingIn: ReadonlySet<PhpNode>,
): readonly Asked[] {
  const keys = identityKeys(phalcon);
  // What a sign-in does on its way runs once for each session.
  const steps = traceOf(phalcon, from).filter(({ trail }) =>
    trail.every(({ file, node }) => !isOf(signingIn, namedFunctionOf(file, node))),
  );
  const loads = steps.some(
    ({ operation, call }) =>
      (operation?.kind === "read" && operation.key !== undefined && keys.has(operation.key)) ||
      (call?.form === "method" && /^(get_?)?(current_?)?(user|identity)$/.test(call.name)),
  );
  if (!loads && !BEFORE.test(from.name ?? "")) return [];
  const functions = new Map([[from.node, from]]);
  for (const { within } of steps) functions.set(within.node, within);
  return [...functions.values()].flatMap((each) => askedIn(each));
}

function isOf(functions: ReadonlySet<PhpNode>, each: PhpFunction | undefined): boolean {
  return each !== undefined && functions.has(each.node);
}

/** A form, a setter or an assignment by which somebody can take it away. */
function isTakenAway(phalcon: PhalconApplication, stem: string): boolean {
  const isName = (node: PhpNode | undefined): boolean =>
    node?.kind === "string" && stemOf(String(node.value)) === stem;
  return phalcon.code.calls.some((call) => {
    const { form, className = "", name, arguments: given, file } = call;
    const owner = `${file.file} ${nameOf(child(call.target, "offset")) ?? nameOf(call.target) ?? ""}`;
    if (!ACCOUNT.test(owner)) return false;
    if (form === "new")
      return /\\Forms\\Element\\|(^|\\)(Check|Select|Radio)$/i.test(className) && isName(given[0]);
    if (/^set_?(is_?)?/.test(name) && name.replace(/^set_?(is_?)?/, "") === stem) return true;
    if (!/^(assign|update|save)$/.test(name)) return false;
    return given.some((argument) =>
      new RegExp(`["'](is_?)?${stem}["']\\s*=>`, "i").test(textOf(file, argument)),
    );
  });
}

/** Whoever sets the flag and ends sessions in one go needs no question at later requests. */
function endsSessionsOfOthers(phalcon: PhalconApplication, flags: ReadonlySet<string>): boolean {
  const names = [...flags].join("|");
  const sets = new RegExp(`->(is_?)?(${names})\\s*=[^=]|["'](is_?)?(${names})["']\\s*=>`, "i");
  const ends =
    /(destroy|delete|revoke|invalidate|end|kill|terminate|clear)\w{0,20}(session|token)\w{0,20}\s*\(|session\w{0,20}(::|->)\w{0,20}(find|delete|destroy|revoke)/i;
  return phalcon.code.files.some((file) =>
    indexPhp(file).functions.some(({ node, name }) => {
      if (name === undefined) return false;
      const text = textOf(file, node);
      return sets.test(text) && ends.test(text);
    }),
  );
}
