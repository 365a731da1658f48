/**
 * Code that compares where a session is used with where it began: by the browser, by a region, or by the address
 * itself, which changes for honest people too.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { type PhpNode, placeOf } from "../../php/php-file.ts";
import { indexPhp, isInside, type PhpFunction } from "../../php/php-walk.ts";
import { classesOf, runsOutsideRequests, titleOf } from "../code/code-roles.ts";
import { callsAny, callsOf, codeTextOf, expandedText } from "../code/code-text.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";

const topic = "stolen-session-signals";
const EQUAL: ReadonlySet<unknown> = new Set(["==", "===", "!=", "!=="]);
const ADDRESS = /getClientIp\(|REMOTE_ADDR|HTTP_X_FORWARDED_FOR/i;
const BROWSER = /User-?Agent|HTTP_USER_AGENT|userAgent/i;
/** A part of the address, which stays the same as long as the network does. */
const PART =
  /\bsubstr\(|\bexplode\(|anonymize\(|inet_pton\(|ip2long\(|checkIp\d?\(|\bmask|prefix|subnet|country|region|geoip/i;
/** What the session, or the account's record of it, began with. */
const KEPT =
  /session\w{0,40}(\(\))?->get(Attribute)?\(\s*[^)]|token\w{0,40}(\(\))?->getAttribute\(|\$_SESSION\s*\[|->get\w{0,40}(Login|Session)\w{0,40}(Ip|Address|Agent)\w{0,40}\(|->get\w{0,40}Fingerprint\w{0,40}\(/i;
const ENDS = ["invalidate", "clear", "settoken", "logout"] as const;
const NOTES = /->(warning|notice|alert|critical|error|info|dispatch|send)\(|throw new/;

export function stolenSessionSignals(app: SymfonyApplication): Observation[] {
  return classesOf(app.code)
    .filter((each) => !runsOutsideRequests(app.code, each))
    .flatMap((each) => [...each.methods.values()])
    .flatMap((method): Observation[] => {
      const text = codeTextOf(method.file, method.node);
      if (!ADDRESS.test(text) && !BROWSER.test(text)) return [];
      const ends = callsAny(method, ...ENDS);
      if (!ends && !NOTES.test(text)) return [];
      return signal(method, ends);
    });
}

function signal(method: PhpFunction, ends: boolean): Observation[] {
  const title = titleOf(method).trim().replace(" ", "::");
  const seen: Observation[] = [];
  for (const comparison of comparisonsOf(method)) {
    const text = expandedText(method, comparison);
    if (!KEPT.test(text)) continue;
    const place = placeOf(method.file, comparison);
    if (ADDRESS.test(text) && !PART.test(text)) {
      if (!ends) continue;
      const what = `${title} ends a session as soon as its address is another one.`;
      const remedy =
        "Compare what the browser says, or the region of the address, and ask for the password instead of signing out.";
      return [{ topic, place, kind: "fault", what, value: "the address itself", remedy }];
    }
    if (BROWSER.test(text) || ADDRESS.test(text)) {
      const by = BROWSER.test(text) ? "what the browser says" : "the network";
      const what = `${title} compares ${by} with what the session began with.`;
      seen.push({ topic, place, kind: "good", what });
    }
  }
  return seen.slice(0, 1);
}

function comparisonsOf(method: PhpFunction): readonly PhpNode[] {
  const operators = indexPhp(method.file)
    .ofKind("bin")
    .filter((node) => isInside(node, method.node) && EQUAL.has(node.type));
  const calls = callsOf(method).filter(
    ({ name, form }) => form === "function" && /^(hash_equals|strcmp)$/.test(name),
  );
  return [...operators, ...calls.map(({ node }) => node)];
}
