/**
 * What removes expired sessions from the store: the store itself, PHP's clean-up, or the application's own adapter.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { methodOf } from "../../php/php-code.ts";
import { placeOf } from "../../php/php-file.ts";
import { phpSessionSettings } from "../../php/php-settings.ts";
import { callsInside } from "../../php/php-walk.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { libraryOf } from "./collect-sessions.ts";
import type { SessionAdapter } from "./session-adapters.ts";
import { type SessionService, sessionServices } from "./session-services.ts";

export function expiredData(phalcon: PhalconApplication): readonly Observation[] {
  return sessionServices(phalcon).flatMap((service) => observed(phalcon, service));
}

function observed(phalcon: PhalconApplication, service: SessionService): readonly Observation[] {
  const { adapter, place } = service;
  if (adapter?.kind === "redis" || adapter?.kind === "memcached") {
    // A class of the application's own may set no end: what it hands on to does.
    if (innermost(adapter).isOwn) return [];
    return [
      {
        topic: "expired-data",
        place: adapter.place,
        kind: "good",
        value: "the store's own expiry",
        what: "Each record is written with an end, after which the store drops it",
        origin: { kind: "default", of: libraryOf(phalcon, service), place: adapter.place },
      },
    ];
  }
  if (adapter?.kind !== "files" && adapter?.kind !== "database") return [];
  return [...idleCollector(phalcon, adapter), ...chance(phalcon, service, place)];
}

function innermost(adapter: SessionAdapter): SessionAdapter {
  return adapter.wraps === undefined ? adapter : innermost(adapter.wraps);
}

/** `gc()` of a class of the application's own that calls nothing removes nothing. */
function idleCollector(
  phalcon: PhalconApplication,
  adapter: SessionAdapter,
): readonly Observation[] {
  const { className, isOwn } = adapter;
  const gc = isOwn ? methodOf(phalcon.code, className, "gc") : undefined;
  if (gc === undefined || callsInside(gc.file, gc.node).length > 0) return [];
  return [
    {
      topic: "expired-data",
      place: placeOf(gc.file, gc.node),
      kind: "fault",
      value: "never",
      what: `The gc() of ${className} removes nothing`,
      remedy: "Delete the records whose last use is longer ago than gc() is told.",
    },
  ];
}

function chance(
  phalcon: PhalconApplication,
  { adapter }: SessionService,
  place: SessionService["place"],
): readonly Observation[] {
  const { tree, application, code, resolve } = phalcon;
  const { gcProbability } = phpSessionSettings(tree, application, code, { resolve, place });
  const { value, origin } = gcProbability;
  if (value === undefined || origin.kind !== "set") return [];
  if (value === 0) {
    return [
      {
        topic: "expired-data",
        place: origin.place,
        kind: "fault",
        value: "switched off",
        what: "PHP's clean-up is switched off: nothing removes what nobody uses any more",
        origin,
        remedy:
          "Set session.gc_probability to 1, or call session_gc() from a timer that knows the folder.",
      },
    ];
  }
  const removes =
    adapter?.isOwn !== true || methodOf(phalcon.code, adapter.className, "gc") !== undefined;
  if (!removes) return [];
  return [
    {
      topic: "expired-data",
      place: origin.place,
      kind: "good",
      value: "PHP's clean-up",
      what: "PHP's clean-up is switched on and removes expired sessions as requests come",
      origin,
    },
  ];
}
