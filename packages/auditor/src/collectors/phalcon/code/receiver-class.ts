/**
 * Of which class an object is that a method is called on: made here, found as a row, handed in with a type, or a
 * service that the container makes.
 * @module
 */
import { calledBy } from "../../php/php-calls.ts";
import { methodOf } from "../../php/php-code.ts";
import { child, children, nameOf, type PhpFile, type PhpNode } from "../../php/php-file.ts";
import { resolveClass } from "../../php/php-names.ts";
import { scalarOf } from "../../php/php-value.ts";
import {
  argumentOf,
  classOf,
  functionOf,
  indexPhp,
  type PhpCall,
  walkPhp,
} from "../../php/php-walk.ts";
import type { PhalconApplication } from "./phalcon-application.ts";

/** @returns The full name, if it can be told. */
export function classOfReceiver(
  phalcon: PhalconApplication,
  file: PhpFile,
  node: PhpNode,
  depth = 0,
): string | undefined {
  if (depth > 4) return undefined;
  switch (node.kind) {
    case "new": {
      const what = child(node, "what");
      return what === undefined ? undefined : resolveClass(file, what);
    }
    case "variable":
      return classOfVariable(phalcon, file, node, depth);
    case "propertylookup":
    case "nullsafepropertylookup": {
      const name = nameOf(child(node, "offset"));
      if (name === undefined) return undefined;
      return injected(phalcon, file, node, name) ?? services(phalcon).get(name.toLowerCase());
    }
    case "offsetlookup": {
      const name = child(node, "offset")?.value;
      return typeof name === "string" ? services(phalcon).get(name.toLowerCase()) : undefined;
    }
    case "call":
      return classOfCall(phalcon, file, node, depth);
    default:
      return undefined;
  }
}

/** A property with a type, its own or that of the parameter that it is given. */
function injected(
  phalcon: PhalconApplication,
  file: PhpFile,
  node: PhpNode,
  name: string,
): string | undefined {
  if (nameOf(child(node, "what")) !== "this") return undefined;
  const of = classOf(file, node);
  const members = of === undefined ? [] : children(of.node, "body");
  const property = members
    .flatMap((member) => children(member, "properties"))
    .find((each) => nameOf(each) === name);
  const parameters = of?.methods.get("__construct")?.parameters ?? [];
  const type =
    child(property, "type") ??
    child(
      parameters.find((each) => nameOf(each) === name),
      "type",
    );
  const className = type?.kind === "name" ? resolveClass(file, type) : undefined;
  return className === undefined ? undefined : implementing(phalcon, className);
}

/** The only class that implements an interface, or the class itself. */
function implementing(phalcon: PhalconApplication, name: string): string {
  if (phalcon.code.classNamed(name)?.node.kind !== "interface") return name;
  const classes = phalcon.code.files.flatMap((file) =>
    indexPhp(file).classes.filter(({ interfaces }) =>
      interfaces.some((each) => each.toLowerCase() === name.toLowerCase()),
    ),
  );
  return (classes.length === 1 ? classes[0]?.name : undefined) ?? name;
}

function classOfVariable(
  phalcon: PhalconApplication,
  file: PhpFile,
  node: PhpNode,
  depth: number,
): string | undefined {
  const name = nameOf(node);
  if (name === undefined || name === "this") return undefined;
  const scope = functionOf(file, node);
  const parameter = scope?.parameters.find((each) => nameOf(each) === name);
  const type = child(parameter, "type");
  const typed = type?.kind === "name" ? resolveClass(file, type) : undefined;
  if (typed !== undefined) return implementing(phalcon, typed);
  const assigned = indexPhp(file)
    .assignmentsTo(name)
    .filter((each) => child(each, "left")?.kind === "variable" && functionOf(file, each) === scope);
  const right = child(assigned[0], "right");
  return right === undefined ? undefined : classOfReceiver(phalcon, file, right, depth + 1);
}

/** A row found by its model, a service asked for by its name, or what a method says that it gives back. */
function classOfCall(
  phalcon: PhalconApplication,
  file: PhpFile,
  node: PhpNode,
  depth: number,
): string | undefined {
  const call = indexPhp(file).callAt(node);
  if (call === undefined) return undefined;
  if (call.form === "static" && /^(findfirst\w*|getinstance|instance)$/.test(call.name))
    return call.className;
  const name = argumentOf(call, 0)?.value;
  if (call.form === "method" && /^(get|getshared)$/.test(call.name) && typeof name === "string")
    return services(phalcon).get(name.toLowerCase());
  return givenBack(phalcon, call, depth);
}

/** The class that an own function declares to return. */
function givenBack(phalcon: PhalconApplication, call: PhpCall, depth: number): string | undefined {
  const { form, name, target, file } = call;
  let called = calledBy(phalcon.code, call);
  if (called === undefined && form === "method" && target !== undefined) {
    const of = classOfReceiver(phalcon, file, target, depth + 1);
    called = of === undefined ? undefined : methodOf(phalcon.code, of, name);
  }
  const type = child(called?.node, "type");
  if (called === undefined || type === undefined) return undefined;
  if (/^(self|static)$/.test(nameOf(type) ?? "") || type.kind.endsWith("reference"))
    return called.of?.name;
  const className = type.kind === "name" ? resolveClass(called.file, type) : undefined;
  return className === undefined ? undefined : implementing(phalcon, className);
}

const registered = new WeakMap<PhalconApplication, ReadonlyMap<string, string>>();

/** Classes of services by the name that the container knows them by, in lower case. */
function services(phalcon: PhalconApplication): ReadonlyMap<string, string> {
  const known = registered.get(phalcon);
  if (known !== undefined) return known;
  const classes = new Map<string, string>();
  // Known before it is full, since names of services may lead back here.
  registered.set(phalcon, classes);
  for (const name of ["set", "setshared", "attempt"]) {
    for (const call of phalcon.code.callsNamed(name)) {
      const [first, second] = [argumentOf(call, 0), argumentOf(call, 1)];
      if (call.form !== "method" || first === undefined || second === undefined) continue;
      const key = scalarOf(phalcon.evaluate(call.file, first));
      const className = classOfDefinition(call, second);
      if (typeof key === "string" && className !== undefined)
        classes.set(key.toLowerCase(), className);
    }
  }
  for (const file of phalcon.code.files) {
    for (const assignment of indexPhp(file).assignments) {
      const left = child(assignment, "left");
      const right = child(assignment, "right");
      const key = left?.kind === "offsetlookup" ? child(left, "offset")?.value : undefined;
      const isContainer = /^di$/i.test(nameOf(child(left, "what")) ?? "");
      if (typeof key !== "string" || right === undefined || !isContainer) continue;
      const className = classIn(file, right);
      if (className !== undefined) classes.set(key.toLowerCase(), className);
    }
  }
  return classes;
}

function classOfDefinition({ file }: PhpCall, definition: PhpNode): string | undefined {
  if (definition.kind === "string") {
    const name = String(definition.value).replace(/^\\/, "");
    return name.includes("\\") || /^[A-Z]/.test(name) ? name : undefined;
  }
  if (definition.kind === "array") {
    const entry = children(definition, "items").find(
      (item) => child(item, "key")?.value === "className",
    );
    const name = child(entry, "value")?.value;
    return typeof name === "string" ? name.replace(/^\\/, "") : undefined;
  }
  return classIn(file, definition);
}

/** What a closure returns: made on the spot, or in a variable before. */
function classIn(file: PhpFile, definition: PhpNode): string | undefined {
  if (definition.kind === "new" || definition.kind === "variable")
    return madeClass(file, definition);
  if (definition.kind === "arrowfunc") {
    const body = child(definition, "body");
    return body === undefined ? undefined : madeClass(file, body);
  }
  if (definition.kind !== "closure") return undefined;
  let returned: PhpNode | undefined;
  walkPhp(definition, (node) => {
    if (node.kind === "return") returned = child(node, "expr") ?? returned;
    return undefined;
  });
  return returned === undefined ? undefined : madeClass(file, returned);
}

function madeClass(file: PhpFile, node: PhpNode): string | undefined {
  let made: PhpNode | undefined = node;
  if (node.kind === "variable") {
    const scope = functionOf(file, node);
    const assigned = indexPhp(file)
      .assignmentsTo(nameOf(node) ?? "")
      .filter(
        (each) => child(each, "left")?.kind === "variable" && functionOf(file, each) === scope,
      );
    made = child(assigned[0], "right");
  }
  const what = made?.kind === "new" ? child(made, "what") : undefined;
  return what === undefined ? undefined : resolveClass(file, what);
}
