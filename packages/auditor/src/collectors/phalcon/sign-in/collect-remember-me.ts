/**
 * Whether and how the application remembers people beyond their session: what the cookie holds, and whether
 * the server ends it.
 * @module
 */
import type { RememberMeEvidence } from "../../../evidence.ts";
import { child, type PhpFile, type PhpNode, textOf } from "../../php/php-file.ts";
import { namedFunctionOf } from "../../php/php-walk.ts";
import { readsCookie } from "../code/account-actions.ts";
import { type CookieWrite, cookieWrites } from "../code/cookie-writes.ts";
import { isDeletion } from "../code/identity-cookies.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { usesGuard } from "./auth-guard.ts";
import { signInPaths } from "./collect-sign-ins.ts";
import { schemeOf } from "./cookie-scheme.ts";

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
    const [name] = write.call.arguments;
    if (readNames.has(cookieName(phalcon, write.call.file, write.call.node, name) ?? ""))
      return true;
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

/** The cookie's name, or where it is kept. */
function cookieName(
  phalcon: PhalconApplication,
  file: PhpFile,
  node: PhpNode,
  argument: PhpNode | undefined,
): string | undefined {
  const key = argument ?? child(node, "offset");
  const value = key === undefined ? undefined : phalcon.evaluate(file, key);
  if (value?.kind === "known" && typeof value.value === "string") return value.value;
  // A name that is kept in a property is the same wherever that property is asked.
  const isKept = key?.kind === "propertylookup" || key?.kind === "staticlookup";
  return isKept ? textOf(file, key) : undefined;
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
