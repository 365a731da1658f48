/**
 * Recognises where somebody's credentials are checked, by what is compared rather than by what it is called.
 * @module
 */
import { child, nameOf, type PhpFile, type PhpNode, textOf } from "../../php/php-file.ts";
import {
  callsInside,
  indexPhp,
  namedFunctionOf,
  type PhpCall,
  walkPhp,
} from "../../php/php-walk.ts";
import type { Step } from "./trace.ts";

const CHECKS: ReadonlySet<string> = new Set([
  "checkhash",
  "ldap_bind",
  "password_verify",
  "sodium_crypto_pwhash_str_verify",
]);

/** Methods that say so in their name: `checkPassword`, `isValidCredentials`. */
const SAYS_SO =
  /^(check|verify|validate|is_?valid|compare|match(es)?|test|is)_?\w*(pass(word|wd|phrase)?|pwd|credentials?)(_?hash|_?valid|_?correct|_?match(es)?)?$/;

const PASSWORD = /pass(word|wd|phrase)|\bpass\b|\bpwd\b|senha|contrasen|mot_?de_?passe|wachtwoord/i;
const AGAIN =
  /repeat|confirm|again|retype|verify_?pass|password_?2|re_?pass|second|min_?length|strlen|isset|empty/i;
const HASHES =
  /^(md5|sha1|crypt|hash|hash_hmac|bcrypt|hash_password|hashpassword|encrypt_?password|password_hash)$/;

export function isCredentialCheck(step: Step): boolean {
  if (step.call !== undefined) return isCheckingCall(step.call);
  const isEquality = step.node.kind === "bin" && /^[!=]==?$/.test(String(step.node.type));
  return isEquality && isCheckingComparison(step.file, step.node);
}

/** A call that compares somebody's credentials. */
export function isCheckingCall(call: PhpCall): boolean {
  if (CHECKS.has(call.name)) return true;
  if (call.form === "function" && call.name === "hash_equals") {
    return PASSWORD.test(textOf(call.file, call.node));
  }
  if (call.arguments.length > 0 && SAYS_SO.test(call.name)) return true;
  return isPasswordQuery(call);
}

/** `Users::findFirst(["email = ?0 AND password = ?1", …])`: the database compares. */
function isPasswordQuery(call: PhpCall): boolean {
  if (
    !/^(find|findfirst|findfirstby\w*|count|query|fetchone|fetchcolumn|where|andwhere)$/.test(
      call.name,
    )
  ) {
    return false;
  }
  if (/^findfirstby\w*(password|passwd)/.test(call.name)) return true;
  const written = call.arguments.map((argument) => textOf(call.file, argument)).join(",");
  return (
    /["'\s(.,[](\w+\.)?(pass(word|wd)?|pwd|senha)(_?hash)?\]?\s*(=|=>)/i.test(written) &&
    /=/.test(written)
  );
}

/** `$user->password === md5($password)`, but not a password and its repetition. */
function isCheckingComparison(file: PhpFile, node: PhpNode): boolean {
  const text = textOf(file, node);
  if (text.length > 400 || !PASSWORD.test(text) || AGAIN.test(text)) return false;
  const hashes = callsInside(file, node).some(({ name }) => HASHES.test(name));
  const sides = [child(node, "left"), child(node, "right")];
  const isStored = sides.some((side) => isStoredPassword(side) || holdsPassword(file, side));
  const isPlain = sides.every(
    (side) =>
      side !== undefined && !["string", "boolean", "nullkeyword", "number"].includes(side.kind),
  );
  return isPlain && (hashes || isStored);
}

/** A variable that a stored password was put into, deciphered perhaps. */
function holdsPassword(file: PhpFile, node: PhpNode | undefined): boolean {
  if (node?.kind !== "variable") return false;
  const scope = namedFunctionOf(file, node);
  const assigned = indexPhp(file)
    .assignmentsTo(nameOf(node) ?? "")
    .filter((each) => child(each, "left")?.kind === "variable")
    .filter((each) => namedFunctionOf(file, each) === scope);
  const made = assigned.length === 1 ? child(assigned[0], "right") : undefined;
  if (made === undefined || REQUEST.test(textOf(file, made))) return false;
  let isStored = false;
  walkPhp(made, (below) => {
    isStored ||= isStoredPassword(below);
    return isStored ? "skip" : undefined;
  });
  return isStored;
}

const REQUEST = /getPost|getPut|getQuery|getJson|_POST|_REQUEST|_GET|getRawBody|\brequest\b/i;

function isStoredPassword(node: PhpNode | undefined): boolean {
  if (node?.kind === "propertylookup") return PASSWORD.test(nameOf(child(node, "offset")) ?? "");
  if (node?.kind === "offsetlookup")
    return PASSWORD.test(String(child(node, "offset")?.value ?? ""));
  if (node?.kind === "call")
    return /^get\w*pass/i.test(nameOf(child(child(node, "what"), "offset")) ?? "");
  return false;
}
