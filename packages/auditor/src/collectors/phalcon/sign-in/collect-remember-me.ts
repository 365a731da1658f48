/**
 * Whether and how the application remembers people beyond their session: what the cookie holds, and whether
 * the server ends it.
 * @module
 */
import type { RememberMeEvidence } from "../../../evidence.ts";
import { child, nameOf, type PhpFile, type PhpNode } from "../../php/php-file.ts";
import { indexPhp, isInside, namedFunctionOf } from "../../php/php-walk.ts";
import { changesState, readsCookie } from "../code/account-actions.ts";
import { type CookieWrite, cookieWrites } from "../code/cookie-writes.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { type Step, textOf, traceOf } from "../code/trace.ts";
import { usesGuard } from "./auth-guard.ts";
import { signInPaths } from "./collect-sign-ins.ts";

const SAYS_SO =
  /remember|auto_?log|stay_?(logged|signed)|keep_?(me|logged|signed)|persist(ent)?_?(log|token|auth)|lembrar/i;

export function collectRememberMe(phalcon: PhalconApplication): RememberMeEvidence | undefined {
  return guardRememberMe(phalcon) ?? ownRememberMe(phalcon);
}

function ownRememberMe(phalcon: PhalconApplication): RememberMeEvidence | undefined {
  const paths = signInPaths(phalcon);
  if (paths.length === 0) return undefined;
  const writes = cookieWrites(phalcon);
  const readNames = new Set(
    paths
      .filter(({ change }) => change.kind === "remember-me")
      .flatMap(({ steps }) => steps.filter(readsCookie))
      .flatMap(({ file, node, call }) => cookieName(phalcon, file, node, call?.arguments[0]) ?? []),
  );
  const isRemembering = (write: CookieWrite): boolean => {
    const within = namedFunctionOf(write.call.file, write.call.node);
    if (write.name !== undefined && readNames.has(write.name)) return true;
    return SAYS_SO.test(`${write.name ?? ""} ${within?.name ?? ""}`);
  };
  const remembering = writes.filter((write) => isRemembering(write) && !isDeletion(write));
  // The cookie that proves something decides; one that only names the account goes with it.
  const schemes = remembering.map((write) => ({ write, ...schemeOf(phalcon, write) }));
  const ranked = RANK.flatMap((scheme) => schemes.filter((each) => each.scheme === scheme));
  const [chosen] = ranked;
  if (chosen === undefined) return undefined;
  const weakest =
    schemes.find(({ write }) => write.httpOnly.value !== true || write.secure.value === "never") ??
    chosen;
  return {
    place: chosen.write.place,
    scheme: chosen.scheme,
    why: chosen.why,
    expires: expires(phalcon, chosen.write),
    secure: weakest.write.secure,
    httpOnly: weakest.write.httpOnly,
    sameSite: weakest.write.sameSite,
    lifetimeSeconds: chosen.write.lifetimeSeconds,
  };
}

/** A password in any of the cookies is the worst; a token beside a plain id is what counts of the two. */
const RANK: readonly RememberMeEvidence["scheme"][] = [
  "password",
  "random-token",
  "signed",
  "encrypted",
  "unknown",
  "plain",
];

function cookieName(
  phalcon: PhalconApplication,
  file: PhpFile,
  node: PhpNode,
  argument: PhpNode | undefined,
): string | undefined {
  const key = argument ?? child(node, "offset");
  const value = key === undefined ? undefined : phalcon.evaluate(file, key);
  return value?.kind === "known" && typeof value.value === "string" ? value.value : undefined;
}

/** Set to nothing, or to a time in the past. */
function isDeletion({ call, value }: CookieWrite): boolean {
  const text = textOf(call.file, call.node);
  return value?.kind === "nullkeyword" || value?.value === "" || /time\(\)\s*-/.test(text);
}

const RANDOM =
  /random_bytes|openssl_random_pseudo_bytes|random_int|getRandom\(|Random\b.*->|->(hex|base58|base62|base64safe|uuid)\(|Text::random|Str::random|getSaltBytes|generateToken|bin2hex/i;

function schemeOf(
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
  if (/pass(word|wd)|->pwd\b/i.test(made)) {
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
function madeOf(file: PhpFile, node: PhpNode, depth: number): string {
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
function encryptsCookies(phalcon: PhalconApplication): boolean {
  const off = phalcon.code
    .callsNamed("useEncryption")
    .some(
      ({ file, arguments: [first] }) =>
        first !== undefined && textOf(file, first).toLowerCase() === "false",
    );
  return !off && phalcon.code.callsNamed("setKey").length > 0;
}

/** Whether the reading side compares with the time. */
function expires(phalcon: PhalconApplication, write: CookieWrite): boolean | undefined {
  const readers = signInPaths(phalcon).filter(({ change }) => change.kind === "remember-me");
  if (readers.length === 0) return undefined;
  const texts = readers.flatMap(({ steps, write: identity }) => [
    textOf(identity.within.file, identity.within.node),
    ...steps.map(({ file, node }) => textOf(file, node).slice(0, 600)),
  ]);
  const maker = namedFunctionOf(write.call.file, write.call.node);
  const isStored =
    maker !== undefined &&
    /expir|valid_?until|createdAt|created_at/i.test(textOf(maker.file, maker.node));
  const compares = texts.some(
    (text) =>
      /time\(\)|new \\?DateTime|strtotime|NOW\(\)/i.test(text) &&
      /expir|created|valid|until|86400|>=?|<=?/i.test(text),
  );
  return compares || (isStored && texts.some((text) => /expir|valid_?until|created/i.test(text)));
}

/** The guard's own cookie: a random token kept on the server, without Secure and HttpOnly, for 365 days. */
function guardRememberMe(phalcon: PhalconApplication): RememberMeEvidence | undefined {
  if (!usesGuard(phalcon)) return undefined;
  const guarded = signInPaths(phalcon).find(({ write }) => {
    const second = write.call?.arguments[1];
    return (
      write.call !== undefined &&
      /^(attempt|login|loginbyid)$/.test(write.call.name) &&
      second !== undefined &&
      second.value !== false
    );
  });
  if (guarded === undefined) return undefined;
  const { place } = guarded.change;
  const of = "Phalcon\\Auth\\Guard\\Session";
  return {
    place,
    scheme: "random-token",
    why: "The guard keeps a token on the server, and compares the browser's name with it.",
    expires: true,
    secure: { value: "never", origin: { kind: "default", of, place } },
    httpOnly: { value: false, origin: { kind: "default", of, place } },
    sameSite: { value: "unset", origin: { kind: "default", of, place } },
    lifetimeSeconds: { value: 365 * 86_400, origin: { kind: "default", of, place } },
  };
}
