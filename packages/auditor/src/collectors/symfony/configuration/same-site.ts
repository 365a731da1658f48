/**
 * SameSite as configuration writes it: a word, a constant of the framework's cookie, or nothing.
 * @module
 */
import type { SameSiteFlag } from "../../../evidence.ts";
import type { Scalar } from "../../config/config-node.ts";

/** @returns `undefined` for what is no such flag. */
export function sameSiteOf(value: Scalar): SameSiteFlag | undefined {
  // `!php/const` gives a constant by its name.
  const text = String(value ?? "")
    .toLowerCase()
    .replace(/^(.*\\)?cookie::samesite_/, "");
  if (text === "") return "unset";
  return text === "lax" || text === "strict" || text === "none" ? text : undefined;
}
