/**
 * Whether an adapter of the application's own seals what it writes, so that nobody reads or changes it in the
 * store unnoticed. A cipher without authentication hides, and does not seal.
 * @module
 */
import type { Place, Setting } from "../../../evidence.ts";
import { methodOf } from "../../php/php-code.ts";
import { child, nameOf, type PhpNode, placeOf } from "../../php/php-file.ts";
import { scalarOf } from "../../php/php-value.ts";
import { argumentOf, callsInside, type PhpCall, type PhpFunction } from "../../php/php-walk.ts";
import { callGraph } from "../code/call-graph.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { classOfReceiver } from "../code/receiver-class.ts";
import type { SessionAdapter } from "./session-adapters.ts";

/** What one call does to what it is given: `undefined` if that cannot be followed. */
interface Sealing {
  readonly isSealed: boolean | undefined;
  readonly mode: string;
  readonly place: Place;
}

const MAX_DEPTH = 4;
const MAX_CALLS = 2_000;

/** @returns `undefined` if nothing that the adapter writes goes through a cipher. */
export function sealing(
  phalcon: PhalconApplication,
  adapter: SessionAdapter,
): Setting<boolean> | undefined {
  for (let at: SessionAdapter | undefined = adapter; at !== undefined; at = at.wraps) {
    const found = at.isOwn ? sealingOfClass(phalcon, at.className) : undefined;
    if (found === undefined) continue;
    const { isSealed, mode, place } = found;
    if (isSealed === undefined) {
      const why = `whether ${mode} authenticates what it encrypts cannot be followed`;
      return { value: undefined, origin: { kind: "unknown", why, place } };
    }
    return { value: isSealed, origin: { kind: "set", place }, written: mode };
  }
  return undefined;
}

function sealingOfClass(phalcon: PhalconApplication, className: string): Sealing | undefined {
  const write = methodOf(phalcon.code, className, "write");
  if (write === undefined) return undefined;
  const calls = callsReached(phalcon, write);
  const isSigned = calls.some(({ name }) => SIGNS.has(name));
  const sealings = calls.flatMap((call) => sealingBy(phalcon, call, isSigned) ?? []);
  return (
    sealings.find(({ isSealed }) => isSealed === true) ??
    sealings.find(({ isSealed }) => isSealed === undefined) ??
    sealings[0]
  );
}

/** Calls of a function and of the application's own functions below it. */
function callsReached(phalcon: PhalconApplication, start: PhpFunction): readonly PhpCall[] {
  const reached: PhpCall[] = [];
  const seen = new Set([start.node]);
  const visit = (at: PhpFunction, depth: number): void => {
    for (const call of callsInside(at.file, at.node)) {
      if (reached.length === MAX_CALLS) return;
      reached.push(call);
      const called = depth === MAX_DEPTH ? undefined : callGraph(phalcon).calledBy(call);
      if (called === undefined || seen.has(called.node)) continue;
      seen.add(called.node);
      visit(called, depth + 1);
    }
  };
  visit(start, 0);
  return reached;
}

const SIGNS: ReadonlySet<string> = new Set(["hash_hmac", "sodium_crypto_auth"]);
const AUTHENTICATED = /-(gcm|ccm|ocb)$|poly1305$/i;
/** Libraries that have no other way. */
const ALWAYS_SEALS =
  /^(Defuse\\Crypto|ParagonIE\\Halite|ParagonIE\\Paseto|Illuminate\\Encryption)\\/i;
const CRYPT = /^Phalcon\\(Encryption\\)?Crypt$/i;

function sealingBy(
  phalcon: PhalconApplication,
  call: PhpCall,
  isSigned: boolean,
): Sealing | undefined {
  const place = placeOf(call.file, call.node);
  if (call.form === "function") {
    if (
      /^sodium_crypto_(secretbox|aead_\w+_encrypt$|box)/.test(call.name) &&
      !/open|keygen/.test(call.name)
    )
      return { isSealed: true, mode: call.name, place };
    return call.name === "openssl_encrypt" ? byOpenssl(phalcon, call, isSigned) : undefined;
  }
  if (!/^encrypt(base64|string)?$/.test(call.name)) return undefined;
  // What the application's own function of that name does, its calls say.
  if (callGraph(phalcon).calledBy(call) !== undefined) return undefined;
  const className =
    call.className ??
    (call.target === undefined ? undefined : classOfReceiver(phalcon, call.file, call.target)) ??
    (isCryptService(call.target) ? defaultCrypt(phalcon) : undefined);
  if (className !== undefined && ALWAYS_SEALS.test(className))
    return { isSealed: true, mode: `${className}, which authenticates`, place };
  if (className !== undefined && CRYPT.test(className)) return byCrypt(phalcon, call, className);
  return { isSealed: isSigned ? true : undefined, mode: `${call.name}()`, place };
}

/** The container's own service of that name, where nothing else is registered under it. */
function isCryptService(target: PhpNode | undefined): boolean {
  return (nameOf(child(target, "offset")) ?? nameOf(target))?.toLowerCase() === "crypt";
}

function defaultCrypt({ version }: PhalconApplication): string {
  return (version.major ?? 4) >= 5 ? "Phalcon\\Encryption\\Crypt" : "Phalcon\\Crypt";
}

function byOpenssl(phalcon: PhalconApplication, call: PhpCall, isSigned: boolean): Sealing {
  const place = placeOf(call.file, call.node);
  const written = argumentOf(call, 1, "cipher_algo");
  const cipher = written === undefined ? undefined : scalarOf(phalcon.evaluate(call.file, written));
  const hasTag = argumentOf(call, 5, "tag") !== undefined;
  const name = typeof cipher === "string" ? cipher : undefined;
  if (hasTag && (name === undefined || AUTHENTICATED.test(name)))
    return { isSealed: true, mode: name ?? "openssl_encrypt() with a tag", place };
  const mode = name ?? "openssl_encrypt()";
  return isSigned
    ? { isSealed: true, mode: `${mode} with a MAC`, place }
    : { isSealed: false, mode: `${mode} without a MAC`, place };
}

/** `Phalcon\Crypt`: AES-256-CFB unless told otherwise; it signs by itself from version 5 on. */
function byCrypt(phalcon: PhalconApplication, call: PhpCall, className: string): Sealing {
  const place = placeOf(call.file, call.node);
  const text = (node: PhpCall["node"] | undefined, file: PhpCall["file"]): unknown =>
    node === undefined ? undefined : scalarOf(phalcon.evaluate(file, node));
  const made = phalcon.code
    .usesOfClass(className)
    .filter(({ form }) => form === "new")
    .map((each) => ({
      cipher: text(argumentOf(each, 0, "cipher"), each.file),
      signs: text(argumentOf(each, 1, "useSigning"), each.file),
    }));
  const isCrypt = ({ target, file }: PhpCall): boolean =>
    target !== undefined &&
    (CRYPT.test(classOfReceiver(phalcon, file, target) ?? "") ||
      /crypt/i.test(nameOf(target) ?? ""));
  const told = (method: string): unknown =>
    phalcon.code
      .callsNamed(method)
      .filter(isCrypt)
      .map((each) => text(argumentOf(each, 0), each.file))
      .at(-1);
  const cipher = told("setCipher") ?? made.find((each) => each.cipher !== undefined)?.cipher;
  const name = typeof cipher === "string" ? cipher : "aes-256-cfb";
  if (AUTHENTICATED.test(name)) return { isSealed: true, mode: `${className} with ${name}`, place };
  const signs =
    told("useSigning") ??
    made.find((each) => each.signs !== undefined)?.signs ??
    (phalcon.version.major ?? 4) >= 5;
  return signs === true
    ? { isSealed: true, mode: `${className} with ${name}, signed`, place }
    : { isSealed: false, mode: `${className} with ${name}, unsigned`, place };
}
