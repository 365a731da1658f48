/**
 * From values of options to effective settings with their origin.
 * @module
 */
import type { Origin, Place, SameSiteFlag, SecureFlag, Setting } from "../../../evidence.ts";
import { durationMs } from "../../script/duration.ts";
import type { LiteralValue, Primitive, Value } from "../../script/script-value.ts";
import { shipped } from "../../script/script-value.ts";

/** What holds if nothing sets an option. */
export interface Otherwise<T> {
  readonly value: T | undefined;
  /** Library with its version. */
  readonly of: string;
  /** Where it would be set. */
  readonly place: Place;
}

/** A setting whose option is absent. */
export function byDefault<T>({ value, of, place }: Otherwise<T>): Setting<T> {
  return { value, origin: { kind: "default", of, place } };
}

export function settingSet<T>(value: T, place: Place, written?: string): Setting<T> {
  return { value, origin: { kind: "set", place }, ...(written !== undefined && { written }) };
}

export function settingUnknown<T>(why: string, place: Place): Setting<T> {
  // Evaluation answers without a subject: "takes too long to follow".
  const isPredicate = /^(?:is|takes|changes|may|refers|depends|has)\b/.test(why);
  const said = isPredicate ? `The value ${why}` : why;
  const sentence = said.endsWith(".") ? said : `${said}.`;
  return { value: undefined, origin: { kind: "unknown", why: sentence, place } };
}

/**
 * The effective setting behind an option's value.
 *
 * @param convert From what is written to what it means; `undefined` if the library would not take it.
 */
export function settingOf<T>(
  value: Value,
  convert: (value: Primitive, literal: LiteralValue) => T | undefined,
  otherwise: Otherwise<T>,
): Setting<T> {
  const effective = shipped(value);
  if (effective.kind === "environment") {
    const { name, place } = effective;
    return { value: otherwise.value, origin: { kind: "environment", name, place } };
  }
  if (effective.kind === "unknown") return settingUnknown(effective.why, effective.place);
  if (effective.kind !== "literal") {
    return settingUnknown("is made by code that is not followed", effective.place);
  }
  const origin = originOf(effective);
  if (effective.value === undefined) {
    if (effective.unset === undefined) return byDefault(otherwise);
    return { value: otherwise.value, origin };
  }
  const converted = convert(effective.value, effective);
  const written = effective.written ?? String(effective.value);
  return converted === undefined
    ? settingUnknown(`${written} is not a value that the library knows`, effective.place)
    : { value: converted, origin, ...(written !== String(converted) && { written }) };
}

function originOf({ unset, place }: LiteralValue): Origin {
  return unset === undefined ? { kind: "set", place } : { kind: "environment", name: unset, place };
}

export function secureSetting(value: Value, otherwise: Otherwise<SecureFlag>): Setting<SecureFlag> {
  return settingOf<SecureFlag>(
    value,
    (flag, { inProduction }) => {
      if (flag === "auto") return "when-https";
      // A checked environment turns these words into what they say.
      const isOn = Boolean(flag) && flag !== "false" && flag !== "0";
      if (!isOn) return "never";
      return inProduction ? "when-https" : "always";
    },
    otherwise,
  );
}

export function booleanSetting(value: Value, otherwise: Otherwise<boolean>): Setting<boolean> {
  return settingOf(value, (flag) => Boolean(flag) && flag !== "false", otherwise);
}

export function sameSiteSetting(
  value: Value,
  otherwise: Otherwise<SameSiteFlag>,
): Setting<SameSiteFlag> {
  return settingOf<SameSiteFlag>(
    value,
    (flag) => {
      if (flag === true) return "strict";
      if (flag === false || flag === null || flag === "") return "unset";
      const word = String(flag).toLowerCase();
      if (word === "auto") return "none";
      return word === "strict" || word === "lax" || word === "none" ? word : undefined;
    },
    otherwise,
  );
}

export function textSetting(value: Value, otherwise: Otherwise<string>): Setting<string> {
  const effective = shipped(value);
  if (effective.kind === "unknown" && effective.pattern !== undefined) {
    return settingSet(effective.pattern, effective.place, effective.pattern);
  }
  if (effective.kind === "environment") {
    const { name, place } = effective;
    return { value: undefined, origin: { kind: "environment", name, place } };
  }
  return settingOf(value, (text) => (text === null ? "" : String(text)), otherwise);
}

/** A cookie's lifetime; `unitMs` is what the library counts in: 1 for milliseconds, 1000 for seconds. */
export function lifetimeSetting(
  value: Value,
  unitMs: number,
  otherwise: Otherwise<number | "session">,
): Setting<number | "session"> {
  return settingOf<number | "session">(
    value,
    (time) => {
      if (time === null || time === false || time === "session" || time === 0) return "session";
      const written = typeof time === "string" ? Number(time) : time;
      const count = Number.isNaN(written) ? undefined : Number(written);
      if (count !== undefined && Number.isFinite(count)) return (count * unitMs) / 1000;
      const milliseconds = durationMs(time);
      return milliseconds === undefined ? undefined : milliseconds / 1000;
    },
    otherwise,
  );
}
