/**
 * Actions that a link is enough for: they change rows, are named for it, and ask neither method nor body nor token.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { type PhpNode, placeOf, textOf } from "../../php/php-file.ts";
import { indexPhp, type PhpFunction } from "../../php/php-walk.ts";
import { changesState } from "../code/account-actions.ts";
import { asksMethod, isRoutedByPost } from "../code/asked-method.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { handlers } from "../code/request-handlers.ts";
import { type Step, traceOf } from "../code/trace.ts";
import { nameFor, signInPaths } from "../sign-in/collect-sign-ins.ts";
import { signOutPaths } from "../sign-out/collect-sign-outs.ts";
import { checksToken } from "./collect-csrf.ts";

const MAX_FOUND = 30;

/** What only counts views or keeps a filter is no change, and is not called so. */
const CHANGES =
  /^(delete|destroy|remove|erase|purge|trash|restore|create|insert|store|save|update|toggle|enable|disable|activate|deactivate|publish|unpublish|approve|reject|ban|unban|block|unblock|promote|demote|vote|like|follow|unfollow|move|sort)(?![a-z])/;
/** Links from mails carry a secret of their own; machines call the rest. */
const NOT_BY_PEOPLE =
  /confirm|verif|reset|forg[eo]t|recover|invit|token|code|hash|secret|unsubscribe|callback|webhook|hook|cron|install|setup|migrat|cache|task|job/i;

export function safeMethods(phalcon: PhalconApplication): readonly Observation[] {
  if (signInPaths(phalcon).length === 0 || asksBefore(phalcon)) return [];
  const apart = new Set<PhpNode>(
    [...signInPaths(phalcon), ...signOutPaths(phalcon)].map(({ entry }) => entry.node),
  );
  return handlers(phalcon)
    .filter((handler) => !apart.has(handler.node) && isFollowed(phalcon, handler))
    .slice(0, MAX_FOUND)
    .map((handler) => ({
      topic: "safe-methods",
      place: placeOf(handler.file, handler.node),
      kind: "fault",
      what: `${nameFor(handler)} changes something on any request: following a link to it is enough.`,
      remedy:
        "Return unless $this->request->isPost() and $this->security->checkToken(), and send it by a form.",
    }));
}

/** A GET goes all the way to the change. */
function isFollowed(phalcon: PhalconApplication, handler: PhpFunction): boolean {
  const action = /^(.+)Action$/.exec(handler.name ?? "")?.[1];
  if (action === undefined || !CHANGES.test(spelt(action))) return false;
  const owner = handler.of?.name?.replace(/^.*\\/, "") ?? "";
  const parameters = handler.parameters.map((each) => textOf(handler.file, each)).join(" ");
  if (NOT_BY_PEOPLE.test(`${owner} ${action} ${parameters}`)) return false;
  const steps = [handler, ...before(phalcon, handler)].flatMap((each) => traceOf(phalcon, each));
  return (
    traceOf(phalcon, handler).some(changesState) &&
    !steps.some((step) => asksMethod(step) || readsBody(step) || asksToken(step)) &&
    !/\$_POST\b|php:\/\/input|HTTP_X_REQUESTED_WITH/.test(textOf(handler.file, handler.node)) &&
    !checksToken(phalcon, handler) &&
    !isRoutedByPost(phalcon, handler)
  );
}

/** `deleteAll` and `delete_all` begin with the same word. */
function spelt(action: string): string {
  return action.replace(/([A-Z])/g, "_$1").toLowerCase();
}

/** Without a body it changes nothing, or not as it is meant to. */
function readsBody({ call }: Step): boolean {
  return (
    call !== undefined &&
    /^(get|has)(post|put|patch|files|uploadedfiles|rawbody|jsonrawbody|filteredpost)\w*$|^isajax$|^getbody$|^getparsedbody$/.test(
      call.name,
    )
  );
}

/** Whoever asks for a token in a way that cannot be followed has thought of links. */
function asksToken({ call }: Step): boolean {
  return call !== undefined && /(check|verify|validate)\w{0,20}(token|nonce)|csrf/.test(call.name);
}

/** What the controller runs before each of its actions. */
function before(phalcon: PhalconApplication, { of }: PhpFunction): readonly PhpFunction[] {
  const found: PhpFunction[] = [];
  for (let at = of, depth = 0; at !== undefined && depth < 8; depth++) {
    for (const name of ["beforeexecuteroute", "initialize", "onconstruct", "__construct"]) {
      const method = at.methods.get(name);
      if (method !== undefined) found.push(method);
    }
    at = at.parent === undefined ? undefined : phalcon.code.classNamed(at.parent);
  }
  return found;
}

/** A listener that asks for the method of some requests: which ones is not followed. */
function asksBefore(phalcon: PhalconApplication): boolean {
  return phalcon.code.files.some((file) =>
    indexPhp(file).functions.some(
      (each) =>
        /^before(dispatch|executeroute|handleroute|handlerequest)/i.test(each.name ?? "") &&
        /!\s*\$[\w>$-]+->is(Post|Method)\(|getMethod\(|REQUEST_METHOD|isGet\(/.test(
          textOf(file, each.node),
        ),
    ),
  );
}
