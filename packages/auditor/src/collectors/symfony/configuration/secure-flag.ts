/**
 * The Secure flag as Symfony's configuration writes it.
 * @module
 */
import type { SecureFlag, Setting } from "../../../evidence.ts";
import type { ConfigEntry } from "../../config/config-node.ts";
import { booleanOf } from "./env-processors.ts";
import type { SymfonyConfig } from "./load-config.ts";
import { resolveEntry, settingOf } from "./symfony-values.ts";

/** @returns `undefined` if it is null: nobody chose. */
export function secureSetting(
  config: SymfonyConfig,
  entry: ConfigEntry,
): Setting<SecureFlag> | undefined {
  const { node, place } = entry;
  // Computed where the configuration is built, from whether the site is served over HTTPS.
  if (node.kind === "unknown" && /https|isSecure/i.test(node.text)) {
    return { value: "when-https", origin: { kind: "set", place } };
  }
  const resolved = resolveEntry(config, entry);
  if (resolved.value === null) return undefined;
  return settingOf<SecureFlag>(resolved, (value) => {
    if (value === "auto") return "when-https";
    const flag = booleanOf(value);
    return flag === undefined ? undefined : flag ? "always" : "never";
  });
}
