/**
 * What stands between the application's state-changing requests and other sites: form tokens, tokens that
 * controllers check, the sign-in form's token, and requests that change state by GET.
 * @module
 */
import type { CsrfEvidence, Place, SameSiteFlag } from "../../../evidence.ts";
import { type ConfigEntry, entryAt } from "../../config/config-node.ts";
import { isSubclassOf } from "../../php/php-code.ts";
import { placeOf } from "../../php/php-file.ts";
import { evaluate, scalarOf } from "../../php/php-value.ts";
import { indexPhp, isInside, type PhpClass } from "../../php/php-walk.ts";
import { classesOf } from "../code/code-roles.ts";
import { codeTextOf } from "../code/code-text.ts";
import { actionsOfFiles } from "../code/route-files.ts";
import { actionsOf } from "../code/routes.ts";
import { hasPackage, type SymfonyApplication } from "../code/symfony-application.ts";
import { booleanOf } from "../configuration/env-processors.ts";
import { resolveEntry } from "../configuration/symfony-values.ts";
import { interactiveFirewalls } from "../sign-in/firewall-sign-ins.ts";
import { type CsrfGap, getGaps, isSentFromEverywhere, postGaps } from "./action-csrf.ts";
import { signInGaps, titleOfClass } from "./sign-in-csrf.ts";

/** @param sameSite Of the session's cookie: whether a form of another site brings the session along. */
export function collectCsrf(
  app: SymfonyApplication,
  sameSite: SameSiteFlag | undefined,
): CsrfEvidence | undefined {
  const firewalls = interactiveFirewalls(app);
  const forms = classesOf(app.code).filter(
    ({ name }) => name !== undefined && isSubclassOf(app.code, name, /(^|\\)AbstractType$/),
  );
  const actions = [...actionsOf(app.code), ...actionsOfFiles(app)];
  const changing = actions.filter(({ methods }) =>
    methods.some((each) => each !== "GET" && each !== "HEAD"),
  );
  if (firewalls.length === 0 && forms.length === 0 && changing.length === 0) return undefined;

  const protection = formProtection(app);
  const posts = postGaps(app, actions, sameSite);
  const isOpen = isSentFromEverywhere(sameSite);
  const gaps = [
    ...signInGaps(app),
    ...getGaps(actions),
    ...(isOpen ? posts : []),
    ...formGaps(app, forms),
  ];
  if (protection.isOn === false) {
    const checksItself =
      app.code.callsNamed("isCsrfTokenValid").length + app.code.callsNamed("isTokenValid").length >
      0;
    const cover = checksItself ? "partial" : "none";
    const what = { place: protection.place, what: protection.why };
    return { cover, place: protection.place, why: protection.why, gaps: [what, ...gaps] };
  }
  const { place, why } = protection;
  if (gaps.length > 0) {
    return { cover: "partial", place, why: `${why} Some requests go without.`, gaps };
  }
  if (posts.length > 0) {
    const rest = `${why} Some actions go past forms and check no token.`;
    return { cover: "unknown", place, why: rest, gaps: posts };
  }
  return { cover: protection.isOn === undefined ? "unknown" : "protected", place, why, gaps };
}

function formProtection(app: SymfonyApplication): {
  isOn: boolean | undefined;
  place: Place;
  why: string;
} {
  const framework = app.config.extension("framework");
  const { place } = app;
  const entry = entryAt(framework?.node, "csrf_protection");
  const form = entryAt(framework?.node, "form", "csrf_protection");
  for (const each of [form, entry]) {
    if (each !== undefined && isOff(app, each)) {
      return {
        isOn: false,
        place: each.place,
        why: "csrf_protection is switched off: forms carry no token.",
      };
    }
  }
  if (entry !== undefined) {
    return {
      isOn: true,
      place: entry.place,
      why: "csrf_protection is on: every form carries a token that is checked.",
    };
  }
  if (hasPackage(app, "symfony/security-csrf") || hasPackage(app, "symfony/security-bundle")) {
    const why =
      "symfony/security-csrf is installed, so csrf_protection is on by itself: every form carries a token that is checked.";
    return { isOn: true, place, why };
  }
  if (!isLocked(app) && !hasPackage(app, "symfony/symfony")) {
    const why =
      "No lock file tells whether symfony/security-csrf is installed, which switches csrf_protection on.";
    return { isOn: undefined, place, why };
  }
  const why = hasPackage(app, "symfony/symfony")
    ? "csrf_protection is not set, and with symfony/symfony it is off unless it is."
    : "symfony/security-csrf is not installed, so forms carry no token.";
  return { isOn: false, place, why };
}

function isLocked({ tree, application: { root } }: SymfonyApplication): boolean {
  return tree.has(root === "." ? "composer.lock" : `${root}/composer.lock`);
}

function isOff(app: SymfonyApplication, entry: ConfigEntry): boolean {
  const switchEntry = entryAt(entry.node, "enabled") ?? entry;
  if (switchEntry.node.kind !== "scalar" || switchEntry.node.value === null) return false;
  const { value } = resolveEntry(app.config, switchEntry);
  return value !== undefined && booleanOf(value) === false;
}

/** Forms that switch their token off and are posted by themselves: a part of a form is covered by the whole. */
function formGaps(app: SymfonyApplication, forms: readonly PhpClass[]): CsrfGap[] {
  const made = createdForms(app);
  return forms.flatMap((each): CsrfGap[] => {
    const entry = indexPhp(each.file)
      .ofKind("entry")
      .find((node) => isInside(node, each.node) && keyOf(node) === "csrf_protection");
    const value = entry?.value as Parameters<typeof evaluate>[2] | undefined;
    if (entry === undefined || value === undefined) return [];
    if (scalarOf(evaluate(app.code, each.file, value)) !== false) return [];
    const isNoForm = /Search|Filter|Api|Rest|Query|Export|Graphql/i.test(
      `${each.name} ${each.file.file}`,
    );
    const isGet = /['"]method['"]\s*=>\s*(['"]GET['"]|\w+::METHOD_GET)|setMethod\(\s*['"]GET/i.test(
      codeTextOf(each.file, each.node),
    );
    if (isNoForm || isGet || !made.has(each.name?.toLowerCase() ?? "")) return [];
    const what = `${titleOfClass(each)} is posted without a token: csrf_protection is false.`;
    return [{ place: placeOf(each.file, entry), what }];
  });
}

/** Form types that code makes forms of, by full name in lower case. */
function createdForms({ code }: SymfonyApplication): ReadonlySet<string> {
  const names = new Set<string>();
  for (const method of [
    "createForm",
    "create",
    "createNamed",
    "createBuilder",
    "createNamedBuilder",
  ]) {
    for (const call of code.callsNamed(method)) {
      // An interface for programs carries no cookie that another site could use.
      if (/(^|[\\/])(Api|Rest)([\\/A-Z]|$)/.test(call.file.file)) continue;
      for (const given of call.arguments.slice(0, 2)) {
        const name =
          given.kind === "staticlookup" ? scalarOf(evaluate(code, call.file, given)) : undefined;
        if (typeof name === "string") names.add(name.toLowerCase());
      }
    }
  }
  return names;
}

function keyOf(entry: { readonly [field: string]: unknown }): unknown {
  return (entry.key as { value?: unknown } | null | undefined)?.value;
}
