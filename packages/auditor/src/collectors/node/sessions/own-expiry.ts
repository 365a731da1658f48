/**
 * Sessions of the application's own, whose token a cookie carries: an expiry that is kept and compared when the
 * token comes.
 * @module
 */
import type ts from "typescript";
import type { SessionEvidence } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { isOrder } from "../code/in-use.ts";
import { settingUnknown } from "./setting.ts";

const EXPIRY = /\bsession\w*[?!]?\.(?:expires\w*|expiry\w*|expiration\w*|valid_?until)\b/i;
const NOW = /Date\.now\(\)|new Date\(\)|\bnow\b|moment\(\)|dayjs\(\)/;

/** A cookie that nobody asks for its age is bounded all the same if the session that it names is. */
export function withOwnExpiry(
  project: ScriptProject,
  sessions: readonly SessionEvidence[],
): readonly SessionEvidence[] {
  const isOpen = ({ library, idle }: SessionEvidence): boolean =>
    library.startsWith("cookie-session") && idle.keptBy === "nobody";
  if (!sessions.some(isOpen)) return sessions;
  const check = comparison(project);
  if (check === undefined) return sessions;
  const why = `${textOf(check)} compares an expiry that the application keeps; what it is set to is to be seen there`;
  const seconds = settingUnknown<number | "never">(why, placeOf(check));
  return sessions.map((session) =>
    isOpen(session) ? { ...session, idle: { seconds, keptBy: "application" } } : session,
  );
}

function comparison(project: ScriptProject): ts.Node | undefined {
  for (const source of project.filesWith(EXPIRY)) {
    if (/\.[jt]sx$/.test(source.fileName)) continue;
    for (const node of nodesOf(source)) {
      if (!isOrder(node)) continue;
      const text = node.getText();
      if (EXPIRY.test(text) && NOW.test(text)) return node;
    }
  }
  return undefined;
}
