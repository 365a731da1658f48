/**
 * What removes sessions that ended from the store: the store itself, PHP's clean-up by chance, or nobody.
 * @module
 */
import type { Observation, Origin, Setting } from "../../../evidence.ts";
import { entryAt } from "../../config/config-node.ts";
import { child, children, placeOf } from "../../php/php-file.ts";
import type { PhpSessionSettings } from "../../php/php-settings.ts";
import type { PhpClass } from "../../php/php-walk.ts";
import { codeTextOf } from "../code/code-text.ts";
import { isSince, type SymfonyApplication } from "../code/symfony-application.ts";
import { numberOf, resolveEntry, settingOf } from "../configuration/symfony-values.ts";
import type { HandlerEvidence } from "./session-handler.ts";

const topic = "expired-data";
const REMEDY =
  "Set gc_probability: 1 and gc_divisor: 100 under framework.session, or run a command that removes ended sessions by a timer.";

/** These end a record by themselves. */
const ENDS_BY_ITSELF: ReadonlySet<unknown> = new Set(["redis", "memcached"]);

export function expiredData(
  app: SymfonyApplication,
  handler: HandlerEvidence,
  php: PhpSessionSettings,
): Observation[] {
  const { storage, own, isForeign } = handler;
  if (storage.value === undefined || isForeign === true) return [];
  const place = storage.origin.place ?? app.place;
  const idle = own.map((each) => idleCollector(each)).find((each) => each !== undefined);
  if (ENDS_BY_ITSELF.has(storage.value)) {
    // An own handler may write records without an end.
    if (own.length > 0) return [];
    const what = `The handler gives each record an end, and ${storage.value === "redis" ? "Redis" : "Memcached"} removes it then.`;
    return [{ topic, place, kind: "good", what, origin: library(app) }];
  }
  if (storage.value === "custom" || storage.value === "cookie") return [];
  if (idle !== undefined) {
    const what = "gc() of the handler removes nothing, so sessions that ended stay in the store.";
    const remedy = "Delete the records whose end has passed in gc().";
    return [{ topic, place: idle, kind: "fault", what, remedy }];
  }
  const timer = cleanUp(app);
  if (timer !== undefined) return [timer];
  return [byChance(app, handler, php)];
}

function byChance(
  app: SymfonyApplication,
  { storage }: HandlerEvidence,
  php: PhpSessionSettings,
): Observation {
  const probability = probabilityOf(app, php);
  const { value, origin } = probability;
  const place = origin.place ?? storage.origin.place ?? app.place;
  if (value === undefined) {
    const what = "Whether PHP's clean-up runs is decided where the application is deployed.";
    return { topic, place, kind: "doubt", what, origin, remedy: REMEDY };
  }
  if (value === 0) {
    const what =
      "PHP's clean-up is switched off by gc_probability 0, and nothing else in the repository removes sessions that ended.";
    return { topic, place, kind: "fault", what, value: "never", origin, remedy: REMEDY };
  }
  if (origin.kind === "platform") {
    // Debian's timer sees its own folder, which the default is.
    if (storage.value === "files" && isDefaultFolder(app, php)) {
      const what =
        "Sessions lie in PHP's own folder, which PHP or the distribution's timer cleans.";
      return { topic, place, kind: "good", what, origin };
    }
    const what =
      "php.ini decides whether PHP's clean-up runs: PHP's own gc_probability is 1, Debian's is 0, and its timer does not see this store.";
    return { topic, place, kind: "doubt", what, value: "by php.ini", origin, remedy: REMEDY };
  }
  const what = "PHP's clean-up removes sessions that ended, by chance at requests.";
  return { topic, place, kind: "good", what, value: `gc_probability ${value}`, origin };
}

/** The framework sets 1 by itself up to 7.1, and leaves it to PHP since. */
function probabilityOf(app: SymfonyApplication, php: PhpSessionSettings): Setting<number> {
  const session = entryAt(app.config.extension("framework")?.node, "session");
  const entry = entryAt(session?.node, "gc_probability");
  const resolved = entry === undefined ? undefined : resolveEntry(app.config, entry);
  if (resolved !== undefined && resolved.value !== null) return settingOf(resolved, numberOf);
  if (isSince(app, "7.2")) return php.gcProbability;
  return { value: 1, origin: library(app) };
}

function library(app: SymfonyApplication): Origin {
  return { kind: "default", of: app.library, place: app.place };
}

function isDefaultFolder(app: SymfonyApplication, php: PhpSessionSettings): boolean {
  const framework = app.config.extension("framework")?.node;
  const folder = entryAt(framework, "session", "save_path");
  const handler = entryAt(framework, "session", "handler_id");
  const isSet = folder !== undefined && resolveEntry(app.config, folder).value !== null;
  const isNative = handler === undefined || resolveEntry(app.config, handler).value === null;
  return !isSet && isNative && php.savePath.origin.kind === "platform";
}

/** `gc()` without a single statement that does something. */
function idleCollector(own: PhpClass): Observation["place"] | undefined {
  const method = own.methods.get("gc");
  const body = child(method?.node, "body");
  if (method === undefined || body === undefined) return undefined;
  const statements = children(body, "children");
  const isIdle = statements.every((each) => {
    const value = child(each, "expr");
    return each.kind === "return" && (value === undefined || /^(boolean|number)$/.test(value.kind));
  });
  return isIdle ? placeOf(method.file, method.node) : undefined;
}

/** A command, handler or schedule of the application that deletes sessions. */
function cleanUp(app: SymfonyApplication): Observation | undefined {
  for (const file of app.code.files) {
    const text = file.text;
    if (!/Command|AsCronTask|AsPeriodicTask|Schedule|MessageHandler/.test(text)) continue;
    if (!/DELETE\s+FROM|->gc\(/i.test(text)) continue;
    const index = /DELETE\s+FROM\s+[`"]?\w*sess\w*|->gc\(/i.exec(codeTextOf(file, file.program));
    if (index === null) continue;
    const what = "A command of the application removes sessions that ended.";
    return { topic, place: placeOf(file, file.program), kind: "good", what };
  }
  return undefined;
}
