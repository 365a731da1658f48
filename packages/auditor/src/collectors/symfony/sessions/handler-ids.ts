/**
 * What save handlers of the application's own do with the id that they are given.
 * @module
 */
import { isSubclassOf } from "../../php/php-code.ts";
import { nameOf, type PhpNode } from "../../php/php-file.ts";
import { indexPhp, isInside, type PhpClass, type PhpFunction } from "../../php/php-walk.ts";
import { classesOf } from "../code/code-roles.ts";
import { callsOf, codeTextOf } from "../code/code-text.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";

const HANDLER =
  /(^|\\)(SessionHandlerInterface|SessionHandler|AbstractSessionHandler|SessionUpdateTimestampHandlerInterface)$/;
/** Methods that PHP or the framework gives the id first. */
const GIVEN = [
  "read",
  "doread",
  "write",
  "dowrite",
  "destroy",
  "dodestroy",
  "validateid",
  "updatetimestamp",
] as const;

/** A method, and the name of the variable that the id is in. */
export interface IdMethod {
  readonly method: PhpFunction;
  readonly id: string;
}

export function ownHandlers(app: SymfonyApplication): readonly PhpClass[] {
  return classesOf(app.code).filter(
    ({ name }) => name !== undefined && isSubclassOf(app.code, name, HANDLER),
  );
}

/** Methods of a handler that get the id, and those of its own that they pass it to. */
export function idMethodsOf(of: PhpClass): readonly IdMethod[] {
  const found = GIVEN.flatMap((name): IdMethod[] => {
    const method = of.methods.get(name);
    const id = nameOf(method?.parameters[0]);
    return method === undefined || id === undefined ? [] : [{ method, id }];
  });
  const passed = found.flatMap(({ method, id }) =>
    callsOf(method).flatMap((call): IdMethod[] => {
      const isOwn = call.form === "method" && nameOf(call.target) === "this";
      const called = isOwn ? of.methods.get(call.name) : undefined;
      if (called === undefined || found.some((each) => each.method === called)) return [];
      const position = call.arguments.findIndex((each) => isVariable(each, id));
      const name = nameOf(called.parameters[position]);
      return name === undefined ? [] : [{ method: called, id: name }];
    }),
  );
  return [...found, ...passed.filter((each, at) => passed.findIndex(same(each)) === at)];
}

function same(one: IdMethod): (other: IdMethod) => boolean {
  return (other) => other.method === one.method && other.id === one.id;
}

function isVariable(node: PhpNode, name: string): boolean {
  return node.kind === "variable" && nameOf(node) === name;
}

/** Whether the expression has the id in it. */
export function mentions({ method, id }: IdMethod, node: PhpNode): boolean {
  return indexPhp(method.file)
    .ofKind("variable")
    .some((each) => nameOf(each) === id && isInside(each, node));
}

const HASHES = /^(hash|hash_hmac|sha1|md5|sodium_crypto_generichash|sodium_crypto_shorthash)$/;

/** The method hands on a hash of the id. */
export function hashesId(each: IdMethod): boolean {
  return callsOf(each.method).some(
    (call) =>
      call.form === "function" &&
      HASHES.test(call.name) &&
      call.arguments.some((given) => mentions(each, given)),
  );
}

/** The method looks at what the id is made of, or makes something harmless of it. */
export function checksId(each: IdMethod): boolean {
  return (
    hashesId(each) ||
    callsOf(each.method).some(
      (call) =>
        /^(preg_match|ctype_alnum|ctype_xdigit|strspn|bin2hex|base64_encode|rawurlencode|urlencode|basename|quote|preg_replace)$/.test(
          call.name,
        ) && call.arguments.some((given) => mentions(each, given)),
    )
  );
}

/** The text of a method, for what calls alone do not show. */
export function textOf({ method }: IdMethod): string {
  return codeTextOf(method.file, method.node);
}
