/**
 * Forms in which somebody's rights are edited that are no roles of the Security component: a field of the user, or
 * of a record that gives the user a role somewhere.
 * @module
 */
import type { Place } from "../../../evidence.ts";
import { isSubclassOf, methodOf } from "../../php/php-code.ts";
import { child, placeOf } from "../../php/php-file.ts";
import { evaluate, scalarOf } from "../../php/php-value.ts";
import { argumentOf, indexPhp, isInside, type PhpCall, type PhpClass } from "../../php/php-walk.ts";
import { classesOf } from "../code/code-roles.ts";
import { callsOf, codeTextOf } from "../code/code-text.ts";
import { nameNode } from "../code/session-rotation.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";

/** Of the user itself. */
const RIGHTS =
  /^(user_?|account_?|member_?)?(roles?|authorit(y|ies)|authori[sz]ations?|permissions?|privileges?|rights|access_?levels?)$|^is_?(super_?)?admin$/i;
/** Of another record: there only what is called a role or a permission. */
const ROLE = /^(user_?|member_?)?(roles?|permissions?)$/i;
const FORM = /(^|\\)(AbstractType|AbstractTypeExtension)$/;
const CRUD = /(^|\\)AbstractCrudController$/;

/** Where the rights of this kind of user are edited. */
export function rightsForm(app: SymfonyApplication, user: PhpClass): Place | undefined {
  for (const form of classesOf(app.code)) {
    const about = subjectOf(app, form);
    if (about === undefined) continue;
    const words = about === user ? RIGHTS : isLinked(about, user) ? ROLE : undefined;
    if (words === undefined) continue;
    for (const call of callsOf(form)) {
      const name = fieldOf(app, call);
      if (name !== undefined && words.test(name)) {
        return placeOf(call.file, nameNode(call) ?? call.node);
      }
    }
  }
  return undefined;
}

/** The class whose objects a form or an administration page edits. */
function subjectOf(app: SymfonyApplication, form: PhpClass): PhpClass | undefined {
  if (form.name === undefined) return undefined;
  if (isSubclassOf(app.code, form.name, CRUD)) {
    const method = methodOf(app.code, form.name, "getEntityFqcn");
    const found =
      method === undefined
        ? undefined
        : indexPhp(method.file)
            .ofKind("return")
            .find((node) => isInside(node, method.node));
    const value = child(found, "expr");
    return value === undefined || method === undefined
      ? undefined
      : classAt(app, scalarOf(evaluate(app.code, method.file, value)));
  }
  if (!isSubclassOf(app.code, form.name, FORM)) return undefined;
  const entry = indexPhp(form.file)
    .ofKind("entry")
    .find((node) => isInside(node, form.node) && child(node, "key")?.value === "data_class");
  const given = child(entry, "value") ?? defaultOf(form);
  return given === undefined
    ? undefined
    : classAt(app, scalarOf(evaluate(app.code, form.file, given)));
}

/** `$resolver->setDefault('data_class', User::class)`. */
function defaultOf(form: PhpClass): ReturnType<typeof argumentOf> {
  const call = callsOf(form).find(
    (each) => each.name === "setdefault" && argumentOf(each, 0)?.value === "data_class",
  );
  return call === undefined ? undefined : argumentOf(call, 1);
}

function classAt(app: SymfonyApplication, name: unknown): PhpClass | undefined {
  return typeof name === "string" ? app.code.classNamed(name) : undefined;
}

/** A record that belongs to a user of this kind. */
function isLinked(record: PhpClass, user: PhpClass): boolean {
  const name = user.name?.replace(/^.*\\/, "");
  return (
    name !== undefined && new RegExp(`\\b${name}\\b`).test(codeTextOf(record.file, record.node))
  );
}

function fieldOf(app: SymfonyApplication, call: PhpCall): string | undefined {
  const isField = call.name === "add" || (call.name === "new" && call.form === "static");
  const name = isField ? argumentOf(call, 0) : undefined;
  const value = name === undefined ? undefined : scalarOf(evaluate(app.code, call.file, name));
  return typeof value === "string" ? value : undefined;
}
