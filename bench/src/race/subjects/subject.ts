/**
 * A system under test. To add one: a file beside this one, and its name in `index.ts`.
 * @module
 */
import type { StoreDescription, StoreName } from "../../support/stores.ts";
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

/** What the processes of an application have in common; travels as JSON. */
export interface SharedGround {
  /** Id of the system. */
  readonly subject: string;
  readonly mode: Mode;
  /** The stores that the system asked for, in that order. */
  readonly stores: readonly StoreDescription[];
  /** 32 bytes in hex, for keys and secrets. */
  readonly secret: string;
}

export interface Ground extends SharedGround {
  readonly clock: ServerClock;
  readonly gates: Gates;
}

/**
 * What not every system has. `increment`: a way to change a value so that no parallel change is lost.
 * `step-up`: a new cookie for the same user and data, which makes the old one worthless. `rotation`: the
 * same, regularly. `anonymous`: sessions with data before anybody signed in.
 */
export type Ability = "increment" | "step-up" | "rotation" | "anonymous";

/** A started process of an application. */
export interface Running {
  readonly port: number;
  /** Takes so many seconds off every lifetime that the store keeps by a clock of its own. */
  age?(seconds: number): Promise<void>;
  close(): Promise<void>;
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
  /** Cells that need one of these are not run. */
  readonly lacks: readonly Ability[];
  /** Where the sessions are, then what else it needs. `memory` is one process, and all others may be many. */
  readonly stores: readonly [StoreName, ...StoreName[]];
  /** Creates tables, before any process starts. */
  prepare?(stores: readonly StoreDescription[]): Promise<void>;
  /** Starts a process of the application on a free loopback port. */
  start(ground: Ground): Promise<Running>;
}
