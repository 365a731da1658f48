/**
 * Sign-in forms that no token guards: another site can sign its visitors in as somebody else.
 * @module
 */
import { entryAt } from "../../config/config-node.ts";
import { placeOf } from "../../php/php-file.ts";
import type { PhpClass } from "../../php/php-walk.ts";
import { authenticatorsOf } from "../code/code-roles.ts";
import { codeTextOf } from "../code/code-text.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";
import { resolveEntry } from "../configuration/symfony-values.ts";
import { interactiveFirewalls } from "../sign-in/firewall-sign-ins.ts";
import type { CsrfGap } from "./action-csrf.ts";

export function signInGaps(app: SymfonyApplication): CsrfGap[] {
  const gaps: CsrfGap[] = [];
  for (const { authenticators } of interactiveFirewalls(app)) {
    for (const { key, node, place } of authenticators) {
      if (!/^(form_login(_ldap)?|simple_form)$/.test(key)) continue;
      const entry =
        entryAt(node, "enable_csrf") ??
        entryAt(node, "csrf_token_generator") ??
        entryAt(node, "csrf_provider");
      const value = entry === undefined ? false : resolveEntry(app.config, entry).value;
      if (value === false || value === null) {
        gaps.push({
          place: entry?.place ?? place,
          what: "The sign-in form carries no token: enable_csrf is off by default.",
        });
      }
    }
  }
  const used = new Set(
    app.firewalls.flatMap(({ authenticators, isStateless }) =>
      isStateless
        ? []
        : authenticators.flatMap(({ services }) => services.map(({ id }) => id.toLowerCase())),
    ),
  );
  for (const each of authenticatorsOf(app.code)) {
    if (!used.has(each.name?.toLowerCase() ?? "") || !readsSignInForm(app, each)) continue;
    if (
      !/CsrfTokenBadge|isTokenValid|isCsrfTokenValid|CsrfToken\b|handleRequest|->submit\(/.test(
        inherited(app, each),
      )
    ) {
      gaps.push({
        place: placeOf(each.file, each.node),
        what: `The sign-in form that ${titleOfClass(each)} reads carries no token.`,
      });
    }
  }
  return gaps;
}

/** It takes a password out of a posted form, not out of a header or a JSON body. */
function readsSignInForm(app: SymfonyApplication, each: PhpClass): boolean {
  const text = inherited(app, each);
  const readsField = /(?<!headers)->(get|getString)\(\s*['"][^'"]*pass/i.test(text);
  const readsAll =
    /->request->all\(|->getPayload\(\)|\$_POST/.test(text) && /['"][^'"]*pass/i.test(text);
  return (readsField || readsAll) && !/json_decode|->toArray\(|getContent\(/.test(text);
}

/** Its own code and that of parents of the application. */
function inherited(app: SymfonyApplication, each: PhpClass): string {
  let text = "";
  let at: PhpClass | undefined = each;
  for (let depth = 0; at !== undefined && depth < 5; depth += 1) {
    text += codeTextOf(at.file, at.node);
    at = at.parent === undefined ? undefined : app.code.classNamed(at.parent);
  }
  return text;
}

/** A class by its short name. */
export function titleOfClass({ name }: PhpClass): string {
  return name?.replace(/^.*\\/, "") ?? "a class";
}
