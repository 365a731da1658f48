/**
 * Calls that make and check tokens: signed ones, sealed ones, and random ones.
 * @module
 */
import ts from "typescript";
import type { ScriptProject } from "../../script/script-project.ts";
import { bare, calleeName } from "../../script/script-syntax.ts";
import type { Value } from "../../script/script-value.ts";
import { injectedType } from "./call-targets.ts";

type Call = ts.CallExpression | ts.NewExpression;

const PACKAGES =
  /^(?:jsonwebtoken|jose|@nestjs\/jwt|fast-jwt|@fastify\/jwt|fastify-jwt|hono\/jwt|koa-jwt|jwt-simple|@tsndr\/cloudflare-worker-jwt|njwt)$/;
const SIGNS = /^(?:sign|signAsync|encode|signJWT|createSigner)$/i;
const CHECKS =
  /^(?:verify|verifyAsync|decode|jwtVerify|jwtDecrypt|compactVerify|compactDecrypt|createVerifier)$/;

/** The package whose token a call signs, if it signs one. */
export function signerOf(project: ScriptProject, call: Call): string | undefined {
  const name = calleeName(call) ?? "";
  const value = project.evaluator.evaluate(call.expression);
  const module = moduleOf(value);
  if (module !== undefined) {
    if (!PACKAGES.test(module)) return undefined;
    const path = pathOf(value);
    // new EncryptJWT(…).encrypt(key) is sealed.
    if (path.some((one) => /^(?:Encrypt|CompactEncrypt)/.test(one))) return undefined;
    if (path.includes("createSigner")) return path.includes("()") ? module : undefined;
    if (/^decode|^encode/.test(name)) {
      return module === "jwt-simple" && name === "encode" ? module : undefined;
    }
    return SIGNS.test(name) ? module : undefined;
  }
  if (name === "jwtSign") return "@fastify/jwt";
  if (!/^sign(?:Async)?$/.test(name)) return undefined;
  return ownerModule(call);
}

/** `this.jwt` of a Nest service, `app.jwt` of Fastify. */
function ownerModule(call: Call): string | undefined {
  const callee = bare(call.expression);
  if (!ts.isPropertyAccessExpression(callee)) return undefined;
  if (injectedType(callee.expression) === "JwtService") return "@nestjs/jwt";
  const owner = callee.expression.getText();
  return /^(?:\w*app|fastify|server|instance|this(?:\.\w+)?|(?:req|request)\.server|reply\.server)\.jwt$/.test(
    owner,
  )
    ? "@fastify/jwt"
    : undefined;
}

/** `new EncryptJWT(…)…encrypt(key)` of jose. */
export function isSealer(project: ScriptProject, call: Call): boolean {
  if (calleeName(call) !== "encrypt") return false;
  const value = project.evaluator.evaluate(call.expression);
  return moduleOf(value) === "jose" && pathOf(value).some((one) => /Encrypt/.test(one));
}

/** Whether a call refuses tokens that were not signed here; a call that only decodes does not. */
export function isVerifier(project: ScriptProject, call: ts.CallExpression): boolean {
  const name = calleeName(call) ?? "";
  const value = project.evaluator.evaluate(call.expression);
  const module = moduleOf(value);
  if (module !== undefined) {
    if (!PACKAGES.test(module)) return false;
    const path = pathOf(value);
    if (path.includes("createVerifier")) return path.includes("()");
    if (!CHECKS.test(name)) return false;
    // Of others, decode checks nothing.
    return name !== "decode" || module === "jwt-simple";
  }
  if (name === "jwtVerify") return true;
  return /^verify(?:Async)?$/.test(name) && ownerModule(call) !== undefined;
}

const GENERATORS =
  /^(?:(?:pseudo)?[rR]andomBytes\w*|randomUUID|uuid(?:v[1467])?|uuid4|v[1467]|nanoid|getRandomValues|createId|cuid2?|ulid|uid(?:Safe|2)?|guid)$/;

/** Calls that make something random, or what is taken for it. */
export function isGenerator(call: Call): boolean {
  if (ts.isNewExpression(call)) return false;
  const text = call.expression.getText();
  if (text === "Math.random") return true;
  return GENERATORS.test(calleeName(call) ?? "") && !/^(?:this|self)\.\w+$/.test(text);
}

/** Bits of what a generator makes; `undefined` if it is not known. */
export function bitsOf(call: Call, amount: number | undefined): number | undefined {
  const name = calleeName(call) ?? "";
  // Whoever sees some of its numbers knows the rest.
  if (call.expression.getText() === "Math.random") return 0;
  if (/randomBytes/i.test(name)) return amount === undefined ? undefined : amount * 8;
  if (name === "nanoid") return (amount ?? 21) * 6;
  if (/^(?:randomUUID|uuid(?:v4)?|uuid4|v4|guid)$/.test(name)) return 122;
  if (/^(?:uuid)?v7$/.test(name)) return 74;
  if (/^(?:uuid)?v[16]$/.test(name)) return 14;
  if (/^(?:createId|cuid2?)$/.test(name)) return 124;
  if (name === "ulid") return 80;
  if (name === "uidSafe") return (amount ?? 18) * 8;
  return undefined;
}

function moduleOf(value: Value): string | undefined {
  if (value.kind !== "external" && value.kind !== "call") return undefined;
  return value.module === "global" ? undefined : value.module;
}

function pathOf(value: Value): readonly string[] {
  return value.kind === "external" || value.kind === "call" ? value.path : [];
}
