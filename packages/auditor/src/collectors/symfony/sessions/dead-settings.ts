/**
 * Keys of `framework.session` that the installed version does not know: the container does not compile with them.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { entriesOf, entryAt } from "../../config/config-node.ts";
import { isSince, type SymfonyApplication } from "../code/symfony-application.ts";

/** Keys of `framework.session` with the version that they ended with, if they did. */
const KEYS: Readonly<Record<string, string | undefined>> = {
  auto_start: "3.0",
  cookie_domain: undefined,
  cookie_httponly: undefined,
  cookie_lifetime: undefined,
  cookie_path: undefined,
  cookie_samesite: undefined,
  cookie_secure: undefined,
  enabled: undefined,
  gc_divisor: undefined,
  gc_maxlifetime: undefined,
  gc_probability: undefined,
  handler_id: undefined,
  metadata_update_threshold: undefined,
  mock_name: undefined,
  name: undefined,
  save_path: undefined,
  sid_bits_per_character: "8.0",
  sid_length: "8.0",
  storage_factory_id: undefined,
  storage_id: "6.0",
  use_cookies: undefined,
  use_strict_mode: "4.0",
};

export function deadSettings(app: SymfonyApplication): Observation[] {
  const session = entryAt(app.config.extension("framework")?.node, "session")?.node;
  return entriesOf(session).flatMap(([key, { place }]): Observation[] => {
    const until = KEYS[key];
    if (key in KEYS && (until === undefined || !isSince(app, until))) return [];
    const what = `framework.session has no key ${key} in ${app.library}: the container does not compile with it.`;
    return [{ topic: "dead-setting", place, kind: "fault", what, remedy: remedyOf(key) }];
  });
}

function remedyOf(key: string): string {
  if (key === "use_strict_mode") return "Remove it: strict mode is always on since 4.0.";
  if (key.startsWith("entropy_"))
    return "Remove it: PHP has had no such setting since 7.1, and its ids are random enough.";
  if (key.startsWith("sid_")) return "Remove it: PHP 8.4 deprecates it, and its default is enough.";
  const bare = key.replace(/^session\./, "");
  return bare !== key && bare in KEYS
    ? `Write ${bare}: keys of framework.session have no prefix.`
    : "Remove it, or correct its name.";
}
