/**
 * What stands between the application's state-changing requests and other sites: form tokens, tokens that
 * controllers check, the sign-in form's token, and requests that change state by GET.
 * @module
 */
import type { CsrfEvidence, Place, SameSiteFlag } from "../../../evidence.ts";
import { type ConfigEntry, entryAt } from "../../config/config-node.ts";
import { isSubclassOf } from "../../php/php-code.ts";
import { placeOf } from "../../php/php-file.ts";
import { classesOf } from "../code/code-roles.ts";
import { isFrontAction } from "../code/front-actions.ts";
import { actionsOfFiles } from "../code/route-files.ts";
import { type Action, actionsOf } from "../code/routes.ts";
import { hasPackage, type SymfonyApplication } from "../code/symfony-application.ts";
import { booleanOf } from "../configuration/env-processors.ts";
import { resolveEntry } from "../configuration/symfony-values.ts";
import { interactiveFirewalls } from "../sign-in/firewall-sign-ins.ts";
import { type CsrfGap, getGaps, isSentFromEverywhere, postGaps, titleIn } from "./action-csrf.ts";
import { changesByGet } from "./safe-methods.ts";
import { signInGaps } from "./sign-in-csrf.ts";
import { tokenlessForms } from "./tokenless-forms.ts";

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
  const posts = distinct([...postGaps(app, actions, sameSite), ...linkGaps(app, () => true)]);
  const isOpen = isSentFromEverywhere(sameSite);
  const gaps = distinct([
    ...signInGaps(app),
    ...getGaps(actions),
    ...linkGaps(app, (action) => isOpen || isAskedByGet(action)),
    ...(isOpen ? posts : []),
    ...tokenlessForms(app, actions),
  ]);
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

/** Whatever a plain link has done, each action once. */
function linkGaps(app: SymfonyApplication, isSure: (action: Action) => boolean): CsrfGap[] {
  return changesByGet(app)
    .filter(isSure)
    .map(({ method }) => ({
      place: placeOf(method.file, method.node),
      what: `${titleIn(method)} changes what is stored on a plain GET request, and checks no token.`,
    }));
}

/** Links are how it is asked for; a route that takes every method may only ever be posted to. */
function isAskedByGet({ method, methods }: Action): boolean {
  return methods.includes("GET") || isFrontAction(method);
}

function distinct(gaps: readonly CsrfGap[]): readonly CsrfGap[] {
  const first = new Map<string, CsrfGap>();
  for (const gap of gaps) {
    const key = `${gap.place.file}:${gap.place.line}`;
    if (!first.has(key)) first.set(key, gap);
  }
  return [...first.values()];
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
