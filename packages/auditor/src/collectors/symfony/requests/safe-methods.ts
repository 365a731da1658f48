/**
 * Actions that a plain GET reaches and that change what is stored.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { placeOf } from "../../php/php-file.ts";
import type { PhpCall } from "../../php/php-walk.ts";
import { attributesOf, callsReached } from "../code/code-roles.ts";
import { callsOf, codeTextOf } from "../code/code-text.ts";
import { actionsOfFiles } from "../code/route-files.ts";
import { type Action, actionsOf, allowsGet } from "../code/routes.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";
import { hasGuard, isForPrograms, PROVES, titleIn } from "./action-csrf.ts";

/** Names of what somebody wants done; what sets a filter, a view or a language is none of it. */
const DOES =
  /^(delete|remove|destroy|erase|purge|toggle|enable|disable|activate|deactivate|archive|unarchive|publish|unpublish|approve|reject|accept|decline|ban|unban|block|unblock|promote|demote|cancel|close|reopen|restore|star|unstar|duplicate|clone|revoke|regenerate)(?![a-z])/;
const WRITES: ReadonlySet<string> = new Set(["flush", "executestatement", "executeupdate"]);
/** Only a body makes it do anything, or a header that no link sends. */
const READS_BODY =
  /->request->|\$_POST|getContent\(|toArray\(|getPayload\(|MapRequestPayload|json_decode|isXmlHttpRequest/;
/** A link out of a mail has to be a GET, and carries its own proof. */
const BY_MAIL =
  /\{(\w*(token|hash|code|key|secret|signature))\b|isSigned|UriSigner|checkRequest\(|confirm|unsubscri/i;

export function safeMethods(app: SymfonyApplication): Observation[] {
  if (app.firewalls.length > 0 && app.firewalls.every(({ isStateless }) => isStateless)) return [];
  const seen = new Set<Action["method"]["node"]>();
  return [...actionsOf(app.code), ...actionsOfFiles(app)].flatMap((action): Observation[] => {
    const { method, methods } = action;
    if (seen.has(method.node) || !changesOnGet(app, action)) return [];
    seen.add(method.node);
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
  const isWhole = method.name === "__invoke";
  const name = isWhole ? (method.of?.name ?? "").replace(/^.*\\/, "") : (method.name ?? "");
  if (!DOES.test(name.charAt(0).toLowerCase() + name.slice(1))) return false;
  const text = codeTextOf(method.file, method.node);
  if (PROVES.test(text) || READS_BODY.test(text)) return false;
  if (BY_MAIL.test(`${path ?? ""} ${name} ${text}`) || isForPrograms(app, action)) return false;
  if (!callsOf(method).some(isWrite)) {
    const calls = callsReached(app.code, method, 2);
    return calls.some(isWrite) && !calls.some((call) => PROVES.test(call.name));
  }
  return !callsReached(app.code, method, 1).some(({ name: called }) => PROVES.test(called));
}

function isWrite({ form, name }: PhpCall): boolean {
  return form === "method" && WRITES.has(name);
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
