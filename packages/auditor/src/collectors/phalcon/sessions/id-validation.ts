/**
 * What becomes of the id before anything is looked up with it: the manager's check, or a path that it is put into.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { isSubclassOf } from "../../php/php-code.ts";
import { nameOf, type PhpFile, type PhpNode, placeOf, textOf } from "../../php/php-file.ts";
import { callsInside, indexPhp, isInside, type PhpClass } from "../../php/php-walk.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { libraryOf } from "./collect-sessions.ts";
import { type SessionService, sessionServices } from "./session-services.ts";

export function idValidation(phalcon: PhalconApplication): readonly Observation[] {
  return sessionServices(phalcon).flatMap((service) => observed(phalcon, service));
}

function observed(phalcon: PhalconApplication, service: SessionService): readonly Observation[] {
  const { adapter, library, place } = service;
  const isManaged = library === "phalcon" && (phalcon.version.major ?? 0) >= 4;
  if (isManaged) {
    return [
      {
        topic: "id-validation",
        place,
        kind: "good",
        value: "checked by the manager",
        what: "The manager drops a cookie whose value is not made of the characters of PHP's ids before it starts the session",
        origin: { kind: "default", of: libraryOf(phalcon, service), place },
      },
    ];
  }
  if (adapter?.isOwn !== true) {
    // PHP's own handler of files looks at the id; what others are given is not told here.
    const isPhps = adapter?.kind === "files";
    if (!isPhps) return [];
    return [
      {
        topic: "id-validation",
        place,
        kind: "good",
        value: "checked by PHP",
        what: "PHP's own handler of files refuses ids with other characters than its own",
        origin: { kind: "platform", of: "PHP's handler of files", place },
      },
    ];
  }
  return ownHandlers(phalcon).flatMap(pathsOf);
}

function ownHandlers(phalcon: PhalconApplication): readonly PhpClass[] {
  return phalcon.code.files.flatMap((file) =>
    indexPhp(file).classes.filter(
      ({ name, methods }) =>
        name !== undefined &&
        methods.has("read") &&
        isSubclassOf(phalcon.code, name, /^SessionHandlerInterface$|^Phalcon\\Session\\Adapter/i),
    ),
  );
}

const OPENS_FILE =
  /^(file_get_contents|file_put_contents|fopen|file|readfile|unlink|file_exists|is_file|touch)$/;
const LOOKS =
  /^(preg_match|ctype_alnum|ctype_xdigit|hash|hash_hmac|sha1|md5|basename|bin2hex|strlen|mb_strlen|in_array)$/;

/** PHP takes slashes and dots to handlers of the application's own. */
function pathsOf({ file, methods }: PhpClass): readonly Observation[] {
  const all = [...methods.values()];
  // One method that looks at the id may be asked by each.
  if (all.some(({ node }) => callsInside(file, node).some(({ name }) => LOOKS.test(name))))
    return [];
  const read = methods.get("read");
  const id = nameOf(read?.parameters[0]);
  if (read === undefined || id === undefined) return [];
  const opened = callsInside(file, read.node).find(
    ({ form, name, arguments: [path] }) =>
      form === "function" &&
      OPENS_FILE.test(name) &&
      path !== undefined &&
      holds(file, path, id, read.node),
  );
  if (opened === undefined) return [];
  return [
    {
      topic: "id-validation",
      place: placeOf(file, opened.node),
      kind: "fault",
      value: "not checked",
      what: "The id goes into a path as the cookie says it: one with dots and slashes names other files",
      remedy:
        'Refuse what is no id before the path is made: preg_match("/^[a-zA-Z0-9,-]{22,256}$/D", $id).',
    },
  ];
}

/** The id stands in the expression, or in what a variable of it was made of. */
function holds(file: PhpFile, node: PhpNode, id: string, within: PhpNode, depth = 0): boolean {
  if (depth > 3) return false;
  const names = indexPhp(file)
    .ofKind("variable")
    .filter((variable) => isInside(variable, node))
    .map((variable) => nameOf(variable) ?? "");
  if (names.includes(id)) return true;
  return names.some((name) =>
    indexPhp(file)
      .assignmentsTo(name)
      .some(
        (each) =>
          isInside(each, within) &&
          !isInside(node, each) &&
          textOf(file, each).length < 400 &&
          holds(file, each, id, within, depth + 1),
      ),
  );
}
