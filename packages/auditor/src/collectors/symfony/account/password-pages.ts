/**
 * Pages on which somebody who is signed in changes his password: found by name, by their form, or by what they do.
 * @module
 */
import type { Place } from "../../../evidence.ts";
import { child, nameOf, type PhpNode, placeOf } from "../../php/php-file.ts";
import { evaluate, scalarOf } from "../../php/php-value.ts";
import {
  argumentOf,
  indexPhp,
  isInside,
  type PhpCall,
  type PhpFunction,
} from "../../php/php-walk.ts";
import {
  attributesOf,
  callsReached,
  classesOf,
  runsOutsideRequests,
  titleOf,
  typesOf,
} from "../code/code-roles.ts";
import { callsOf, codeTextOf, expandedText } from "../code/code-text.ts";
import { isFrontAction } from "../code/front-actions.ts";
import { nameNode } from "../code/session-rotation.ts";
import { hasPackage, type SymfonyApplication } from "../code/symfony-application.ts";

export interface PasswordPage {
  readonly method: PhpFunction;
  /** In it, and in what it calls. */
  readonly calls: readonly PhpCall[];
  readonly form: PhpCall | undefined;
  readonly place: Place;
}

const CHANGES_PASSWORD =
  /(?<!re)(change|update|edit|modify|set|new)_?(my|own|user|account|current|profile)*_?(password|pwd|passwd)|(password|passwd|pwd)_?(change|update|edit|modif)|(user|account|profile|my|own)_?password|(profile|account|settings|usereditcontroller|me)\w* password(action)?$/i;
/** Who resets by a link is not signed in; who registers has no other session. */
const OTHER_OCCASION =
  /reset|forg[eo]t|recover|regist|install|setup|invit|upgradepassword|admin|hasher|encoder/i;
const STORES =
  /^(flush|persist|add|handle|dispatch|(save|update|edit|set|hash|encode|upgrade|change|modify)(?!token|locale|target)\w*)$/;
const HASHES: ReadonlySet<string> = new Set([
  "hashpassword",
  "encodepassword",
  "password_hash",
  "hash",
]);
/** Fields of a new password: one alone that is called `password` may be the old one, asked for again. */
const NEW_PASSWORD = /^(plain_?|new_?|first_?)(password|pwd|passwd)$/i;
const REPEATED = /^(password|pwd|passwd)$/i;

const known = new WeakMap<SymfonyApplication, readonly PasswordPage[]>();

export function passwordPages(app: SymfonyApplication): readonly PasswordPage[] {
  const found = known.get(app) ?? findPages(app);
  known.set(app, found);
  return found;
}

function findPages(app: SymfonyApplication): PasswordPage[] {
  return requestMethods(app).flatMap((method): PasswordPage[] => {
    // Setters, hashers and handlers make changes for whoever calls them: the page is where a person does.
    if (!isPage(method) || OTHER_OCCASION.test(method.name ?? "")) return [];
    const calls = [...callsReached(app.code, method, 2), ...formCallsOf(method)];
    const form = calls.find((call) => isPasswordFormOf(app, method, call));
    const isNamed = CHANGES_PASSWORD.test(titleOf(method)) && !OTHER_OCCASION.test(titleOf(method));
    if (form === undefined && !isNamed && !setsPassword(method, calls)) return [];
    const stores = calls.find(({ name }) => STORES.test(name));
    if (stores === undefined) return [];
    const at = form ?? stores;
    return [{ method, calls, form, place: placeOf(at.file, nameNode(at) ?? at.node) }];
  });
}

const CREATES_FORM: ReadonlySet<string> = new Set([
  "createform",
  "createnamedform",
  "createnamed",
  "create",
  "createbuilder",
  "createnamedbuilder",
  "createformbuilder",
]);

/** By its name, or as a form of the person who is signed in that has a field for a new password. */
function isPasswordFormOf(app: SymfonyApplication, method: PhpFunction, call: PhpCall): boolean {
  if (!CREATES_FORM.has(call.name)) return false;
  if (call.name === "createform" && isPasswordForm(formOf(app, call))) return true;
  // A named form has its name first.
  const at = /named/.test(call.name) ? 1 : 0;
  if (call.name === "createformbuilder") {
    const builder = argumentOf(call, 0, "data");
    return isOneself(method, builder) && callsOf(method).some((add) => isNewPassword(app, add));
  }
  const given = argumentOf(call, at, "type");
  const name = given === undefined ? undefined : classNameOf(app, call, given);
  if (name === undefined) return false;
  if (isPasswordForm(name.replace(/^.*\\/, "")) && !OTHER_OCCASION.test(titleOf(method)))
    return true;
  return isOneself(method, argumentOf(call, at + 1, "data")) && hasNewPassword(app, name, 0);
}

/** A live component makes its form in a method of its own, which no action of it calls. */
function formCallsOf({ of }: PhpFunction): readonly PhpCall[] {
  const maker = of?.traits.some((name) => name.endsWith("ComponentWithFormTrait"))
    ? of.methods.get("instantiateform")
    : undefined;
  return maker === undefined ? [] : callsOf(maker);
}

function isPasswordForm(name: string): boolean {
  return CHANGES_PASSWORD.test(name) && !OTHER_OCCASION.test(name);
}

const MAX_NESTED_FORMS = 2;

/** A form of the application with a field for a new password, or with a part that has one. */
function hasNewPassword(app: SymfonyApplication, name: string, depth: number): boolean {
  const form = app.code.classNamed(name);
  if (form === undefined || OTHER_OCCASION.test(form.name ?? "")) return false;
  return callsOf(form).some((add) => {
    if (isNewPassword(app, add)) return true;
    const type = add.name === "add" ? argumentOf(add, 1) : undefined;
    const part = type === undefined ? undefined : classNameOf(app, add, type);
    return (
      part !== undefined &&
      part !== name &&
      depth < MAX_NESTED_FORMS &&
      hasNewPassword(app, part, depth + 1)
    );
  });
}

function isNewPassword(app: SymfonyApplication, add: PhpCall): boolean {
  const field = add.name === "add" ? argumentOf(add, 0) : undefined;
  const type = argumentOf(add, 1);
  const value = field === undefined ? undefined : scalarOf(evaluate(app.code, add.file, field));
  if (typeof value !== "string" || type === undefined) return false;
  const written = codeTextOf(add.file, type);
  const options = argumentOf(add, 2);
  return (
    (NEW_PASSWORD.test(value) && /Password|Repeated/.test(written)) ||
    (REPEATED.test(value) && /Repeated/.test(written)) ||
    (options !== undefined && /['"]hash_property_path['"]/.test(codeTextOf(add.file, options)))
  );
}

/** Hashes a password and hands it to whoever is signed in: itself, or by a service that it calls. */
function setsPassword(method: PhpFunction, reached: readonly PhpCall[]): boolean {
  const calls = callsOf(method);
  const isOwn = (call: PhpCall): boolean =>
    isOneself(method, call.target) ||
    call.arguments.slice(0, 2).some((each) => isOneself(method, each));
  return calls.some(
    (call) =>
      isOwn(call) &&
      (/^(set|check|update|change|save)_?new_?password$/.test(call.name) ||
        (call.form === "new" && isPasswordForm(call.className?.replace(/^.*\\/, "") ?? "")) ||
        isGivenHash(method, call) ||
        (/^(set|update|change)\w*password$/.test(call.name) &&
          reached.some(({ name }) => HASHES.has(name)))),
  );
}

/** `$user->setX($hasher->hash($new))`, in whatever language X is. */
function isGivenHash(method: PhpFunction, call: PhpCall): boolean {
  const value = argumentOf(call, 0);
  return (
    call.name.startsWith("set") &&
    !/code|token|secret|otp|pin|key|answer|seed/.test(call.name) &&
    isOneself(method, call.target) &&
    value !== undefined &&
    /->(hash|hashPassword|encodePassword)\(|\bpassword_hash\(/.test(expandedText(method, value))
  );
}

/** Whoever is signed in, as the framework or a service of the application gives him. */
const CURRENT =
  /->(get|require)(User(OrThrow|Entity|OrFail)?|(Current|Logged(In)?|Authenticated|Session)(User|Member|Account|Customer)\w*)\(\s*\)/i;

/** A property that the class gives whoever is signed in. */
function isKeptAsCurrent({ file, of }: PhpFunction, node: PhpNode): boolean {
  const name = nameOf(child(node, "offset"));
  if (of === undefined || name === undefined || nameOf(child(node, "what")) !== "this")
    return false;
  return indexPhp(file).assignments.some((each) => {
    const [left, value] = [child(each, "left"), child(each, "right")];
    return (
      isInside(each, of.node) &&
      left?.kind === "propertylookup" &&
      nameOf(child(left, "offset")) === name &&
      value !== undefined &&
      CURRENT.test(codeTextOf(file, value))
    );
  });
}

/** What stands here is the person who is signed in. */
function isOneself(method: PhpFunction, node: PhpNode | undefined): boolean {
  if (node === undefined) return false;
  if (CURRENT.test(codeTextOf(method.file, node))) return true;
  if (node.kind === "propertylookup") return isKeptAsCurrent(method, node);
  if (node.kind !== "variable") return false;
  const name = nameOf(node);
  if (name === undefined) return false;
  const isGiven = method.parameters.some(
    (parameter) =>
      nameOf(parameter) === name &&
      (attributesOf(parameter).some((attribute) => attribute.name.endsWith("CurrentUser")) ||
        // The framework gives an action whoever is signed in for this type.
        (isPage(method) &&
          typesOf(method.file, parameter).some((type) =>
            /^Symfony\\.*\\UserInterface$/.test(type),
          ))),
  );
  return (
    isGiven ||
    indexPhp(method.file)
      .assignmentsTo(name)
      .some((each) => {
        const value = child(each, "right");
        return (
          value !== undefined &&
          isInside(each, method.node) &&
          CURRENT.test(codeTextOf(method.file, value))
        );
      })
  );
}

/** A bundle's own page for it. */
export interface BundlePage {
  readonly bundle: string;
  readonly place: Place;
}

/** Bundles that bring such a page, and how an application imports its routes. */
const BUNDLES = [
  ["friendsofsymfony/user-bundle", "FOSUserBundle", /@FOSUserBundle\/.*(all|change_password)\./],
  [
    "nucleos/user-bundle",
    "NucleosUserBundle",
    /@NucleosUserBundle\/.*(all|change_password|update_security)\./,
  ],
  ["sonata-project/user-bundle", "SonataUserBundle", /@SonataUserBundle\/.*change_password/],
] as const;

/** If its routes are imported. */
export function bundlePasswordPage(app: SymfonyApplication): BundlePage | undefined {
  for (const [name, bundle, imported] of BUNDLES) {
    if (!hasPackage(app, name)) continue;
    for (const file of app.application.files) {
      if (!/rout(es|ing)[^/]*(\/[^/]*)?\.(ya?ml|xml|php)$/.test(file)) continue;
      const lines = (app.tree.read(file) ?? "").split("\n");
      const at = lines.findIndex((line) => imported.test(line) && !/^\s*(#|\/\/|<!--)/.test(line));
      if (at !== -1) return { bundle, place: { file, line: at + 1, column: 1 } };
    }
  }
  return undefined;
}

function classNameOf(app: SymfonyApplication, call: PhpCall, given: PhpNode): string | undefined {
  const name = scalarOf(evaluate(app.code, call.file, given));
  return typeof name === "string" ? name : undefined;
}

function formOf(app: SymfonyApplication, call: PhpCall): string {
  const given = argumentOf(call, 0, "type");
  return (
    (given === undefined ? undefined : classNameOf(app, call, given))?.replace(/^.*\\/, "") ??
    codeTextOf(call.file, given ?? call.node).slice(0, 200)
  );
}

/** A controller's action: what is not public is a part of one. */
function isPage(method: PhpFunction): boolean {
  const { of, node } = method;
  if (node.visibility === "private" || node.visibility === "protected") return false;
  const name = `${of?.name ?? ""} ${of?.parent ?? ""} ${of?.traits.join(" ") ?? ""}`;
  return (
    /Controller|Action\b|LiveComponent/.test(name) ||
    isFrontAction(method) ||
    attributesOf(node).some((attribute) => /(Route|LiveAction)$/.test(attribute.name))
  );
}

function requestMethods(app: SymfonyApplication): PhpFunction[] {
  return classesOf(app.code)
    .filter((each) => !runsOutsideRequests(app.code, each))
    .flatMap((each) => [...each.methods.values()]);
}
