/**
 * What a command of the `holdfast-audit` program is: a function from arguments to an exit code, in a world
 * that tests replace.
 * @module
 */
import type { AuditResult } from "../audit.ts";

/** What the commands need of the auditor; loaded when it is asked for, since parsers take time to load. */
export interface Auditor {
  auditSource(options: {
    readonly folder: string;
    readonly only?: readonly string[];
    readonly files?: Iterable<string>;
    /** Whether what is found out may be remembered, and recalled. */
    readonly isRemembered: boolean;
    readonly onProgress?: (done: number, total: number, what: string) => void;
  }): Promise<AuditResult>;
  /** Ids of all controls. */
  readonly controlIds: readonly string[];
  /** Ids of those that single files show. */
  readonly everydayIds: readonly string[];
}

/** The world outside of a command. */
export interface CommandIo {
  /** Answers and reports. */
  out(text: string): void;
  /** Messages and progress. */
  err(text: string): void;
  readonly now: () => Date;
  /** Whether standard output shows colours. */
  readonly outHasColors: boolean;
  /** Columns of standard output, if it is a terminal. */
  readonly columns: number | undefined;
  /** Whether somebody watches standard error. */
  readonly errIsTerminal: boolean;
  loadAuditor(): Promise<Auditor>;
  readonly toolVersion: string;
}

/** 0: clean. 1: findings at or above `--fail-on`. 2: could not run. */
export type ExitCode = 0 | 1 | 2;

/** One word of the command line: `holdfast-audit <name>`. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly help: string;
  /** @throws {AuditError} If it cannot run. */
  run(args: readonly string[], io: CommandIo): Promise<ExitCode>;
}
