/**
 * Which firewall an action's requests pass, and so whether the session of a browser counts there.
 * @module
 */
import { posix } from "node:path";
import { entriesOf, itemsOf, nodeAt } from "../../config/config-node.ts";
import { resolveEntry } from "../configuration/symfony-values.ts";
import { classesOf } from "./code-roles.ts";
import { codeTextOf } from "./code-text.ts";
import type { Firewall } from "./firewalls.ts";
import { routeDocuments } from "./route-files.ts";
import type { Action } from "./routes.ts";
import { serviceOf } from "./services.ts";
import type { SymfonyApplication } from "./symfony-application.ts";

/** What a program sends of its own accord, and no browser does for another site. */
const TOKENS = /^(access_token|jwt|fos_oauth|oauth2|json_login|lexik_jwt\w*|refresh_jwt)$/;

/** Whether somebody's session counts for it; `undefined` if no pattern that can be followed tells. */
export function takesSession(app: SymfonyApplication, action: Action): boolean | undefined {
  const path = pathOf(app, action);
  let isSure = true;
  for (const firewall of app.firewalls) {
    const covered = covers(app, firewall, path);
    if (covered === false) continue;
    const isForPrograms = firewall.isStateless || takesTokensOnly(firewall);
    if (covered === true) return isForPrograms ? false : isSure || undefined;
    if (isForPrograms) isSure = false;
  }
  return undefined;
}

/** The first firewall that surely covers it has a pattern of its own, and keeps sessions. */
export function hasOwnSession(app: SymfonyApplication, action: Action): boolean {
  const path = pathOf(app, action);
  const first = app.firewalls.find((firewall) => covers(app, firewall, path) !== false);
  if (first === undefined || first.isStateless || takesTokensOnly(first)) return false;
  return nodeAt(first.node, "pattern") !== undefined && covers(app, first, path) === true;
}

function takesTokensOnly({ authenticators }: Firewall): boolean {
  return authenticators.length > 0 && authenticators.every(({ key }) => TOKENS.test(key));
}

function covers(
  app: SymfonyApplication,
  { node }: Firewall,
  path: string | undefined,
): boolean | undefined {
  const matcher = nodeAt(node, "request_matcher");
  if (matcher !== undefined) {
    const id = matcher.kind === "scalar" ? String(matcher.value) : "";
    const { className } = serviceOf(app.config, id);
    const of = classesOf(app.code).find(({ name }) => name === className);
    const text = of === undefined ? "" : codeTextOf(of.file, of.node);
    // What chooses by what the request brings along leaves those with a session to the next firewall.
    return /headers->|cookies->|hasPreviousSession|hasSession/.test(text) ? false : undefined;
  }
  const entry = nodeAt(node, "pattern");
  if (entry === undefined) return true;
  const { value } = resolveEntry(app.config, { node: entry, place: entry.place });
  return typeof value === "string" ? fits(value, path) : undefined;
}

/** Of a pattern, its plain beginning alone is compared: what else is in it would have to be run. */
function fits(pattern: string, path: string | undefined): boolean | undefined {
  const start = /^\^?([\w/-]*)/.exec(pattern)?.[1] ?? "";
  const rest = pattern.replace(/^\^/, "").slice(start.length);
  const isWhole = rest === "" || rest === ".*";
  if (path === undefined) return isWhole && start.length < 2 ? true : undefined;
  if (!path.startsWith(start)) return false;
  return isWhole ? true : undefined;
}

/** With what the import of its controller puts before it. */
export function pathOf(app: SymfonyApplication, { method, path }: Action): string | undefined {
  const prefix = importsOf(app).find(({ resource }) => isBelow(method.file.file, resource))?.prefix;
  if (prefix === undefined || prefix === "") return path;
  return `/${prefix.replace(/^\/|\/$/g, "")}${path ?? ""}`;
}

function isBelow(file: string, resource: string): boolean {
  return file === resource || file.startsWith(`${resource}/`);
}

interface RouteImport {
  readonly resource: string;
  readonly prefix: string;
}

const found = new WeakMap<SymfonyApplication, readonly RouteImport[]>();

/** `resource: ../src/Api/` with its prefix; the most particular folder first. */
function importsOf(app: SymfonyApplication): readonly RouteImport[] {
  const known = found.get(app);
  if (known !== undefined) return known;
  const imports = routeDocuments(app).flatMap(({ file, document }) =>
    entriesOf(document).flatMap(([, { node }]): RouteImport[] => {
      const listed = nodeAt(node, "resource", "path") ?? nodeAt(node, "resource");
      const prefix = textAt(nodeAt(node, "prefix")) ?? "";
      return itemsOf(listed).flatMap((item) => {
        const resource = textAt(item);
        if (resource === undefined || /[@*]/.test(resource)) return [];
        const below = posix.join(posix.dirname(file), resource).replace(/\/$/, "");
        return [{ resource: below, prefix }];
      });
    }),
  );
  imports.sort((left, right) => right.resource.length - left.resource.length);
  found.set(app, imports);
  return imports;
}

function textAt(node: ReturnType<typeof nodeAt>): string | undefined {
  return node?.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;
}
