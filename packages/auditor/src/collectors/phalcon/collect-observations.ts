/**
 * What else is seen around sessions: PHP's own functions beside the framework's, ids from requests, stores that
 * others can read, debugging in production.
 * @module
 */
import type { Observation } from "../../evidence.ts";
import { isSubclassOf } from "../php/php-code.ts";
import { runsInProduction } from "../php/php-code-settings.ts";
import { type PhpFile, type PhpNode, placeOf, textOf } from "../php/php-file.ts";
import { entryOf, scalarOf } from "../php/php-value.ts";
import { ancestorsOf, classOf, indexPhp, namedFunctionOf, type PhpCall } from "../php/php-walk.ts";
import { accountDisabling } from "./account/account-disabling.ts";
import type { PhalconApplication } from "./code/phalcon-application.ts";
import { isSuperglobal, sessionOperations } from "./code/session-operations.ts";
import { requestObservations } from "./requests/collect-request-observations.ts";
import { deviceBinding } from "./requests/device-binding.ts";
import { safeMethods } from "./requests/safe-methods.ts";
import { staticTokens } from "./requests/static-tokens.ts";
import { stolenSessionSignals } from "./requests/stolen-session-signals.ts";
import { tokenVerification } from "./requests/token-verification.ts";
import { lifetimeObservations } from "./sessions/collect-lifetime-observations.ts";
import { forgeableCookies } from "./sessions/cookie-sessions.ts";
import { expiredData } from "./sessions/expired-data.ts";
import { idValidation } from "./sessions/id-validation.ts";
import { idsAtRest } from "./sessions/ids-at-rest.ts";
import { periodicRotation } from "./sessions/periodic-rotation.ts";
import { sessionServices } from "./sessions/session-services.ts";
import { concurrentSessions } from "./sign-in/concurrent-sessions.ts";
import { federatedSessions } from "./sign-in/federated-sessions.ts";
import { sessionPuzzling } from "./sign-in/session-puzzling.ts";
import { clientCleanup } from "./sign-out/client-cleanup.ts";

const MAX_OF_ONE_KIND = 25;

export function collectObservations(phalcon: PhalconApplication): readonly Observation[] {
  return [
    ...nativeFunctions(phalcon),
    ...idsFromRequests(phalcon),
    ...storeAccess(phalcon),
    ...debugging(phalcon),
    ...proxyTrust(phalcon),
    ...transport(phalcon),
    ...support(phalcon),
    ...requestObservations(phalcon),
    ...lifetimeObservations(phalcon),
    ...clientCleanup(phalcon),
    ...safeMethods(phalcon),
    ...accountDisabling(phalcon),
    ...tokenVerification(phalcon),
    ...sessionPuzzling(phalcon),
    ...forgeableCookies(phalcon),
    ...idValidation(phalcon),
    ...idsAtRest(phalcon),
    ...staticTokens(phalcon),
    ...periodicRotation(phalcon),
    ...expiredData(phalcon),
    ...concurrentSessions(phalcon),
    ...federatedSessions(phalcon),
    ...stolenSessionSignals(phalcon),
    ...deviceBinding(phalcon),
  ];
}

/** These read or change the session behind the framework's back; setting `session.*` is how flags are set. */
const BEHIND_ITS_BACK: ReadonlySet<string> = new Set([
  "session_abort",
  "session_decode",
  "session_destroy",
  "session_encode",
  "session_id",
  "session_regenerate_id",
  "session_register",
  "session_reset",
  "session_start",
  "session_unset",
]);

function nativeFunctions(phalcon: PhalconApplication): readonly Observation[] {
  const isBeside = sessionServices(phalcon).some(({ library }) => library === "phalcon");
  const calls = phalcon.code.calls
    .filter((call) => call.form === "function" && BEHIND_ITS_BACK.has(call.name))
    .map(({ file, node, name }) => ({ file, node, what: `${name}()` }));
  const variables = phalcon.code.files.flatMap((file) =>
    indexPhp(file)
      .ofKind("variable")
      .filter(isSuperglobal)
      .map((node) => ({ file, node, what: "$_SESSION" })),
  );
  return [...calls, ...variables]
    .filter(({ file, node }) => !isOwnHandler(phalcon, file, node))
    .slice(0, MAX_OF_ONE_KIND)
    .map(({ file, node, what }) => ({
      topic: "native-session-functions",
      place: placeOf(file, node),
      kind: "fault",
      what: isBeside
        ? `${what} is used beside Phalcon's session service, which knows nothing of it.`
        : `${what} keeps sessions by PHP's own functions, in the place of Phalcon's session service.`,
      remedy:
        'Use the session service; only ini_set("session.…"), session_name() and session_set_cookie_params() belong beside it, before it starts.',
    }));
}

/** The application's own session class has to call PHP somewhere. */
function isOwnHandler(phalcon: PhalconApplication, file: PhpFile, node: PhpNode): boolean {
  const name = classOf(file, node)?.name;
  if (name === undefined) return false;
  return isSubclassOf(
    phalcon.code,
    name,
    /^Phalcon\\(Incubator\\)?Session\\|^SessionHandler(Interface)?$/i,
  );
}

const REQUEST =
  /\$_(GET|POST|REQUEST|COOKIE|SERVER)\b|->get(Post|Query|Header|Put|Param)\w*\(|request->get\(/;

function idsFromRequests(phalcon: PhalconApplication): readonly Observation[] {
  return sessionOperations(phalcon).flatMap(
    ({ kind, file, value, place }): readonly Observation[] => {
      if (kind !== "set-id" || value === undefined) return [];
      const text = textOf(file, value);
      const within = namedFunctionOf(file, value);
      const name = value.kind === "variable" ? text : undefined;
      const around =
        name === undefined || within === undefined ? "" : assignedText(file, value, within.node);
      if (!REQUEST.test(`${text} ${around}`)) return [];
      return [
        {
          topic: "id-in-url",
          place,
          kind: "fault",
          what: "The session's id is taken from the request: whoever sends a link chooses it.",
          remedy: "Remove it and leave the id to the cookie.",
        },
      ];
    },
  );
}

function assignedText(file: PhpFile, variable: PhpNode, within: PhpNode): string {
  const name = textOf(file, variable).slice(1);
  const start = within.loc?.start.offset ?? 0;
  const end = within.loc?.end.offset ?? 0;
  return indexPhp(file)
    .assignmentsTo(name)
    .filter(({ loc }) => (loc?.start.offset ?? -1) >= start && (loc?.end.offset ?? -1) <= end)
    .map((node) => textOf(file, node))
    .join(" ");
}

function storeAccess(phalcon: PhalconApplication): readonly Observation[] {
  return sessionServices(phalcon).flatMap(({ adapter }): readonly Observation[] => {
    if (adapter?.kind !== "files") return [];
    const path = entryOf(adapter.options, "savePath") ?? entryOf(adapter.options, "save_path");
    const value = scalarOf(path);
    const isShared = typeof value === "string" && /^(\/var)?\/tmp\/?$/.test(value);
    const call = adapter.call;
    const usesTemp =
      call !== undefined && /sys_get_temp_dir\(\)\s*[,\])]/.test(textOf(call.file, call.node));
    if (!isShared && !usesTemp) return [];
    return [
      {
        topic: "store-access",
        place: path?.place ?? adapter.place,
        kind: "fault",
        what: "Sessions lie in the system's shared temporary folder, where other accounts of the machine may list or read them.",
        remedy: "Give savePath a folder of its own outside the web root, with mode 0700.",
      },
    ];
  });
}

function debugging(phalcon: PhalconApplication): readonly Observation[] {
  const listening = phalcon.code.callsNamed("listen").filter((call) => {
    const text = call.target === undefined ? "" : textOf(call.file, call.target);
    return /debug/i.test(text) && usesDebug(call) && runsInProduction(call) && !isOptional(call);
  });
  return listening.map(({ file, node }) => ({
    topic: "debug-in-production",
    place: placeOf(file, node),
    kind: "fault",
    what: "Phalcon's debug page, which shows cookies and session data, is switched on in production.",
    remedy: "Switch it on in development only.",
  }));
}

/** Under a condition that configuration decides. */
function isOptional({ file, node }: PhpCall): boolean {
  return ancestorsOf(file, node).some(({ kind }) => kind === "if" || kind === "retif");
}

function usesDebug({ file }: PhpCall): boolean {
  return /Phalcon\\+(Support\\+)?Debug\b/.test(file.text);
}

function proxyTrust(phalcon: PhalconApplication): readonly Observation[] {
  return phalcon.code.callsNamed("getClientAddress").flatMap((call): readonly Observation[] => {
    const [first] = call.arguments;
    if (first === undefined || scalarOf(phalcon.evaluate(call.file, first)) !== true) return [];
    return [
      {
        topic: "proxy-trust",
        place: placeOf(call.file, call.node),
        kind: "doubt",
        what: "getClientAddress(true) believes X-Forwarded-For from anybody.",
        remedy: "Have the proxy overwrite the header, or read it for trusted proxies only.",
      },
    ];
  });
}

function transport(phalcon: PhalconApplication): readonly Observation[] {
  return phalcon.code.calls
    .filter(({ name }) => ["setheader", "setrawheader", "header"].includes(name))
    .filter((call) => /strict-transport-security/i.test(textOf(call.file, call.node)))
    .slice(0, 1)
    .map(({ file, node }) => ({
      topic: "transport-security",
      place: placeOf(file, node),
      kind: "good",
      what: "Strict-Transport-Security is sent.",
    }));
}

function support(phalcon: PhalconApplication): readonly Observation[] {
  const { major, text } = phalcon.version;
  if (major === undefined || major >= 5) return [];
  return [
    {
      topic: "supported-version",
      place: phalcon.place,
      kind: "fault",
      what: `Phalcon ${text ?? major} gets no security fixes any more.`,
      remedy: "Move to Phalcon 5.14.2 or later.",
    },
  ];
}
