/**
 * What signing out leaves in the browser: Phalcon ends the session on the server and never takes the cookie back.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { type PhpNode, placeOf, textOf } from "../../php/php-file.ts";
import type { PhpCall } from "../../php/php-walk.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { handlers } from "../code/request-handlers.ts";
import type { Step } from "../code/trace.ts";
import { nameFor, placeOfStep, signInPaths } from "../sign-in/collect-sign-ins.ts";
import { endingStep, type SignOutPath, signOutPaths } from "./collect-sign-outs.ts";

const SESSION_COOKIE =
  /session_name\(\)|->getName\(\)|PHPSESSID|session_get_cookie_params|(session|sess)_?(cookie|name)/i;

export function clientCleanup(phalcon: PhalconApplication): readonly Observation[] {
  if (signInPaths(phalcon).length === 0) return [];
  const reached = new Set(handlers(phalcon).map(({ node }) => node));
  const isElsewhere = phalcon.code.calls.some((call) => removesCookie(phalcon, call));
  const seen = new Set<PhpNode>();
  return signOutPaths(phalcon).flatMap((path): readonly Observation[] => {
    const { entry, steps } = path;
    const ended = endingStep(phalcon, path);
    if (!reached.has(entry.node) || seen.has(entry.node) || ended === undefined) return [];
    seen.add(entry.node);
    const removal = steps.find(
      ({ call }) => call !== undefined && removesCookie(phalcon, call),
    )?.call;
    if (removal !== undefined) {
      const place = placeOf(removal.file, removal.node);
      const what = `${nameFor(entry)} takes the session's cookie back from the browser.`;
      return [{ topic: "client-cleanup", place, kind: "good", what }];
    }
    // A listener or a session class that cannot be followed from here may do it.
    return isElsewhere ? [] : leftCookie(path, ended);
  });
}

function leftCookie({ entry, steps }: SignOutPath, ended: Step): readonly Observation[] {
  // What begins again needs a cookie: the new one takes the place of the old one.
  const isBegunAgain = steps.some(
    ({ operation }) => operation?.kind === "regenerate" || operation?.kind === "start",
  );
  if (isBegunAgain) return [];
  const isDead = ended.operation?.kind === "destroy";
  return [
    {
      topic: "client-cleanup",
      place: placeOfStep(ended),
      kind: isDead ? "doubt" : "fault",
      what: isDead
        ? `${nameFor(entry)} destroys the session, and the cookie with its dead id stays in the browser: Phalcon does not remove it.`
        : `${nameFor(entry)} leaves the cookie in the browser, and its id still opens the session.`,
      remedy:
        'Destroy the session, then setcookie(session_name(), "", ["expires" => 1] and the path, domain and flags that it was set with), or send Clear-Site-Data: "cookies", "storage".',
    },
  ];
}

function removesCookie(phalcon: PhalconApplication, call: PhpCall): boolean {
  const text = textOf(call.file, call.node);
  if (/^(set(raw)?header|header|withheader|addheader)$/.test(call.name))
    return /clear-site-data/i.test(text);
  if (call.form === "function" && /^set(raw)?cookie$/.test(call.name))
    return namesSession(phalcon, call, text) && isPast(call, text);
  return (
    call.form === "method" &&
    /^(delete|remove|forget|clear|unset)\w*$/.test(call.name) &&
    /cookies?\b/i.test(text) &&
    namesSession(phalcon, call, text)
  );
}

function isPast({ arguments: given }: PhpCall, text: string): boolean {
  const [, value] = given;
  const isEmpty = value?.kind === "string" && value.value === "";
  return (
    isEmpty || /time\(\)\s*-|,\s*1\s*[,)]|=>\s*[01]\s*[,\])]|["']deleted["']|-\s*\d/.test(text)
  );
}

/** By `session_name()`, or by the name that the application gave the session. */
function namesSession(phalcon: PhalconApplication, call: PhpCall, text: string): boolean {
  if (SESSION_COOKIE.test(text)) return true;
  const [first] = call.arguments;
  const name = first === undefined ? undefined : phalcon.evaluate(call.file, first);
  const chosen = name?.kind === "known" && typeof name.value === "string" ? name.value : undefined;
  if (chosen === undefined) return false;
  return ["session_name", "setName"]
    .flatMap((each) => phalcon.code.callsNamed(each))
    .some((named) => {
      const [given] = named.arguments;
      const value = given === undefined ? undefined : phalcon.evaluate(named.file, given);
      return value?.kind === "known" && value.value === chosen;
    });
}
