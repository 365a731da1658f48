/**
 * Session values: what may be stored, a copy that the application cannot change behind our back, and
 * the text that goes into the data box.
 * @module
 */
import { SessionError } from "../errors.ts";
import type { DataCodec } from "../options.ts";

/** One flash message, kept until it is taken. */
export interface FlashEntry {
  readonly id: string;
  readonly kind: string;
  readonly value: unknown;
}

/** Values by key: a map, or the part of one that reading needs. */
export interface Values extends Iterable<[string, unknown]> {
  has(key: string): boolean;
  get(key: string): unknown;
}

/** The content of a data box: values by key, and flash messages, oldest first. */
export interface Contents {
  readonly values: Values;
  readonly flash: readonly FlashEntry[];
}

export const EMPTY: Contents = { values: new Map<string, unknown>(), flash: [] };

const json: DataCodec = { stringify: JSON.stringify, parse: JSON.parse };

/*
 * Text of a data box: a line of JSON, then the values' own texts without anything between them:
 *   ["cart",27,"visits",1,57]     key, length of its text, …; a last length without a key: flash messages
 *   [{"article":"A-1","count":2}]3[{"id":…
 * Lengths count UTF-16 code units. So a request reads the values that it asks for, and no others.
 */

const texts = new WeakMap<Contents, string>();

/** The text of a data box. Equal contents with keys in the same order give equal text. */
export function writeContents(contents: Contents, codec: DataCodec = json): string {
  const known = texts.get(contents);
  if (known !== undefined) return known;
  const line: (string | number)[] = [];
  let body = "";
  for (const [key, value] of contents.values) {
    const text = codec.stringify(value);
    line.push(key, text.length);
    body += text;
  }
  if (contents.flash.length > 0) {
    const text = codec.stringify(contents.flash);
    line.push(text.length);
    body += text;
  }
  const text = `${JSON.stringify(line)}\n${body}`;
  texts.set(contents, text);
  return text;
}

export function readContents(text: string, codec: DataCodec = json): Contents {
  const bodyAt = text.indexOf("\n") + 1;
  const line = JSON.parse(text.slice(0, bodyAt)) as readonly (string | number)[];
  const values = new StoredValues(text, bodyAt, line, codec);
  if (line.length % 2 === 0) return { values, flash: [] };
  const flashText = text.slice(text.length - (line.at(-1) as number));
  return { values, flash: codec.parse(flashText) as readonly FlashEntry[] };
}

/** The values of a text. Looks each up in the line, and parses it when it is first asked for. */
class StoredValues implements Values {
  readonly #text: string;
  readonly #bodyAt: number;
  readonly #line: readonly (string | number)[];
  readonly #codec: DataCodec;
  #parsed: Map<string, unknown> | undefined;

  constructor(text: string, bodyAt: number, line: readonly (string | number)[], codec: DataCodec) {
    this.#text = text;
    this.#bodyAt = bodyAt;
    this.#line = line;
    this.#codec = codec;
  }

  has(key: string): boolean {
    return this.#indexOf(key) >= 0;
  }

  get(key: string): unknown {
    const known = this.#parsed?.get(key);
    if (known !== undefined) return known;
    const index = this.#indexOf(key);
    if (index < 0) return undefined;
    let from = this.#bodyAt;
    for (let before = 1; before < index; before += 2) from += this.#line[before] as number;
    const text = this.#text.slice(from, from + (this.#line[index + 1] as number));
    const value = deepFreeze(this.#codec.parse(text));
    this.#parsed ??= new Map();
    this.#parsed.set(key, value);
    return value;
  }

  *[Symbol.iterator](): Generator<[string, unknown]> {
    for (let at = 0; at + 1 < this.#line.length; at += 2) {
      const key = this.#line[at] as string;
      yield [key, this.get(key)];
    }
  }

  #indexOf(key: string): number {
    for (let at = 0; at + 1 < this.#line.length; at += 2) if (this.#line[at] === key) return at;
    return -1;
  }
}

/**
 * A deeply frozen copy of a value to be stored.
 *
 * @throws {SessionError} HOLDFAST_DATA if JSON would change the value and no codec keeps it.
 */
export function storable(key: string, value: unknown, codec: DataCodec | undefined): unknown {
  if (codec === undefined) {
    const fault = jsonFault(value, 0);
    if (fault !== undefined) throw dataError(key, fault);
  }
  const { stringify, parse } = codec ?? json;
  return deepFreeze(parse(stringify(value)));
}

export function dataError(key: string, rule: string): SessionError {
  return new SessionError("HOLDFAST_DATA", `The session value "${key}" ${rule}`, { key });
}

const MAX_DEPTH = 64;

/** What JSON would lose of a value, as the end of a sentence; `undefined` if nothing. */
function jsonFault(value: unknown, depth: number): string | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return undefined;
  if (typeof value === "number") {
    return Number.isFinite(value) && !Object.is(value, -0)
      ? undefined
      : `holds the number ${Object.is(value, -0) ? "-0" : value}, which JSON cannot keep`;
  }
  if (typeof value !== "object") {
    return `holds a value of type ${typeof value}, which JSON cannot keep; use a codec`;
  }
  if (depth === MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels, or contains itself`;
  if (Array.isArray(value)) {
    if (Object.keys(value).length !== value.length) {
      return "holds an array with gaps or named entries, which JSON cannot keep";
    }
  } else {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      const kind = (value as object).constructor?.name ?? "object of a class";
      return `holds a ${kind}, which JSON cannot keep; use a codec`;
    }
    if (typeof (value as { toJSON?: unknown }).toJSON === "function") {
      return "holds an object with a toJSON method";
    }
    if (Object.getOwnPropertySymbols(value).length > 0) {
      return "holds a property named by a symbol, which JSON cannot keep";
    }
  }
  for (const member of Object.values(value)) {
    const fault = jsonFault(member, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Freezes plain objects and arrays all the way down, so that changing a value read fails loudly. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
  return value;
}
