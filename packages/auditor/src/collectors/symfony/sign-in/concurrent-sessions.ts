/**
 * Code of the application that keeps the number of somebody's sessions: the framework has none.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { type PhpNode, placeOf } from "../../php/php-file.ts";
import { indexPhp, isInside, type PhpFunction } from "../../php/php-walk.ts";
import { callsReached, classesOf, runsOutsideRequests, titleOf } from "../code/code-roles.ts";
import { callsAny, callsOf, codeTextOf, expandedText } from "../code/code-text.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";

const topic = "concurrent-sessions";
const SIZES: ReadonlySet<unknown> = new Set([">", ">=", "<", "<="]);
const EQUAL: ReadonlySet<unknown> = new Set(["==", "===", "!=", "!=="]);
const COUNTS = /\bcount\(|\bsizeof\(|->count\w*\(|COUNT\s*\(/i;
const LIMIT = /max|limit|allowed|\b\d+\b/i;
const REMOVES =
  /^(remove|delete|revoke|invalidate|destroy|end|close|terminate|expire|evict|executestatement)\w*$/;
const REFUSES = /throw new \\?\w*(Authentication|TooMany|AccountStatus|AccessDenied)\w*/;
/** Of a person's sessions, not of what a session holds. */
const SESSIONS =
  /sessions\b|session_?(ids|tokens|count|records|repository|registry|store)\b|account_?sessions?\b|(active|open|user|concurrent|max(imum)?)_?sessions?/i;
/** The id that the account keeps as the only one. */
const OWN_ID =
  /->get\w{0,40}session_?(id|token|key)\w{0,40}\(|->\w{0,40}session_?(id|token|key)\b/i;
const CURRENT_ID = /session\w{0,40}(\(\))?->getId\(|\bsession_id\(/i;
const ENDS = ["invalidate", "settoken", "logout", "clear"] as const;

export function concurrentSessions(app: SymfonyApplication): Observation[] {
  const methods = classesOf(app.code)
    .filter((each) => /session|login|device/i.test(each.file.text))
    .filter((each) => !runsOutsideRequests(app.code, each))
    .flatMap((each) => [...each.methods.values()]);
  const seen = methods.flatMap((method) => [...byCount(app, method), ...byOnlyId(app, method)]);
  return seen.slice(0, 1);
}

/** Counts them, and ends or refuses what is too many. */
function byCount(app: SymfonyApplication, method: PhpFunction): Observation[] {
  const text = codeTextOf(method.file, method.node);
  const subject = `${titleOf(method)} ${text}`;
  if (!COUNTS.test(text) || !SESSIONS.test(subject)) return [];
  const comparison = comparisonsOf(method, SIZES).find((node) => {
    const written = expandedText(method, node);
    return (
      COUNTS.test(written) &&
      LIMIT.test(codeTextOf(method.file, node)) &&
      SESSIONS.test(`${titleOf(method)} ${written}`)
    );
  });
  if (comparison === undefined) return [];
  const ends =
    REFUSES.test(text) || callsReached(app.code, method, 1).some(({ name }) => REMOVES.test(name));
  if (!ends) return [];
  const title = titleOf(method).trim().replace(" ", "::");
  const what = `${title} counts the sessions of an account, and ends or refuses what is too many.`;
  return [{ topic, place: placeOf(method.file, comparison), kind: "good", what }];
}

/** Compares the session's id with the one that the account was given at its last sign-in. */
function byOnlyId(app: SymfonyApplication, method: PhpFunction): Observation[] {
  if (
    !callsAny(method, ...ENDS) &&
    !/throw new|RedirectResponse/.test(codeTextOf(method.file, method.node))
  ) {
    return [];
  }
  const comparison = comparisonsOf(method, EQUAL).find((node) => {
    const text = expandedText(method, node);
    return OWN_ID.test(text) && CURRENT_ID.test(text);
  });
  if (comparison === undefined || !isKept(app)) return [];
  const title = titleOf(method).trim().replace(" ", "::");
  const what = `${title} ends a session that is not the one of the account's last sign-in.`;
  const value = "one session per account";
  return [{ topic, place: placeOf(method.file, comparison), kind: "good", what, value }];
}

/** Some code gives the account the id of its session. */
function isKept({ code }: SymfonyApplication): boolean {
  return code.calls.some(
    (call) =>
      /^set\w*session_?(id|token|key)$/.test(call.name) &&
      call.arguments.some((given) => CURRENT_ID.test(codeTextOf(call.file, given))),
  );
}

function comparisonsOf(method: PhpFunction, operators: ReadonlySet<unknown>): readonly PhpNode[] {
  const bins = indexPhp(method.file)
    .ofKind("bin")
    .filter((node) => isInside(node, method.node) && operators.has(node.type));
  if (operators !== EQUAL) return bins;
  const calls = callsOf(method).filter(({ name }) => name === "hash_equals");
  return [...bins, ...calls.map(({ node }) => node)];
}
