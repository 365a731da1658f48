/**
 * Who calls whom in an application whose services are looked up by name. Where several methods could be meant,
 * the property or variable that holds the service decides.
 * @module
 */

import { calledBy } from "../../php/php-calls.ts";
import { isSubclassOf, methodOf } from "../../php/php-code.ts";
import { child, nameOf, type PhpNode } from "../../php/php-file.ts";
import { isInside, namedFunctionOf, type PhpCall, type PhpFunction } from "../../php/php-walk.ts";
import { listenerOf } from "./event-listeners.ts";
import type { PhalconApplication } from "./phalcon-application.ts";
import { classOfReceiver } from "./receiver-class.ts";
import { sessionOperations } from "./session-operations.ts";

export interface CallGraph {
  /** The application's own function that a call runs, if that can be told. */
  calledBy(call: PhpCall): PhpFunction | undefined;
  /** Calls of a function from elsewhere in the application. */
  callersOf(called: PhpFunction): readonly PhpCall[];
}

/** Names of the framework's own methods: only a service's name says that another one is meant. */
const COMMON =
  /^(get|set|has|remove|add|save|create|update|delete|find\w*|count|query|execute|fetch\w*|toarray|getid|init\w*|register|handle|run|start|destroy|render|redirect|forward|error|success|notice|log|info|isvalid|validate|bind|assign|getpost|ispost|path|send|load|read|write|exists|clear|reset|check|attach|fire|merge|__construct)$/;

/** From a write of the session up to the action, through services that hand on to one another. */
const MAX_CLIMB = 6;

const graphs = new WeakMap<PhalconApplication, CallGraph>();

export function callGraph(phalcon: PhalconApplication): CallGraph {
  const known = graphs.get(phalcon);
  if (known !== undefined) return known;
  const resolved = new Map<PhpNode, PhpFunction | undefined>();
  const callers = new Map<PhpNode, PhpCall[]>();
  for (const call of phalcon.code.calls) {
    const called = carriedOut(phalcon, resolveCall(phalcon, call));
    resolved.set(call.node, called);
    if (called === undefined) continue;
    const list = callers.get(called.node);
    if (list === undefined) callers.set(called.node, [call]);
    else list.push(call);
  }
  const graph: CallGraph = {
    calledBy: (call) => resolved.get(call.node),
    callersOf: (called) => callers.get(called.node) ?? [],
  };
  graphs.set(phalcon, graph);
  return graph;
}

function resolveCall(phalcon: PhalconApplication, call: PhpCall): PhpFunction | undefined {
  const plain = calledBy(phalcon.code, call);
  if (plain !== undefined || call.form !== "method" || call.target === undefined) return plain;
  if (call.name === "fire") return listenerOf(phalcon, call);
  const candidates = phalcon.code.methodsNamed(call.name);
  if (candidates.length === 0) return undefined;
  const className = classOfReceiver(phalcon, call.file, call.target);
  const declared =
    className === undefined ? undefined : methodOf(phalcon.code, className, call.name);
  if (declared !== undefined) return declared;
  const holder = holderName(call.target);
  const named = candidates.filter(({ of }) => isNamedAfter(of?.name, holder));
  if (named.length > 0) return named[0];
  const [only] = candidates;
  return candidates.length === 1 && !COMMON.test(call.name) ? only : undefined;
}

/** What is abstract runs in a class that extends it: the one that touches the session, where there are several. */
function carriedOut(
  phalcon: PhalconApplication,
  called: PhpFunction | undefined,
): PhpFunction | undefined {
  const owner = called?.of?.name;
  if (called?.name === undefined || owner === undefined || child(called.node, "body"))
    return called;
  const exactly = new RegExp(`^${owner.replace(/\\/g, "\\\\")}$`, "i");
  const carrying = phalcon.code
    .methodsNamed(called.name)
    .filter(
      ({ node, of }) =>
        child(node, "body") !== undefined &&
        of?.name !== undefined &&
        isSubclassOf(phalcon.code, of.name, exactly),
    );
  if (carrying.length < 2) return carrying[0] ?? called;
  const operations = sessionOperations(phalcon);
  return (
    carrying.find((each) =>
      operations.some(({ file, node }) => file === each.file && isInside(node, each.node)),
    ) ?? called
  );
}

/** `auth` in `$this->auth->check()`, `$auth->check()` and `$di->get("auth")->check()`. */
function holderName(target: PhpNode): string {
  switch (target.kind) {
    case "variable":
      return nameOf(target) ?? "";
    case "propertylookup":
    case "nullsafepropertylookup":
      return nameOf(child(target, "offset")) ?? "";
    case "new":
      return (nameOf(child(target, "what")) ?? "").replace(/^.*\\/, "");
    case "call": {
      const [first] = (target.arguments as readonly PhpNode[] | undefined) ?? [];
      if (first?.kind === "string") return String(first.value);
      return (nameOf(child(child(target, "what"), "offset")) ?? "").replace(/^get/i, "");
    }
    default:
      return "";
  }
}

function isNamedAfter(className: string | undefined, holder: string): boolean {
  const short = className?.replace(/^.*\\/, "").toLowerCase() ?? "";
  const name = holder.replace(/_/g, "").toLowerCase();
  if (name.length < 3 || name === "this" || short === "") return false;
  return short === name || short === `${name}s` || short.startsWith(name) || short.endsWith(name);
}

/** Functions that nobody in the application calls, from which this one is reached; itself if it is one. */
export function entriesOf(phalcon: PhalconApplication, from: PhpFunction): readonly PhpFunction[] {
  const graph = callGraph(phalcon);
  const entries = new Map<PhpNode, PhpFunction>();
  const seen = new Set<PhpNode>([from.node]);
  const climb = (at: PhpFunction, depth: number): void => {
    const above = graph
      .callersOf(at)
      .flatMap((call) => namedFunctionOf(call.file, call.node) ?? [])
      .filter(({ node }) => node !== at.node);
    if (above.length === 0 || depth === MAX_CLIMB) {
      entries.set(at.node, at);
      return;
    }
    for (const caller of above) {
      if (seen.has(caller.node)) continue;
      seen.add(caller.node);
      climb(caller, depth + 1);
    }
  };
  climb(from, 0);
  return entries.size === 0 ? [from] : [...entries.values()];
}
