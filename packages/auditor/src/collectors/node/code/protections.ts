/**
 * Packages and words by which protections around a sign-in are known.
 * @module
 */
import ts from "typescript";
import { isReached } from "../../script/evaluate-variable.ts";
import { nodesOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bare, isFunctionNode } from "../../script/script-syntax.ts";
import { property, truthOf, type Value } from "../../script/script-value.ts";

export const CSRF_PACKAGES: RegExp =
  /^(?:csurf|tiny-csrf|csrf-csrf|csrf-sync|csrf|lusca|koa-csrf|hono\/csrf|hono-csrf|@fastify\/csrf-protection|@fastify\/csrf|fastify-csrf|@edge-csrf\/.+|next-csrf|@dr\.pogodin\/csurf|express-csrf.*|ncsrf|modern-csrf|@tinyhttp\/csrf|nestjs-csrf|krakenjs-lusca)$/;

export const LIMITER_PACKAGES: RegExp =
  /^(?:express-rate-limit|rate-limiter-flexible|express-brute.*|express-slow-down|koa-ratelimit|koa2-ratelimit|@fastify\/rate-limit|fastify-rate-limit|hono-rate-limiter|ratelimiter|express-limiter|@nestjs\/throttler|nestjs-throttler.*|@upstash\/ratelimit|limiter|express-bouncer|svg-captcha.*|express-recaptcha.*|recaptcha.*|google-recaptcha.*|hcaptcha.*|@hcaptcha\/.*|node-rate-limiter|express-throttle|redis-rate-limiter|express-rate-limiter.*|trek-captcha|ccap|canvas-captcha|node-captcha.*|cloudflare-turnstile.*|next-limitr|next-rate-limit|async-ratelimiter)$/;

/** Functions of CSRF packages that only hand tokens out. */
const HANDS_OUT =
  /^(?:generate\w*|getToken\w*|getSecret\w*|revoke\w*|store\w*|create\w*|secret\w*|invalid\w*|reqCsrf\w*|csrfToken)$/i;
/** Packages whose own function makes several, of which one protects. */
const MAKES_SEVERAL = /^(?:csrf-sync|csrf-csrf)$/;

/** Whether a value of a CSRF package refuses requests, rather than handing out tokens for them. */
export function isCsrfProtection(project: ScriptProject, value: Value): boolean {
  if (value.kind !== "call" && value.kind !== "external") return false;
  if (!CSRF_PACKAGES.test(value.module)) return false;
  const names = value.path.filter((part) => part !== "()");
  const name = names.at(-1) ?? "";
  if (HANDS_OUT.test(name)) return false;
  if (MAKES_SEVERAL.test(value.module)) return /protection|validate/i.test(name);
  // Tokens alone protect nothing; a check of one does.
  if (value.module === "csrf") return name === "verify";
  if (!/^(?:krakenjs-)?lusca$/.test(value.module)) return true;
  if (names.length > 0) return name === "csrf";
  const [options] = value.kind === "call" ? (value.call.arguments ?? []) : [];
  return (
    options !== undefined &&
    truthOf(property(project.evaluator.evaluate(options), "csrf")) !== false
  );
}

/** The package behind something that is given to a route, through variables and calls. */
export function packageOf(value: Value): string | undefined {
  return value.kind === "call" || value.kind === "external" ? value.module : undefined;
}

/** Whether an argument of a route is made by one of these packages, or wraps something that is. */
export function isMadeBy(
  project: ScriptProject,
  argument: ts.Expression,
  packages: RegExp,
): boolean {
  return isOneOf(project, argument, (value) => packages.test(packageOf(value) ?? ""), 0);
}

/** Whether an argument of a route refuses requests without a token, or wraps something that does. */
export function isCsrfMiddleware(project: ScriptProject, argument: ts.Expression): boolean {
  return isOneOf(project, argument, (value) => isCsrfProtection(project, value), 0);
}

type Test = (value: Value) => boolean;

function isOneOf(
  project: ScriptProject,
  argument: ts.Expression,
  test: Test,
  depth: number,
): boolean {
  const node = bare(argument);
  if (depth > 3) return false;
  if (ts.isArrayLiteralExpression(node)) {
    return node.elements.some((one) => isOneOf(project, one, test, depth + 1));
  }
  const value = project.evaluator.evaluate(node);
  if (test(value)) return true;
  if (value.kind === "function") return callsOne(project, value.node, test, depth);
  return value.kind === "object" && [...value.properties.values()].some(test);
}

/** Whether a function's own body calls something that passes the test. */
function callsOne(project: ScriptProject, node: ts.Node, test: Test, depth: number): boolean {
  for (const inner of nodesOf(node)) {
    if (!ts.isCallExpression(inner)) continue;
    const value = project.evaluator.evaluate(inner.expression);
    if (test(value)) return true;
    const isOther = value.kind === "function" && value.node !== node && isFunctionNode(value.node);
    if (isOther && depth < 2 && callsOne(project, value.node, test, depth + 1)) return true;
  }
  return false;
}

/** Calls and registrations of these packages that production reaches. */
export function usesOfPackages(
  project: ScriptProject,
  packages: RegExp,
  text: RegExp,
): readonly { readonly call: ts.CallExpression; readonly module: string }[] {
  const found: { call: ts.CallExpression; module: string }[] = [];
  for (const source of project.filesWith(text)) {
    for (const node of nodesOf(source)) {
      if (!ts.isCallExpression(node)) continue;
      if (ts.isIdentifier(node.expression) && node.expression.text === "require") continue;
      const own = packageOf(project.evaluator.evaluate(node.expression));
      const [first] = node.arguments;
      const given = first === undefined ? undefined : packageOf(project.evaluator.evaluate(first));
      const module = [own, given].find((one) => one !== undefined && packages.test(one));
      if (module !== undefined && isReached(project.evaluator, node))
        found.push({ call: node, module });
    }
  }
  return found;
}
