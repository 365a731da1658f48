/**
 * Actions of controllers that change something and ask for no token: by GET, and by POST alone.
 * @module
 */
import type { Place, SameSiteFlag } from "../../../evidence.ts";
import { nameOf, placeOf } from "../../php/php-file.ts";
import { isInside, type PhpCall, type PhpFunction } from "../../php/php-walk.ts";
import { attributesOf, callsReached, classesOf, titleOf, typesOf } from "../code/code-roles.ts";
import { callsOf, codeTextOf } from "../code/code-text.ts";
import { hasOwnSession, takesSession } from "../code/request-firewall.ts";
import { type Action, allowsGet } from "../code/routes.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";

/** A request that goes unguarded. */
export interface CsrfGap {
  readonly place: Place;
  readonly what: string;
}

const REMOVES: ReadonlySet<string> = new Set([
  "remove",
  "delete",
  "removeall",
  "deleteuser",
  "batchremove",
]);
const WRITES: ReadonlySet<string> = new Set([
  "flush",
  "executestatement",
  "executequery",
  "executeupdate",
]);
export const PROVES: RegExp =
  /isCsrfTokenValid|isTokenValid|CsrfToken|handleRequest|isSubmitted|isMethod|getMethod|REQUEST_METHOD|createDeleteForm|checkCsrf|validateCsrf|checkToken/i;
/** What guards an action beside its forms. */
export const PROVES_MORE: RegExp =
  /isCsrfTokenValid|isTokenValid|CsrfToken|checkCsrf|validateCsrf|isXmlHttpRequest/i;
/** A token, a form that carries one, or a header that no form of another site can send. */
const PROVES_ORIGIN =
  /isCsrfTokenValid|isTokenValid|CsrfToken|handleRequest|->submit\(|checkCsrf|validateCsrf|!\s*\$[\w>()-]*isXmlHttpRequest/i;
/** What takes no cookie, or signs nobody's wishes: programs call it, or somebody who is not signed in. */
const FOR_PROGRAMS =
  /(^|[\\/])(api|rest|webhooks?|graphql)[\\/]|(Api|API|Rest|Webhook|WebHook|GraphQL|Graphql|Callback)(?=[A-Z./]|$)/;
const NO_VISITOR = /webhook|callback|notif(y|ication)|ipn|regist|forg[eo]t|reset|login|sign_?in/i;

/** Links that delete: SameSite=Lax sends the cookie along with them too. */
export function getGaps(actions: readonly Action[]): CsrfGap[] {
  return actions.flatMap((action): CsrfGap[] => {
    const { method } = action;
    if (!allowsGet(action)) return [];
    const calls = callsOf(method);
    const removes = calls.some(
      ({ name, target }) => REMOVES.has(name) && target !== undefined && !isOfSession(target),
    );
    if (!removes || !calls.some(({ name }) => WRITES.has(name))) return [];
    if (PROVES.test(codeTextOf(method.file, method.node)) || hasGuard(method)) return [];
    if (!/delete|remove|destroy|drop|supprim|erase|purge/i.test(titleOf(method))) return [];
    const what = `${titleIn(method)} deletes on a plain GET request, and checks no token.`;
    return [{ place: placeOf(method.file, method.node), what }];
  });
}

/** Whether forms of other sites bring the session along. */
export function isSentFromEverywhere(sameSite: SameSiteFlag | undefined): boolean {
  return sameSite === "unset" || sameSite === "none";
}

/** Actions by POST that neither a form nor a token guards: the cookie's SameSite is all that there is. */
export function postGaps(
  app: SymfonyApplication,
  actions: readonly Action[],
  sameSite: SameSiteFlag | undefined,
): CsrfGap[] {
  if (hasListener(app)) return [];
  const end = isSentFromEverywhere(sameSite)
    ? "and the session's cookie has no SameSite."
    : "SameSite keeps forms of other sites away, and not those of other hosts of the same site.";
  return actions.flatMap((action): CsrfGap[] => {
    const { method, methods } = action;
    if (!methods.includes("POST") || hasGuard(method) || isForPrograms(app, action)) return [];
    const text = codeTextOf(method.file, method.node);
    if (/getContent\(|json_decode|toArray\(|MapRequestPayload/.test(text)) return [];
    const calls = callsReached(app.code, method, 2);
    const proves = calls.some((call) => PROVES_ORIGIN.test(`->${call.name}(`));
    if (proves || PROVES_ORIGIN.test(text) || !calls.some((call) => changes(app, call, method))) {
      return [];
    }
    const what = `${titleIn(method)} takes a POST request without a token: ${end}`;
    return [{ place: placeOf(method.file, method.node), what }];
  });
}

/** Nobody who is signed in by a session asks for it. */
export function isForPrograms(app: SymfonyApplication, action: Action): boolean {
  if (NO_VISITOR.test(titleOf(action.method))) return true;
  // Where a firewall of its own keeps a session, browsers ask for it too, whatever it is called.
  if (isNamedForPrograms(action)) return !hasOwnSession(app, action);
  return takesSession(app, action) === false;
}

export function isNamedForPrograms({ method, path }: Action): boolean {
  return (
    FOR_PROGRAMS.test(method.file.file) || /(^|\/)(api|webhooks?|graphql)(\/|$)/i.test(path ?? "")
  );
}

/** It writes to the database, or into an entity that the framework loaded for the action. */
function changes(app: SymfonyApplication, call: PhpCall, method: PhpFunction): boolean {
  if (WRITES.has(call.name)) return true;
  if (!/^(set|add|remove)\w/.test(call.name) || call.target?.kind !== "variable") return false;
  if (call.file !== method.file || !isInside(call.node, method.node)) return false;
  const name = nameOf(call.target);
  const entity = method.parameters.find((parameter) => nameOf(parameter) === name);
  return (
    entity !== undefined &&
    typesOf(method.file, entity).some(
      (type) => ENTITY.test(type) && app.code.classNamed(type) !== undefined,
    )
  );
}

/** Where classes of what is stored live by convention, which no service does. */
const ENTITY = /\\(Entity|Entities|Document|Model)\\/;

export function hasGuard(method: PhpFunction): boolean {
  return [method.node, method.of?.node].some(
    (node) =>
      node !== undefined && attributesOf(node).some(({ name }) => /IsCsrfTokenValid$/.test(name)),
  );
}

/** One listener that checks every request's token. */
function hasListener({ code }: SymfonyApplication): boolean {
  return classesOf(code).some((each) => {
    const text = codeTextOf(each.file, each.node);
    return (
      /\b(RequestEvent|ControllerEvent|ControllerArgumentsEvent|GetResponseEvent|FilterControllerEvent)\b/.test(
        text,
      ) && /->isTokenValid\(/.test(text)
    );
  });
}

function isOfSession(target: { readonly [field: string]: unknown }): boolean {
  return /session|cookies|headers|query|cache/i.test(
    JSON.stringify([target.name, (target.offset as { name?: unknown } | undefined)?.name]),
  );
}

export function titleIn(method: PhpFunction): string {
  return titleOf(method).trim().replace(" ", "::");
}
