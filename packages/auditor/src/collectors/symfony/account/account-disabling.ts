/**
 * Whether an account that was disabled loses its open sessions: the firewall asks the user checker at the sign-in,
 * and not when it loads the user anew for each request.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { entryAt, itemsOf, nodeAt } from "../../config/config-node.ts";
import { isSubclassOf, methodOf } from "../../php/php-code.ts";
import { nameOf, placeOf } from "../../php/php-file.ts";
import type { PhpCall, PhpClass, PhpFunction } from "../../php/php-walk.ts";
import { classesOf, receiverOf } from "../code/code-roles.ts";
import { callsOf, codeTextOf } from "../code/code-text.ts";
import { nameNode } from "../code/session-rotation.ts";
import { isSince, type SymfonyApplication } from "../code/symfony-application.ts";
import { resolveEntry } from "../configuration/symfony-values.ts";
import { interactiveFirewalls } from "../sign-in/firewall-sign-ins.ts";
import { userClass } from "./user-comparison.ts";

const topic = "account-disabling";
const ASKS =
  /^(?:is|get|has)(?:account)?(enabled|active|banned|blocked|disabled|locked|nonlocked|suspended|deactivated)$/;
const CHECKER = /(^|\\)UserCheckerInterface$/;
const REMEDY =
  "Let the user implement EquatableInterface, compare the flag in isEqualTo(), and keep it in what __serialize() returns: the next request then ends the session.";

export function accountDisabling(app: SymfonyApplication): Observation[] {
  const user = userClass(app);
  if (user?.name === undefined || isSubclassOf(app.code, user.name, /^FOS\\UserBundle\\/)) {
    return [];
  }
  const asked = askedAtSignIn(app);
  if (asked === undefined) return [];
  const { flag, call } = asked;
  // A checker of other people than those that the first provider loads.
  if (methodOf(app.code, user.name, call.name) === undefined) return [];
  const comparison = isSubclassOf(app.code, user.name, /(^|\\)EquatableInterface$/)
    ? methodOf(app.code, user.name, "isEqualTo")
    : undefined;
  if (comparison !== undefined && mentions(comparison, flag)) {
    const what = `isEqualTo() compares whether the account is ${flag}, so the next request ends the session when that changes.`;
    return [{ topic, place: placeOf(comparison.file, comparison.node), kind: "good", what }];
  }
  const listener = classesOf(app.code).find((each) => listens(each, flag));
  if (listener !== undefined) {
    const what = `A listener asks on each request whether the account is ${flag}.`;
    return [{ topic, place: placeOf(listener.file, listener.node), kind: "good", what }];
  }
  if (!isChanged(app, flag) || mayBeAskedElsewhere(app, user, flag)) return [];
  const title = nameOf(nameNode(call)) ?? call.name;
  const what = `Whether the account is ${flag} is asked by the user checker (${title}()), which runs at the sign-in alone: sessions that are open go on.`;
  const place = placeOf(call.file, nameNode(call) ?? call.node);
  return [{ topic, place, kind: "fault", what, remedy: REMEDY }];
}

/** The flag that a user checker in force asks for. */
function askedAtSignIn(
  app: SymfonyApplication,
): { readonly flag: string; readonly call: PhpCall } | undefined {
  const ids = interactiveFirewalls(app).flatMap(({ node }) => {
    const entry = entryAt(node, "user_checker");
    const value = entry === undefined ? undefined : resolveEntry(app.config, entry).value;
    return typeof value === "string" ? [value.replace(/^[@\\]+/, "").toLowerCase()] : [];
  });
  if (ids.length === 0) return undefined;
  const checkers = classesOf(app.code).filter(
    ({ name }) => name !== undefined && isSubclassOf(app.code, name, CHECKER),
  );
  const named = checkers.filter(({ name }) => ids.includes(name?.toLowerCase() ?? ""));
  // A service under another name: which class it is matters only where there are several.
  const used = named.length > 0 ? named : checkers.length === 1 ? checkers : [];
  for (const { methods } of used) {
    for (const name of ["checkpreauth", "checkpostauth"]) {
      const method = methods.get(name);
      for (const call of method === undefined ? [] : callsOf(method)) {
        const flag = ASKS.exec(call.name)?.[1];
        if (flag !== undefined && isUser(call)) return { flag, call };
      }
    }
  }
  return undefined;
}

function isUser({ file, target, form }: PhpCall): boolean {
  return form === "method" && /user|account|member|admin/i.test(receiverOf(file, target));
}

function mentions({ file, node }: Pick<PhpFunction, "file" | "node">, flag: string): boolean {
  return codeTextOf(file, node).toLowerCase().includes(flag);
}

function asksUser(of: Pick<PhpFunction, "file" | "node">, flag: string): boolean {
  return callsOf(of).some((call) => ASKS.exec(call.name)?.[1] === flag && isUser(call));
}

function isRequestListener({ file, node }: PhpClass): boolean {
  return /\b(RequestEvent|ControllerEvent|ControllerArgumentsEvent|GetResponseEvent|FilterControllerEvent)\b|KernelEvents::(REQUEST|CONTROLLER)|kernel\.(request|controller)/.test(
    codeTextOf(file, node),
  );
}

function listens(each: PhpClass, flag: string): boolean {
  return mentions(each, flag) && isRequestListener(each) && asksUser(each, flag);
}

/** Somebody can switch it: by a setter in code, or by a field of a form or an administration page. */
function isChanged({ code }: SymfonyApplication, flag: string): boolean {
  const setter = new RegExp(`^(set(is|account)*${flag}|${flag.replace(/e?d$/, "")}e?)$`);
  const field = new RegExp(`^['"](is_?)?${flag}['"]$`, "i");
  return code.calls.some((call) => {
    const [first] = call.arguments;
    if (call.form === "method" && setter.test(call.name)) return isUser(call);
    if (!/^(add|new)$/.test(call.name) || first === undefined) return false;
    return field.test(codeTextOf(call.file, first)) && /user|account|member/i.test(call.file.file);
  });
}

/** Where a request may come past it without the firewall's comparison: then nothing is said. */
function mayBeAskedElsewhere(app: SymfonyApplication, user: PhpClass, flag: string): boolean {
  const { code } = app;
  // Before 5.0 the firewall itself compared the flags of that interface.
  const advanced = /(^|\\)AdvancedUserInterface$/;
  if (!isSince(app, "5.0") && isSubclassOf(code, user.name ?? "", advanced)) return true;
  const roles = methodOf(code, user.name ?? "", "getRoles");
  if (roles !== undefined && mentions(roles, flag)) return true;
  const rules = itemsOf(nodeAt(app.config.extension("security")?.node, "access_control"));
  if (rules.some((rule) => entryAt(rule, "allow_if") !== undefined)) return true;
  return classesOf(code).some((each) => {
    if (!mentions(each, flag)) return false;
    const text = codeTextOf(each.file, each.node);
    const isLoader = each.methods.has("refreshuser") || /(^|\\)SQLFilter$/.test(each.parent ?? "");
    const isVoter = /(^|\\)Voter(Interface)?$/.test([each.parent, ...each.interfaces].join("\n"));
    if (isLoader || isVoter || isRequestListener(each)) return true;
    const asksCurrent = new RegExp(
      `getUser\\(\\)\\??->(is|get|has)\\w{0,20}${flag}\\(|user\\.\\w{0,20}${flag}`,
      "i",
    );
    if (asksCurrent.test(text)) return true;
    // Whoever disables may end the sessions by hand.
    return (
      new RegExp(`set\\w{0,20}${flag}\\(`, "i").test(text) &&
      /sessions?(->|\()|deleteSessions|SessionRepository|invalidate\w{0,20}Session/i.test(text)
    );
  });
}
