/**
 * Readers of what callers and files hand in: each takes a value, or says what it must be. Shared by the
 * options, the keyring's source and the key file; knows none of them.
 * @module
 */

/**
 * Gives the value as it is used, or `undefined` and a fault that begins with the name. No fault quotes the
 * value, which may be a key.
 */
export type Reader<T> = (value: unknown, name: string, faults: string[]) => T | undefined;

/** One message for all faults. */
export function listFaults(faults: readonly string[]): string {
  const list = faults.join("\n- ");
  return faults.length > 1 ? `There are ${faults.length} faults:\n- ${list}` : list;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

/** Takes a value that passes as it is. @param rule Ends the sentence `"name" must be …`. */
export function must<T>(rule: string, passes: (value: unknown) => boolean): Reader<T> {
  return (value, name, faults) => {
    if (passes(value)) return value as T;
    faults.push(`"${name}" must be ${rule}`);
    return undefined;
  };
}

/** A number within limits: a whole one, unless the least is none. */
export function numberFrom(least: number, most: number): Reader<number> {
  const whole = Number.isInteger(least);
  const isNumber = whole ? Number.isInteger : Number.isFinite;
  return must(
    `a ${whole ? "whole " : ""}number from ${least} to ${most}`,
    (value) => isNumber(value) && Number(value) >= least && Number(value) <= most,
  );
}

export function matching(pattern: RegExp, rule: string): Reader<string> {
  return must(rule, (value) => typeof value === "string" && pattern.test(value));
}

export function oneOf<T>(values: readonly T[]): Reader<T> {
  return must(`one of ${values.join(", ")}`, (value) => values.includes(value as T));
}

export function optional<T>(read: Reader<T>): Reader<T> {
  return (value, name, faults) => (value === undefined ? value : read(value, name, faults));
}

/** Gives a frozen copy: what was judged does not change with the caller's list. */
export function listOf<T>(read: Reader<T>): Reader<readonly T[]> {
  const list = must<readonly unknown[]>("a list", Array.isArray);
  return (value, name, faults) => {
    const items = list(value, name, faults);
    return items && Object.freeze(items.map((item, i) => read(item, `${name}[${i}]`, faults) as T));
  };
}

/** An object with these members and no others. Gives those that were taken and are not `undefined`. */
export function members<T extends object>(
  readers: {
    readonly [Key in keyof T]-?: Reader<T[Key]>;
  },
): Reader<T> {
  const object = must<Readonly<Record<string, unknown>>>("an object", isObject);
  return (value, name, faults) => {
    const given = object(value, name || "options", faults);
    if (given === undefined) return undefined;
    const prefix = name === "" ? "" : `${name}.`;
    for (const member of Object.keys(given)) {
      if (Object.hasOwn(readers, member)) continue;
      // What is long enough to be a key is not named.
      const shown = /^[\w-]{1,30}$/.test(member) ? member : "…";
      faults.push(`"${prefix}${shown}" is unknown; known are ${Object.keys(readers).join(", ")}`);
    }
    const taken: Record<string, unknown> = {};
    for (const [member, read] of Object.entries<Reader<unknown>>(readers)) {
      const found = read(given[member], prefix + member, faults);
      if (found !== undefined) taken[member] = found;
    }
    return taken as T;
  };
}
