/**
 * Whether a request's method decides: asked in the action, or by the route that leads to it.
 * @module
 */
import { child, textOf } from "../../php/php-file.ts";
import { indexPhp, offsetOf, type PhpCall, type PhpFunction } from "../../php/php-walk.ts";
import type { PhalconApplication } from "./phalcon-application.ts";
import type { Step } from "./trace.ts";

const ASKS_METHOD = /^is(post|put|patch|delete|method)$/;

export function asksMethod({ call, node, file }: Step): boolean {
  if (call !== undefined) return ASKS_METHOD.test(call.name);
  return node.kind === "bin" && /REQUEST_METHOD|getMethod\(/.test(textOf(file, node));
}

/** `$router->addPost("/session/end", …)`, or `@Post("/end")` above the action. */
export function isRoutedByPost(phalcon: PhalconApplication, entry: PhpFunction): boolean {
  const before = entry.file.text.slice(0, offsetOf(entry.node));
  const comment = before.slice(before.lastIndexOf("/**"));
  if (/@(Post|Put|Delete)\b/.test(comment) && !/[{}]/.test(comment)) return true;
  const action = entry.name?.replace(/Action$/i, "").toLowerCase() ?? "";
  const calls = (...names: readonly string[]): readonly PhpCall[] =>
    names.flatMap((name) => phalcon.code.callsNamed(name));
  const names = (call: PhpCall): boolean =>
    call.form === "method" &&
    call.arguments.length > 1 &&
    new RegExp(`["':/]${action}(Action)?["']`, "i").test(textOf(call.file, call.node));
  const routes = calls("addPost", "addPut", "addPatch", "addDelete", "post", "put", "delete");
  const any = calls("add", "addGet", "get").filter((call) => !isViaOthers(call));
  const via = calls("add").filter(isViaOthers);
  return action !== "" && [...routes, ...via].some(names) && !any.some(names);
}

/** `$router->add("/notes/drop", …)->via(["POST"])`, or the methods as its third argument. */
function isViaOthers(call: PhpCall): boolean {
  const [, , methods] = call.arguments;
  const above = indexPhp(call.file).parentOf(indexPhp(call.file).parentOf(call.node) ?? call.node);
  const via = above === undefined ? undefined : indexPhp(call.file).callAt(above);
  const written =
    via !== undefined &&
    /^via/.test(via.name) &&
    child(child(via.node, "what"), "what") === call.node
      ? via.arguments[0]
      : methods;
  if (written === undefined) return false;
  const text = textOf(call.file, written);
  return /post|put|patch|delete/i.test(text) && !/\bget\b/i.test(text);
}
