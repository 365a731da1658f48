/**
 * Which class a service id stands for: by configuration, by the framework's own ids, or because the id is one.
 * @module
 */
import { type ConfigNode, itemsOf, nodeAt } from "../../config/config-node.ts";
import { methodOf, type PhpCode } from "../../php/php-code.ts";
import type { SymfonyConfig } from "../configuration/load-config.ts";
import { resolveEntry } from "../configuration/symfony-values.ts";
import { typesOf } from "./code-roles.ts";

export interface Service {
  readonly id: string;
  /** In full, without leading `\`. */
  readonly className: string;
  readonly definition: ConfigNode | undefined;
}

const HANDLERS = "Symfony\\Component\\HttpFoundation\\Session\\Storage\\Handler\\";

/** Ids of bundles that sessions are kept with. */
const KNOWN: Readonly<Record<string, string>> = {
  "session.handler.native_file": `${HANDLERS}NativeFileSessionHandler`,
  "session.handler.native": `${HANDLERS}StrictSessionHandler`,
  "session.handler.mongo": `${HANDLERS}MongoDbSessionHandler`,
  "session.handler.pdo": `${HANDLERS}PdoSessionHandler`,
  "snc_redis.session.handler": `${HANDLERS}RedisSessionHandler`,
};

/** Follows aliases; of an id that nothing defines the id itself is taken for the class. */
export function serviceOf(config: SymfonyConfig, id: string, depth = 0): Service {
  const name = id.replace(/^[@\\]+/, "");
  const entry = config.services.get(name) ?? config.services.get(id);
  const definition = entry?.node;
  const alias =
    definition?.kind === "scalar" && typeof definition.value === "string"
      ? definition.value
      : scalarText(nodeAt(definition, "alias"));
  if (alias !== undefined && depth < 8) return serviceOf(config, alias, depth + 1);
  const written = definition?.kind === "map" ? definition.entries.get("class") : undefined;
  const className = written === undefined ? undefined : resolveEntry(config, written).value;
  const found = typeof className === "string" ? className : (KNOWN[name] ?? name);
  return { id: name, className: found.replace(/^\\/, ""), definition };
}

/** Ids of services among a definition's arguments. */
export function referencesOf(service: Service): string[] {
  return itemsOf(nodeAt(service.definition, "arguments")).flatMap((item) => {
    const text = scalarText(item);
    return text?.startsWith("@") === true && !text.startsWith("@=")
      ? [text.replace(/^@[?!]?/, "")]
      : [];
  });
}

/** The same, or what the framework wires by itself: the types of the constructor of a class of the application. */
export function dependenciesOf(code: PhpCode, service: Service): string[] {
  const given = referencesOf(service);
  if (given.length > 0) return given;
  const made = methodOf(code, service.className, "__construct");
  if (made === undefined) return [];
  return made.parameters.flatMap((parameter) => typesOf(made.file, parameter).slice(0, 1));
}

function scalarText(node: ConfigNode | undefined): string | undefined {
  return node?.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;
}
