/**
 * Whose forwarded headers the application believes.
 * @module
 */
import type { Observation, Place } from "../../../evidence.ts";
import { entryAt, itemsOf } from "../../config/config-node.ts";
import { placeOf } from "../../php/php-file.ts";
import { evaluate, scalarOf } from "../../php/php-value.ts";
import { argumentOf, type PhpCall } from "../../php/php-walk.ts";
import { nameNode } from "../code/session-rotation.ts";
import { isSince, type SymfonyApplication } from "../code/symfony-application.ts";
import { resolveEntry } from "../configuration/symfony-values.ts";

const EVERYBODY = /(^|,)\s*(0\.0\.0\.0\/0|::\/0|\*|PRIVATE_SUBNETS_AND_ALL)\s*(,|$)/;

export function trustedProxies(app: SymfonyApplication): Observation[] {
  const entry = entryAt(app.config.extension("framework")?.node, "trusted_proxies");
  const found: { text: string; place: Place }[] = [];
  if (entry !== undefined) {
    const texts = itemsOf(entry.node).flatMap((node): string[] => {
      const { value } = resolveEntry(app.config, { place: entry.place, node });
      return typeof value === "string" ? [value] : [];
    });
    found.push({ text: texts.join(","), place: entry.place });
  }
  for (const name of ["SYMFONY_TRUSTED_PROXIES", "TRUSTED_PROXIES"]) {
    const variable = app.config.env.get(name);
    // The first is read by the framework itself since 7.2; the other by the front controller that names it.
    const isRead = name.startsWith("SYMFONY_")
      ? isSince(app, "7.2")
      : app.code.callsNamed("setTrustedProxies").length > 0;
    if (variable !== undefined && isRead)
      found.push({ text: variable.value, place: variable.place });
  }
  for (const call of app.code.callsNamed("setTrustedProxies")) {
    found.push({
      text: literalsOf(app, call),
      place: placeOf(call.file, nameNode(call) ?? call.node),
    });
  }
  return found.flatMap(({ text, place }): Observation[] => proxyObservation(text, place) ?? []);
}

function proxyObservation(text: string, place: Place): Observation[] | undefined {
  const topic = "proxy-trust";
  if (text.trim() === "") return undefined;
  if (EVERYBODY.test(text)) {
    const remedy = "Name the addresses of the proxies.";
    return [
      {
        topic,
        place,
        kind: "fault",
        what: "Forwarded headers are believed from every address.",
        remedy,
      },
    ];
  }
  if (/REMOTE_ADDR/.test(text)) {
    const what =
      "Whoever connects is believed as a proxy: right only where nobody but the proxy can connect.";
    return [{ topic, place, kind: "doubt", what, remedy: "Name the addresses of the proxies." }];
  }
  return [
    {
      topic,
      place,
      kind: "good",
      what: "Forwarded headers are believed from named addresses only.",
    },
  ];
}

function literalsOf(app: SymfonyApplication, call: PhpCall): string {
  const given = argumentOf(call, 0);
  if (given === undefined) return "";
  const value = evaluate(app.code, call.file, given);
  const parts = value.kind === "array" ? [...value.entries.values()] : [value];
  return parts
    .map((part) => String(scalarOf(part) ?? ""))
    .filter((part) => part !== "")
    .join(",");
}
