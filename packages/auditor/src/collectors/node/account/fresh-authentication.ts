/**
 * Whether who changes a password proves to know the old one. A reset by a link proves something else.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { type FunctionNode, functionName } from "../../script/script-syntax.ts";
import { requestFlow } from "../code/handlers.ts";
import { isAbout } from "../code/identity.ts";
import { routesTo, themeOf } from "../code/routes.ts";
import type { HandledChange } from "./credential-change.ts";

const OLD_PASSWORD =
  /^(?:(?:old|current|existing|previous|actual|confirm_?current)_?(?:pass\w*|pwd)|re_?auth\w*|\w*sudo\w*|fresh_?login)$/i;
const BY_TOKEN =
  /^(?:\w*(?:reset|recovery|invit\w*|verification|activation)_?(?:token|code|key)\w*)$/i;

export function freshAuthentication(
  project: ScriptProject,
  changes: readonly HandledChange[],
): readonly Observation[] {
  return changes.flatMap(({ handler, change, node }): Observation[] => {
    if (change.kind !== "password-change" || !isAddressed(project, handler)) return [];
    const theme = themeOf(project, handler);
    const { events, words } = requestFlow(project, handler);
    const isOther =
      isAbout("reset", theme) ||
      isAbout("confirmation", theme) ||
      isAbout("registration", theme) ||
      [...words].some((word) => BY_TOKEN.test(word));
    // Who changes the password of another is asked for other proof.
    if (isOther || /admin|manage|users?\/:|:user_?id/i.test(theme)) return [];
    const isOwn =
      isAbout("password", theme) || /profile|account|settings|preferences|\bme\b/i.test(theme);
    if (!isOwn) return [];
    const { place } = change;
    const topic = "fresh-authentication";
    const at = events.findIndex((event) => event.node === node);
    const isChecked = events.slice(0, at + 1).some(({ kind }) => kind === "check");
    if (isChecked) {
      return [
        { topic, place, kind: "good", what: "The old password is checked before the change." },
      ];
    }
    if ([...words].some((word) => OLD_PASSWORD.test(word))) {
      const what = "The old password is asked for, and where it is checked cannot be followed.";
      return [{ topic, place, kind: "doubt", what }];
    }
    const what =
      "The password is changed for whoever holds the session: the old one is not asked for.";
    const remedy = "Ask for the old password, and compare it, before the new one is kept.";
    return [{ topic, place, kind: "fault", what, remedy }];
  });
}

/** Who sends the new password calls a route; other functions change passwords for reasons of their own. */
function isAddressed(project: ScriptProject, handler: FunctionNode): boolean {
  const isFileRoute = /^(?:POST|PUT|PATCH|action|default|handler)$/.test(
    functionName(handler) ?? "",
  );
  return isFileRoute || routesTo(project, handler).length > 0;
}
