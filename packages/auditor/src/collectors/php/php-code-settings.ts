/**
 * PHP's session settings as code sets them, and whether they come in time: once a session is open, PHP
 * refuses them.
 * @module
 */
import type { Place } from "../../evidence.ts";
import type { PhpCode } from "./php-code.ts";
import { holdsInProduction } from "./php-environment.ts";
import { child, nameOf, type PhpNode, placeOf, textOf } from "./php-file.ts";
import { entryOf, evaluate, type PhpResolver, type PhpValue } from "./php-value.ts";
import {
  ancestorsOf,
  argumentOf,
  functionOf,
  isInside,
  offsetOf,
  type PhpCall,
} from "./php-walk.ts";

export interface CodeSetting {
  /** Without `session.`. */
  readonly key: string;
  readonly value: PhpValue;
  readonly call: PhpCall;
  /** The expression, for what no value says: that it depends on HTTPS. */
  readonly expression: PhpNode;
  readonly place: Place;
  /** Why it does nothing. */
  readonly withoutEffect?: string;
}

/** Positions of `session_set_cookie_params(lifetime, path, domain, secure, httponly)`. */
const PARAMETERS = ["lifetime", "path", "domain", "secure", "httponly"] as const;

/** Functions with one argument, and the setting that it is. */
const SINGLE: Readonly<Record<string, string>> = {
  session_name: "name",
  session_cache_limiter: "cache_limiter",
  session_cache_expire: "cache_expire",
  session_save_path: "save_path",
  session_module_name: "save_handler",
};

/**
 * @param starts Calls that open a session, beside PHP's own `session_start`.
 * @param resolve What only the framework's collector can follow.
 */
export function codeSettings(
  code: PhpCode,
  starts: readonly PhpCall[] = [],
  resolve?: PhpResolver,
): readonly CodeSetting[] {
  const native = code.callsNamed("session_start").filter(({ form }) => form === "function");
  const opening = [...native, ...starts];
  const settings: CodeSetting[] = [];
  const add = (call: PhpCall, key: string, expression: PhpNode | undefined, value?: PhpValue) => {
    if (expression === undefined || !runsInProduction(call)) return;
    const late = openedBefore(opening, call);
    settings.push({
      key,
      value: value ?? evaluate(code, call.file, expression, resolve),
      call,
      expression,
      place: placeOf(call.file, call.node),
      ...(late && { withoutEffect: "comes after the session was started, where PHP refuses it" }),
    });
  };

  for (const name of ["ini_set", "ini_alter"]) {
    for (const call of own(code, name)) {
      const [key, value] = [argumentOf(call, 0, "option"), argumentOf(call, 1, "value")];
      if (key === undefined) continue;
      for (const [looped, entry] of loopedOver(code, call, key, resolve)) {
        if (value !== undefined) add(call, looped, value, entry);
      }
      const written = evaluate(code, call.file, key, resolve);
      if (written.kind !== "known" || typeof written.value !== "string") continue;
      const match = /^session\.([a-z_.]+)$/i.exec(written.value.trim());
      if (match?.[1] !== undefined) add(call, match[1].toLowerCase(), value);
    }
  }
  for (const call of own(code, "session_set_cookie_params")) {
    const [first] = call.arguments;
    const options = first === undefined ? undefined : evaluate(code, call.file, first, resolve);
    if (options?.kind === "array" && first !== undefined) {
      for (const [key, value] of options.entries) {
        add(call, `cookie_${key.toLowerCase()}`, entryNode(first, key) ?? first, value);
      }
      continue;
    }
    for (const [index, name] of PARAMETERS.entries()) {
      add(
        call,
        `cookie_${name}`,
        argumentOf(call, index, index === 0 ? "lifetime_or_options" : name),
      );
    }
  }
  for (const call of native) {
    const [first] = call.arguments;
    const options = first === undefined ? undefined : evaluate(code, call.file, first, resolve);
    if (options?.kind !== "array" || first === undefined) continue;
    for (const key of options.entries.keys()) {
      add(call, key.toLowerCase(), entryNode(first, key) ?? first, entryOf(options, key));
    }
  }
  for (const [name, key] of Object.entries(SINGLE)) {
    for (const call of own(code, name)) add(call, key, argumentOf(call, 0));
  }
  return settings;
}

function own(code: PhpCode, name: string): readonly PhpCall[] {
  return code.callsNamed(name).filter(({ form }) => form === "function");
}

/** `foreach ($options as $key => $value) ini_set("session.$key", $value);` */
function loopedOver(
  code: PhpCode,
  call: PhpCall,
  key: PhpNode,
  resolve: PhpResolver | undefined,
): readonly (readonly [key: string, value: PhpValue])[] {
  const loop = ancestorsOf(call.file, call.node).find(({ kind }) => kind === "foreach");
  const source = child(loop, "source");
  const name = nameOf(child(loop, "key"));
  if (source === undefined || name === undefined) return [];
  const { start, end } = key.loc ?? {};
  const written = call.file.text.slice(start?.offset ?? 0, end?.offset ?? 0);
  const isWhole = key.kind === "variable" && nameOf(key) === name;
  const isPrefixed = /^["']session\./.test(written) && written.includes(`$${name}`);
  if (!isWhole && !isPrefixed) return [];
  const options = evaluate(code, call.file, source, resolve);
  if (options.kind !== "array") return [];
  return [...options.entries].flatMap(([entry, value]): [string, PhpValue][] => {
    const full = isPrefixed ? `session.${entry}` : entry;
    return /^session\.[a-z_]+$/i.test(full)
      ? [[full.slice("session.".length).toLowerCase(), value]]
      : [];
  });
}

/** The expression behind a key, where the array is written on the spot. */
function entryNode(array: PhpNode, key: string): PhpNode | undefined {
  const items = array.items;
  if (!Array.isArray(items)) return undefined;
  const entry = (items as PhpNode[]).find((item) => child(item, "key")?.value === key);
  return child(entry, "value");
}

/** `if (session_status() === PHP_SESSION_NONE) session_start();` leaves it open either way. */
function isUncertain({ file }: PhpCall, above: PhpNode): boolean {
  const test = above.kind === "if" ? child(above, "test") : undefined;
  if (test === undefined) return above.kind === "if";
  const text = file.text.slice(test.loc?.start.offset ?? 0, test.loc?.end.offset ?? 0);
  return !/session_status|session_id|\$_SESSION|isStarted|->exists\(/.test(text);
}

/** Not in a branch that production does not take. */
export function runsInProduction(call: PhpCall): boolean {
  for (const above of ancestorsOf(call.file, call.node)) {
    if (above.kind !== "if") continue;
    const test = child(above, "test");
    const held = test === undefined ? undefined : holdsInProduction(test);
    if (held === undefined) continue;
    const body = child(above, "body");
    const isInBody = body !== undefined && isInside(call.node, body);
    if (isInBody !== held) return false;
  }
  return true;
}

/** Whether a session is opened earlier in the same straight run of code. */
function openedBefore(opening: readonly PhpCall[], call: PhpCall): boolean {
  const scope = functionOf(call.file, call.node);
  return opening.some(
    (start) =>
      start.file === call.file &&
      start.node !== call.node &&
      offsetOf(start.node) < offsetOf(call.node) &&
      functionOf(start.file, start.node) === scope &&
      !isInSiblingBranch(start, call),
  );
}

/** A start in a branch that the call is not in need not have run. */
function isInSiblingBranch(start: PhpCall, call: PhpCall): boolean {
  return ancestorsOf(start.file, start.node).some(
    (above) =>
      (above.kind === "case" || above.kind === "catch" || isUncertain(start, above)) &&
      !isInside(call.node, above),
  );
}

/** Whether an expression follows the request's scheme. */
export function dependsOnHttps(setting: CodeSetting): boolean {
  const { file } = setting.call;
  const written = textOf(file, setting.expression);
  if (/https|is_?secure|is_?ssl|request_scheme|forwarded_proto|\b443\b/i.test(written)) return true;
  const around = ancestorsOf(file, setting.call.node).filter(({ kind }) => kind === "if");
  return around.some((above) => {
    const test = child(above, "test");
    const from = test?.loc?.start.offset ?? 0;
    const to = test?.loc?.end.offset ?? 0;
    return /https|is_?secure|is_?ssl|forwarded_proto|\b443\b/i.test(file.text.slice(from, to));
  });
}
