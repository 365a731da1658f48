/**
 * The firewalls of security configuration: which authenticate how, and which keep a session.
 * @module
 */
import type { Place } from "../../../evidence.ts";
import {
  type ConfigEntry,
  type ConfigNode,
  entriesOf,
  entryAt,
  itemsOf,
  nodeAt,
} from "../../config/config-node.ts";
import { booleanOf } from "../configuration/env-processors.ts";
import type { SymfonyConfig } from "../configuration/load-config.ts";
import { resolveEntry } from "../configuration/symfony-values.ts";

export interface Authenticator {
  /** The key of configuration: `form_login`, `custom_authenticators`, `remember_me` … */
  readonly key: string;
  readonly place: Place;
  readonly node: ConfigNode;
  /** For authenticators of the application: their classes or service ids. */
  readonly services: readonly { readonly id: string; readonly place: Place }[];
}

export interface Firewall {
  readonly name: string;
  readonly place: Place;
  readonly node: ConfigNode;
  /** It keeps nothing between requests. */
  readonly isStateless: boolean;
  readonly authenticators: readonly Authenticator[];
  readonly logout: ConfigEntry | undefined;
  readonly rememberMe: ConfigEntry | undefined;
  readonly throttling: ConfigEntry | undefined;
}

/** Keys of a firewall that authenticate nobody. */
const OTHER_KEYS: ReadonlySet<string> = new Set([
  "access_denied_handler",
  "access_denied_url",
  "anonymous",
  "context",
  "enabled",
  "entry_point",
  "host",
  "lazy",
  "login_throttling",
  "logout",
  "logout_on_user_change",
  "methods",
  "not_full_fledged_handler",
  "pattern",
  "provider",
  "request_matcher",
  "required_badges",
  "remember_me",
  "security",
  "stateless",
  "user_checker",
]);

/** Firewalls in force; those with `security: false` are none. */
export function readFirewalls(config: SymfonyConfig): Firewall[] {
  const security = config.extension("security")?.node;
  return entriesOf(nodeAt(security, "firewalls")).flatMap(([name, entry]): Firewall[] => {
    if (entry.node.kind !== "map" || isOff(config, entryAt(entry.node, "security"))) return [];
    const { node, place } = entry;
    const stateless = entryAt(node, "stateless");
    return [
      {
        name,
        place,
        node,
        isStateless: stateless !== undefined && isOn(config, stateless),
        authenticators: entriesOf(node).flatMap(([key, each]) =>
          authenticatorOf(config, key, each),
        ),
        logout: enabled(config, entryAt(node, "logout")),
        rememberMe: enabled(config, entryAt(node, "remember_me")),
        throttling: enabled(config, entryAt(node, "login_throttling")),
      },
    ];
  });
}

function authenticatorOf(config: SymfonyConfig, key: string, entry: ConfigEntry): Authenticator[] {
  if (OTHER_KEYS.has(key) || isOff(config, entry)) return [];
  const { node, place } = entry;
  const listed =
    key === "guard"
      ? nodeAt(node, "authenticators")
      : key.startsWith("custom_auth")
        ? node
        : undefined;
  const services = itemsOf(listed).flatMap((item) =>
    item.kind === "scalar" && typeof item.value === "string"
      ? [{ id: item.value.replace(/^@/, ""), place: item.place }]
      : [],
  );
  return [{ key, place, node, services }];
}

function enabled(config: SymfonyConfig, entry: ConfigEntry | undefined): ConfigEntry | undefined {
  if (entry === undefined || isOff(config, entry)) return undefined;
  const { node } = entry;
  return isOff(config, entryAt(node, "enabled")) ? undefined : entry;
}

function isOff(config: SymfonyConfig, entry: ConfigEntry | undefined): boolean {
  if (entry?.node.kind !== "scalar" || entry.node.value === null) return false;
  const { value } = resolveEntry(config, entry);
  return value === false || value === "false";
}

function isOn(config: SymfonyConfig, entry: ConfigEntry): boolean {
  const { value } = resolveEntry(config, entry);
  return value !== undefined && booleanOf(value) === true;
}
