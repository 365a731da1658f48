/**
 * What part a class plays in a Symfony application: which run in requests at all, which authenticate, which listen.
 * @module
 */
import { isSubclassOf, methodOf, type PhpCode } from "../../php/php-code.ts";
import { child, children, nameOf, type PhpFile, type PhpNode } from "../../php/php-file.ts";
import { resolveClass, resolveClassName } from "../../php/php-names.ts";
import { evaluate, scalarOf } from "../../php/php-value.ts";
import {
  classOf,
  indexPhp,
  type PhpCall,
  type PhpClass,
  type PhpFunction,
} from "../../php/php-walk.ts";
import { callsOf } from "./code-text.ts";

const NO_REQUEST =
  /(^|\\)(Command|ContainerAwareCommand|MessageHandlerInterface|MessageSubscriberInterface|ConsumerInterface|Fixture|FixtureInterface|ORMFixtureInterface|AbstractMigration|TestCase|WebTestCase|KernelTestCase)$/;
const AUTHENTICATOR =
  /(^|\\)(AuthenticatorInterface|AbstractAuthenticator|AbstractLoginFormAuthenticator|AbstractGuardAuthenticator|AbstractFormLoginAuthenticator|GuardAuthenticatorInterface|OAuth2Authenticator|SocialAuthenticator|InteractiveAuthenticatorInterface|AuthenticationProviderInterface|SimpleFormAuthenticatorInterface)$/;

/** Commands, message handlers and fixtures: no session is near them. */
export function runsOutsideRequests(code: PhpCode, of: PhpClass | undefined): boolean {
  if (of?.name === undefined) return false;
  return (
    isSubclassOf(code, of.name, NO_REQUEST) ||
    attributesOf(of.node).some(({ name }) => /(^|\\)(AsCommand|AsMessageHandler)$/.test(name))
  );
}

export function isAuthenticator(code: PhpCode, of: PhpClass | undefined): boolean {
  return of?.name !== undefined && isSubclassOf(code, of.name, AUTHENTICATOR);
}

/** Every class of the application that authenticates, by what it extends. */
export function authenticatorsOf(code: PhpCode): readonly PhpClass[] {
  return classesOf(code).filter((each) => isAuthenticator(code, each));
}

const classLists = new WeakMap<PhpCode, readonly PhpClass[]>();

/** Every class that has a name. */
export function classesOf(code: PhpCode): readonly PhpClass[] {
  const known = classLists.get(code);
  if (known !== undefined) return known;
  const classes = code.files
    .flatMap((file) => indexPhp(file).classes)
    .filter(({ name, node }) => name !== undefined && node.kind === "class");
  classLists.set(code, classes);
  return classes;
}

interface PhpAttribute {
  readonly name: string;
  readonly node: PhpNode;
  readonly arguments: readonly PhpNode[];
}

/** `#[…]` before a class, method or parameter. */
export function attributesOf(node: PhpNode): readonly PhpAttribute[] {
  return children(node, "attrGroups").flatMap((group) =>
    children(group, "attrs").map((attribute) => ({
      name: typeof attribute.name === "string" ? attribute.name : (nameOf(attribute) ?? ""),
      node: attribute,
      arguments: children(attribute, "args"),
    })),
  );
}

/** An attribute's argument by position or name, evaluated; its values if it is a list. */
export function attributeValues(
  code: PhpCode,
  file: PhpFile,
  attribute: PhpAttribute,
  position: number,
  name: string,
): readonly string[] | undefined {
  const named = attribute.arguments.find(
    (each) => each.kind === "namedargument" && nameOf(each) === name,
  );
  const plain = attribute.arguments[position];
  const node = named === undefined ? plain : child(named, "value");
  if (node === undefined || node.kind === "namedargument") return undefined;
  const value = evaluate(code, file, node);
  const parts = value.kind === "array" ? [...value.entries.values()] : [value];
  return parts.flatMap((part) => {
    const scalar = scalarOf(part);
    return typeof scalar === "string" ? [scalar] : [];
  });
}

/** Full names of a parameter's types. */
export function typesOf(file: PhpFile, parameter: PhpNode): readonly string[] {
  const type = child(parameter, "type");
  if (type === undefined) return [];
  const parts = children(type, "types");
  return (parts.length > 0 ? parts : [type]).flatMap((part) => resolveClass(file, part) ?? []);
}

/**
 * The type of what a method is called on, where a parameter, a promoted or typed property tells; else the name of
 * the variable or property itself, which is all that older code has.
 */
export function receiverOf(file: PhpFile, target: PhpNode | undefined): string {
  if (target === undefined) return "";
  if (target.kind === "call") return nameOf(child(child(target, "what"), "offset")) ?? "";
  const isProperty = target.kind === "propertylookup" || target.kind === "nullsafepropertylookup";
  const name = isProperty ? nameOf(child(target, "offset")) : nameOf(target);
  if (name === undefined) return "";
  const of = classOf(file, target);
  const type = of === undefined ? undefined : typesIn(of).get(name);
  return type === undefined ? name : `${type} ${name}`;
}

const typeTables = new WeakMap<PhpClass, ReadonlyMap<string, string>>();

/** Types of a class's parameters and properties by their names; the first that tells counts. */
function typesIn(of: PhpClass): ReadonlyMap<string, string> {
  const known = typeTables.get(of);
  if (known !== undefined) return known;
  const types = new Map<string, string>();
  const add = (name: string | undefined, type: string | undefined): void => {
    if (name !== undefined && type !== undefined && !types.has(name)) types.set(name, type);
  };
  for (const method of of.methods.values()) {
    for (const parameter of method.parameters) {
      add(nameOf(parameter), typesOf(of.file, parameter)[0]);
    }
  }
  for (const statement of children(of.node, "body")) {
    if (statement.kind !== "propertystatement") continue;
    for (const property of children(statement, "properties")) {
      const type = nameOf(child(property, "type"));
      add(
        nameOf(property),
        type === undefined ? undefined : (resolveClassName(of.file, type, statement) ?? type),
      );
    }
  }
  typeTables.set(of, types);
  return types;
}

/** What a method is about, by its own name and its class's: for telling registrations from resets. */
export function titleOf(of: PhpFunction | undefined): string {
  return `${of?.of?.name?.replace(/^.*\\/, "") ?? ""} ${of?.name ?? ""}`;
}

/** The method of the application that a call leads to: of a class that is named, of the same, or of a service whose type is told. */
export function calledMethod(
  code: PhpCode,
  call: PhpCall,
  from: PhpFunction,
): PhpFunction | undefined {
  if (call.form === "static" && call.className !== undefined) {
    const own = /^(self|static)$/i.test(call.className) ? from.of?.name : call.className;
    return own === undefined ? undefined : methodOf(code, own, call.name);
  }
  if (call.form !== "method" || call.target === undefined) return undefined;
  const receiver = receiverOf(call.file, call.target);
  const [type] = receiver.split(" ");
  const className = receiver === "this" ? from.of?.name : type === receiver ? undefined : type;
  return className === undefined ? undefined : methodOf(code, className, call.name);
}

/** Calls in a method, and in what it calls of the application, so many levels down. */
export function callsReached(
  code: PhpCode,
  method: PhpFunction,
  levels: number,
): readonly PhpCall[] {
  const calls: PhpCall[] = [];
  const seen = new Set<PhpNode>();
  const visit = (at: PhpFunction, left: number): void => {
    if (seen.has(at.node)) return;
    seen.add(at.node);
    const own = callsOf(at);
    calls.push(...own);
    if (left === 0) return;
    for (const call of own) {
      const called = calledMethod(code, call, at);
      if (called !== undefined) visit(called, left - 1);
    }
  };
  visit(method, levels);
  return calls;
}
