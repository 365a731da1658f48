/**
 * HTML as tagged templates: whatever is put into one is escaped, unless it came out of one.
 * Write quotes around every attribute value; inside them, as in text, nothing can break out.
 * @module
 */

/** Markup that `html` made. There is no other way to make it, so no input can pass for markup. */
export class Html {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  static join(strings: TemplateStringsArray, values: readonly HtmlValue[]): Html {
    return new Html(strings.reduce((text, part, at) => text + render(values[at - 1]) + part));
  }

  toString(): string {
    return this.#text;
  }
}

/** `undefined` and `false` leave nothing, so that `condition && html`…`` reads well. */
export type HtmlValue = string | number | Html | undefined | false | readonly HtmlValue[];

export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return Html.join(strings, values);
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function render(value: HtmlValue): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Html) return value.toString();
  if (typeof value === "object") return value.map(render).join("");
  return String(value).replace(/[&<>"']/g, (character) => entities[character] as string);
}
