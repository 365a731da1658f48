/**
 * Form fields with their labels, hints and faults, tied together for assistive technology.
 * @module
 */
import type { BankSession } from "./bank-parts.ts";
import { type Html, html } from "./html.ts";

/** Shows that a form is ours. For every form that changes something. */
export function tokenField(session: BankSession): Html {
  return html`<input type="hidden" name="csrf_token" value="${session.csrfToken()}">`;
}

export interface FieldOptions {
  readonly name: string;
  readonly label: string;
  readonly type?: "text" | "email" | "password" | "number";
  readonly value?: string;
  readonly hint?: string;
  /** What is wrong with what was sent; the field is then marked invalid. */
  readonly fault?: string | undefined;
  /** @see HTML 4.10.18.7, autofill field names; they are what password managers go by. */
  readonly autocomplete?: string;
  readonly inputmode?: "decimal" | "numeric";
  readonly isOptional?: boolean;
}

export function textField(options: FieldOptions): Html {
  const { name, label, type = "text", value, hint, fault, autocomplete, inputmode } = options;
  return html`<div class="field">
<label for="${name}">${label}${options.isOptional === true && html` <span class="optional">optional</span>`}</label>
<input id="${name}" name="${name}" type="${type}" ${value !== undefined && html`value="${value}"`}
${autocomplete !== undefined && html`autocomplete="${autocomplete}"`} ${inputmode !== undefined && html`inputmode="${inputmode}"`}
${options.isOptional !== true && html`required`} ${describedBy(name, hint, fault)}>
${explanations(name, hint, fault)}
</div>`;
}

export interface CheckboxOptions extends Pick<FieldOptions, "name" | "label" | "hint"> {
  readonly value: string;
}

export function checkbox({ name, value, label, hint }: CheckboxOptions): Html {
  return html`<div class="field check">
<input id="${name}" name="${name}" type="checkbox" value="${value}" ${describedBy(name, hint, undefined)}>
<label for="${name}">${label}</label>
${explanations(name, hint, undefined)}
</div>`;
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export interface ChoiceGroup {
  readonly label: string;
  readonly choices: readonly Choice[];
}

export interface SelectOptions extends Pick<FieldOptions, "name" | "label" | "fault" | "value"> {
  readonly groups: readonly ChoiceGroup[];
}

export function selectField({ name, label, value, fault, groups }: SelectOptions): Html {
  return html`<div class="field">
<label for="${name}">${label}</label>
<select id="${name}" name="${name}" required ${describedBy(name, undefined, fault)}>
${groups.map(
  (group) => html`<optgroup label="${group.label}">
${group.choices.map(
  (choice) =>
    html`<option value="${choice.value}"${choice.value === value && html` selected`}>${choice.label}</option>`,
)}
</optgroup>`,
)}
</select>
${explanations(name, undefined, fault)}
</div>`;
}

/** A form was refused as a whole; where one field is at fault, that field says so. */
export function alert(message: string | undefined): Html | undefined {
  if (message === undefined) return undefined;
  return html`<p class="alert" role="alert">${message}</p>`;
}

function describedBy(name: string, hint: string | undefined, fault: string | undefined): Html {
  const ids = [fault && `${name}-fault`, hint && `${name}-hint`].filter(Boolean).join(" ");
  return html`${fault !== undefined && html`aria-invalid="true"`} ${ids !== "" && html`aria-describedby="${ids}"`}`;
}

function explanations(name: string, hint: string | undefined, fault: string | undefined): Html {
  return html`${fault !== undefined && html`<p class="fault" id="${name}-fault">${fault}</p>`}
${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}`;
}
