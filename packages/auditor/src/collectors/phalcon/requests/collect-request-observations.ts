/**
 * What requests may do that they should not: sign out by a link, change a password without the old one, read
 * answers from other origins.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { child, type PhpFile, type PhpNode, placeOf, textOf } from "../../php/php-file.ts";
import {
  ancestorsOf,
  indexPhp,
  namedFunctionOf,
  offsetOf,
  type PhpCall,
} from "../../php/php-walk.ts";
import { type PasswordChange, passwordChanges } from "../account/collect-account-changes.ts";
import { asksMethod, isRoutedByPost } from "../code/asked-method.ts";
import { isCredentialCheck } from "../code/credential-check.ts";
import { identityKeys } from "../code/identity.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { handlers } from "../code/request-handlers.ts";
import type { Step } from "../code/trace.ts";
import { nameFor, placeOfStep, signInPaths } from "../sign-in/collect-sign-ins.ts";
import { endsSession, type SignOutPath, signOutPaths } from "../sign-out/collect-sign-outs.ts";
import { checksToken } from "./collect-csrf.ts";

export function requestObservations(phalcon: PhalconApplication): readonly Observation[] {
  return [
    ...signOutMethods(phalcon),
    ...freshAuthentication(phalcon),
    ...crossOriginReads(phalcon),
  ];
}

function signOutMethods(phalcon: PhalconApplication): readonly Observation[] {
  if (signInPaths(phalcon).length === 0) return [];
  const reached = new Set(handlers(phalcon).map(({ node }) => node));
  const seen = new Set<PhpNode>();
  return signOutPaths(phalcon).flatMap((path): readonly Observation[] => {
    const { entry } = path;
    if (!reached.has(entry.node) || seen.has(entry.node) || !endsSession(phalcon, path)) return [];
    seen.add(entry.node);
    const place = placeOf(entry.file, entry.node);
    if (isDeliberate(phalcon, path)) {
      const what = `${nameFor(entry)} asks for a POST request or a token before it signs out.`;
      return [{ topic: "logout-method", place, kind: "good", what }];
    }
    return [
      {
        topic: "logout-method",
        place,
        kind: "fault",
        what: `${nameFor(entry)} signs out on any request: a link or an image of another site is enough.`,
        remedy:
          "Sign out by a form: return unless $this->request->isPost() and $this->security->checkToken().",
      },
    ];
  });
}

function isDeliberate(phalcon: PhalconApplication, { entry, steps }: SignOutPath): boolean {
  if (checksToken(phalcon, entry)) return true;
  return steps.some(asksMethod) || isRoutedByPost(phalcon, entry);
}

/** Who comes by a link from a mail knows no old password. */
const BY_LINK = /reset|forg[eo]t|recover|confirm|activat|invit|install|setup|token|code/i;

function freshAuthentication(phalcon: PhalconApplication): readonly Observation[] {
  return passwordChanges(phalcon).flatMap((change): readonly Observation[] => {
    const { handler, steps, at } = change;
    const place = placeOfStep(at);
    const before = steps.slice(0, steps.indexOf(at));
    if (before.some(isCredentialCheck)) {
      const what = `${nameFor(handler)} checks the old password before it sets the new one.`;
      return [{ topic: "fresh-authentication", place, kind: "good", what }];
    }
    const owner = handler.of?.name?.replace(/^.*\\/, "") ?? "";
    if (BY_LINK.test(`${owner} ${handler.name ?? ""}`) || !isOfOneself(phalcon, change)) return [];
    return [
      {
        topic: "fresh-authentication",
        place,
        kind: "fault",
        what: `${nameFor(handler)} sets a new password of whoever is signed in without asking for the old one.`,
        remedy:
          "Ask for the old password in the same form, and return unless $this->security->checkHash() accepts it.",
      },
    ];
  });
}

/** The account is the one that the session names, and not one that the request chooses. */
function isOfOneself(phalcon: PhalconApplication, { handler, steps }: PasswordChange): boolean {
  if (handler.parameters.length > 0) return false;
  const keys = identityKeys(phalcon);
  return steps.some(({ operation, call }: Step) => {
    if (operation?.kind === "read" && operation.key !== undefined && keys.has(operation.key))
      return true;
    return (
      call?.form === "method" &&
      /^get_?(current_?|auth_?|logged_?in_?)?(user|identity)$/.test(call.name)
    );
  });
}

const ALLOW_ORIGIN = /Access-Control-Allow-Origin/i;
const OF_REQUEST = /HTTP_ORIGIN|get(Header|Server)\(\s*["'](HTTP_)?Origin["']/i;

function crossOriginReads(phalcon: PhalconApplication): readonly Observation[] {
  const headers = phalcon.code.files
    .filter(({ text }) => ALLOW_ORIGIN.test(text))
    .flatMap((file) => indexPhp(file).calls)
    .filter(({ name }) => ["setheader", "setrawheader", "header", "withheader"].includes(name));
  const credentials = phalcon.code.files
    .filter(({ text }) => /Access-Control-Allow-Credentials/i.test(text))
    .flatMap((file) => indexPhp(file).calls)
    .find(
      (call) =>
        /^(setheader|setrawheader|header|withheader)$/.test(call.name) &&
        /Access-Control-Allow-Credentials["']?\s*[:,]\s*["']?(true|1)/i.test(
          textOf(call.file, call.node),
        ),
    );
  if (credentials === undefined) return [];
  return headers.flatMap((call): readonly Observation[] => {
    const written = textOf(call.file, call.node);
    if (!ALLOW_ORIGIN.test(written)) return [];
    const place = placeOf(call.file, call.node);
    const topic = "cross-origin-reads";
    if (/Allow-Origin["']?\s*[:,]\s*["']?\*/i.test(written)) {
      const what =
        "Every origin is allowed beside credentials: browsers refuse the two together, so that one of them is not meant.";
      const remedy =
        "List the origins that may read with credentials, or take the credentials away.";
      return [{ topic, place, kind: "doubt", what, remedy }];
    }
    if (!OF_REQUEST.test(madeFrom(call))) return [];
    if (isListed(call)) {
      const what = "The origin of the request is repeated only if it is on a list.";
      return [{ topic, place, kind: "good", what }];
    }
    const what =
      "The origin of the request is repeated, whichever it is, and credentials are allowed.";
    const remedy = "Compare the origin with a list before it is repeated.";
    return [{ topic, place, kind: "fault", what, remedy }];
  });
}

/** The text of the arguments, and of what was assigned to the variables in them. */
function madeFrom({ file, node, arguments: given }: PhpCall): string {
  const scope = namedFunctionOf(file, node);
  const names = given.flatMap((argument) =>
    [...textOf(file, argument).matchAll(/\$(\w+)/g)].map((match) => match[1] ?? ""),
  );
  const assigned = names.flatMap((name) =>
    indexPhp(file)
      .assignmentsTo(name)
      .filter((each) => namedFunctionOf(file, each) === scope),
  );
  return [...given, ...assigned].map((each) => textOf(file, each)).join("\n");
}

/** In a branch, or after a return, that a list or a comparison decides. */
function isListed(call: PhpCall): boolean {
  const { file, node } = call;
  const isAbout = (test: PhpNode | undefined): boolean =>
    test !== undefined &&
    /in_array|isset|===?|preg_match|allowed|array_key_exists/i.test(textOf(file, test)) &&
    /origin/i.test(textOf(file, test));
  const above = ancestorsOf(file, node);
  if (
    above.some(({ kind, test }) => (kind === "if" || kind === "retif") && isAbout(test as PhpNode))
  )
    return true;
  if (/in_array|allowed/i.test(madeFrom(call))) return true;
  const scope = namedFunctionOf(file, node)?.node;
  return indexPhp(file)
    .ofKind("if")
    .some(
      (each) =>
        offsetOf(each) < offsetOf(node) &&
        (scope === undefined || offsetOf(each) > offsetOf(scope)) &&
        leaves(file, child(each, "body")) &&
        isAbout(child(each, "test")),
    );
}

function leaves(file: PhpFile, body: PhpNode | undefined): boolean {
  return body !== undefined && /\b(return|throw|exit|die)\b/.test(textOf(file, body));
}
