/**
 * What a value of Symfony's configuration is worth in production: parameters followed, `%env(…)%` evaluated with
 * its processors on what the repository gives the variable.
 * @module
 */
import type { Origin, Place, Setting } from "../../../evidence.ts";
import {
  type ConfigEntry,
  type ConfigNode,
  nodeAt,
  type Scalar,
} from "../../config/config-node.ts";
import { keyOf, placeIn, process } from "./env-processors.ts";
import type { SymfonyConfig } from "./load-config.ts";
import type { Resolved } from "./resolved.ts";

const MAX_DEPTH = 12;
/** Longer than anything that configures a session. */
const MAX_LENGTH = 10_000;
/** A variable, with its processors, or a parameter. */
const REFERENCE = /%%|%env\(([^()%]*(?:\([^()]*\)[^()%]*)*)\)%|%([A-Za-z0-9_.:-]+)%/g;

/** Parameters that the kernel gives; their text is what matters, not where they point. */
const KERNEL: Readonly<Record<string, Scalar>> = {
  "kernel.environment": "prod",
  "kernel.debug": false,
  "kernel.project_dir": "/project",
  "kernel.root_dir": "/project/app",
  "kernel.cache_dir": "/project/var/cache/prod",
  "kernel.logs_dir": "/project/var/log",
  "kernel.build_dir": "/project/var/cache/prod",
  "kernel.share_dir": "/project/var/share/prod",
  "kernel.charset": "UTF-8",
};

export function resolveEntry(config: SymfonyConfig, entry: ConfigEntry): Resolved {
  return resolveNode(config, entry.node, entry.place, 0);
}

/** A scalar of a known type; what is of another type counts as not known. */
export function settingOf<T>(
  resolved: Resolved,
  convert: (value: Scalar) => T | undefined,
): Setting<T> {
  const { value, origin, written } = resolved;
  const converted = value === undefined ? undefined : convert(value);
  return {
    value: converted,
    origin:
      converted === undefined && value !== undefined
        ? {
            kind: "unknown",
            why: "is written in a form that is not understood",
            ...placeIn(origin),
          }
        : origin,
    ...(written === undefined ? {} : { written }),
  };
}

export function numberOf(value: Scalar): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^\s*-?\d+\s*$/.test(value) ? Number(value) : undefined;
}

export function textOf(value: Scalar): string | undefined {
  return value === null || typeof value === "boolean" ? undefined : String(value);
}

function resolveNode(
  config: SymfonyConfig,
  node: ConfigNode,
  place: Place,
  depth: number,
): Resolved {
  if (node.kind !== "scalar") {
    const why = node.kind === "unknown" ? "is computed" : "is no single value";
    return { value: undefined, origin: { kind: "unknown", why, place } };
  }
  const { value } = node;
  if (typeof value !== "string" || !value.includes("%")) {
    return { value, origin: { kind: "set", place } };
  }
  if (depth > MAX_DEPTH) {
    return selfReference(place);
  }
  const parts = [...value.matchAll(REFERENCE)];
  const whole = parts[0]?.[0] === value ? parts[0] : undefined;
  if (whole !== undefined && value !== "%%") {
    return { ...resolveReference(config, whole, place, depth), written: value };
  }
  return { ...interpolate(config, value, parts, place, depth), written: value };
}

function interpolate(
  config: SymfonyConfig,
  text: string,
  parts: readonly RegExpMatchArray[],
  place: Place,
  depth: number,
): Resolved {
  let result = "";
  let at = 0;
  let origin: Origin = { kind: "set", place };
  let variable: string | undefined;
  for (const part of parts) {
    if (result.length > MAX_LENGTH) break;
    result += text.slice(at, part.index);
    at = (part.index ?? 0) + part[0].length;
    if (part[0] === "%%") {
      result += "%";
      continue;
    }
    const resolved = resolveReference(config, part, place, depth);
    variable ??= resolved.variable;
    if (resolved.value === undefined) {
      return { ...resolved, value: undefined };
    }
    if (resolved.origin.kind !== "set") ({ origin } = resolved);
    result += String(resolved.value ?? "");
  }
  result += text.slice(at);
  return { value: result, origin, ...(variable === undefined ? {} : { variable }) };
}

function resolveReference(
  config: SymfonyConfig,
  reference: RegExpMatchArray,
  place: Place,
  depth: number,
): Resolved {
  const [, env, parameter] = reference;
  if (env !== undefined) return evaluateEnv(config, env, place, depth + 1);
  return resolveParameter(config, parameter ?? "", place, depth + 1);
}

/** Each parameter once: one that stands for others twice over, and again, costs no more than one that does not. */
const resolvedParameters = new WeakMap<SymfonyConfig, Map<string, Resolved | undefined>>();

function resolveParameter(
  config: SymfonyConfig,
  name: string,
  place: Place,
  depth: number,
): Resolved {
  const entry = config.parameters.get(name);
  if (entry !== undefined) return resolveDefined(config, name, entry, depth);
  const known = KERNEL[name];
  if (known !== undefined) return { value: known, origin: { kind: "set", place } };
  if (name === "kernel.secret") {
    const secret = nodeAt(config.extension("framework")?.node, "secret");
    if (secret !== undefined) return resolveNode(config, secret, secret.place, depth);
  }
  return { value: undefined, origin: { kind: "environment", name, place } };
}

function resolveDefined(
  config: SymfonyConfig,
  name: string,
  { node, place }: ConfigEntry,
  depth: number,
): Resolved {
  let known = resolvedParameters.get(config);
  if (known === undefined) {
    known = new Map();
    resolvedParameters.set(config, known);
  }
  if (known.has(name)) {
    // One that is still being resolved is asked for by itself.
    return known.get(name) ?? selfReference(place);
  }
  known.set(name, undefined);
  const resolved = resolveNode(config, node, place, depth);
  known.set(name, resolved);
  return resolved;
}

function selfReference(place: Place): Resolved {
  return { value: undefined, origin: { kind: "unknown", why: "refers to itself", place } };
}

function evaluateEnv(
  config: SymfonyConfig,
  expression: string,
  place: Place,
  depth: number,
): Resolved {
  const colon = expression.indexOf(":");
  if (colon === -1) return lookUp(config, expression, place, depth);
  if (depth > MAX_DEPTH) {
    return selfReference(place);
  }
  const processor = expression.slice(0, colon);
  const rest = expression.slice(colon + 1);
  if (processor === "default" || processor === "key" || processor === "enum") {
    const next = rest.indexOf(":");
    const argument = next === -1 ? rest : rest.slice(0, next);
    const inner = evaluateEnv(config, next === -1 ? "" : rest.slice(next + 1), place, depth + 1);
    if (processor === "default") return withDefault(config, inner, argument, place, depth);
    if (processor === "key") return keyOf(inner, argument);
    return inner;
  }
  return process(processor, evaluateEnv(config, rest, place, depth + 1));
}

function lookUp(config: SymfonyConfig, name: string, place: Place, depth: number): Resolved {
  const variable = config.env.get(name);
  if (variable !== undefined) {
    return {
      value: variable.value,
      origin: { kind: "set", place: variable.place },
      variable: name,
    };
  }
  const fallback = config.parameters.get(`env(${name})`);
  if (fallback !== undefined) {
    const resolved = resolveNode(config, fallback.node, fallback.place, depth + 1);
    return { ...resolved, variable: name, fallbackFor: name };
  }
  return { value: undefined, origin: { kind: "environment", name, place }, variable: name };
}

function withDefault(
  config: SymfonyConfig,
  inner: Resolved,
  parameter: string,
  place: Place,
  depth: number,
): Resolved {
  const isMissing = inner.value === undefined && inner.origin.kind === "environment";
  if (inner.value !== "" && inner.value !== null && !isMissing) return inner;
  const fallback: Resolved =
    parameter === ""
      ? { value: null, origin: { kind: "set", place } }
      : resolveParameter(config, parameter, place, depth);
  const { variable } = inner;
  return variable === undefined ? fallback : { ...fallback, variable, fallbackFor: variable };
}
