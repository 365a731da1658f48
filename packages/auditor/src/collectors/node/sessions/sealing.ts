/**
 * Whether code seals what it is given: encrypts it with a cipher that also notices changes.
 * @module
 */
import ts from "typescript";
import { nodesOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { calleeName, propertyName } from "../../script/script-syntax.ts";
import { property, shipped, type Value } from "../../script/script-value.ts";

/** `unknown`: it is code that cannot be followed. */
export type Sealing = "sealed" | "clear" | "unknown";

const AUTHENTICATED = /-(?:gcm|ccm|ocb|siv)\b|poly1305/i;
/** Packages all of whose encryption is authenticated. */
const SEALING_PACKAGES =
  /^(?:@hapi\/iron|iron-webcrypto|tweetnacl.*|libsodium.*|sodium-.*|jose|@noble\/ciphers.*|paseto.*|fernet.*|cookie-encrypter-gcm|@47ng\/cloak|kruptein)$/;
const SEALS =
  /^(?:seal|encrypt\w*|secretbox|box|crypto_secretbox\w*|crypto_aead\w*encrypt|CompactEncrypt|EncryptJWT|set)$/i;
const MAX_FUNCTIONS = 40;

/** What becomes of data in any of these functions, the application's own functions followed. */
export function sealingOf(project: ScriptProject, value: Value): Sealing {
  const effective = shipped(value);
  if (effective.kind === "unknown" || effective.kind === "environment") return "unknown";
  if (effective.kind === "call" || effective.kind === "external") {
    return SEALING_PACKAGES.test(effective.module) ? "sealed" : "unknown";
  }
  if (effective.kind !== "function" && effective.kind !== "class") return "clear";
  const waiting: ts.Node[] = [effective.node];
  const seen = new Set<ts.Node>();
  let isFollowed = true;
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen.has(node) || seen.size >= MAX_FUNCTIONS) continue;
    seen.add(node);
    for (const inner of nodesOf(node)) {
      if (!ts.isCallExpression(inner) && !ts.isNewExpression(inner)) continue;
      const at = sealingAt(project, inner);
      if (at === "sealed") return "sealed";
      if (at === "unknown") isFollowed = false;
      const target = project.evaluator.evaluate(inner.expression);
      if (target.kind === "function") waiting.push(target.node);
    }
  }
  return isFollowed ? "clear" : "unknown";
}

/** A store's `serializer`, which turns each session into what is kept. */
export function sealingOfSerializer(project: ScriptProject, serializer: Value): Sealing {
  const effective = shipped(serializer);
  if (effective.kind === "literal") return "clear";
  if (effective.kind === "class") return sealingOf(project, effective);
  if (effective.kind !== "object") return "unknown";
  for (const name of ["stringify", "serialize", "encode"]) {
    const method = property(effective, name);
    if (method.kind === "literal" && method.value === undefined) continue;
    return method.kind === "external" && method.module === "global"
      ? "clear"
      : sealingOf(project, method);
  }
  return "unknown";
}

function sealingAt(
  project: ScriptProject,
  call: ts.CallExpression | ts.NewExpression,
): Sealing | undefined {
  const name = calleeName(call) ?? "";
  if (/^createCipher(?:iv)?$/.test(name)) return cipherOf(project, call.arguments?.[0]);
  const callee = project.evaluator.evaluate(call.expression);
  const module = callee.kind === "external" || callee.kind === "call" ? callee.module : undefined;
  if (module !== undefined && SEALING_PACKAGES.test(module) && SEALS.test(name)) return "sealed";
  if (name !== "encrypt" || !/subtle\.encrypt$/.test(call.expression.getText())) return undefined;
  const [algorithm] = call.arguments ?? [];
  if (algorithm === undefined) return "unknown";
  if (!ts.isObjectLiteralExpression(algorithm)) return cipherOf(project, algorithm);
  const named = algorithm.properties.find((item) => propertyName(item.name) === "name");
  return named !== undefined && ts.isPropertyAssignment(named)
    ? cipherOf(project, named.initializer)
    : "unknown";
}

function cipherOf(project: ScriptProject, node: ts.Expression | undefined): Sealing {
  if (node === undefined) return "unknown";
  const cipher = shipped(project.evaluator.evaluate(node));
  if (cipher.kind !== "literal") return "unknown";
  return AUTHENTICATED.test(String(cipher.value)) ? "sealed" : "clear";
}
