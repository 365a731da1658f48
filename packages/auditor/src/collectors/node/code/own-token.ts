/**
 * Sign-in by tokens of the application's own making, which no session library keeps.
 * @module
 */
import ts from "typescript";
import { isScript, nodesOf, parseScript } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { calleeName } from "../../script/script-syntax.ts";
import { truthOf } from "../../script/script-value.ts";

const TOKEN_KEY = /token|jwt|auth|session|credential|apikey/i;

/** Tokens of its own in a cookie: a way of signing in that is no session of a library. */
export function ownTokenCookie(project: ScriptProject): string | undefined {
  for (const file of project.files) {
    if (!isScript(file)) continue;
    const text = project.tree.read(file);
    if (
      text === undefined ||
      !/jsonwebtoken|jose|@nestjs\/jwt|fast-jwt|@fastify\/jwt|hono\/jwt|koa-jwt/.test(text)
    )
      continue;
    const source = parseScript(project.tree, file);
    if (source === undefined) continue;
    for (const node of nodesOf(source)) {
      if (!ts.isCallExpression(node)) continue;
      const name = calleeName(node) ?? "";
      if (!/^(?:cookie|setCookie|serialize|set)$/.test(name)) continue;
      const [key] = node.arguments.slice(name === "setCookie" ? -3 : 0);
      if (
        key !== undefined &&
        TOKEN_KEY.test(
          node.arguments
            .map((one) => one.getText())
            .join(" ")
            .slice(0, 80),
        ) &&
        truthOf(project.evaluator.evaluate(key)) !== false
      ) {
        return `${file} signs in by a token of its own in a cookie, which is no session of a library that is understood here`;
      }
    }
  }
  return undefined;
}
