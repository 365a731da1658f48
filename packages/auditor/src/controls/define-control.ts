/**
 * Completes a control with the numbers that the catalogue has for what it covers.
 * @module
 */
import { catalogue } from "./catalogue.ts";
import type { Control } from "./control.ts";

/** A control without what follows from its `covers`. */
export type ControlDefinition = Omit<Control, "asvs" | "wstg" | "cwe">;

export function defineControl(definition: ControlDefinition): Control {
  const entries = definition.covers.flatMap((number) => catalogue[number] ?? []);
  const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
  return {
    ...definition,
    asvs: unique(entries.flatMap(({ asvs }) => asvs)),
    wstg: unique(entries.flatMap(({ wstg }) => wstg)),
    cwe: unique(entries.flatMap(({ cwe }) => cwe)),
  };
}
