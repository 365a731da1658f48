/**
 * HTML by tagged template: what is put in is escaped, unless it came out of one. Attribute values stand
 * in double quotes.
 * @module
 */
import { cleanLine, cleanLines } from "./clean-text.ts";

const MADE_HERE: unique symbol = Symbol("markup");

/** Markup that `html` or `trusted` made. */
export interface Markup {
  readonly [MADE_HERE]: string;
}

export type MarkupValue = string | number | false | undefined | Markup | readonly MarkupValue[];

export function html(strings: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  let text = strings[0] ?? "";
  values.forEach((value, at) => {
    text += written(value) + (strings[at + 1] ?? "");
  });
  return { [MADE_HERE]: text };
}

/** Only for constants of ours: style sheet and script. */
export function trusted(text: string): Markup {
  return { [MADE_HERE]: text };
}

export function textOf(markup: Markup): string {
  return markup[MADE_HERE];
}

function written(value: MarkupValue): string {
  if (value === undefined || value === false) return "";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return escaped(cleanLine(value));
  if (isList(value)) return value.map(written).join("");
  return value[MADE_HERE];
}

function isList(value: Markup | readonly MarkupValue[]): value is readonly MarkupValue[] {
  return Array.isArray(value);
}

/** Several lines, as they are: for `pre`. */
export function block(text: string): Markup {
  return trusted(escaped(cleanLines(text)));
}

/** A sentence; what stands between two backticks is code. */
export function prose(text: string): Markup {
  const parts = text.split("`");
  if (parts.length % 2 === 0) return html`${text}`;
  return html`${parts.map((part, at) => (at % 2 === 0 ? part : html`<code>${part}</code>`))}`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
