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
} from "../code/code-roles.ts";
import { callsOf, codeTextOf } from "../code/code-text.ts";
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
    const calls = callsReached(app.code, method, 2);
    const form = calls.find(
      (call) =>
        call.name === "createform" &&
        (isPasswordForm(formOf(app, call)) ||
          (isOneself(method, argumentOf(call, 1, "data")) && hasNewPassword(app, call))),
    );
    const isNamed = CHANGES_PASSWORD.test(titleOf(method)) && !OTHER_OCCASION.test(titleOf(method));
    if (form === undefined && !isNamed && !setsPassword(method, calls)) return [];
    const stores = calls.find(({ name }) => STORES.test(name));
    if (stores === undefined) return [];
    const at = form ?? stores;
    return [{ method, calls, form, place: placeOf(at.file, nameNode(at) ?? at.node) }];
  });
}

function isPasswordForm(name: string): boolean {
  return CHANGES_PASSWORD.test(name) && !OTHER_OCCASION.test(name);
}

/** A form of the application with a field for a new password. */
function hasNewPassword(app: SymfonyApplication, call: PhpCall): boolean {
  const name = formClassOf(app, call);
  const form = name === undefined ? undefined : app.code.classNamed(name);
  if (form === undefined || OTHER_OCCASION.test(form.name ?? "")) return false;
  return callsOf(form).some((add) => {
    const field = add.name === "add" ? argumentOf(add, 0) : undefined;
    const type = argumentOf(add, 1);
    const value = field === undefined ? undefined : scalarOf(evaluate(app.code, add.file, field));
    if (typeof value !== "string" || type === undefined) return false;
    const written = codeTextOf(add.file, type);
    return (
      (NEW_PASSWORD.test(value) && /Password|Repeated/.test(written)) ||
      (REPEATED.test(value) && /Repeated/.test(written))
    );
  });
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
        (/^(set|update|change)\w*password$/.test(call.name) &&
          reached.some(({ name }) => HASHES.has(name)))),
  );
}

/** What stands here is the person who is signed in. */
function isOneself(method: PhpFunction, node: PhpNode | undefined): boolean {
  if (node === undefined) return false;
  const current = /->getUser(OrThrow|Entity)?\(\s*\)/i;
  if (current.test(codeTextOf(method.file, node))) return true;
  if (node.kind !== "variable") return false;
  const name = nameOf(node);
  if (name === undefined) return false;
  const isGiven = method.parameters.some(
    (parameter) =>
      nameOf(parameter) === name &&
      attributesOf(parameter).some((attribute) => attribute.name.endsWith("CurrentUser")),
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
          current.test(codeTextOf(method.file, value))
        );
      })
  );
}

/** FOSUserBundle's own page for it, if its routes are imported. */
export function bundlePasswordPage(app: SymfonyApplication): Place | undefined {
  if (!hasPackage(app, "friendsofsymfony/user-bundle")) return undefined;
  for (const file of app.application.files) {
    if (!/rout(es|ing)[^/]*(\/[^/]*)?\.(ya?ml|xml|php)$/.test(file)) continue;
    const lines = (app.tree.read(file) ?? "").split("\n");
    const at = lines.findIndex(
      (line) => /@FOSUserBundle\/.*(all|change_password)\./.test(line) && !/^\s*#/.test(line),
    );
    if (at !== -1) return { file, line: at + 1, column: 1 };
  }
  return undefined;
}

function formClassOf(app: SymfonyApplication, call: PhpCall): string | undefined {
  const given = argumentOf(call, 0, "type");
  const name = given === undefined ? undefined : scalarOf(evaluate(app.code, call.file, given));
  return typeof name === "string" ? name : undefined;
}

function formOf(app: SymfonyApplication, call: PhpCall): string {
  const given = argumentOf(call, 0, "type");
  return (
    formClassOf(app, call)?.replace(/^.*\\/, "") ??
    codeTextOf(call.file, given ?? call.node).slice(0, 200)
  );
}

/** A controller's action: what is not public is a part of one. */
function isPage({ of, node }: PhpFunction): boolean {
  if (node.visibility === "private" || node.visibility === "protected") return false;
  const name = `${of?.name ?? ""} ${of?.parent ?? ""} ${of?.traits.join(" ") ?? ""}`;
  return (
    /Controller|Action\b|LiveComponent/.test(name) ||
    attributesOf(node).some((attribute) => attribute.name.endsWith("Route"))
  );
}

function requestMethods(app: SymfonyApplication): PhpFunction[] {
  return classesOf(app.code)
    .filter((each) => !runsOutsideRequests(app.code, each))
    .flatMap((each) => [...each.methods.values()]);
}
