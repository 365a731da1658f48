/**
 * What a signed token of the application's own says of itself: how long it is good, and what signs it.
 * @module
 */
import ts from "typescript";
import type { SecretEvidence, Setting } from "../../../evidence.ts";
import { durationMs } from "../../script/duration.ts";
import { nodesOf, placeOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bare, calleeName } from "../../script/script-syntax.ts";
import { literal, property, propertyAt, shipped, type Value } from "../../script/script-value.ts";
import { secretsOf } from "./secrets.ts";
import { byDefault, type Otherwise, settingOf, settingUnknown } from "./setting.ts";

export interface TokenEvidence {
  readonly seconds: Setting<number | "never">;
  readonly secrets: readonly SecretEvidence[];
}

type Call = ts.CallExpression | ts.NewExpression;

/** Defaults read in jsonwebtoken 9, jose 6, fast-jwt 6, @nestjs/jwt 11 and @fastify/jwt 10: no token ends by itself. */
export function tokenEvidence(
  project: ScriptProject,
  module: string,
  call: Call,
  of: string,
): TokenEvidence {
  const otherwise: Otherwise<number | "never"> = { value: "never", of, place: placeOf(call) };
  const list = call.arguments ?? [];
  const at = (index: number): Value => {
    const node = list[index];
    return node === undefined
      ? literal(undefined, placeOf(call))
      : project.evaluator.evaluate(node);
  };
  const purpose = `${module} signing key`;
  switch (module) {
    case "jose": {
      const ending = chainCall(call, "setExpirationTime");
      const [time] = ending?.arguments ?? [];
      const seconds =
        time === undefined
          ? byDefault(otherwise)
          : spanSetting(project.evaluator.evaluate(time), otherwise, "date");
      return { seconds, secrets: keyOf(project, list[0], purpose) };
    }
    case "@nestjs/jwt": {
      const own = at(1);
      const shared = nestOptions(project);
      const expiry = firstGiven([
        property(own, "expiresIn"),
        ...(shared === undefined ? [] : [propertyAt(shared, ["signOptions", "expiresIn"])]),
      ]);
      const secret = firstGiven([
        property(own, "secret"),
        property(own, "privateKey"),
        ...(shared === undefined
          ? []
          : [property(shared, "secret"), property(shared, "privateKey")]),
      ]);
      return {
        seconds: inPayload(list[0], expiry, otherwise),
        secrets: secret === undefined ? [] : secretsOf(project, secret, purpose),
      };
    }
    case "@fastify/jwt":
    case "fastify-jwt": {
      const shared = fastifyOptions(project);
      const own = [property(at(1), "expiresIn"), propertyAt(at(1), ["sign", "expiresIn"])];
      const expiry = firstGiven([
        ...own,
        ...(shared === undefined ? [] : [propertyAt(shared, ["sign", "expiresIn"])]),
      ]);
      const secret = shared && property(shared, "secret");
      return {
        seconds: inPayload(list[0], expiry, otherwise, 1),
        secrets: secret === undefined ? [] : secretsOf(project, secret, purpose),
      };
    }
    case "fast-jwt": {
      const signer = project.evaluator.evaluate(call.expression);
      const [given] = signer.kind === "call" ? (signer.call.arguments ?? []) : [];
      const options = given && project.evaluator.evaluate(given);
      const expiry = options && firstGiven([property(options, "expiresIn")]);
      return {
        seconds: inPayload(list[0], expiry, otherwise, 1),
        secrets: options === undefined ? [] : secretsOf(project, property(options, "key"), purpose),
      };
    }
    default: {
      const expiry = firstGiven([property(at(2), "expiresIn")]);
      return {
        seconds: inPayload(list[0], expiry, otherwise),
        secrets: keyOf(project, list[1], purpose),
      };
    }
  }
}

/** The key, also behind `new TextEncoder().encode(key)` and `createSecretKey(key)`. */
function keyOf(
  project: ScriptProject,
  node: ts.Expression | undefined,
  purpose: string,
): readonly SecretEvidence[] {
  if (node === undefined) return [];
  let at = bare(node);
  let value = project.evaluator.evaluate(at);
  for (let depth = 0; depth < 4 && value.kind === "call"; depth += 1) {
    const [first] = value.call.arguments ?? [];
    if (
      first === undefined ||
      !/^(?:encode|from|createSecretKey|\w*TextEncoder)$/.test(calleeName(value.call) ?? "")
    )
      break;
    at = bare(first);
    value = project.evaluator.evaluate(at);
  }
  return secretsOf(project, value, purpose);
}

/** `{ exp: … }` in what is signed ends the token as well; when, is to be seen there. */
function inPayload(
  payload: ts.Expression | undefined,
  expiry: Value | undefined,
  otherwise: Otherwise<number | "never">,
  unitMs = 1000,
): Setting<number | "never"> {
  if (expiry !== undefined) return spanSetting(expiry, otherwise, "number", unitMs);
  const text = payload?.getText() ?? "";
  const isObject = payload !== undefined && ts.isObjectLiteralExpression(bare(payload));
  if (isObject && /\bexp\b\s*[:,}]/.test(text)) {
    return settingUnknown("is the instant that the token itself names as exp", placeOf(payload));
  }
  return byDefault(otherwise);
}

/** Numbers are seconds to jsonwebtoken, milliseconds to fast-jwt, and an instant to jose. */
function spanSetting(
  value: Value,
  otherwise: Otherwise<number | "never">,
  numbers: "number" | "date",
  unitMs = 1000,
): Setting<number | "never"> {
  return settingOf<number | "never">(
    value,
    (span) => {
      if (typeof span === "number")
        return numbers === "number" ? (span * unitMs) / 1000 : undefined;
      const milliseconds = durationMs(
        typeof span === "string" ? span.replace(/\s+from now$/, "") : span,
      );
      return milliseconds === undefined ? undefined : milliseconds / 1000;
    },
    otherwise,
  );
}

function firstGiven(values: readonly Value[]): Value | undefined {
  return (
    values.find((one) => {
      if (one.kind === "literal") return one.value !== undefined || one.unset !== undefined;
      return one.kind !== "unknown" || one.fallback !== undefined;
    }) ?? values.find((one) => one.kind === "unknown" && !/cannot be followed/.test(one.why))
  );
}

/** A call further down a chain of calls. */
function chainCall(call: Call, name: string): ts.CallExpression | undefined {
  let at: ts.Expression = call;
  for (let depth = 0; depth < 20; depth += 1) {
    if (ts.isCallExpression(at) && calleeName(at) === name) return at;
    const callee = ts.isCallExpression(at) ? bare(at.expression) : undefined;
    if (callee === undefined || !ts.isPropertyAccessExpression(callee)) return undefined;
    at = bare(callee.expression);
  }
  return undefined;
}

/** What JwtModule is registered with, also by a factory. */
function nestOptions(project: ScriptProject): Value | undefined {
  for (const source of project.filesWith(/\bJwtModule\b/)) {
    for (const node of nodesOf(source)) {
      if (
        !ts.isCallExpression(node) ||
        !/^JwtModule\.register(?:Async)?$/.test(node.expression.getText())
      )
        continue;
      const [first] = node.arguments;
      if (first === undefined) continue;
      const options = project.evaluator.evaluate(first);
      const factory = shipped(property(options, "useFactory"));
      if (factory.kind !== "function") return options;
      const { body } = factory.node;
      if (body === undefined) return undefined;
      if (!ts.isBlock(body)) return project.evaluator.evaluate(body);
      for (const inner of nodesOf(body)) {
        if (ts.isReturnStatement(inner) && inner.expression !== undefined)
          return project.evaluator.evaluate(inner.expression);
      }
    }
  }
  return undefined;
}

function fastifyOptions(project: ScriptProject): Value | undefined {
  for (const source of project.filesWith(/@fastify\/jwt|fastify-jwt/)) {
    for (const node of nodesOf(source)) {
      if (!ts.isCallExpression(node) || calleeName(node) !== "register") continue;
      const [plugin, options] = node.arguments;
      if (plugin === undefined || options === undefined) continue;
      const value = project.evaluator.evaluate(plugin);
      if (value.kind === "external" && /^(?:@fastify\/jwt|fastify-jwt)$/.test(value.module))
        return project.evaluator.evaluate(options);
    }
  }
  return undefined;
}
