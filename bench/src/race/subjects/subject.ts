/**
 * A system under test. To add one: a file beside this one, and its name in `index.ts`.
 * @module
 */
import type { ServerClock } from "../clock.ts";
import type { Gates } from "../gates.ts";

/**
 * `plain`: sessions without a time limit, or with the system's own default. `timed` and `brief`:
 * sessions end after {@link idleSeconds} without a request, and every request renews them.
 */
export type Mode = "plain" | "timed" | "brief";

/** Idle timeouts: one beyond the next regular rotation, and one before it. */
export const idleSeconds: Readonly<Record<Mode, number | undefined>> = {
  plain: undefined,
  timed: 1800,
  brief: 600,
};

/** Regular rotation is due after this long. */
export const ROTATION_SECONDS = 900;

export interface Ground {
  readonly mode: Mode;
  readonly clock: ServerClock;
  readonly gates: Gates;
  /** A folder for files, removed afterwards. */
  readonly folder: string;
}

export interface Subject {
  /** For `--only`, and in JSON. */
  readonly id: string;
  /** Head of the column. */
  readonly title: string;
  /** Ours: a failing cell fails the run. */
  readonly isOurs: boolean;
  /** Which of the system's documented ways the application uses. */
  readonly idioms: readonly string[];
  /** It has a way to change a value so that no parallel change is lost. */
  readonly canIncrement: boolean;
  /** Starts the application on a free loopback port. */
  start(ground: Ground): Promise<{ readonly port: number; close(): Promise<void> }>;
}
