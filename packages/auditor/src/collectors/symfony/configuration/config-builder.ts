/**
 * A map of configuration under construction, with the calls that Symfony's generated config builders have.
 * @module
 */
import type { Place } from "../../../evidence.ts";
import { type ConfigEntry, type ConfigNode, mergeNodes } from "../../config/config-node.ts";
import { snakeCase } from "./php-config-value.ts";

/**
 * Calls that make a named or further entry instead of setting one, by the path that they are called at, and the
 * key that they write: `$security->firewall("main")` is `security.firewalls.main`.
 */
export const BUILDER_KEYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  security: {
    accessControl: "access_control",
    encoder: "encoders",
    firewall: "firewalls",
    passwordHasher: "password_hashers",
    provider: "providers",
  },
  monolog: { handler: "handlers" },
  "framework.rate_limiter": { limiter: "limiters" },
  "framework.cache": { pool: "pools" },
};

export class ConfigBuilder {
  readonly node: ConfigNode & { kind: "map" };
  readonly #path: string;
  readonly #entries = new Map<string, ConfigEntry>();
  readonly #builders = new Map<string, ConfigBuilder>();
  /** Enters the map into the one above it once something is set: a builder that nobody calls configures nothing. */
  readonly #enter: () => void;

  constructor(path: string, place: Place, enter: () => void = () => {}) {
    this.#path = path;
    this.#enter = enter;
    this.node = { kind: "map", entries: this.#entries, place };
  }

  /** The map below this key, made if it is not there. */
  below(key: string, place: Place): ConfigBuilder {
    const builder = this.lazily(key, place);
    builder.#enter();
    return builder;
  }

  /** The same, but made when something is set in it. */
  lazily(key: string, place: Place): ConfigBuilder {
    const known = this.#builders.get(key);
    if (known !== undefined) return known;
    const path = this.#path === "" ? key : `${this.#path}.${key}`;
    const builder: ConfigBuilder = new ConfigBuilder(path, place, () => {
      if (this.#entries.get(key)?.node === builder.node) return;
      this.#enter();
      const before = this.#entries.get(key)?.node;
      if (before?.kind === "map") {
        for (const [name, entry] of before.entries) builder.#entries.set(name, entry);
      }
      this.#entries.set(key, { place, node: builder.node });
    });
    this.#builders.set(key, builder);
    return builder;
  }

  put(key: string, node: ConfigNode, place: Place): void {
    this.#enter();
    const before = this.#entries.get(key);
    if (before?.node.kind === "map" && node.kind === "map" && this.#builders.has(key)) {
      this.#builders.get(key)?.assign(node);
      return;
    }
    const merged = before === undefined ? node : mergeNodes(before.node, node);
    this.#entries.set(key, { place, node: merged });
  }

  append(key: string, item: ConfigNode, place: Place): void {
    this.put(key, { kind: "list", items: [item], place }, place);
  }

  /** Sets every entry of a map; a switch enters the map alone. */
  assign(node: ConfigNode): void {
    this.#enter();
    if (node.kind !== "map") return;
    for (const [key, entry] of node.entries) this.put(key, entry.node, entry.place);
  }

  /** @returns What further calls in the chain are made on. */
  call(
    method: string,
    values: readonly ConfigNode[],
    place: Place,
    keys: Readonly<Record<string, Readonly<Record<string, string>>>>,
  ): ConfigBuilder {
    const [first, second] = values;
    const plural = keys[this.#path]?.[method];
    const key = plural ?? snakeCase(method);
    if (plural !== undefined && (first?.kind !== "scalar" || first.value === null)) {
      // A further item of a list: an entry without a name.
      const items = this.below(key, place);
      const item = items.below(String(items.#entries.size), place);
      if (first !== undefined) item.assign(first);
      return item;
    }
    if (plural !== undefined || (second !== undefined && first?.kind === "scalar")) {
      const named = this.below(key, place);
      const name = first?.kind === "scalar" ? String(first.value) : "";
      if (second !== undefined && second.kind !== "map") {
        named.put(name, second, place);
        return this;
      }
      const entry = named.below(name, place);
      if (second !== undefined) entry.assign(second);
      return entry;
    }
    if (first === undefined || first.kind === "map") {
      const below = this.below(key, place);
      if (first !== undefined) below.assign(first);
      return below;
    }
    this.put(key, first, place);
    return this;
  }
}
