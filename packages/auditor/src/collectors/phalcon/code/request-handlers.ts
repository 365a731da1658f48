/**
 * Functions that requests reach: controllers' actions, and handlers that a micro application routes to.
 * @module
 */
import { isSubclassOf } from "../../php/php-code.ts";
import { child, nameOf } from "../../php/php-file.ts";
import { indexPhp, type PhpFunction } from "../../php/php-walk.ts";
import type { PhalconApplication } from "./phalcon-application.ts";

/** What routes lead to; services that know the container are none. */
const HANDLER =
  /^Phalcon\\Mvc\\Controller$|(Controller|Controllers|Handler|Resource|Endpoint|Action)(Base)?$/i;
/** What runs around actions. */
const IN_BETWEEN =
  /^(__.*|initiali[sz]e|(on|before|after)(construct|execute\w*|dispatch\w*|handle\w*)|setdi|getdi)$/i;

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
  if (!isSubclassOf(phalcon.code, of.name, HANDLER) || /task$/i.test(of.name)) return false;
  if (/Action$/i.test(name)) return true;
  return isMicro(phalcon) && node.visibility !== "protected" && !IN_BETWEEN.test(name);
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

/** Listeners and base controllers that run before every action. */
const BEFORE =
  /^(beforeexecuteroute|beforedispatch|beforedispatchloop|beforehandlerequest|beforehandleroute|onconstruct|initiali[sz]e|call)$/i;

export function runsBefore(each: PhpFunction): boolean {
  const { name, of } = each;
  if (name === undefined) return isGivenToBefore(each);
  // Forms, models and modules are set up by a method of that name too.
  if (/^initiali[sz]e$/i.test(name)) return /Controller(Base)?$/i.test(of?.name ?? "");
  return BEFORE.test(name);
}

/** `$app->before(function () { … })` of a micro application. */
function isGivenToBefore({ node, file }: PhpFunction): boolean {
  if (node.kind !== "closure" && node.kind !== "arrowfunc") return false;
  const parent = indexPhp(file).parentOf(node);
  return (
    parent?.kind === "call" &&
    nameOf(child(child(parent, "what"), "offset"))?.toLowerCase() === "before"
  );
}
