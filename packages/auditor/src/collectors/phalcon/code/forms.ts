/**
 * The application's forms: which ask for a password, and which check a token.
 * @module
 */

import { isSubclassOf } from "../../php/php-code.ts";
import { textOf } from "../../php/php-file.ts";
import { callsInside, indexPhp, type PhpClass } from "../../php/php-walk.ts";
import { isRoleField } from "./account-actions.ts";
import type { PhalconApplication } from "./phalcon-application.ts";

const FORM = /^Phalcon\\Forms\\Form$/i;

const withPassword = new WeakMap<PhalconApplication, ReadonlySet<string>>();
const withRole = new WeakMap<PhalconApplication, ReadonlySet<string>>();
const withToken = new WeakMap<PhalconApplication, ReadonlySet<string>>();

/** Full names, in lower case. */
export function passwordForms(phalcon: PhalconApplication): ReadonlySet<string> {
  return formsWhere(phalcon, withPassword, (form) =>
    callsInside(form.file, form.node).some(
      ({ form: kind, className }) =>
        kind === "new" && /^Phalcon\\Forms\\Element\\Password$/i.test(className ?? ""),
    ),
  );
}

/** Forms with a field for somebody's role, by its name. */
export function roleForms(phalcon: PhalconApplication): ReadonlySet<string> {
  return formsWhere(phalcon, withRole, (form) =>
    callsInside(form.file, form.node).some((call) => {
      const isElement = /^Phalcon\\Forms\\Element\\(Select|Radio|Check|Numeric)/i.test(
        call.className ?? "",
      );
      const [name] = call.arguments;
      return isElement && name?.kind === "string" && isRoleField(String(name.value));
    }),
  );
}

/**
 * Forms whose `isValid()` fails without the token: a validator compares with the session's, or the form itself
 * calls `checkToken()`. A hidden field alone checks nothing.
 */
export function tokenForms(phalcon: PhalconApplication): ReadonlySet<string> {
  return formsWhere(phalcon, withToken, (form) => {
    const calls = callsInside(form.file, form.node);
    if (calls.some(({ name }) => name === "checktoken")) return true;
    return calls.some(
      (call) =>
        call.form === "new" &&
        /identical|csrf|token|callback/i.test(call.className ?? "") &&
        /get(Session|Request)?Token|csrf/i.test(textOf(form.file, call.node)),
    );
  });
}

/** The forms, and those that extend them. */
function formsWhere(
  phalcon: PhalconApplication,
  known: WeakMap<PhalconApplication, ReadonlySet<string>>,
  holds: (form: PhpClass) => boolean,
): ReadonlySet<string> {
  const before = known.get(phalcon);
  if (before !== undefined) return before;
  const names = new Set<string>();
  const forms = phalcon.code.files.flatMap((file) =>
    indexPhp(file).classes.filter(
      ({ name, parent }) =>
        name !== undefined && parent !== undefined && isSubclassOf(phalcon.code, name, FORM),
    ),
  );
  for (const form of forms) if (holds(form)) names.add((form.name ?? "").toLowerCase());
  // Inherited as often as there are levels.
  for (let level = 0; level < 4; level++) {
    for (const { name, parent, traits } of forms) {
      const inherits = [parent, ...traits].some(
        (each) => each !== undefined && names.has(each.toLowerCase()),
      );
      if (inherits && name !== undefined) names.add(name.toLowerCase());
    }
  }
  known.set(phalcon, names);
  return names;
}
