/**
 * A step before the sign-in that writes what guards take for the identity: recovery that remembers whose password
 * is to be reset under the key that says who somebody is.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { type PhpNode, textOf } from "../../php/php-file.ts";
import { isCredentialCheck } from "../code/credential-check.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { handlers } from "../code/request-handlers.ts";
import { nameFor, signInPaths } from "./collect-sign-ins.ts";
import type { SignInPath } from "./sign-in-path.ts";

const RECOVERY = /forg[eo]t|recover|lost_?pass|request_?reset|reset_?request/i;
/** Who proves something, by a secret of a mail or by a question, may be signed in by it. */
const PROVES = /token|code|hash|secret|\botp\b|signature|answer|nonce|verif|\bkey\b/i;

export function sessionPuzzling(phalcon: PhalconApplication): readonly Observation[] {
  const reached = new Set(handlers(phalcon).map(({ node }) => node));
  const seen = new Set<PhpNode>();
  return signInPaths(phalcon).flatMap((path): readonly Observation[] => {
    const { entry, write, change } = path;
    if (!reached.has(entry.node) || seen.has(write.node) || !isUnproven(path)) return [];
    seen.add(write.node);
    const key = write.operation?.key;
    if (key === undefined) return [];
    return [
      {
        topic: "session-puzzling",
        place: change.place,
        kind: "fault",
        what: `${nameFor(entry)} writes "${key}", which says who is signed in, for whoever asks for a new password.`,
        remedy:
          "Keep whose password is to be reset under a key of its own, or in the token of the mail, and write the identity after the check of credentials only.",
      },
    ];
  });
}

/** No parameter, no check, and nothing on the way that a stranger would not know. */
function isUnproven({ entry, steps, write }: SignInPath): boolean {
  if (!RECOVERY.test(entry.name ?? "") || entry.parameters.length > 0) return false;
  const before = steps.slice(0, steps.indexOf(write));
  if (before.some(isCredentialCheck)) return false;
  const functions = new Map([[entry.node, entry]]);
  for (const { within } of before) functions.set(within.node, within);
  return ![...functions.values()].some(({ file, node }) =>
    PROVES.test(textOf(file, node).replace(/checkToken|csrf\w*/gi, "")),
  );
}
