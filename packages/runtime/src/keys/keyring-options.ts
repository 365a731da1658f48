/**
 * The options that the keyrings of all key services share, and how a factory checks its own beside them.
 * @module
 */

import {
  isFunction,
  isObject,
  listFaults,
  matching,
  members,
  must,
  numberFrom,
  optional,
  type Reader,
} from "../crypto/readers.ts";
import { SessionError } from "../errors.ts";

/** Options of every keyring over a key service, beside those of the service. */
export interface ServiceKeyringOptions {
  /** Path of the wrapped key file, made by `holdfast keys generate --service`. Read again every minute. */
  readonly file: string;
  /** Longest wait for the service, at start-up and each time in the background, in seconds: 0.1 to 300. @default 10 */
  readonly deadlineSeconds?: number | undefined;
  /**
   * Told when the file cannot be read again or the service does not open a new key; the keys opened before
   * stay in use, and the next try is a minute later. Once for each different problem.
   * @default process.emitWarning
   */
  readonly onProblem?: ((error: SessionError) => void) | undefined;
}

type Members<T> = { readonly [Key in keyof T]-?: Reader<T[Key]> };

/** Longest deadline that can be given, in seconds. */
const MAX_DEADLINE_SECONDS = 300;

export const filled: Reader<string> = matching(
  /\S/,
  "a string that is not empty; is an environment variable missing?",
);

export const keyringMembers: Members<ServiceKeyringOptions> = {
  file: filled,
  deadlineSeconds: optional(numberFrom(0.1, MAX_DEADLINE_SECONDS)),
  onProblem: optional(must<(error: SessionError) => void>("a function", isFunction)),
};

/** A client or a library, known by the methods that are called. */
export function withMethods<T>(rule: string, ...methods: readonly (keyof T & string)[]): Reader<T> {
  return must<T>(rule, (value) => {
    const given = (isObject(value) ? value : {}) as Readonly<Record<string, unknown>>;
    return methods.every((method) => typeof given[method] === "function");
  });
}

/** The options as they are used. @throws {SessionError} `HOLDFAST_OPTION` with every fault; none quotes a value. */
export function checkedOptions<T extends object>(options: unknown, readers: Members<T>): T {
  const faults: string[] = [];
  const taken = members<T>(readers)(options, "", faults);
  if (taken === undefined || faults.length > 0) {
    throw new SessionError("HOLDFAST_OPTION", listFaults(faults), { faults });
  }
  return taken;
}
