/**
 * What code does to the session, in whichever way it is written: through the service, a bag, a wrapper of the
 * application, or PHP's own functions.
 * @module
 */
import type { Place } from "../../../evidence.ts";
import {
  child,
  children,
  nameOf,
  type PhpFile,
  type PhpNode,
  placeOf,
} from "../../php/php-file.ts";
import { resolveClass } from "../../php/php-names.ts";
import { scalarOf } from "../../php/php-value.ts";
import { argumentOf, functionOf, indexPhp, offsetOf, type PhpCall } from "../../php/php-walk.ts";
import type { PhalconApplication } from "./phalcon-application.ts";

export interface SessionOperation {
  readonly kind:
    | "write"
    | "read"
    | "remove"
    | "destroy"
    | "regenerate"
    | "start"
    | "set-name"
    | "set-id";
  readonly file: PhpFile;
  readonly node: PhpNode;
  readonly place: Place;
  /** Of what is written, read or removed; `undefined` if computed. */
  readonly key?: string | undefined;
  /** What is written, or the argument. */
  readonly value?: PhpNode | undefined;
  /** For `regenerate`: whether the old session is deleted; `undefined` if computed. */
  readonly deletesOld?: boolean | undefined;
  /** By PHP's own functions or `$_SESSION`. */
  readonly isNative: boolean;
}

const METHODS: Readonly<Record<string, SessionOperation["kind"]>> = {
  clear: "destroy",
  destroy: "destroy",
  get: "read",
  has: "read",
  offsetget: "read",
  offsetset: "write",
  offsetunset: "remove",
  regenerate: "regenerate",
  regenerateid: "regenerate",
  remove: "remove",
  set: "write",
  setid: "set-id",
  setname: "set-name",
  start: "start",
};

const NATIVE: Readonly<Record<string, SessionOperation["kind"]>> = {
  session_destroy: "destroy",
  session_id: "set-id",
  session_regenerate_id: "regenerate",
  session_start: "start",
  session_unset: "remove",
};

const read = new WeakMap<PhalconApplication, readonly SessionOperation[]>();

/** All operations, by file and position. */
export function sessionOperations(phalcon: PhalconApplication): readonly SessionOperation[] {
  const known = read.get(phalcon);
  if (known !== undefined) return known;
  const operations = phalcon.code.files.flatMap((file) =>
    [
      ...callOperations(phalcon, file),
      ...assignments(phalcon, file),
      ...removals(phalcon, file),
    ].sort((left, right) => offsetOf(left.node) - offsetOf(right.node)),
  );
  read.set(phalcon, operations);
  return operations;
}

function callOperations(phalcon: PhalconApplication, file: PhpFile): readonly SessionOperation[] {
  return indexPhp(file).calls.flatMap((call): readonly SessionOperation[] => {
    if (call.form === "function") return nativeOperation(phalcon, call);
    if (call.form === "new" || call.target === undefined) return [];
    const kind = METHODS[call.name];
    if (kind === undefined || !isSession(file, call.target)) return [];
    return [operation(phalcon, call, kind, false)];
  });
}

function nativeOperation(phalcon: PhalconApplication, call: PhpCall): readonly SessionOperation[] {
  const kind = NATIVE[call.name];
  if (kind === undefined) return [];
  // Without an argument it only tells the id.
  if (call.name === "session_id" && call.arguments.length === 0) return [];
  return [operation(phalcon, call, kind, true)];
}

function operation(
  phalcon: PhalconApplication,
  call: PhpCall,
  kind: SessionOperation["kind"],
  isNative: boolean,
): SessionOperation {
  const { file, node } = call;
  const first = argumentOf(call, 0);
  const base = { kind, file, node, place: placeOf(file, node), isNative };
  switch (kind) {
    case "write":
    case "read":
    case "remove":
      return {
        ...base,
        key: first === undefined ? undefined : keyOf(phalcon, file, first),
        value: argumentOf(call, 1),
      };
    case "regenerate": {
      const written =
        argumentOf(call, 0, "deleteOldSession") ?? argumentOf(call, 0, "delete_old_session");
      // Phalcon's default deletes the old session, PHP's keeps it.
      const value = written === undefined ? !isNative : scalarOf(phalcon.evaluate(file, written));
      return { ...base, deletesOld: value === undefined ? undefined : Boolean(value) };
    }
    default:
      return { ...base, value: first };
  }
}

function keyOf(phalcon: PhalconApplication, file: PhpFile, node: PhpNode): string | undefined {
  const key = scalarOf(phalcon.evaluate(file, node));
  return key === undefined || key === null ? undefined : String(key);
}

/** `$session->auth = …`, `$session["auth"] = …`, `$_SESSION["auth"]["id"] = …`. */
function assignments(phalcon: PhalconApplication, file: PhpFile): readonly SessionOperation[] {
  return indexPhp(file).assignments.flatMap((node): readonly SessionOperation[] => {
    const target = member(phalcon, file, child(node, "left"));
    if (target === undefined) return [];
    const { key, isNative } = target;
    const value = child(node, "right");
    return [{ kind: "write", file, node, place: placeOf(file, node), key, value, isNative }];
  });
}

function removals(phalcon: PhalconApplication, file: PhpFile): readonly SessionOperation[] {
  return indexPhp(file)
    .ofKind("unset")
    .flatMap((node) =>
      children(node, "variables").flatMap((variable): readonly SessionOperation[] => {
        const target = member(phalcon, file, variable);
        if (target === undefined) return [];
        const { key, isNative } = target;
        return [{ kind: "remove", file, node, place: placeOf(file, node), key, isNative }];
      }),
    );
}

/** The key of the session that an expression stands for, the outermost one. */
function member(
  phalcon: PhalconApplication,
  file: PhpFile,
  node: PhpNode | undefined,
): { readonly key: string | undefined; readonly isNative: boolean } | undefined {
  const what = child(node, "what");
  const offset = child(node, "offset");
  if (node === undefined || what === undefined || offset === undefined) return undefined;
  if (node.kind === "offsetlookup" && isSuperglobal(what)) {
    return { key: keyOf(phalcon, file, offset), isNative: true };
  }
  const isMember = node.kind === "propertylookup" || node.kind === "offsetlookup";
  if (isMember && isSession(file, what)) {
    const key = offset.kind === "identifier" ? nameOf(offset) : keyOf(phalcon, file, offset);
    return { key, isNative: false };
  }
  return member(phalcon, file, what);
}

export function isSuperglobal(node: PhpNode): boolean {
  return node.kind === "variable" && nameOf(node) === "_SESSION";
}

const SESSION_NAME = /^_?session(manager|service|adapter|bag|storage|handler)?$/i;
const SESSION_CLASS = /(^|\\)(session\w*|\w*session(manager|service|bag|helper)?)$/i;

/** Whether an expression is the session, by what the framework calls it or by what was assigned to it. */
export function isSession(file: PhpFile, node: PhpNode, depth = 0): boolean {
  if (depth > 5) return false;
  switch (node.kind) {
    case "variable": {
      const name = nameOf(node) ?? "";
      if (name === "this") return false;
      const scope = functionOf(file, node);
      const assigned = indexPhp(file)
        .assignmentsTo(name)
        .filter((assignment) => child(assignment, "left")?.kind === "variable")
        .filter((assignment) => functionOf(file, assignment) === scope);
      if (assigned.length === 0) return SESSION_NAME.test(name);
      return assigned.some((assignment) => {
        const right = child(assignment, "right");
        return right !== undefined && isSession(file, right, depth + 1);
      });
    }
    case "propertylookup":
    case "nullsafepropertylookup": {
      const name = nameOf(child(node, "offset")) ?? "";
      return SESSION_NAME.test(name) || name === "persistent";
    }
    case "offsetlookup":
      return child(node, "offset")?.value === "session";
    case "new": {
      const what = child(node, "what");
      const name = what === undefined ? undefined : resolveClass(file, what);
      return name !== undefined && isSessionClass(name);
    }
    case "name":
      return SESSION_CLASS.test(resolveClass(file, node) ?? "");
    case "call":
      return isSessionCall(file, node, depth);
    default:
      return false;
  }
}

function isSessionClass(name: string): boolean {
  return (
    /^Phalcon\\(Incubator\\)?Session\\/i.test(name) || SESSION_CLASS.test(name.replace(/^.*\\/, ""))
  );
}

/** `$di->get("session")`, `$this->getSession()`, `App::session()`; a method that gives the session back itself. */
function isSessionCall(file: PhpFile, node: PhpNode, depth: number): boolean {
  const call = indexPhp(file).callAt(node);
  if (call === undefined || call.form === "function") return false;
  if (call.arguments.length === 0 && SESSION_NAME.test(call.name.replace(/^get_?/, "")))
    return true;
  if (["get", "getshared", "make"].includes(call.name))
    return argumentOf(call, 0)?.value === "session";
  const isFluent = ["setadapter", "setoptions", "setname", "setid"].includes(call.name);
  return isFluent && call.target !== undefined && isSession(file, call.target, depth + 1);
}
