/**
 * Whether changing the password takes the old one.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { evaluate, scalarOf } from "../../php/php-value.ts";
import {
  indexPhp,
  isInside,
  namedFunctionOf,
  type PhpClass,
  type PhpFunction,
} from "../../php/php-walk.ts";
import { titleOf } from "../code/code-roles.ts";
import { codeTextOf } from "../code/code-text.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";
import { bundlePasswordPage, type PasswordPage, passwordPages } from "./password-pages.ts";

const topic = "fresh-authentication";
const REMEDY =
  "Add a field for the current password with the constraint UserPassword, or check it by isPasswordValid() before the new one is stored.";

/** It compares the old password with the stored one. */
const COMPARES =
  /\bUserPassword\b|->isPasswordValid\(|\bpassword_verify\(|->verify(Password)?\(|->checkPassword\(|->checkCredentials\(/;
/** It asks for it; whether it is compared is decided elsewhere. */
const ASKS = /(current|old|actual|existing|previous)_?(plain_?)?(password|pwd|passwd)/i;
/** The constraint before a property, as attribute or in its comment. */
const CONSTRAINT = /(#\[[^\]\n]{0,200}|\*\s*@)[\w\\]*UserPassword\b/;

export function freshAuthentication(app: SymfonyApplication): Observation[] {
  const seen = passwordPages(app).map((page) => judged(app, page));
  const page = bundlePasswordPage(app);
  if (page !== undefined) {
    const what = `${page.bundle}'s page for changing the password asks for the old one.`;
    seen.push({ topic, place: page.place, kind: "good", what });
  }
  return seen;
}

function judged(app: SymfonyApplication, page: PasswordPage): Observation {
  const { method, place } = page;
  const title = titleOf(method).trim().replace(" ", "::");
  const classes = classesBehind(app, page);
  const texts = [
    ...functionsOf(page).map(({ file, node }) => codeTextOf(file, node)),
    ...classes.map(({ file, node }) => codeTextOf(file, node)),
  ];
  const isCompared =
    texts.some((text) => COMPARES.test(text)) ||
    classes.some(({ file }) => CONSTRAINT.test(file.text)) ||
    isInValidationFile(app, classes);
  if (isCompared) {
    return { topic, place, kind: "good", what: `${title} takes the old password.` };
  }
  if (texts.some((text) => ASKS.test(text))) {
    const what = `${title} asks for the old password; where it is compared was not found.`;
    return { topic, place, kind: "doubt", what, remedy: REMEDY };
  }
  if (page.form !== undefined && classes.length === 0) {
    const what = `${title} changes the password by a form that is not in the repository.`;
    return { topic, place, kind: "doubt", what, remedy: REMEDY };
  }
  const what = `${title} changes the password and does not ask for the old one.`;
  return { topic, place, kind: "fault", what, remedy: REMEDY };
}

/** The page's own method, and those of the application that it calls. */
function functionsOf({ method, calls }: PasswordPage): PhpFunction[] {
  const found = new Map([[method.node, method]]);
  for (const { file, node } of calls) {
    const of = namedFunctionOf(file, node);
    if (of !== undefined) found.set(of.node, of);
  }
  return [...found.values()];
}

const MAX_CLASSES = 50;
const MAX_STEPS = 3;

/** Classes that the page names, and those that they name: handlers, forms, their parts and their data. */
function classesBehind(app: SymfonyApplication, page: PasswordPage): PhpClass[] {
  const found = new Set<PhpClass>();
  let edge: readonly (PhpFunction | PhpClass)[] = functionsOf(page);
  for (let step = 0; step < MAX_STEPS && found.size < MAX_CLASSES; step += 1) {
    const next: PhpClass[] = [];
    for (const at of edge) {
      for (const each of classesNamedIn(app, at)) {
        if (found.has(each) || found.size >= MAX_CLASSES) continue;
        found.add(each);
        next.push(each);
      }
    }
    edge = next;
  }
  return [...found];
}

function classesNamedIn(
  app: SymfonyApplication,
  { file, node }: PhpFunction | PhpClass,
): PhpClass[] {
  const index = indexPhp(file);
  const named = index
    .ofKind("staticlookup")
    .filter((each) => isInside(each, node))
    .map((each) => scalarOf(evaluate(app.code, file, each)));
  const made = index.calls
    .filter((call) => call.form === "new" && isInside(call.node, node))
    .map(({ className }) => className);
  return [...named, ...made].flatMap((name) =>
    typeof name === "string" ? (app.code.classNamed(name) ?? []) : [],
  );
}

/** Validation that is kept in files of its own. */
function isInValidationFile(app: SymfonyApplication, classes: readonly PhpClass[]): boolean {
  const names = classes.flatMap(({ name }) => name?.replace(/^.*\\/, "") ?? []);
  return app.application.files
    .filter((file) => /validat[^/]*(\/[^/]*)*\.(ya?ml|xml)$/i.test(file))
    .some((file) => {
      const text = app.tree.read(file) ?? "";
      return text.includes("UserPassword") && names.some((name) => text.includes(name));
    });
}
