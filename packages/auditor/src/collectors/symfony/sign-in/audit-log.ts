/**
 * Whether sign-ins and failed attempts are recorded: by listeners and authenticators of the application, or by
 * the framework's own log where production keeps it.
 * @module
 */
import type { AuditLogEvidence, Place, PresenceEvidence } from "../../../evidence.ts";
import { type ConfigNode, entriesOf, entryAt, itemsOf, nodeAt } from "../../config/config-node.ts";
import { child, placeOf } from "../../php/php-file.ts";
import {
  indexPhp,
  isInside,
  type PhpCall,
  type PhpClass,
  type PhpFunction,
} from "../../php/php-walk.ts";
import {
  attributesOf,
  calledMethod,
  classesOf,
  receiverOf,
  runsOutsideRequests,
  titleOf,
  typesOf,
} from "../code/code-roles.ts";
import { callsOf, codeTextOf } from "../code/code-text.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";
import { resolveEntry } from "../configuration/symfony-values.ts";
import { mainFirewall } from "./firewall-sign-ins.ts";

const SUCCESS = {
  types:
    /(^|\\)(LoginSuccessEvent|InteractiveLoginEvent|AuthenticationSuccessEvent|AuthenticationTokenCreatedEvent)$/,
  methods: "onauthenticationsuccess",
  events:
    /security\.interactive_login|security\.authentication\.success|SecurityEvents::INTERACTIVE_LOGIN|AuthenticationEvents::AUTHENTICATION_SUCCESS|INTERACTIVE_LOGIN/,
} as const;
const FAILURE = {
  types: /(^|\\)(LoginFailureEvent|AuthenticationFailureEvent|AuthenticationFailedEvent)$/,
  methods: "onauthenticationfailure",
  events: /security\.authentication\.failure|AuthenticationEvents::AUTHENTICATION_FAILURE/,
} as const;

/** @param own Where code of the application signs in past every firewall. */
export function collectAuditLog(
  app: SymfonyApplication,
  own?: Place,
): AuditLogEvidence | undefined {
  const firewall = mainFirewall(app);
  if (firewall === undefined) return own === undefined ? undefined : ownLog(app, own);
  const framework = frameworkLog(app);
  const find = (what: typeof SUCCESS | typeof FAILURE, words: string): PresenceEvidence => {
    const own = recorder(app, what);
    if (own !== undefined) {
      return {
        present: true,
        place: placeOf(own.file, own.node),
        why: `${titleOf(own).trim().replace(" ", "::")} records ${words}.`,
      };
    }
    if (framework !== undefined) {
      return {
        present: true,
        place: framework,
        why: `The framework logs ${words} on channel security at level info, which production's log keeps.`,
      };
    }
    return {
      present: false,
      place: firewall.place,
      why: `Nothing records ${words}: no listener does, and production's log drops the level that the framework logs them at.`,
    };
  };
  return { success: find(SUCCESS, "sign-ins"), failure: find(FAILURE, "failed attempts") };
}

/** Without a firewall the framework logs nothing: the class that signs in does, or nobody. */
function ownLog(app: SymfonyApplication, place: Place): AuditLogEvidence {
  const logs = app.code.calls.filter(
    (call) => call.file.file === place.file && call.form !== "new" && isLogCall(call),
  );
  const evidence = (words: string): PresenceEvidence => ({
    present: logs.length === 0 ? false : undefined,
    place,
    why:
      logs.length === 0
        ? `Nothing records ${words}: the code that signs in past every firewall writes no log.`
        : `The code that signs in past every firewall writes a log; whether ${words} are in it was not followed.`,
  });
  return { success: evidence("sign-ins"), failure: evidence("failed attempts") };
}

function isLogCall(call: PhpCall): boolean {
  return LEVELS.has(call.name) && /log/i.test(receiverOf(call.file, call.target));
}

function recorder(
  app: SymfonyApplication,
  { types, methods, events }: typeof SUCCESS | typeof FAILURE,
): PhpFunction | undefined {
  for (const each of classesOf(app.code)) {
    if (runsOutsideRequests(app.code, each)) continue;
    for (const method of each.methods.values()) {
      const takesEvent = method.parameters.some((parameter) =>
        typesOf(method.file, parameter).some((type) => types.test(type)),
      );
      const subscription = each.methods.get("getsubscribedevents");
      // A subscriber's method that its list does not name is never run.
      const isListener =
        takesEvent &&
        (subscription === undefined ||
          isNamedIn(subscription, method) ||
          isAttributed(each, method));
      const isCallback = method.name?.toLowerCase() === methods;
      const isSubscribed =
        !takesEvent && !isCallback && isNamedBySubscription(subscription, events, method);
      if ((isListener || isCallback || isSubscribed) && records(app, method, 0)) return method;
    }
  }
  return undefined;
}

/** By a literal; a list that is put together elsewhere may name it. */
function isNamedIn({ file, node }: PhpFunction, method: PhpFunction): boolean {
  const text = codeTextOf(file, node);
  return !/['"]\w+['"]/.test(text) || new RegExp(`['"]${method.name}['"]`).test(text);
}

function isAttributed(of: PhpClass, method: PhpFunction): boolean {
  return [of.node, method.node].some((node) =>
    attributesOf(node).some(({ name }) => name.endsWith("AsEventListener")),
  );
}

/** `"security.interactive_login" => "onLogin"` of old subscribers, whose methods may lack types. */
function isNamedBySubscription(
  subscription: PhpFunction | undefined,
  events: RegExp,
  method: PhpFunction,
): boolean {
  if (subscription === undefined || method.name === undefined) return false;
  const { file, node } = subscription;
  const name = new RegExp(`['"]${method.name}['"]`);
  return indexPhp(file)
    .ofKind("entry")
    .some((entry) => {
      const key = child(entry, "key");
      if (key === undefined || !isInside(entry, node)) return false;
      return events.test(codeTextOf(file, key)) && name.test(codeTextOf(file, entry));
    });
}

const WRITES =
  /^(log\w*|\w*log|record\w*|track\w*|audit\w*|persist|flush|save|insert\w*|executestatement|executequery|addrecord|create\w*(log|entry|event|attempt)|setlast\w+|update\w*)$/;
/** Monolog's, mildest first. */
const RANKS = [
  "debug",
  "info",
  "notice",
  "warning",
  "error",
  "critical",
  "alert",
  "emergency",
] as const;
const LEVELS: ReadonlySet<string> = new Set(RANKS);

/** The method, or one of its class or of a service that it calls, writes something down. */
function records(app: SymfonyApplication, method: PhpFunction, depth: number): boolean {
  const calls = callsOf(method);
  if (calls.some((call) => isRecord(call))) return true;
  if (depth > 1) return false;
  return calls.some((call) => {
    const called = calledMethod(app.code, call, method);
    return called !== undefined && called !== method && records(app, called, depth + 1);
  });
}

function isRecord(call: PhpCall): boolean {
  if (call.form === "new") return false;
  const receiver = receiverOf(call.file, call.target);
  if (LEVELS.has(call.name)) return /log/i.test(receiver);
  return (
    WRITES.test(call.name) &&
    !/session|translator|flash|cache|stopwatch|dialog/i.test(receiver) &&
    call.name !== "login" &&
    call.name !== "catalog"
  );
}

const NUMBERS: Readonly<Record<string, number>> = {
  100: 0,
  200: 1,
  250: 2,
  300: 3,
  400: 4,
  500: 5,
  550: 6,
  600: 7,
};

/** Where production's log keeps level info of channel security, which the framework writes both to. */
function frameworkLog(app: SymfonyApplication): Place | undefined {
  const handlers = entriesOf(nodeAt(app.config.extension("monolog")?.node, "handlers"));
  const nested = new Set(handlers.flatMap(([, { node }]) => namesBelow(node)));
  const byName = new Map(handlers);
  for (const [name, { node, place }] of handlers) {
    if (nested.has(name) || !takesSecurity(node)) continue;
    const floor = floorOf(app, byName, node, 0);
    if (floor !== undefined && floor <= 1) return place;
  }
  return undefined;
}

function namesBelow(node: ConfigNode): string[] {
  const members = [nodeAt(node, "handler"), ...itemsOf(nodeAt(node, "members"))];
  return members.flatMap((each) => (each?.kind === "scalar" ? [String(each.value)] : []));
}

/** The least severe level that reaches a place where it stays; `undefined` if none does. */
function floorOf(
  app: SymfonyApplication,
  handlers: ReadonlyMap<string, { readonly node: ConfigNode }>,
  node: ConfigNode,
  depth: number,
): number | undefined {
  if (depth > 5) return undefined;
  const text = (key: string): string | undefined => {
    const entry = entryAt(node, key);
    const value = entry === undefined ? undefined : resolveEntry(app.config, entry).value;
    return value === undefined || value === null ? undefined : String(value).toLowerCase();
  };
  const rank = (key: string, otherwise: number): number => {
    const value = text(key);
    if (value === undefined) return entryAt(node, key) === undefined ? otherwise : 7;
    const index = RANKS.indexOf(value.replace(/^.*::/, "") as (typeof RANKS)[number]);
    return index === -1 ? (NUMBERS[value] ?? otherwise) : index;
  };
  const type = text("type") ?? "";
  const below = (): number | undefined =>
    namesBelow(node)
      .flatMap((name) => handlers.get(name)?.node ?? [])
      .flatMap((inner) => floorOf(app, handlers, inner, depth + 1) ?? [])
      .sort((left, right) => left - right)[0];
  switch (type) {
    case "fingers_crossed": {
      // What comes before the action level stays in memory, unless it is passed on at the end of the request.
      const passed = entryAt(node, "passthru_level") === undefined ? 7 : rank("passthru_level", 7);
      const inner = below();
      return inner === undefined
        ? undefined
        : Math.max(inner, Math.min(rank("action_level", 3), passed));
    }
    case "buffer":
    case "deduplication":
    case "filter":
    case "group":
    case "whatfailuregroup":
    case "fallbackgroup":
    case "sampling": {
      const inner = below();
      return inner === undefined
        ? undefined
        : Math.max(inner, rank(type === "filter" ? "min_level" : "level", 0));
    }
    case "console":
    case "null":
    case "test":
    case "firephp":
    case "chromephp":
    case "browser_console":
    case "service":
    case "":
      return undefined;
    default:
      return rank("level", 0);
  }
}

function takesSecurity(node: ConfigNode): boolean {
  const channels = nodeAt(node, "channels");
  const listed = nodeAt(channels, "elements") ?? channels;
  const names = itemsOf(listed).flatMap((each) =>
    each.kind === "scalar" ? [String(each.value)] : [],
  );
  if (names.length === 0) return true;
  return names.every((name) => name.startsWith("!"))
    ? !names.includes("!security")
    : names.includes("security");
}
