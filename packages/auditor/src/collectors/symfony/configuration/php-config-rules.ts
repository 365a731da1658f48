/**
 * What classes, attributes and calls in PHP configuration files mean.
 * @module
 */
import type { ConfigNode } from "../../config/config-node.ts";
import { child, children, type PhpFile, type PhpNode } from "../../php/php-file.ts";
import type { ConfigBuilder } from "./config-builder.ts";
import { configValue, snakeCase } from "./php-config-value.ts";

export function serviceCall(
  builder: ConfigBuilder,
  method: string,
  values: readonly ConfigNode[],
  place: ConfigNode["place"],
): void {
  const [first, second] = values;
  if (first === undefined) return;
  if (method === "args" || method === "setArguments") builder.put("arguments", first, place);
  else if (method === "arg" && second !== undefined) builder.append("arguments", second, place);
  else if (method === "addArgument") builder.append("arguments", first, place);
  else if (method === "decorate") builder.put("decorates", first, place);
  else if (method === "class") builder.put("class", first, place);
}

/** `#[When(env: "prod")]` or no such attribute. */
export function isForProduction(file: PhpFile, closure: PhpNode): boolean {
  const wanted = children(closure, "attrGroups")
    .flatMap((group) => children(group, "attrs"))
    .filter((attribute) => /(^|\\)When$/.test(String(attribute.name)))
    .flatMap((attribute) => children(attribute, "args"))
    .map((given) => (given.kind === "namedargument" ? child(given, "value") : given))
    .map((given) => textOf(configValue(file, given, new Map())));
  return wanted.length === 0 || wanted.includes("prod");
}

/** `FrameworkConfig` configures `framework`. */
export function extensionOf(className: string): string | undefined {
  const short = className.replace(/^.*\\/, "");
  if (short === "App") return "app";
  const name = /^(.+)Config$/.exec(short)?.[1];
  return name === undefined ? undefined : snakeCase(name);
}

export function textOf(node: ConfigNode | undefined): string | undefined {
  return node?.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;
}
