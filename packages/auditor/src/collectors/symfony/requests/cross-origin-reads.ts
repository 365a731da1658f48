/**
 * Which origins may read answers with the visitor's cookie: by NelmioCorsBundle, or by headers of the
 * application's own.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { type ConfigEntry, entriesOf, entryAt, itemsOf } from "../../config/config-node.ts";
import { placeOf } from "../../php/php-file.ts";
import { evaluate, scalarOf } from "../../php/php-value.ts";
import { argumentOf, namedFunctionOf, type PhpCall } from "../../php/php-walk.ts";
import { titleOf } from "../code/code-roles.ts";
import { callsOf, codeTextOf } from "../code/code-text.ts";
import { nameNode } from "../code/session-rotation.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";
import { booleanOf } from "../configuration/env-processors.ts";
import { resolveEntry } from "../configuration/symfony-values.ts";

const topic = "cross-origin-reads";
const REMEDY =
  "List the origins that may read in allow_origin, or leave allow_credentials off where no cookie is needed.";

export function crossOriginReads(app: SymfonyApplication): Observation[] {
  // Where no firewall keeps a session, no cookie lets anybody read anything.
  if (app.firewalls.length > 0 && app.firewalls.every(({ isStateless }) => isStateless)) return [];
  return [...ofBundle(app), ...ofCode(app)];
}

/** Each path's settings on top of the defaults, as the bundle merges them. */
function ofBundle(app: SymfonyApplication): Observation[] {
  const root = app.config.extension("nelmio_cors")?.node;
  const defaults = entryAt(root, "defaults");
  const paths = entriesOf(entryAt(root, "paths")?.node);
  return paths.flatMap(([path, entry]): Observation[] => {
    const of = (key: string): ConfigEntry | undefined =>
      entryAt(entry.node, key) ?? entryAt(defaults?.node, key);
    const credentials = of("allow_credentials");
    if (credentials === undefined) return [];
    const isAllowed = resolveEntry(app.config, credentials).value;
    if (isAllowed === undefined) return [];
    const { place } = credentials;
    if (booleanOf(isAllowed) !== true) {
      return [{ topic, place, kind: "good", what: `Below ${path} no credentials are allowed.` }];
    }
    const origins = of("allow_origin");
    if (origins === undefined) return [];
    const regex = of("origin_regex");
    const isRegex =
      regex !== undefined && booleanOf(resolveEntry(app.config, regex).value ?? false) === true;
    return itemsOf(origins.node)
      .slice(0, MAX_ORIGINS)
      .flatMap((node): Observation[] => {
        const { value } = resolveEntry(app.config, { node, place: origins.place });
        const judged = judgeOrigin(value, isRegex);
        const what = `Below ${path} answers with credentials may be read by ${judged.by}.`;
        const remedy = judged.kind === "good" ? {} : { remedy: REMEDY };
        return [{ topic, place: origins.place, kind: judged.kind, what, ...remedy }];
      });
  });
}

const MAX_ORIGINS = 100;

function judgeOrigin(
  value: unknown,
  isRegex: boolean,
): { readonly kind: Observation["kind"]; readonly by: string } {
  if (typeof value !== "string" && typeof value !== "boolean") {
    return { kind: "doubt", by: "origins that the deployment names" };
  }
  const text = String(value);
  if (text === "*" || text === "true") {
    return { kind: "fault", by: "every origin: the bundle repeats whichever asks" };
  }
  if (!isRegex) return { kind: "good", by: "a listed origin" };
  if (/^\^?(\.\*|\.\+)\$?$/.test(text)) {
    return { kind: "fault", by: "every origin: the pattern fits all" };
  }
  // Anything may stand before or behind a pattern that does not say where it begins and ends.
  if (!text.startsWith("^") || !text.endsWith("$")) {
    const by = "origins that only contain the right name: the pattern has no ^ or no $";
    return { kind: "fault", by };
  }
  return { kind: "good", by: "origins of a pattern with a beginning and an end" };
}

/** `Access-Control-Allow-Credentials` beside an origin that is the request's own. */
function ofCode(app: SymfonyApplication): Observation[] {
  return ["set", "add"].flatMap((name) =>
    app.code.callsNamed(name).flatMap((call): Observation[] => {
      if (headerOf(app, call) !== "access-control-allow-credentials") return [];
      const method = namedFunctionOf(call.file, call.node);
      const origin =
        method === undefined
          ? undefined
          : callsOf(method).find((each) => headerOf(app, each) === "access-control-allow-origin");
      const value = origin === undefined ? undefined : argumentOf(origin, 1);
      if (method === undefined || origin === undefined || value === undefined) return [];
      const place = placeOf(origin.file, nameNode(origin) ?? origin.node);
      const title = titleOf(method).trim().replace(" ", "::");
      const text = codeTextOf(method.file, method.node);
      if (
        !/['"]Origin['"]/i.test(text) ||
        scalarOf(evaluate(app.code, call.file, value)) !== undefined
      ) {
        return [];
      }
      const compares =
        /in_array\(|array_key_exists\(|isset\(|preg_match\(|===|isAllowed|contains\(/;
      const kind = compares.test(text) ? "doubt" : "fault";
      const what =
        kind === "fault"
          ? `${title} repeats the request's origin and allows credentials, so every origin may read.`
          : `${title} repeats the request's origin and allows credentials, after a comparison that has to be looked at.`;
      return [{ topic, place, kind, what, remedy: "Compare the origin with a list, as a whole." }];
    }),
  );
}

function headerOf(app: SymfonyApplication, call: PhpCall): string | undefined {
  const node = call.name === "set" || call.name === "add" ? argumentOf(call, 0) : undefined;
  const value = node === undefined ? undefined : scalarOf(evaluate(app.code, call.file, node));
  return typeof value === "string" ? value.toLowerCase() : undefined;
}
