/**
 * All PHP files of an application together: what is declared and called where, by name.
 * @module
 */
import type { Tree } from "../tree.ts";
import { child, children, nameOf, type PhpFile, type PhpNode, parsePhp } from "./php-file.ts";
import { argumentOf, indexPhp, type PhpCall, type PhpClass, type PhpFunction } from "./php-walk.ts";

/** A value that is declared somewhere: of a constant or property. */
export interface PhpDeclared {
  readonly file: PhpFile;
  readonly value: PhpNode;
}

export interface PhpCode {
  readonly files: readonly PhpFile[];
  /** By path from the root of the tree. */
  file(path: string): PhpFile | undefined;
  /** By full name, in whatever case. */
  classNamed(name: string): PhpClass | undefined;
  /** By short name, in whatever case: functions outside classes. */
  functionNamed(name: string): PhpFunction | undefined;
  /** Methods of that name in all classes, in whatever case. */
  methodsNamed(name: string): readonly PhpFunction[];
  /** Global constants by short name. */
  constantNamed(name: string): PhpDeclared | undefined;
  /** Calls by the name of what is called, in whatever case. */
  callsNamed(name: string): readonly PhpCall[];
  /** `new` expressions and static calls of a class, by full name. */
  usesOfClass(name: string): readonly PhpCall[];
  readonly calls: readonly PhpCall[];
}

const codes = new WeakMap<readonly string[], PhpCode>();

/** PHP by name or by its first line is the same to the server, but not to us: only these are parsed. */
export function isPhpFile(file: string): boolean {
  return /\.(php|phtml|inc|php[3-8])$/i.test(file);
}

/** Parses every PHP file among `files`; the same array gives the same result. */
export function readPhp(tree: Tree, files: readonly string[]): PhpCode {
  const known = codes.get(files);
  if (known !== undefined) return known;
  const code = buildCode(files.filter(isPhpFile).flatMap((file) => parsePhp(tree, file) ?? []));
  codes.set(files, code);
  return code;
}

function buildCode(files: readonly PhpFile[]): PhpCode {
  const byPath = new Map(files.map((file) => [file.file, file]));
  const classes = new Map<string, PhpClass>();
  const functions = new Map<string, PhpFunction>();
  const methods = new Map<string, PhpFunction[]>();
  const constants = new Map<string, PhpDeclared>();
  const callsByName = new Map<string, PhpCall[]>();
  const usesByClass = new Map<string, PhpCall[]>();
  const calls: PhpCall[] = [];

  for (const file of files) {
    const index = indexPhp(file);
    for (const each of index.classes) {
      const name = each.name?.toLowerCase();
      if (name !== undefined && !classes.has(name)) classes.set(name, each);
    }
    for (const each of index.functions) {
      const name = each.name?.toLowerCase();
      if (name === undefined) continue;
      if (each.of !== undefined) push(methods, name, each);
      else if (!functions.has(name)) functions.set(name, each);
    }
    for (const statement of index.ofKind("constantstatement")) {
      for (const constant of children(statement, "constants")) {
        declare(constants, nameOf(constant), file, child(constant, "value"));
      }
    }
    for (const call of index.calls) {
      calls.push(call);
      if (call.name !== "") push(callsByName, call.name, call);
      if (call.className !== undefined) push(usesByClass, call.className.toLowerCase(), call);
      if (call.form === "function" && call.name === "define") {
        const name = argumentOf(call, 0)?.value;
        declare(constants, typeof name === "string" ? name : undefined, file, argumentOf(call, 1));
      }
    }
  }
  return {
    files,
    calls,
    file: (path) => byPath.get(path),
    classNamed: (name) => classes.get(name.replace(/^\\/, "").toLowerCase()),
    functionNamed: (name) => functions.get(name.replace(/^.*\\/, "").toLowerCase()),
    methodsNamed: (name) => methods.get(name.toLowerCase()) ?? [],
    constantNamed: (name) => constants.get(name.replace(/^.*\\/, "")),
    callsNamed: (name) => callsByName.get(name.toLowerCase()) ?? [],
    usesOfClass: (name) => usesByClass.get(name.replace(/^\\/, "").toLowerCase()) ?? [],
  };
}

function push<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

function declare(
  constants: Map<string, PhpDeclared>,
  name: string | undefined,
  file: PhpFile,
  value: PhpNode | undefined,
): void {
  const short = name?.replace(/^.*\\/, "");
  if (short !== undefined && value !== undefined && !constants.has(short)) {
    constants.set(short, { file, value });
  }
}

/** A class constant, static property or property default, looked for in parents and traits too. */
export function memberOf(
  code: PhpCode,
  className: string,
  member: string,
  kind: "constant" | "property",
): PhpDeclared | undefined {
  const seen = new Set<string>();
  const queue = [className];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (seen.has(name.toLowerCase())) continue;
    seen.add(name.toLowerCase());
    const declaring = code.classNamed(name);
    if (declaring === undefined) continue;
    const value = ownMember(declaring, member, kind);
    if (value !== undefined) return { file: declaring.file, value };
    queue.push(...declaring.traits, ...declaring.interfaces);
    if (declaring.parent !== undefined) queue.push(declaring.parent);
  }
  return undefined;
}

function ownMember(of: PhpClass, name: string, kind: "constant" | "property"): PhpNode | undefined {
  const statement = kind === "constant" ? "classconstant" : "propertystatement";
  const list = kind === "constant" ? "constants" : "properties";
  for (const member of children(of.node, "body")) {
    if (member.kind === "enumcase" && kind === "constant" && nameOf(member) === name) {
      return child(member, "value");
    }
    if (member.kind !== statement) continue;
    const found = children(member, list).find((each) => nameOf(each) === name);
    if (found !== undefined) return child(found, "value");
  }
  return undefined;
}

/** The class's method, or the nearest that it inherits. */
export function methodOf(
  code: PhpCode,
  className: string,
  method: string,
): PhpFunction | undefined {
  const seen = new Set<string>();
  const queue = [className];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (seen.has(name.toLowerCase())) continue;
    seen.add(name.toLowerCase());
    const declaring = code.classNamed(name);
    if (declaring === undefined) continue;
    const found = declaring.methods.get(method.toLowerCase());
    if (found !== undefined) return found;
    queue.push(...declaring.traits);
    if (declaring.parent !== undefined) queue.push(declaring.parent);
  }
  return undefined;
}

/** Whether a class is, extends, implements or uses another, as far as the application's own code tells. */
export function isSubclassOf(code: PhpCode, className: string, other: RegExp): boolean {
  const seen = new Set<string>();
  const queue = [className];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (seen.has(name.toLowerCase())) continue;
    seen.add(name.toLowerCase());
    if (other.test(name)) return true;
    const declaring = code.classNamed(name);
    if (declaring === undefined) continue;
    queue.push(...declaring.interfaces, ...declaring.traits);
    if (declaring.parent !== undefined) queue.push(declaring.parent);
  }
  return false;
}
