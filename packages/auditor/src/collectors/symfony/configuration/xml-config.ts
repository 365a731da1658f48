/**
 * Symfony's XML configuration as the same tree that YAML gives: extensions, parameters, services, imports.
 * @module
 */
import {
  type ConfigEntry,
  type ConfigNode,
  mapNode,
  mergeNodes,
  scalarNode,
} from "../../config/config-node.ts";
import { readXml, type XmlElement } from "../../config/xml-file.ts";
import type { Tree } from "../../tree.ts";

const SERVICES = "http://symfony.com/schema/dic/services";

/** Elements that stand for one entry of a list or map, and that map's key: what `fixXmlConfig` does. */
const PLURALS: Readonly<Record<string, string>> = {
  channel: "channels",
  custom_authenticator: "custom_authenticators",
  delete_cookie: "delete_cookies",
  encoder: "encoders",
  firewall: "firewalls",
  handler: "handlers",
  limiter: "limiters",
  password_hasher: "password_hashers",
  provider: "providers",
  role: "role_hierarchy",
  rule: "access_control",
  stateless_token_id: "stateless_token_ids",
  trusted_header: "trusted_headers",
};

/** Attributes that name an entry among its kind. */
const KEYS = ["name", "key", "id", "class"] as const;

export function readXmlConfig(tree: Tree, file: string): ConfigNode | undefined {
  const root = readXml(tree, file);
  return root === undefined ? undefined : containerOf(root);
}

function containerOf(container: XmlElement): ConfigNode {
  let document: ConfigNode = mapNode([], container.place);
  const add = (key: string, node: ConfigNode, element: XmlElement): void => {
    document = mergeNodes(
      document,
      mapNode([[key, { place: element.place, node }]], element.place),
    );
  };
  for (const element of container.children) {
    if (element.namespace !== SERVICES && element.name === "config") {
      add(extensionOf(element.namespace), configOf(element, true), element);
    } else if (element.name === "imports") {
      const items = element.children.map((each) => configOf(each, false));
      add("imports", { kind: "list", items, place: element.place }, element);
    } else if (element.name === "parameters") {
      add("parameters", parametersOf(element), element);
    } else if (element.name === "services") {
      add("services", servicesOf(element), element);
    } else if (element.name === "when") {
      add(`when@${element.attributes.get("env")?.value ?? ""}`, containerOf(element), element);
    } else if (element.namespace !== SERVICES) {
      // `<framework:session>` without a `config` around it is none of Symfony's; `<acme:settings>` may be.
      add(extensionOf(element.namespace), configOf(element, false), element);
    }
  }
  return document;
}

/** `http://symfony.com/schema/dic/symfony` is the framework's; others are named after their extension. */
function extensionOf(namespace: string): string {
  const name = namespace.replace(/^.*\//, "");
  return name === "symfony" ? "framework" : name.replaceAll("-", "_");
}

function parametersOf(element: XmlElement): ConfigNode {
  const entries = element.children.flatMap((each): [string, ConfigEntry][] => {
    const key = each.attributes.get("key")?.value;
    const node =
      each.attributes.get("type")?.value === "collection"
        ? parametersOf(each)
        : scalarNode(phpValue(each.text), each.place);
    return key === undefined ? [] : [[key, { place: each.place, node }]];
  });
  return mapNode(entries, element.place);
}

function servicesOf(element: XmlElement): ConfigNode {
  const entries = element.children.flatMap((each): [string, ConfigEntry][] => {
    const id = each.attributes.get("id")?.value;
    if (each.name !== "service" || id === undefined) return [];
    const settings: [string, ConfigEntry][] = [...each.attributes].map(
      ([name, { value, place }]) => [
        name.replaceAll("-", "_"),
        { place, node: scalarNode(phpValue(value), place) },
      ],
    );
    const given = each.children.filter(({ name }) => name === "argument");
    const items = given.map(({ attributes, text, place }) => {
      const service = attributes.get("id")?.value;
      return scalarNode(service === undefined ? phpValue(text) : `@${service}`, place);
    });
    if (items.length > 0) {
      settings.push([
        "arguments",
        { place: each.place, node: { kind: "list", items, place: each.place } },
      ]);
    }
    return [[id, { place: each.place, node: mapNode(settings, each.place) }]];
  });
  return mapNode(entries, element.place);
}

function configOf(element: XmlElement, isRoot: boolean): ConfigNode {
  if (!isRoot && element.children.length === 0 && element.attributes.size === 0) {
    return scalarNode(element.text === "" ? true : phpValue(element.text), element.place);
  }
  let node: ConfigNode = mapNode(
    [...element.attributes].map(([name, { value, place }]) => [
      name.replaceAll("-", "_"),
      { place, node: scalarNode(phpValue(value), place) },
    ]),
    element.place,
  );
  for (const each of element.children) {
    const name = each.name.replaceAll("-", "_");
    const plural = PLURALS[name];
    const below = configOf(each, false);
    const key = KEYS.flatMap((attribute) => each.attributes.get(attribute)?.value ?? [])[0];
    let value = below;
    if (plural !== undefined && key !== undefined && name !== "rule") {
      value = mapNode([[key, { place: each.place, node: below }]], each.place);
    } else if (plural !== undefined) {
      value = { kind: "list", items: [below], place: each.place };
    }
    const entry = { place: each.place, node: value };
    node = mergeNodes(node, mapNode([[plural ?? name, entry]], each.place));
  }
  return node;
}

/** The text as Symfony's XML loader takes it: numbers and booleans are none of strings. */
function phpValue(text: string): string | number | boolean | null {
  switch (text.toLowerCase()) {
    case "true":
      return true;
    case "false":
      return false;
    case "null":
      return null;
    default:
      return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) ? Number(text) : text;
  }
}
