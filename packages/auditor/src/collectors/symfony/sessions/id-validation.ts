/**
 * What becomes of the id that a visitor sends before anything is looked up with it.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { placeOf } from "../../php/php-file.ts";
import { namedFunctionOf, type PhpCall } from "../../php/php-walk.ts";
import { receiverOf, runsOutsideRequests, titleOf } from "../code/code-roles.ts";
import { callsOf, codeTextOf } from "../code/code-text.ts";
import { nameNode } from "../code/session-rotation.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";
import {
  checksId,
  type IdMethod,
  idMethodsOf,
  mentions,
  ownHandlers,
  textOf,
} from "./handler-ids.ts";
import type { HandlerEvidence } from "./session-handler.ts";

const topic = "id-validation";
const REMEDY =
  "Refuse what does not match /^[a-zA-Z0-9,-]{22,250}$/ before it is used, or hash the id first.";

const FILES =
  /^(fopen|file_get_contents|file_put_contents|file|readfile|unlink|is_file|file_exists|filemtime|touch|include|require|dumpfile|remove|exists)$/;
const QUERIES =
  /^(query|exec|prepare|execute|executequery|executestatement|executeupdate|fetch(one|assoc|associative|column|all|allassociative|firstcolumn)|mysqli_query|pg_query)$/;
const CHECKS = /\b(preg_match|ctype_alnum|ctype_xdigit|hash_equals)\(/;
const REQUEST =
  /\$_(GET|POST|REQUEST|COOKIE)\b|->(query|request|cookies|headers)->get\(|request->get\(/;

export function idValidation(app: SymfonyApplication, handler: HandlerEvidence): Observation[] {
  const seen = [...byHandlers(app), ...byCode(app)];
  return seen.length > 0 ? seen : byFramework(app, handler);
}

function byHandlers(app: SymfonyApplication): Observation[] {
  return ownHandlers(app).flatMap((each): Observation[] => {
    const methods = idMethodsOf(each);
    const checked = methods.filter(checksId);
    for (const at of methods) {
      // One that is handed the id after another has looked at it is as safe.
      const use = checked.includes(at) ? undefined : unchecked(at);
      if (use !== undefined && !checked.some(({ method }) => method.name === "validateId")) {
        return [use];
      }
    }
    const [first] = checked;
    if (first === undefined) return [];
    const what = `${titleOf(first.method).trim().replace(" ", "::")} looks at the id, or hashes it, before it is used.`;
    return [{ topic, place: placeOf(first.method.file, first.method.node), kind: "good", what }];
  });
}

/** The id as a part of a path or of a query's text. */
function unchecked(at: IdMethod): Observation | undefined {
  const { method } = at;
  const title = titleOf(method).trim().replace(" ", "::");
  for (const call of callsOf(method)) {
    const [first] = call.arguments;
    if (first === undefined || !isJoined(at, call)) continue;
    const into = QUERIES.test(call.name)
      ? "the text of a query"
      : FILES.test(call.name)
        ? "the path of a file"
        : undefined;
    if (into === undefined) continue;
    const what = `${title} puts the id that a visitor sends into ${into}, and nothing looks at its length and alphabet.`;
    const place = placeOf(call.file, nameNode(call) ?? call.node);
    return { topic, place, kind: "fault", what, value: "unchecked", remedy: REMEDY };
  }
  const isPath = /(path|file|folder|dir)/i.test(method.name ?? "") && /\breturn\b/.test(textOf(at));
  if (isPath && isConcatenated(at, textOf(at))) {
    const what = `${title} makes a path of the id that a visitor sends, and nothing looks at its length and alphabet.`;
    const place = placeOf(method.file, method.node);
    return { topic, place, kind: "fault", what, value: "unchecked", remedy: REMEDY };
  }
  return undefined;
}

/** The id in a text that is put together, not as a value of its own. */
function isJoined(at: IdMethod, call: PhpCall): boolean {
  const [first] = call.arguments;
  return (
    first !== undefined &&
    first.kind !== "variable" &&
    mentions(at, first) &&
    isConcatenated(at, codeTextOf(call.file, first))
  );
}

/** No path and no query is longer. */
const MAX_TEXT = 5000;

function isConcatenated({ id }: IdMethod, text: string): boolean {
  return new RegExp(
    `\\.\\s*\\$${id}\\b|\\$${id}\\s*\\.|"[^"]*\\{?\\$${id}\\b[^"]*"|sprintf\\([^;]{0,500}\\$${id}\\b`,
  ).test(text.slice(0, MAX_TEXT));
}

/** An id out of the request that code makes the session's. */
function byCode(app: SymfonyApplication): Observation[] {
  return ["session_id", "setId"].flatMap((name) =>
    app.code.callsNamed(name).flatMap((call): Observation[] => {
      const [given] = call.arguments;
      const method = namedFunctionOf(call.file, call.node);
      if (given === undefined || !REQUEST.test(codeTextOf(call.file, given))) return [];
      if (name === "setId" && !/session/i.test(receiverOf(call.file, call.target))) return [];
      if (method !== undefined && runsOutsideRequests(app.code, method.of)) return [];
      const around = method ?? { file: call.file, node: call.file.program };
      if (CHECKS.test(codeTextOf(around.file, around.node))) return [];
      const what = `${call.name}() makes an id out of the request the session's, and nothing looks at its length and alphabet.`;
      const place = placeOf(call.file, nameNode(call) ?? call.node);
      const remedy =
        "Leave the id to the cookie, or refuse what does not match /^[a-zA-Z0-9,-]{22,250}$/.";
      return [{ topic, place, kind: "fault", what, value: "unchecked", remedy }];
    }),
  );
}

/** Handlers of the framework and of PHP. */
function byFramework(
  app: SymfonyApplication,
  { storage, own, isForeign }: HandlerEvidence,
): Observation[] {
  const { value, origin } = storage;
  if (own.length > 0 || isForeign === true || value === undefined || value === "custom") return [];
  const what =
    value === "files"
      ? "PHP's files handler refuses ids that are overlong or have other characters than [a-zA-Z0-9,-]."
      : "The framework's handler hands the id on as one value or key, never as a part of a query.";
  const place = origin.place ?? app.place;
  const library: Observation["origin"] = { kind: "default", of: app.library, place };
  return [{ topic, place, kind: "good", what, origin: library }];
}
