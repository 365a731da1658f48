/**
 * What an expression is worth in production, as far as source shows: the words in which evaluation answers.
 * @module
 */
import ts from "typescript";
import type { Place } from "../../evidence.ts";
import type { FunctionNode } from "./script-syntax.ts";

export type Primitive = string | number | boolean | null | undefined;

export type Value =
  | LiteralValue
  | ObjectValue
  | ArrayValue
  | EnvironmentValue
  | FunctionValue
  | ExternalValue
  | CallValue
  | ClassValue
  | UnknownValue;

export interface LiteralValue {
  readonly kind: "literal";
  readonly value: Primitive;
  readonly place: Place;
  /** It is so in production, and may be otherwise elsewhere. */
  readonly inProduction?: true;
  /** A variable that the repository gives no value decided it by being absent. */
  readonly unset?: string;
  /** As it is written, where that says more than the value. */
  readonly written?: string;
}

export interface ObjectValue {
  readonly kind: "object";
  readonly properties: ReadonlyMap<string, Value>;
  /** Something was spread into it that could not be followed: a missing name may be there. */
  readonly isOpen: boolean;
  readonly place: Place;
}

export interface ArrayValue {
  readonly kind: "array";
  readonly items: readonly Value[];
  readonly place: Place;
}

/** A variable of the environment that no file of the repository sets, and what stands in for it. */
export interface EnvironmentValue {
  readonly kind: "environment";
  readonly name: string;
  readonly fallback?: Value;
  readonly place: Place;
}

export interface FunctionValue {
  readonly kind: "function";
  readonly node: FunctionNode;
  readonly place: Place;
}

/** Something that a package exports. `path` leaves out `default`. */
export interface ExternalValue {
  readonly kind: "external";
  readonly module: string;
  readonly path: readonly string[];
  readonly place: Place;
}

/** What a package's function or class gave back. */
export interface CallValue {
  readonly kind: "call";
  readonly module: string;
  /** With `()` for each call on the way: `["create"]`, `["()", "connect"]`. */
  readonly path: readonly string[];
  readonly call: ts.CallExpression | ts.NewExpression;
  readonly place: Place;
  /** Not what the call gave back, but a property of it. */
  readonly isMember?: true;
}

export interface ClassValue {
  readonly kind: "class";
  readonly node: ts.ClassLikeDeclaration;
  readonly place: Place;
  /** Made by `new`. */
  readonly isInstance: boolean;
}

export interface UnknownValue {
  readonly kind: "unknown";
  readonly why: string;
  readonly place: Place;
  /** What holds unless something unknown says otherwise. */
  readonly fallback?: Value;
  /** Text that is known in part, `*` for the rest. */
  readonly pattern?: string;
}

export function literal(
  value: Primitive,
  place: Place,
  extra?: Partial<LiteralValue>,
): LiteralValue {
  return { kind: "literal", value, place, ...extra };
}

export function unknown(why: string, place: Place, extra?: Partial<UnknownValue>): UnknownValue {
  return { kind: "unknown", why, place, ...extra };
}

/** The value with what holds by default in place of what the deployment or the unknown may change. */
export function shipped(value: Value): Value {
  let at = value;
  for (let depth = 0; depth < 20; depth += 1) {
    if ((at.kind !== "environment" && at.kind !== "unknown") || at.fallback === undefined)
      return at;
    at = at.fallback;
  }
  return at;
}

/** Whether it counts as true; an absent variable counts as absent. `undefined` if it cannot be told. */
export function truthOf(value: Value): boolean | undefined {
  const effective = shipped(value);
  if (effective.kind === "literal") return Boolean(effective.value);
  if (effective.kind === "environment") return false;
  // Only what `new` makes is there for certain.
  if (effective.kind === "call") {
    const isMade = effective.call.kind === ts.SyntaxKind.NewExpression;
    return isMade && !effective.isMember ? true : undefined;
  }
  // A name that nothing declares may be anything.
  const isGlobal = effective.kind === "external" && effective.module === "global";
  return effective.kind === "unknown" || isGlobal ? undefined : true;
}

/** What a value owes to the environment, to be kept by what is computed from it. */
export function dependence(value: Value): { inProduction?: true; unset?: string } {
  if (value.kind === "environment") {
    return { unset: value.name };
  }
  if (value.kind !== "literal") return {};
  return {
    ...(value.inProduction && { inProduction: true }),
    ...(value.unset !== undefined && { unset: value.unset }),
  };
}

/** A property; `undefined` in a literal if the object is known not to have it. */
export function property(value: Value, name: string): Value {
  const effective = shipped(value);
  if (effective.kind === "object") {
    const found = effective.properties.get(name);
    if (found !== undefined) return found;
    return effective.isOpen
      ? unknown(`"${name}" may be among what is spread in`, effective.place)
      : literal(undefined, effective.place);
  }
  if (effective.kind === "array") {
    const item = /^\d+$/.test(name) ? effective.items[Number(name)] : undefined;
    return item ?? unknown("is not an element that can be followed", effective.place);
  }
  if (effective.kind === "external") {
    if (name === "default") return effective;
    return { ...effective, path: [...effective.path, name] };
  }
  if (effective.kind === "call") {
    return { ...effective, path: [...effective.path, name], isMember: true };
  }
  if (effective.kind === "literal" && effective.value === undefined) return effective;
  return unknown(`"${name}" of something that cannot be followed`, effective.place);
}

/** A property below properties: `cookie.secure` as `["cookie", "secure"]`. */
export function propertyAt(value: Value, path: readonly string[]): Value {
  return path.reduce(property, value);
}

/** `base` with the properties of `over` on top, as spread syntax and `Object.assign` do it. */
export function merged(base: ObjectValue, over: Value): ObjectValue {
  const top = shipped(over);
  if (top.kind === "literal") return base;
  if (top.kind !== "object") return { ...base, isOpen: true };
  const properties = new Map([...base.properties, ...top.properties]);
  return { ...base, properties, isOpen: base.isOpen || top.isOpen };
}

/** `base` where it says something, else `under`, as `_.defaults` does it. */
export function defaulted(base: ObjectValue, under: Value): ObjectValue {
  const bottom = shipped(under);
  if (bottom.kind !== "object") return base;
  const properties = new Map(base.properties);
  for (const [name, value] of bottom.properties) {
    const own = properties.get(name);
    if (own === undefined || (own.kind === "literal" && own.value === undefined)) {
      properties.set(name, value);
    }
  }
  return { ...base, properties };
}

/** Merged level by level, as `_.merge` and configuration libraries do it. */
export function mergedDeep(base: ObjectValue, over: Value, depth = 0): ObjectValue {
  const top = shipped(over);
  if (top.kind === "literal" || depth > 20) return base;
  if (top.kind !== "object") return { ...base, isOpen: true };
  const properties = new Map(base.properties);
  for (const [name, value] of top.properties) {
    const own = properties.get(name);
    properties.set(name, own === undefined ? value : overridden(own, value, depth));
  }
  return { ...base, properties, isOpen: base.isOpen || top.isOpen };
}

/** What is absent, or may be, leaves what was there before. */
function overridden(own: Value, value: Value, depth: number): Value {
  if (own.kind === "object" && value.kind === "object") return mergedDeep(own, value, depth + 1);
  if (value.kind === "literal" && value.value === undefined) return own;
  const mayBeAbsent = value.kind === "environment" || value.kind === "unknown";
  return mayBeAbsent && value.fallback === undefined ? { ...value, fallback: own } : value;
}

/** `base` with one property set below a path; objects on the way are made if missing. */
export function withProperty(
  base: ObjectValue,
  path: readonly string[],
  value: Value,
): ObjectValue {
  const [name, ...rest] = path;
  if (name === undefined) return base;
  const properties = new Map(base.properties);
  if (rest.length === 0) properties.set(name, value);
  else {
    const inner = properties.get(name);
    const below = inner === undefined ? undefined : shipped(inner);
    const object: ObjectValue =
      below?.kind === "object"
        ? below
        : {
            kind: "object",
            properties: new Map(),
            isOpen: below?.kind === "unknown",
            place: value.place,
          };
    properties.set(name, withProperty(object, rest, value));
  }
  return { ...base, properties };
}
