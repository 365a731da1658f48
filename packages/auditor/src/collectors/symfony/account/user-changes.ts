/**
 * What happens to sessions when somebody's password or roles change: what the framework compares on each request,
 * and what the application does where it makes the change.
 * @module
 */
import type { Place, PrivilegeChange } from "../../../evidence.ts";
import { isSubclassOf, methodOf } from "../../php/php-code.ts";
import { child, nameOf, placeOf } from "../../php/php-file.ts";
import { evaluate, scalarOf } from "../../php/php-value.ts";
import {
  argumentOf,
  indexPhp,
  namedFunctionOf,
  type PhpCall,
  type PhpClass,
  type PhpFunction,
} from "../../php/php-walk.ts";
import {
  callsReached,
  classesOf,
  receiverOf,
  runsOutsideRequests,
  titleOf,
  typesOf,
} from "../code/code-roles.ts";
import { callsOf, codeTextOf } from "../code/code-text.ts";
import { nameNode } from "../code/session-rotation.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";
import { bundlePasswordPage, type PasswordPage, passwordPages } from "./password-pages.ts";
import { rightsForm } from "./rights-forms.ts";
import {
  type Compared,
  comparedOnRequest,
  hasFixedRoles,
  userClass,
  userClasses,
} from "./user-comparison.ts";

/** @param signsInItself Code of the application signs in past every firewall. */
export function userChanges(app: SymfonyApplication, signsInItself: boolean): PrivilegeChange[] {
  if (!app.firewalls.some(({ isStateless }) => !isStateless)) {
    return signsInItself ? passwordChanges(app, NOTHING_COMPARED) : [];
  }
  const compared = comparedOnRequest(app);
  return [...passwordChanges(app, compared), ...roleChanges(app)];
}

const NOTHING_COMPARED: Compared = {
  password: false,
  roles: false,
  place: undefined,
  why: "No firewall compares roles on later requests.",
  passwordWhy: "No firewall compares the password on later requests.",
};

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
  const changes = passwordPages(app).map((page) => passwordChange(app, page, compared));
  const bundle = bundlePasswordPage(app);
  if (bundle !== undefined) {
    changes.push({
      kind: "password-change",
      place: bundle.place,
      rotation: "none",
      why: `${bundle.bundle}'s page for changing the password leaves the session as it is.`,
      others: compared.password ? "ended" : "kept",
    });
  }
  return changes;
}

function passwordChange(
  app: SymfonyApplication,
  page: PasswordPage,
  compared: Compared,
): PrivilegeChange {
  const { method, calls, place } = page;
  const ends = [...calls, ...callsOfListeners(app, calls)].find((call) => endsSession(app, call));
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

function endsSession(app: SymfonyApplication, call: PhpCall): boolean {
  if (ENDS.has(call.name)) return true;
  if (call.name === "login")
    return /\\Security( |$)|^security$/i.test(receiverOf(call.file, call.target));
  const route = call.name === "redirecttoroute" ? argumentOf(call, 0) : undefined;
  const name = route === undefined ? undefined : scalarOf(evaluate(app.code, call.file, route));
  return typeof name === "string" && /(log|sign)_?(out|off)/i.test(name);
}

/** What listens to the events that a page makes and dispatches. */
function callsOfListeners(app: SymfonyApplication, calls: readonly PhpCall[]): readonly PhpCall[] {
  if (!calls.some(({ name }) => name === "dispatch")) return [];
  const events = new Set(
    calls.flatMap(({ form, className }) =>
      // One that the application declares: what others listen to may be about anything.
      form === "new" && className !== undefined && app.code.classNamed(className) !== undefined
        ? className.toLowerCase()
        : [],
    ),
  );
  if (events.size === 0) return [];
  return classesOf(app.code).flatMap((each) =>
    [...each.methods.values()].flatMap((method) =>
      method.parameters.some((parameter) =>
        typesOf(method.file, parameter).some((type) => events.has(type.toLowerCase())),
      )
        ? callsReached(app.code, method, 1)
        : [],
    ),
  );
}

const ROLE_CALLS = ["setRoles", "addRole", "removeRole", "setRole", "setSuperAdmin"] as const;

/** Whether rights can be changed in the application at all, and what that does to sessions. */
function roleChanges(app: SymfonyApplication): PrivilegeChange[] {
  const [first, ...others] = userClasses(app);
  if (first === undefined)
    return roleChange(roleForm(app) ?? roleCall(app), comparedOnRequest(app));
  return [
    ...(hasFixedRoles(app, first)
      ? rightsChange(app, first)
      : roleChange(roleForm(app) ?? roleCall(app), comparedOnRequest(app, first))),
    ...others.flatMap((user) =>
      hasFixedRoles(app, user)
        ? rightsChange(app, user)
        : roleChange(rightsForm(app, user), comparedOnRequest(app, user)),
    ),
  ];
}

function roleChange(at: Place | undefined, compared: Compared): PrivilegeChange[] {
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

/** Where roles never differ, comparing them ends nothing: rights are kept elsewhere. */
function rightsChange(app: SymfonyApplication, user: PhpClass): PrivilegeChange[] {
  const at = rightsForm(app, user);
  const roles = user.name === undefined ? undefined : methodOf(app.code, user.name, "getRoles");
  if (at === undefined || roles === undefined) return [];
  const name = user.name?.replace(/^.*\\/, "");
  const place = placeOf(roles.file, roles.node);
  const why = `${name}::getRoles() always answers the same, so the firewall sees no difference when rights that are kept elsewhere change: session and id stay.`;
  return [
    {
      kind: "role-change",
      place: at,
      rotation: "none",
      rotationPlace: place,
      why,
      others: "unknown",
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
  for (const name of new Set([...ROLE_CALLS, ...ownRoleCalls(app)])) {
    for (const call of app.code.callsNamed(name)) {
      const method = namedFunctionOf(call.file, call.node);
      if (method === undefined || runsOutsideRequests(app.code, method.of)) continue;
      // Whoever is loaded gets the same first role each time; what is computed may differ the next time.
      if (!(isProvider(app, method) ? isComputed(app, call) : isHandler(method))) continue;
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
  return roleAssignment(app);
}

/** Methods of people that give them roles, whatever they are called. */
function ownRoleCalls(app: SymfonyApplication): readonly string[] {
  return userClasses(app).flatMap((user) =>
    [...user.methods.values()].flatMap((method) => {
      const { name = "" } = method;
      const writes = /\$this->roles?(\[\w*\])?\s*=[^=>]/.test(codeTextOf(method.file, method.node));
      return writes && /role|admin|moderator|promote|demote|grant|revoke/i.test(name) ? name : [];
    }),
  );
}

/** `$user->roles = …` in code that requests run. */
function roleAssignment(app: SymfonyApplication): Place | undefined {
  for (const file of app.code.files) {
    for (const each of indexPhp(file).assignments) {
      const left = child(each, "left");
      const what = child(left, "what");
      if (left?.kind !== "propertylookup" || what === undefined) continue;
      if (!/^roles?$/.test(nameOf(child(left, "offset")) ?? "")) continue;
      if (!/user|account|member/i.test(codeTextOf(file, what))) continue;
      const method = namedFunctionOf(file, each);
      if (method === undefined || runsOutsideRequests(app.code, method.of)) continue;
      if (isHandler(method) && !/command|fixture|import/i.test(method.of?.name ?? ""))
        return placeOf(file, left);
    }
  }
  return undefined;
}

/** It loads users, and with them the roles that what is stored gives them now. */
function isProvider(app: SymfonyApplication, { of }: PhpFunction): boolean {
  return of?.name !== undefined && isSubclassOf(app.code, of.name, /UserProvider(Interface)?$/);
}

function isComputed(app: SymfonyApplication, call: PhpCall): boolean {
  const given = argumentOf(call, 0);
  return given !== undefined && evaluate(app.code, call.file, given).kind === "unknown";
}

/** Controllers, actions, handlers and services: neither entities nor forms nor repositories. */
function isHandler({ file, of }: PhpFunction): boolean {
  const kind = `${file.file} ${of?.name ?? ""} ${of?.parent ?? ""}`;
  return !/Entity|Document|Model\/|Repository|AbstractType|FormType|Form\/|Fixture|Twig|Voter|Interface/.test(
    kind,
  );
}
