/**
 * Rules for ESLint and Oxlint: sessions are used as their library means it.
 * @module
 */
import { noRawSessionCookie } from "./no-raw-session-cookie.ts";
import { noSessionSecretLiteral } from "./no-session-secret-literal.ts";
import { rotateOnSignIn } from "./rotate-on-sign-in.ts";
import type { Rule } from "./rule.ts";

export type { Rule } from "./rule.ts";

const name = "@holdfast";

export const rules: Readonly<Record<string, Rule>> = {
  "no-raw-session-cookie": noRawSessionCookie,
  "no-session-secret-literal": noSessionSecretLiteral,
  "rotate-on-sign-in": rotateOnSignIn,
};

export const meta: { readonly name: string } = { name };

const plugin: {
  readonly meta: typeof meta;
  readonly rules: typeof rules;
} = { meta, rules };

// Oxlint loads a plug-in by its default export; nothing else here has one.
export default plugin;

/** ESLint's flat configuration with every rule as an error. */
export const recommended: {
  readonly plugins: Readonly<Record<string, typeof plugin>>;
  readonly rules: Readonly<Record<string, "error">>;
} = {
  plugins: { [name]: plugin },
  rules: Object.fromEntries(
    Object.keys(rules).map((rule) => [`${name}/${rule}`, "error" as const]),
  ),
};
