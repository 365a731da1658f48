/**
 * What it takes to sign somebody out: a link that any site can set, or a request that none can forge.
 * @module
 */
import type { Observation, Place } from "../../../evidence.ts";
import { type ConfigEntry, entryAt } from "../../config/config-node.ts";
import type { Firewall } from "../code/firewalls.ts";
import { routesOfFiles } from "../code/route-files.ts";
import { actionsOf, type Route } from "../code/routes.ts";
import { isSince, type SymfonyApplication } from "../code/symfony-application.ts";
import { booleanOf } from "../configuration/env-processors.ts";
import { resolveEntry } from "../configuration/symfony-values.ts";

const topic = "logout-method";

export function signOutMethods(app: SymfonyApplication): Observation[] {
  const firewalls = app.firewalls.filter(
    ({ logout, isStateless }) => logout !== undefined && !isStateless,
  );
  if (firewalls.length === 0) return [];
  const routes = [...actionsOf(app.code), ...routesOfFiles(app)];
  return firewalls.flatMap((firewall) => methodOf(app, firewall, routes) ?? []);
}

function methodOf(
  app: SymfonyApplication,
  { name, logout }: Firewall,
  routes: readonly Route[],
): Observation | undefined {
  if (logout === undefined) return undefined;
  const token = tokenOf(app, logout);
  if (token === "not known") {
    const what = `Whether signing out of firewall ${name} takes a token could not be followed.`;
    return { topic, place: logout.place, kind: "doubt", what, remedy: remedyFor(app) };
  }
  if (token !== undefined) {
    const what = `Signing out of firewall ${name} takes a token.`;
    return { topic, place: token, kind: "good", what };
  }
  const entry = entryAt(logout.node, "path");
  const value = entry === undefined ? "/logout" : resolveEntry(app.config, entry).value;
  const path = typeof value === "string" ? value : undefined;
  const found = routes.filter((route) => isOf(route, path));
  const place = entry?.place ?? logout.place;
  const takesGet = found.some(({ methods }) => methods.length === 0 || methods.includes("GET"));
  if (found.length > 0 && !takesGet) {
    const what = `Signing out of firewall ${name} takes another request than GET.`;
    return { topic, place, kind: "good", what };
  }
  // A path without a route of the application has one of the framework's, which takes every method.
  if (takesGet || path?.startsWith("/") === true) {
    const what = `Firewall ${name} signs out on a plain GET request: ${tokenKey(app)} is off by default, so any link or image of another site does it.`;
    return { topic, place, kind: "fault", what, remedy: remedyFor(app) };
  }
  const what = `Firewall ${name} signs out without a token, at a route that was not found: if it takes GET, any link or image of another site signs out.`;
  return { topic, place, kind: "doubt", what, remedy: remedyFor(app) };
}

/** Where a token is asked for; `undefined` if none is. */
function tokenOf(app: SymfonyApplication, logout: ConfigEntry): Place | "not known" | undefined {
  const own = entryAt(logout.node, "enable_csrf");
  if (own !== undefined) {
    const { value } = resolveEntry(app.config, own);
    if (value === undefined) return "not known";
    if (value !== null) return booleanOf(value) === true ? own.place : undefined;
  }
  const manager =
    entryAt(logout.node, "csrf_token_manager") ??
    entryAt(logout.node, "csrf_token_generator") ??
    entryAt(logout.node, "csrf_provider");
  const isSet = manager !== undefined && resolveEntry(app.config, manager).value !== null;
  return isSet ? manager.place : undefined;
}

/** By name; by path also where something is imported under a prefix. */
function isOf(route: Route, path: string | undefined): boolean {
  if (path === undefined) return false;
  if (!path.startsWith("/")) return route.name === path;
  return route.path !== undefined && (route.path === path || path.endsWith(`/${route.path}`));
}

function tokenKey(app: SymfonyApplication): string {
  return isSince(app, "6.2") ? "logout.enable_csrf" : "logout.csrf_token_generator";
}

function remedyFor(app: SymfonyApplication): string {
  return isSince(app, "6.2")
    ? "Set enable_csrf: true below logout, and make the link by logout_path(), which adds the token."
    : "Set csrf_token_generator: security.csrf.token_manager below logout, and make the link by logout_path(), which adds the token.";
}
