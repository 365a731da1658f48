/**
 * What signing out of a firewall leaves of the session's cookie in the browser.
 * @module
 */
import type { CookieEvidence, Observation, Place } from "../../../evidence.ts";
import {
  type ConfigEntry,
  type ConfigNode,
  entriesOf,
  entryAt,
  itemsOf,
} from "../../config/config-node.ts";
import { classesOf } from "../code/code-roles.ts";
import { codeTextOf } from "../code/code-text.ts";
import type { Firewall } from "../code/firewalls.ts";
import { isSince, type SymfonyApplication } from "../code/symfony-application.ts";
import { booleanOf } from "../configuration/env-processors.ts";
import { resolveEntry } from "../configuration/symfony-values.ts";

const topic = "client-cleanup";

/** @param cookie The session's own, which has to go. */
export function clientCleanup(app: SymfonyApplication, cookie: CookieEvidence): Observation[] {
  return app.firewalls.flatMap((firewall) =>
    firewall.isStateless ? [] : (leftBy(app, firewall, cookie) ?? []),
  );
}

function leftBy(
  app: SymfonyApplication,
  { name, logout }: Firewall,
  cookie: CookieEvidence,
): Observation | undefined {
  if (logout === undefined) return undefined;
  const cleared = clearedBy(app, logout, cookie);
  if (cleared !== undefined) {
    const what = `Signing out of firewall ${name} has the browser remove the session cookie: ${cleared.by}.`;
    return { topic, place: cleared.place, kind: "good", what };
  }
  const entry = entryAt(logout.node, "invalidate_session");
  const value = entry === undefined ? true : resolveEntry(app.config, entry).value;
  if (value === undefined) return undefined;
  const place = entry?.place ?? logout.place;
  if (booleanOf(value) !== false) {
    const what = `Signing out of firewall ${name} invalidates the session: the answer removes its cookie, or replaces it with a new id.`;
    return { topic, place, kind: "good", what };
  }
  // What a listener of the application does to the cookie is not followed.
  if (hasListener(app)) return undefined;
  const remedy =
    "Leave invalidate_session at true; if the session has to live on, it must get a new id.";
  // Since 5.4 the cookie of a session that has become empty is removed.
  return isSince(app, "5.4")
    ? {
        topic,
        place,
        kind: "doubt",
        what: `Signing out of firewall ${name} keeps the session, since invalidate_session is false: its cookie goes only if nothing else is left in the session.`,
        remedy,
      }
    : {
        topic,
        place,
        kind: "fault",
        what: `Signing out of firewall ${name} leaves the session cookie in the browser with its id: invalidate_session is false, and delete_cookies does not name it.`,
        remedy,
      };
}

/** By Clear-Site-Data, or by a list of cookies with the right path and domain. */
function clearedBy(
  app: SymfonyApplication,
  logout: ConfigEntry,
  cookie: CookieEvidence,
): { readonly by: string; readonly place: Place } | undefined {
  const siteData = entryAt(logout.node, "clear_site_data");
  const kinds = itemsOf(siteData?.node).map((node) => textOf(app, node));
  if (siteData !== undefined && kinds.some((each) => each === "*" || each === "cookies")) {
    return { by: "clear_site_data names its cookies", place: siteData.place };
  }
  const listed = entryAt(logout.node, "delete_cookies");
  const own = cookie.name.value;
  if (listed === undefined || own === undefined) return undefined;
  const by = "delete_cookies names it";
  const isPlain = (cookie.path.value ?? "/") === "/" && (cookie.domain.value ?? "") === "";
  if (listed.node.kind !== "map") {
    const names = itemsOf(listed.node).map((node) => textOf(app, node));
    return names.includes(own) && isPlain ? { by, place: listed.place } : undefined;
  }
  const entry = entriesOf(listed.node).find(([name]) => name === own)?.[1];
  if (entry === undefined) return undefined;
  const of = (key: string): unknown => {
    const each = entryAt(entry.node, key);
    return each === undefined ? undefined : (resolveEntry(app.config, each).value ?? undefined);
  };
  // The browser removes no cookie that has another path or domain.
  const fits =
    (of("path") ?? "/") === (cookie.path.value ?? "/") &&
    (of("domain") ?? "") === (cookie.domain.value ?? "");
  return fits ? { by, place: entry.place } : undefined;
}

function textOf(app: SymfonyApplication, node: ConfigNode): unknown {
  return resolveEntry(app.config, { node, place: node.place }).value;
}

function hasListener({ code }: SymfonyApplication): boolean {
  return classesOf(code).some((each) => {
    const text = codeTextOf(each.file, each.node);
    return (
      /\b(LogoutEvent|LogoutHandlerInterface|LogoutSuccessHandlerInterface)\b/.test(
        `${text} ${each.interfaces.join(" ")}`,
      ) && /invalidate\(|migrate\(|clearCookie\(|Clear-Site-Data/i.test(text)
    );
  });
}
