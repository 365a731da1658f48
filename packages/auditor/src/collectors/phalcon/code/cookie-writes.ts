/**
 * Cookies that code sets itself: through the cookies service, `Phalcon\Http\Cookie`, or `setcookie()`.
 * @module
 */
import type { Place, SameSiteFlag, SecureFlag, Setting } from "../../../evidence.ts";
import { child, nameOf, type PhpFile, type PhpNode, placeOf, textOf } from "../../php/php-file.ts";
import { type PhpScalar, scalarOf } from "../../php/php-value.ts";
import { argumentOf, callsInside, indexPhp, type PhpCall } from "../../php/php-walk.ts";
import type { PhalconApplication } from "./phalcon-application.ts";

export interface CookieWrite {
  readonly call: PhpCall;
  readonly place: Place;
  readonly name: string | undefined;
  readonly value: PhpNode | undefined;
  readonly secure: Setting<SecureFlag>;
  readonly httpOnly: Setting<boolean>;
  readonly sameSite: Setting<SameSiteFlag>;
  readonly lifetimeSeconds: Setting<number | "session">;
  /** By the service, which encrypts unless it is told not to. */
  readonly byService: boolean;
}

/** Positions of arguments: Phalcon's and PHP's differ in their order. */
const POSITIONS = {
  phalcon: { expire: 2, secure: 4, httpOnly: 6, options: 7 },
  native: { expire: 2, secure: 5, httpOnly: 6, options: 2 },
} as const;

const found = new WeakMap<PhalconApplication, readonly CookieWrite[]>();

export function cookieWrites(phalcon: PhalconApplication): readonly CookieWrite[] {
  const known = found.get(phalcon) ?? findWrites(phalcon);
  found.set(phalcon, known);
  return known;
}

function findWrites(phalcon: PhalconApplication): readonly CookieWrite[] {
  return phalcon.code.calls.flatMap((call): readonly CookieWrite[] => {
    if (call.form === "function" && /^set(raw)?cookie$/.test(call.name)) {
      return call.arguments.length < 2 ? [] : [cookieWrite(phalcon, call, "native", false)];
    }
    const isService = call.form === "method" && call.name === "set" && isCookies(call.target);
    const isObject = call.form === "new" && /^Phalcon\\Http\\Cookie$/i.test(call.className ?? "");
    if ((!isService && !isObject) || call.arguments.length < 2) return [];
    return [cookieWrite(phalcon, call, "phalcon", isService)];
  });
}

/** The cookies service, by what it is called. */
export function isCookies(target: PhpNode | undefined): boolean {
  const first = (target?.arguments as readonly PhpNode[] | undefined)?.[0];
  const name = nameOf(child(target, "offset")) ?? nameOf(target) ?? String(first?.value ?? "");
  return (
    /^cookies?$/i.test(name) ||
    /getcookies/i.test(nameOf(child(child(target, "what"), "offset")) ?? "")
  );
}

function cookieWrite(
  phalcon: PhalconApplication,
  call: PhpCall,
  style: keyof typeof POSITIONS,
  byService: boolean,
): CookieWrite {
  const { file, node } = call;
  const place = placeOf(file, node);
  const at = POSITIONS[style];
  const written = argumentOf(call, at.options, "options");
  const options = written === undefined ? undefined : phalcon.evaluate(file, written);
  const fromOptions = (key: string): PhpScalar | undefined => {
    if (options?.kind !== "array") return undefined;
    const entry = [...options.entries].find(([name]) => name.toLowerCase() === key);
    return scalarOf(entry?.[1]);
  };
  const hasOption = (key: string): boolean =>
    options?.kind === "array" &&
    [...options.entries.keys()].some((name) => name.toLowerCase() === key);
  const of = style === "native" ? "PHP's setcookie()" : "Phalcon's cookies";
  const argument = (index: number, name: string): PhpNode | undefined =>
    style === "native" && options?.kind === "array" ? undefined : argumentOf(call, index, name);

  const secureNode = argument(at.secure, "secure");
  const httpOnlyNode = argument(at.httpOnly, style === "native" ? "httponly" : "httpOnly");
  const expireNode = argument(at.expire, style === "native" ? "expires_or_options" : "expire");
  const nameNode = argumentOf(call, 0, "name");
  const name = nameNode === undefined ? undefined : scalarOf(phalcon.evaluate(file, nameNode));
  const secure = flagSetting(phalcon, file, secureNode, of, place);
  const sameSite = fromOptions("samesite");
  return {
    call,
    place,
    byService,
    name: typeof name === "string" ? name : undefined,
    value: argumentOf(call, 1, "value"),
    secure: secureSetting(
      hasOption("secure")
        ? { value: Boolean(fromOptions("secure")), origin: { kind: "set", place } }
        : secure,
      file,
      secureNode,
    ),
    httpOnly: hasOption("httponly")
      ? { value: Boolean(fromOptions("httponly")), origin: { kind: "set", place } }
      : flagSetting(phalcon, file, httpOnlyNode, of, place),
    sameSite: hasOption("samesite")
      ? { value: sameSiteFlag(sameSite), origin: { kind: "set", place } }
      : { value: "unset", origin: { kind: "default", of, place } },
    lifetimeSeconds: lifetime(phalcon, file, expireNode, of, place),
  };
}

function sameSiteFlag(value: PhpScalar | undefined): SameSiteFlag | undefined {
  const word = typeof value === "string" ? value.toLowerCase() : undefined;
  return word === "lax" || word === "strict" || word === "none" ? word : undefined;
}

function flagSetting(
  phalcon: PhalconApplication,
  file: PhpFile,
  node: PhpNode | undefined,
  of: string,
  place: Place,
): Setting<boolean> {
  if (node === undefined)
    return { value: false, origin: { kind: "default", of: `${of}, where the flag is off`, place } };
  const value = phalcon.evaluate(file, node);
  const scalar = scalarOf(value);
  if (scalar !== undefined)
    return { value: Boolean(scalar), origin: { kind: "set", place: value.place } };
  return value.kind === "environment"
    ? { value: undefined, origin: { kind: "environment", name: value.name, place: value.place } }
    : {
        value: undefined,
        origin: { kind: "unknown", why: "the flag is computed", place: value.place },
      };
}

function secureSetting(
  flag: Setting<boolean>,
  file: PhpFile,
  node: PhpNode | undefined,
): Setting<SecureFlag> {
  const text = node === undefined ? "" : textOf(file, node);
  if (flag.value === undefined && node !== undefined && /https|secure|ssl/i.test(text)) {
    return { value: "when-https", origin: { kind: "set", place: placeOf(file, node) } };
  }
  const { value, origin } = flag;
  return { value: value === undefined ? undefined : value ? "always" : "never", origin };
}

/** `time() + 86400 * 8`, also through a variable; 0 ends with the browser. */
function lifetime(
  phalcon: PhalconApplication,
  file: PhpFile,
  node: PhpNode | undefined,
  of: string,
  place: Place,
): Setting<number | "session"> {
  if (node === undefined) return { value: "session", origin: { kind: "default", of, place } };
  const value = scalarOf(phalcon.evaluate(file, node));
  if (value === 0 || value === null)
    return { value: "session", origin: { kind: "set", place: placeOf(file, node) } };
  const seconds = secondsFromNow(phalcon, file, node, 0);
  if (seconds === undefined) {
    return {
      value: undefined,
      origin: { kind: "unknown", why: "the end is computed", place: placeOf(file, node) },
    };
  }
  return { value: seconds, origin: { kind: "set", place: placeOf(file, node) } };
}

const UNITS: Readonly<Record<string, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
  month: 2_592_000,
  year: 31_536_000,
};

function secondsFromNow(
  phalcon: PhalconApplication,
  file: PhpFile,
  node: PhpNode,
  depth: number,
): number | undefined {
  if (depth > 4) return undefined;
  if (node.kind === "variable") {
    const assigned = indexPhp(file).assignmentsTo(nameOf(node) ?? "");
    const right = assigned.length === 1 ? child(assigned[0], "right") : undefined;
    return right === undefined ? undefined : secondsFromNow(phalcon, file, right, depth + 1);
  }
  if (node.kind === "bin" && node.type === "+") {
    const sides = [child(node, "left"), child(node, "right")];
    const now = sides.findIndex(
      (side) => side !== undefined && callsInside(file, side).some(({ name }) => name === "time"),
    );
    const other = now === -1 ? undefined : sides[1 - now];
    const value = other === undefined ? undefined : scalarOf(phalcon.evaluate(file, other));
    return typeof value === "number" ? value : undefined;
  }
  const match =
    /strtotime\(\s*["']\s*\+?\s*(\d+)\s*(second|minute|hour|day|week|month|year)s?/i.exec(
      textOf(file, node),
    );
  if (match === null) return undefined;
  return Number(match[1]) * (UNITS[(match[2] ?? "").toLowerCase()] ?? 0);
}
