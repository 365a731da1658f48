/**
 * Keys that sign or encrypt cookies and tokens, and whether the repository holds them.
 * @module
 */
import type { SecretEvidence } from "../../../evidence.ts";
import { child, nameOf, placeOf } from "../../php/php-file.ts";
import { resolveClass } from "../../php/php-names.ts";
import type { PhpValue } from "../../php/php-value.ts";
import { argumentOf, type PhpCall } from "../../php/php-walk.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";

/** Methods that take a key, what it is for, and what they are called on. */
const SETTERS: readonly { readonly name: string; readonly purpose: string; readonly on: RegExp }[] =
  [
    { name: "setkey", purpose: "Phalcon\\Crypt key, which encrypts cookies", on: /crypt/i },
    { name: "setsignkey", purpose: "key that signs cookies", on: /cookie/i },
    { name: "setpassphrase", purpose: "key that signs tokens", on: /jwt|token|builder/i },
  ];

export function collectSecrets(phalcon: PhalconApplication): readonly SecretEvidence[] {
  const secrets = SETTERS.flatMap(({ name, purpose, on }) =>
    phalcon.code
      .callsNamed(name)
      .filter((call) => call.form === "method" && on.test(targetName(call)))
      .flatMap((call) => secretOf(phalcon, call, purpose, 0) ?? []),
  );
  const signed = phalcon.code
    .callsNamed("encode")
    .filter(({ form, className = "" }) => form === "static" && /\bJWT$/i.test(className))
    .flatMap((call) => secretOf(phalcon, call, "key that signs tokens", 1) ?? []);
  return [...secrets, ...signed];
}

function targetName({ target, file }: PhpCall): string {
  if (target === undefined) return "";
  if (target.kind === "new") {
    const what = child(target, "what");
    return (what === undefined ? undefined : resolveClass(file, what)) ?? "";
  }
  return (
    nameOf(child(target, "offset")) ??
    nameOf(target) ??
    String(
      (target.arguments as readonly { readonly value?: unknown }[] | undefined)?.[0]?.value ?? "",
    )
  );
}

function secretOf(
  phalcon: PhalconApplication,
  call: PhpCall,
  purpose: string,
  index: number,
): SecretEvidence | undefined {
  const argument = argumentOf(call, index, "key");
  if (argument === undefined) return undefined;
  const value = phalcon.evaluate(call.file, argument);
  const place = placeOf(call.file, call.node);
  return { purpose, ...sourceOf(value, place) };
}

function sourceOf(value: PhpValue, call: SecretEvidence["place"]): Omit<SecretEvidence, "purpose"> {
  switch (value.kind) {
    case "known": {
      if (typeof value.value !== "string") return { place: value.place, source: "unknown" };
      if (isPlaceholder(value.value)) return { place: value.place, source: "placeholder" };
      return { place: value.place, source: "literal", masked: masked(value.value) };
    }
    case "environment": {
      const fallback = value.fallback;
      if (
        fallback?.kind === "known" &&
        typeof fallback.value === "string" &&
        !isPlaceholder(fallback.value)
      ) {
        return { place: fallback.place, source: "fallback", masked: masked(fallback.value) };
      }
      return { place: value.place, source: "environment" };
    }
    default:
      return { place: call, source: "unknown" };
  }
}

/** What a set-up step fills in. A sentence that asks to be changed is a key all the same until somebody does. */
function isPlaceholder(text: string): boolean {
  return (
    text.trim() === "" ||
    /^(<.*>|%.*%|\{\{.*\}\}|\$\{.*\}|@.*@|x{4,}|\*+|__.*__)$/i.test(text.trim())
  );
}

function masked(secret: string): string {
  return `${secret.slice(0, 2)}… (${secret.length} characters)`;
}
