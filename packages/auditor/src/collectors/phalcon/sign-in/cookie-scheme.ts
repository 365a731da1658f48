/**
 * What a cookie that says who somebody is holds: a random token, something signed or encrypted, or an id alone.
 * @module
 */
import type { RememberMeEvidence } from "../../../evidence.ts";
import { child, nameOf, type PhpFile, type PhpNode, textOf } from "../../php/php-file.ts";
import { indexPhp, isInside, namedFunctionOf } from "../../php/php-walk.ts";
import { changesState } from "../code/account-actions.ts";
import type { CookieWrite } from "../code/cookie-writes.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { type Step, traceOf } from "../code/trace.ts";

const RANDOM =
  /random_bytes|openssl_random_pseudo_bytes|random_int|getRandom\(|Random\b.*->|->(hex|base58|base62|base64safe|uuid)\(|Text::random|Str::random|getSaltBytes|generateToken|bin2hex/i;

/** What a cookie that names somebody proves it by. */
export function schemeOf(
  phalcon: PhalconApplication,
  { call, value, byService }: CookieWrite,
): { readonly scheme: RememberMeEvidence["scheme"]; readonly why: string } {
  const made = value === undefined ? "" : madeOf(call.file, value, 0);
  const within = namedFunctionOf(call.file, call.node);
  const isKept =
    within !== undefined &&
    traceOf(phalcon, within).some((step) => changesState(step) || keepsToken(step));
  if (RANDOM.test(made)) {
    return isKept
      ? {
          scheme: "random-token",
          why: "A random token goes to the cookie and is kept on the server.",
        }
      : {
          scheme: "unknown",
          why: "A random token goes to the cookie; where it is kept cannot be followed.",
        };
  }
  if (/hash_hmac|JWT|->sign\(/i.test(made))
    return { scheme: "signed", why: "The cookie's value is signed." };
  // The name of a class that makes passwords is no password.
  if (/pass(word|wd)|->pwd\b/i.test(made.replaceAll(/[\w\\]+(?=::)/g, ""))) {
    return {
      scheme: "password",
      why: "The cookie's value is made from the password or its hash, which is not random and ends only with it.",
    };
  }
  if (/encrypt/i.test(made))
    return { scheme: "encrypted", why: "The cookie's value is encrypted." };
  if (/\b(md5|sha1|hash|uniqid|mt_rand|rand)\(/i.test(made)) {
    return { scheme: "plain", why: "The cookie's value is made from what others can guess." };
  }
  const before = within === undefined ? [] : traceOf(phalcon, within);
  const isRandom = before.some(
    (step) =>
      step.within.node !== within?.node && RANDOM.test(textOf(step.file, step.node).slice(0, 400)),
  );
  if (isRandom && isKept) {
    return {
      scheme: "random-token",
      why: "A random token goes to the cookie and is kept on the server.",
    };
  }
  if (/->(token|selector|validator|series)\b|token/i.test(made)) {
    return { scheme: "unknown", why: "How the token in the cookie is made cannot be followed." };
  }
  const isEncrypted = byService && encryptsCookies(phalcon);
  if (NAMES_SOMEBODY.test(made)) {
    const anyway = isEncrypted
      ? ", which the cookies service encrypts and which never changes"
      : "";
    return { scheme: "plain", why: `The cookie holds an id or name alone${anyway}.` };
  }
  return isEncrypted
    ? { scheme: "encrypted", why: "The cookies service encrypts the cookie's value." }
    : { scheme: "unknown", why: "What the cookie holds cannot be followed." };
}

/** An account's id, name or address, or the whole of it. */
const NAMES_SOMEBODY =
  /(->|\[['"]|::|\$|\bget)_?(user|account|member|customer|admin|auth)?_?(id|uid|name|e?mail|login|user_?name)\b|\b(serialize|json_encode)\(/i;

/** Hands a token to what keeps it: a repository, a cache. */
function keepsToken({ call, file }: Step): boolean {
  if (call?.form !== "method" || !/^(add|store|remember|persist|setex|put)$/.test(call.name))
    return false;
  return call.arguments.some((argument) =>
    /token|hash|selector|validator/i.test(textOf(file, argument)),
  );
}

/** The text of an expression, with that of the variables in it. */
export function madeOf(file: PhpFile, node: PhpNode, depth: number): string {
  const text = textOf(file, node);
  if (depth > 3) return text;
  const scope = namedFunctionOf(file, node);
  const variables = indexPhp(file)
    .ofKind("variable")
    .filter((variable) => isInside(variable, node));
  const assigned = variables.flatMap((variable) =>
    indexPhp(file)
      .assignmentsTo(nameOf(variable) ?? "")
      .filter((assignment) => scope === undefined || isInside(assignment, scope.node))
      .filter((assignment) => !isInside(node, assignment)),
  );
  const right = assigned.flatMap((assignment) => child(assignment, "right") ?? []);
  return [text, ...right.map((each) => madeOf(file, each, depth + 1))].join("\n").slice(0, 4_000);
}

/** The service encrypts by default, and `useEncryption(false)` switches it off. */
export function encryptsCookies(phalcon: PhalconApplication): boolean {
  const off = phalcon.code
    .callsNamed("useEncryption")
    .some(
      ({ file, arguments: [first] }) =>
        first !== undefined && textOf(file, first).toLowerCase() === "false",
    );
  return !off && phalcon.code.callsNamed("setKey").length > 0;
}
