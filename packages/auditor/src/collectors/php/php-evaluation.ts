/**
 * The words in which values are given, and what the parts of an evaluation share.
 * @module
 */
import type { Place } from "../../evidence.ts";
import type { PhpCode } from "./php-code.ts";
import type { PhpFile, PhpNode } from "./php-file.ts";

export type PhpScalar = string | number | boolean | null;

export type PhpValue =
  | { readonly kind: "known"; readonly value: PhpScalar; readonly place: Place }
  /** `isComplete` is false if keys may be missing: spread, or a computed key. List items have keys `0`, `1`… */
  | {
      readonly kind: "array";
      readonly entries: ReadonlyMap<string, PhpValue>;
      readonly isComplete: boolean;
      readonly place: Place;
    }
  /** A variable of the environment; `fallback` holds if it is missing. */
  | {
      readonly kind: "environment";
      readonly name: string;
      readonly fallback?: PhpValue;
      readonly place: Place;
    }
  /** `new`; or a closure, whose `className` is `Closure`. `node` is the expression. */
  | {
      readonly kind: "object";
      readonly className: string | undefined;
      readonly node: PhpNode;
      readonly file: PhpFile;
      readonly place: Place;
    }
  | { readonly kind: "unknown"; readonly why: string; readonly place: Place };

/** Gives a value to what only a framework's collector understands: `$config->path("a.b")`. */
export type PhpResolver = (file: PhpFile, node: PhpNode) => PhpValue | undefined;

/** One evaluation: how deep it is, and what is left to spend, so that no input keeps us busy. */
export interface Evaluation {
  readonly code: PhpCode;
  readonly resolve: PhpResolver | undefined;
  /** Evaluates one expression; {@link valueIn} asks it. */
  readonly step: (evaluation: Evaluation, file: PhpFile, node: PhpNode) => PhpValue;
  readonly depth: number;
  readonly budget: { steps: number };
}

/** The value of an expression, from within an evaluation. */
export function valueIn(evaluation: Evaluation, file: PhpFile, node: PhpNode): PhpValue {
  return evaluation.step(evaluation, file, node);
}

export function known(value: PhpScalar, place: Place): PhpValue {
  return { kind: "known", value, place };
}

export function unknown(why: string, place: Place): PhpValue {
  return { kind: "unknown", why, place };
}

/** The scalar that holds in production: what is known, else the fallback of a variable. */
export function scalarOf(value: PhpValue | undefined): PhpScalar | undefined {
  if (value?.kind === "known") return value.value;
  if (value?.kind === "environment" && value.fallback !== undefined)
    return scalarOf(value.fallback);
  return undefined;
}

/** The entry of an array. */
export function entryOf(value: PhpValue | undefined, key: string): PhpValue | undefined {
  return value?.kind === "array" ? value.entries.get(key) : undefined;
}
