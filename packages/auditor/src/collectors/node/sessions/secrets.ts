/**
 * Secrets that sign or encrypt sessions: where they come from, never what they are.
 * @module
 */
import { posix } from "node:path";
import ts from "typescript";
import type { SecretEvidence } from "../../../evidence.ts";
import { nodesOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { type CallValue, shipped, type Value } from "../../script/script-value.ts";

/** Functions that make bytes nobody can guess. */
const RANDOM =
  /^(?:crypto:(?:webcrypto\.)?(?:randomBytes|randomUUID|generateKeySync|getRandomValues)|uuid:|nanoid:|uid-safe:|sodium-native:)/;

/** One entry per key: libraries take lists to rotate them. */
export function secretsOf(
  project: ScriptProject,
  value: Value,
  purpose: string,
): readonly SecretEvidence[] {
  if (value.kind === "array") {
    return value.items.flatMap((item) => secretsOf(project, item, purpose));
  }
  const place = value.place;
  switch (value.kind) {
    case "literal":
      if (value.value === undefined || value.value === null) {
        return value.unset === undefined ? [] : [{ purpose, place, source: "environment" }];
      }
      return [{ purpose, place, source: "literal", masked: maskOf(String(value.value)) }];
    case "environment": {
      const fallback = value.fallback && shipped(value.fallback);
      if (fallback === undefined || isRefused(project, value.name)) {
        return [{ purpose, place, source: "environment" }];
      }
      return standingIn(project, fallback, purpose, "environment");
    }
    case "unknown":
      if (value.fallback === undefined) return [{ purpose, place, source: "unknown" }];
      return standingIn(project, shipped(value.fallback), purpose, "unknown");
    case "call":
      return [{ purpose, place, source: sourceOfCall(project, value) }];
    case "object":
      // A list of keys by number or name, or a key with its settings.
      return [...value.properties.values()].flatMap((one) => secretsOf(project, one, purpose));
    default:
      return [{ purpose, place, source: "unknown" }];
  }
}

function standingIn(
  project: ScriptProject,
  fallback: Value,
  purpose: string,
  otherwise: SecretEvidence["source"],
): readonly SecretEvidence[] {
  const { place } = fallback;
  if (fallback.kind === "literal" && typeof fallback.value === "string" && fallback.value !== "") {
    return [{ purpose, place, source: "fallback", masked: maskOf(fallback.value) }];
  }
  if (fallback.kind === "array") return secretsOf(project, fallback, purpose);
  if (fallback.kind === "call") return secretsOf(project, fallback, purpose);
  return [{ purpose, place, source: fallback.kind === "environment" ? "environment" : otherwise }];
}

function sourceOfCall(project: ScriptProject, value: CallValue): SecretEvidence["source"] {
  const name = `${value.module}:${value.path.join(".")}`;
  if (RANDOM.test(name)) return "generated";
  if (/^(?:fs|fs-extra|fs\/promises):/.test(name) && /read/i.test(name)) {
    const [argument] = value.call.arguments ?? [];
    const path = argument && shipped(project.evaluator.evaluate(argument));
    const file =
      path?.kind === "literal" ? posix.normalize(String(path.value)).replace(/^\//, "") : "";
    return project.tree.has(file) ? "literal" : "file";
  }
  return "unknown";
}

/** A start without the variable is refused: the constant that stands in for it never does in production. */
function isRefused(project: ScriptProject, name: string): boolean {
  const { evaluator } = project;
  for (const source of project.filesWith(new RegExp(`\\b${name}\\b`))) {
    for (const node of nodesOf(source)) {
      if (!ts.isIfStatement(node) || !node.expression.getText().includes(name)) continue;
      if (!/\bthrow\b|process\.exit/.test(node.thenStatement.getText())) continue;
      const holds = shipped(evaluator.evaluate(node.expression));
      if (holds.kind !== "literal" || holds.value) return true;
    }
  }
  return false;
}

/** The first two characters and the length: enough to recognise it, too little to use it. */
function maskOf(secret: string): string {
  const shown = secret.length > 8 ? secret.slice(0, 2) : "";
  return `${shown}… (${secret.length} characters)`;
}

/** Keys of a Koa application, wherever `app.keys` is set. */
export function koaKeys(project: ScriptProject, purpose: string): readonly SecretEvidence[] {
  const found: SecretEvidence[] = [];
  for (const source of project.filesWith(/\.keys\s*=[^=]/)) {
    for (const node of nodesOf(source)) {
      if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.EqualsToken)
        continue;
      const target = node.left;
      if (!ts.isPropertyAccessExpression(target) || target.name.text !== "keys") continue;
      if (!/^(?:\w*app\w*|\w*server\w*|this(?:\.\w+)?|koa)$/i.test(target.expression.getText()))
        continue;
      found.push(...secretsOf(project, project.evaluator.evaluate(node.right), purpose));
    }
  }
  return found;
}

/** Secrets that a library reads from a variable of its own choice. */
export function secretFromVariable(
  project: ScriptProject,
  names: readonly string[],
  purpose: string,
  otherwise: SecretEvidence,
): readonly SecretEvidence[] {
  for (const name of names) {
    const set = project.evaluator.surroundings.environment.get(name);
    if (set === undefined) continue;
    return [{ purpose, place: set.place, source: "literal", masked: maskOf(set.value) }];
  }
  return [otherwise];
}
