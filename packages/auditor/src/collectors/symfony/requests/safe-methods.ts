/**
 * Actions that a plain GET reaches and that change what is stored.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { placeOf } from "../../php/php-file.ts";
import type { PhpCall } from "../../php/php-walk.ts";
import { attributesOf, callsReached } from "../code/code-roles.ts";
import { callsOf, codeTextOf } from "../code/code-text.ts";
import { frontActions, isFrontAction } from "../code/front-actions.ts";
import { actionsOfFiles } from "../code/route-files.ts";
import { type Action, actionsOf, allowsGet } from "../code/routes.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";
import { hasGuard, isForPrograms, PROVES, titleIn } from "./action-csrf.ts";

/** Names of what somebody wants done; what sets a filter, a view or a language is none of it. */
const DOES =
  /^(delete|remove|destroy|erase|purge|toggle|enable|disable|activate|deactivate|archive|unarchive|publish|unpublish|approve|reject|accept|decline|ban|unban|block|unblock|promote|demote|cancel|close|reopen|restore|star|unstar|duplicate|copy|clone|revoke|regenerate)(?![a-z])/;
/** A class that is an action may be named by what it is about first: `FolderDelete`. */
const DOES_AT_END = /[a-z](Delete|Remove|Copy|Publish|Approve|Restore)(Action)?$/;
const WRITES: ReadonlySet<string> = new Set(["flush", "executestatement", "executeupdate"]);
/** Only a body makes it do anything, or a header that no link sends. */
const READS_BODY =
  /->request->|\$_POST|getContent\(|toArray\(|getPayload\(|MapRequestPayload|php:\/\/input|isXmlHttpRequest/;
/** A link out of a mail has to be a GET, and carries its own proof. */
const BY_MAIL =
  /\{(\w*(token|hash|code|key|secret|signature))\b|isSigned|UriSigner|checkRequest\(|confirm|unsubscri/i;

/** Actions that a link of another site can have done. */
export function changesByGet(app: SymfonyApplication): readonly Action[] {
  if (app.firewalls.length > 0 && app.firewalls.every(({ isStateless }) => isStateless)) return [];
  const actions = [...actionsOf(app.code), ...actionsOfFiles(app), ...frontActions(app.code)];
  const changing = actions.filter((action) => changesOnGet(app, action));
  return [...new Map(changing.map((action) => [action.method.node, action])).values()];
}

export function safeMethods(app: SymfonyApplication): Observation[] {
  return changesByGet(app).flatMap((action): Observation[] => {
    const { method, methods } = action;
    const end =
      methods.length === 0 ? "its route takes every method, GET included" : "its route takes GET";
    return [
      {
        topic: "safe-methods",
        place: placeOf(method.file, method.node),
        kind: "fault",
        what: `${titleIn(method)} changes what is stored, and ${end}.`,
        remedy:
          "Let the route take POST or DELETE alone (methods: ['POST']), and check a token in the action.",
      },
    ];
  });
}

function changesOnGet(app: SymfonyApplication, action: Action): boolean {
  const { method, path } = action;
  if (!allowsGet(action) || hasGuard(method) || isLimitedByClass(action)) return false;
  const isWhole = method.name === "__invoke" || isFrontAction(method);
  const named = isWhole ? (method.of?.name ?? "").replace(/^.*\\/, "") : (method.name ?? "");
  const name = named.replace(/^(mass|bulk|batch)_?(?=[A-Z_])/i, "");
  const does = DOES.test(name.charAt(0).toLowerCase() + name.slice(1));
  if (!does && !(isWhole && DOES_AT_END.test(name))) return false;
  const text = codeTextOf(method.file, method.node);
  if (PROVES.test(text) || READS_BODY.test(text)) return false;
  if (BY_MAIL.test(`${path ?? ""} ${name} ${text}`) || isForPrograms(app, action)) return false;
  if (!callsOf(method).some(isWrite)) {
    const calls = callsReached(app.code, method, 2);
    return calls.some(isWrite) && !calls.some((call) => PROVES.test(call.name));
  }
  return !callsReached(app.code, method, 1).some(({ name: called }) => PROVES.test(called));
}

function isWrite({ form, name, target, file }: PhpCall): boolean {
  if (form !== "method") return false;
  if (WRITES.has(name)) return true;
  const receiver = target === undefined ? "" : codeTextOf(file, target);
  return /^(delete|update|insert|execute)$/.test(name)
    ? /database|\bdb\b|connection\b/i.test(receiver)
    : /^(handle|dispatch)$/.test(name) && /command_?bus/i.test(receiver);
}

/** Methods of the class's own route hold for each of its actions too. */
function isLimitedByClass({ method, methods }: Action): boolean {
  return (
    methods.length === 0 &&
    attributesOf(method.of?.node ?? method.node).some(
      ({ name, node }) =>
        /(^|\\)Route$/.test(name) && /\bmethods\s*:/.test(codeTextOf(method.file, node)),
    )
  );
}
