/**
 * What else was seen of sessions in a Symfony application: settings that do nothing, native session functions,
 * trusted proxies, debugging, transport security, and what is put into the session.
 * @module
 */
import type { Observation, Place } from "../../evidence.ts";
import { type ConfigEntry, entryAt } from "../config/config-node.ts";
import { nameOf, type PhpNode, placeOf } from "../php/php-file.ts";
import type { PhpSessionSettings } from "../php/php-settings.ts";
import { evaluate, scalarOf } from "../php/php-value.ts";
import { argumentOf, classOf, indexPhp } from "../php/php-walk.ts";
import { accountDisabling } from "./account/account-disabling.ts";
import { freshAuthentication } from "./account/fresh-authentication.ts";
import { receiverOf, runsOutsideRequests } from "./code/code-roles.ts";
import { codeTextOf } from "./code/code-text.ts";
import { nameNode } from "./code/session-rotation.ts";
import type { SymfonyApplication } from "./code/symfony-application.ts";
import { resolveEntry } from "./configuration/symfony-values.ts";
import { crossOriginReads } from "./requests/cross-origin-reads.ts";
import { safeMethods } from "./requests/safe-methods.ts";
import { tokenVerification } from "./requests/token-verification.ts";
import { trustedProxies } from "./requests/trusted-proxies.ts";
import { deadSettings } from "./sessions/dead-settings.ts";
import { deviceBinding } from "./sessions/device-binding.ts";
import { eagerSessions } from "./sessions/eager-sessions.ts";
import { expiredData } from "./sessions/expired-data.ts";
import { idValidation } from "./sessions/id-validation.ts";
import { idsAtRest } from "./sessions/ids-at-rest.ts";
import { periodicRotation } from "./sessions/periodic-rotation.ts";
import { absoluteTimeouts } from "./sessions/session-clock.ts";
import { readHandler } from "./sessions/session-handler.ts";
import { stolenSessionSignals } from "./sessions/stolen-session-signals.ts";
import { storeAccess } from "./sessions/store-access.ts";
import { concurrentSessions } from "./sign-in/concurrent-sessions.ts";
import { federatedSessions } from "./sign-in/federated-sessions.ts";
import { staticTokens } from "./sign-in/static-tokens.ts";
import { signOutMethods } from "./sign-out/sign-out-method.ts";

export function collectObservations(
  app: SymfonyApplication,
  php: PhpSessionSettings,
): Observation[] {
  const handler = readHandler(app, php);
  return [
    ...php.observations,
    ...deadSettings(app),
    ...nativeFunctions(app),
    ...trustedProxies(app),
    ...debugging(app),
    ...transportSecurity(app),
    ...sessionData(app),
    ...storeAccess(app),
    ...signOutMethods(app),
    ...crossOriginReads(app),
    ...freshAuthentication(app),
    ...absoluteTimeouts(app),
    ...eagerSessions(app),
    ...safeMethods(app),
    ...accountDisabling(app),
    ...tokenVerification(app),
    ...idValidation(app, handler),
    ...idsAtRest(app, handler),
    ...expiredData(app, handler, php),
    ...periodicRotation(app),
    ...stolenSessionSignals(app),
    ...deviceBinding(app),
    ...concurrentSessions(app),
    ...federatedSessions(app),
    ...staticTokens(app),
  ];
}

const NATIVE: ReadonlySet<string> = new Set([
  "session_start",
  "session_id",
  "session_destroy",
  "session_regenerate_id",
  "session_unset",
  "session_name",
  "session_set_save_handler",
  "session_set_cookie_params",
  "session_write_close",
]);

function nativeFunctions({ code }: SymfonyApplication): Observation[] {
  const seen: Observation[] = [];
  const add = (place: Place, what: string): void => {
    const remedy = "Use the session of the request or of RequestStack.";
    seen.push({ topic: "native-session-functions", place, kind: "fault", what, remedy });
  };
  for (const file of code.files) {
    // Somebody else's code that was copied in is not the application's to judge.
    if (
      /(^|\/)((lib|libs|libraries|third[-_]?party|external|ext|bundles|assets|js|ckeditor|kcfinder|elfinder|filemanager|phpmyadmin|adminer)\/|adminer[^/]*\.php$)/i.test(
        file.file,
      )
    )
      continue;
    const index = indexPhp(file);
    for (const { form, name, node } of index.calls) {
      if (form === "function" && NATIVE.has(name) && !implementsStorage(code, file, node)) {
        add(placeOf(file, node), `${name}() goes past the framework's session.`);
      }
    }
    const global = index.ofKind("variable").find((node) => nameOf(node) === "_SESSION");
    if (global !== undefined)
      add(placeOf(file, global), "$_SESSION goes past the framework's session.");
  }
  return seen;
}

/** A save handler or a storage of the application's own has to speak to PHP. */
function implementsStorage(
  code: SymfonyApplication["code"],
  file: Parameters<typeof classOf>[0],
  node: PhpNode,
): boolean {
  const of = classOf(file, node);
  return (
    of !== undefined &&
    (runsOutsideRequests(code, of) ||
      /Session(Handler|Storage|Update)/.test([of.parent, ...of.interfaces].join(" ")))
  );
}

function debugging(app: SymfonyApplication): Observation[] {
  const seen: Observation[] = [];
  const topic = "debug-in-production";
  const debug = app.config.env.get("APP_DEBUG");
  if (debug !== undefined && /^(1|true|on|yes)$/i.test(debug.value)) {
    const what =
      "APP_DEBUG is on in a file that production loads too: it holds there unless the deployment sets it.";
    seen.push({
      topic,
      place: debug.place,
      kind: "doubt",
      what,
      remedy: "Remove it: APP_DEBUG follows APP_ENV by itself.",
    });
  }
  const environment = app.config.env.get("APP_ENV");
  if (
    environment !== undefined &&
    /\.env\.prod/.test(environment.place.file) &&
    environment.value !== "prod"
  ) {
    const what = `APP_ENV is ${environment.value} in a file for production.`;
    seen.push({
      topic,
      place: environment.place,
      kind: "fault",
      what,
      remedy: "Set APP_ENV to prod.",
    });
  }
  for (const file of app.application.files) {
    if (!/(^|\/)config\/bundles\.php$/.test(file)) continue;
    const lines = (app.tree.read(file) ?? "").split("\n");
    const at = lines.findIndex(
      (line) =>
        /WebProfilerBundle::class\s*=>\s*\[[^\]]*['"](all|prod)['"]\s*=>\s*true/.test(line) &&
        !/^\s*(\/\/|#|\*)/.test(line),
    );
    if (at !== -1) {
      const what =
        "The profiler is registered for production: it shows sessions and cookies of everybody.";
      seen.push({
        topic,
        place: { file, line: at + 1, column: 1 },
        kind: "fault",
        what,
        remedy: "Register it for dev and test alone.",
      });
    }
  }
  return seen;
}

function transportSecurity(app: SymfonyApplication): Observation[] {
  const topic = "transport-security";
  const forced = entryAt(app.config.extension("nelmio_security")?.node, "forced_ssl");
  if (forced !== undefined && isOn(app, forced)) {
    const age = entryAt(forced.node, "hsts_max_age");
    const value = age === undefined ? undefined : resolveEntry(app.config, age).value;
    if (value === undefined || value === null) {
      const what =
        "nelmio_security forces HTTPS and sends no Strict-Transport-Security: hsts_max_age is not set.";
      return [
        {
          topic,
          place: forced.place,
          kind: "doubt",
          what,
          remedy: "Set hsts_max_age: 31536000 and hsts_subdomains: true.",
        },
      ];
    }
    return [
      {
        topic,
        place: age?.place ?? forced.place,
        kind: "good",
        what: "nelmio_security forces HTTPS and sends Strict-Transport-Security.",
      },
    ];
  }
  for (const call of app.code.callsNamed("set")) {
    const header = argumentOf(call, 0);
    const name = header === undefined ? undefined : scalarOf(evaluate(app.code, call.file, header));
    if (typeof name === "string" && name.toLowerCase() === "strict-transport-security") {
      return [
        {
          topic,
          place: placeOf(call.file, nameNode(call) ?? call.node),
          kind: "good",
          what: "The application sends Strict-Transport-Security.",
        },
      ];
    }
  }
  return [];
}

/** Written, and neither null nor false, nor `enabled: false`. */
function isOn(app: SymfonyApplication, { node, place }: ConfigEntry): boolean {
  const { value } = resolveEntry(app.config, entryAt(node, "enabled") ?? { node, place });
  return node.kind === "map" ? value !== false : value !== false && value !== null;
}

/** What no session should hold. */
const SECRET_KEY =
  /(^|[_.-])(plain_?)?(password|passwd|pwd|pass|secret|credit_?card|card_?number|cvv|private_?key)$/i;

function sessionData(app: SymfonyApplication): Observation[] {
  return app.code.callsNamed("set").flatMap((call): Observation[] => {
    if (!/session/i.test(receiverOf(call.file, call.target))) return [];
    const key = argumentOf(call, 0);
    const name = key === undefined ? undefined : scalarOf(evaluate(app.code, call.file, key));
    const value = argumentOf(call, 1);
    if (typeof name !== "string" || !SECRET_KEY.test(name) || value === undefined) return [];
    if (/^(true|false|null)$/i.test(codeTextOf(call.file, value))) return [];
    const what = `A value named ${name} is written into the session.`;
    return [
      {
        topic: "session-data",
        place: placeOf(call.file, nameNode(call) ?? call.node),
        kind: "doubt",
        what,
        remedy: "Keep a reference to it, and the value where it belongs.",
      },
    ];
  });
}
