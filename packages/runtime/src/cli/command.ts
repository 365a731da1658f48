/**
 * What every command of the `holdfast` program is: a function from arguments to an outcome.
 * Commands print nothing themselves, so that `--json` and exit codes are the same everywhere.
 * @module
 */

/** The world outside of a command; replaced in tests. */
export interface CommandIo {
  out(text: string): void;
  err(text: string): void;
  /** The current instant, in Unix epoch milliseconds. */
  now(): number;
}

/** 0: done. 1: refused, or something needs attention. 2: could not run (usage, files). */
export type ExitCode = 0 | 1 | 2;

/** What a command came to. */
export interface Outcome {
  readonly exitCode: ExitCode;
  /** For people, without a line feed at the end. Failures go to stderr. */
  readonly text: string;
  /** For programs, under `--json`; `ok` and, for failures, `message` are added. */
  readonly json?: Readonly<Record<string, unknown>>;
  /** The answer is the text, though the exit code is not 0: a report, not a failure. */
  readonly isReport?: boolean;
  /** The text is printed as it is, also under `--json`. */
  readonly isRaw?: boolean;
}

/** One word of the command line: `holdfast <name>`. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  run(args: readonly string[], io: CommandIo): Outcome | Promise<Outcome>;
}

export function done(text: string, json: Readonly<Record<string, unknown>> = {}): Outcome {
  return { exitCode: 0, text, json };
}

/** The command understood, and declines for the reason given. */
export function refused(text: string): Outcome {
  return { exitCode: 1, text };
}

/** The command could not be understood, or could not do its work. */
export function failed(text: string): Outcome {
  return { exitCode: 2, text };
}
