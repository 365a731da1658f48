/**
 * Functions that requests reach: controllers' actions, and handlers that a micro application routes to.
 * @module
 */
import { isSubclassOf } from "../../php/php-code.ts";
import { child, nameOf } from "../../php/php-file.ts";
import { indexPhp, type PhpFunction } from "../../php/php-walk.ts";
import type { PhalconApplication } from "./phalcon-application.ts";

const CONTROLLER =
  /^Phalcon\\(Mvc\\(Controller|User\\Component)|Di\\Injectable|DI\\Injectable)$|Controller(Base)?$/i;

const known = new WeakMap<PhalconApplication, readonly PhpFunction[]>();

export function handlers(phalcon: PhalconApplication): readonly PhpFunction[] {
  const cached = known.get(phalcon);
  if (cached !== undefined) return cached;
  const found = phalcon.code.files.flatMap((file) =>
    indexPhp(file).functions.filter((each) => isAction(phalcon, each) || isRouted(each)),
  );
  known.set(phalcon, found);
  return found;
}

/** Console tasks have actions too, and no browser calls them. */
function isAction(phalcon: PhalconApplication, { name, of, node }: PhpFunction): boolean {
  if (name === undefined || of?.name === undefined || node.visibility === "private") return false;
  if (name === "__invoke")
    return /(^|\\)(Actions?|Controllers?|Handlers?)\\|(Action|Handler)$/i.test(of.name);
  if (!isSubclassOf(phalcon.code, of.name, CONTROLLER) || /task$/i.test(of.name)) return false;
  return (
    /Action$/i.test(name) ||
    (isMicro(phalcon) && node.visibility !== "protected" && !name.startsWith("__"))
  );
}

function isMicro(phalcon: PhalconApplication): boolean {
  return phalcon.code.files.some(({ text }) => /Phalcon\\+Mvc\\+Micro/.test(text));
}

/** `$app->post("/login", function () { … })` */
function isRouted({ node, file }: PhpFunction): boolean {
  if (node.kind !== "closure" && node.kind !== "arrowfunc") return false;
  const parent = indexPhp(file).parentOf(node);
  const method = nameOf(child(child(parent, "what"), "offset"))?.toLowerCase() ?? "";
  return ["post", "put", "patch", "delete", "map"].includes(method);
}
