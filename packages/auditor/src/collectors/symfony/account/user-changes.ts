/**
 * What happens to sessions when somebody's password or roles change: what the framework compares on each request,
 * and what the application does where it makes the change.
 * @module
 */
import type { Place, PrivilegeChange } from "../../../evidence.ts";
import { placeOf } from "../../php/php-file.ts";
import { evaluate, scalarOf } from "../../php/php-value.ts";
import { argumentOf, namedFunctionOf, type PhpCall, type PhpFunction } from "../../php/php-walk.ts";
import { receiverOf, runsOutsideRequests, titleOf } from "../code/code-roles.ts";
import { callsOf, codeTextOf } from "../code/code-text.ts";
import { nameNode } from "../code/session-rotation.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";
import { bundlePasswordPage, type PasswordPage, passwordPages } from "./password-pages.ts";
import { type Compared, comparedOnRequest, userClass } from "./user-comparison.ts";

export function userChanges(app: SymfonyApplication): PrivilegeChange[] {
  if (!app.firewalls.some(({ isStateless }) => !isStateless)) return [];
  const compared = comparedOnRequest(app);
  return [...passwordChanges(app, compared), ...roleChanges(app, compared)];
}

const ENDS: ReadonlySet<string> = new Set([
  "invalidate",
  "migrate",
  "logout",
  "authenticateuser",
  "authenticateuserandhandlesuccess",
  "session_regenerate_id",
  "onauthentication",
]);

function passwordChanges(app: SymfonyApplication, compared: Compared): PrivilegeChange[] {
  const changes = passwordPages(app).map((page) => passwordChange(page, compared));
  const bundle = bundlePasswordPage(app);
  if (bundle !== undefined) {
    changes.push({
      kind: "password-change",
      place: bundle,
      rotation: "none",
      why: "FOSUserBundle's page for changing the password leaves the session as it is.",
      others: "ended",
    });
  }
  return changes;
}

function passwordChange(page: PasswordPage, compared: Compared): PrivilegeChange {
  const { method, calls, place } = page;
  const ends = calls.find(
    (call) =>
      ENDS.has(call.name) ||
      (call.name === "login" &&
        /\\Security( |$)|^security$/i.test(receiverOf(call.file, call.target))),
  );
  if (ends !== undefined) {
    const rotationPlace = placeOf(ends.file, nameNode(ends) ?? ends.node);
    const why = `${titleOf(method).trim().replace(" ", "::")} changes the password and calls ${ends.name}().`;
    return { kind: "password-change", place, rotation: "rotated", rotationPlace, why };
  }
  return {
    kind: "password-change",
    place,
    rotation: "none",
    why: `${titleOf(method).trim().replace(" ", "::")} changes the password and leaves the session as it is. ${compared.passwordWhy}`,
    others: compared.password ? "ended" : "kept",
  };
}

const ROLE_CALLS = ["setRoles", "addRole", "removeRole", "setRole", "setSuperAdmin"] as const;

/** Whether roles can be changed in the application at all, and what that does to sessions. */
function roleChanges(app: SymfonyApplication, compared: Compared): PrivilegeChange[] {
  const at = roleForm(app) ?? roleCall(app);
  if (at === undefined) return [];
  return [
    {
      kind: "role-change",
      place: compared.place ?? at,
      rotation: compared.roles ? "rotated" : "none",
      ...(compared.roles ? {} : { rotationPlace: compared.place ?? at }),
      why: compared.why,
      others: compared.roles ? "ended" : "kept",
    },
  ];
}

/** A form or administration page with a field for roles. */
function roleForm(app: SymfonyApplication): Place | undefined {
  const userClassFound = userClass(app);
  const user =
    userClassFound === undefined ? "" : codeTextOf(userClassFound.file, userClassFound.node);
  const isField = (call: PhpCall): boolean => {
    const name = argumentOf(call, 0);
    const value = name === undefined ? undefined : scalarOf(evaluate(app.code, call.file, name));
    if (typeof value !== "string") return false;
    // A flag of another record may be called the same: it is about rights if the user has it.
    return /^(user_?)?roles?$/i.test(value)
      ? true
      : /^(is_?(super_?)?admin|groups)$/i.test(value) && user.includes(value);
  };
  for (const call of app.code.callsNamed("add"))
    if (isField(call)) return placeOf(call.file, nameNode(call) ?? call.node);
  for (const call of app.code.callsNamed("new")) {
    if (call.form === "static" && isField(call))
      return placeOf(call.file, nameNode(call) ?? call.node);
  }
  return undefined;
}

function roleCall(app: SymfonyApplication): Place | undefined {
  for (const name of ROLE_CALLS) {
    for (const call of app.code.callsNamed(name)) {
      const method = namedFunctionOf(call.file, call.node);
      if (method === undefined || runsOutsideRequests(app.code, method.of) || !isHandler(method))
        continue;
      // Whoever is made here has no session yet.
      if (
        callsOf(method).some(
          ({ form, className }) =>
            form === "new" && /User|Account|Customer|Member/i.test(className ?? ""),
        )
      )
        continue;
      return placeOf(call.file, nameNode(call) ?? call.node);
    }
  }
  return undefined;
}

/** Controllers, actions, handlers and services: neither entities nor forms nor repositories. */
function isHandler({ file, of }: PhpFunction): boolean {
  const kind = `${file.file} ${of?.name ?? ""} ${of?.parent ?? ""}`;
  return !/Entity|Document|Model\/|Repository|AbstractType|FormType|Form\/|Fixture|Twig|Voter|Interface/.test(
    kind,
  );
}
