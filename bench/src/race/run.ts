/**
 * Runs cells on systems, round by round, and adds up what happened.
 * @module
 */
import { randomBytes } from "node:crypto";
import { seededRandom } from "../support/random.ts";
import { type PreparedStore, prepareStore, type StoreName, storeRows } from "../support/stores.ts";
import { type Cell, cells, type Fault } from "./cells.ts";
import { startFleet } from "./fleet.ts";
import { Race } from "./race.ts";
import { subjects } from "./subjects/index.ts";
import { idleSeconds, type Mode, type Subject } from "./subjects/subject.ts";

export interface RaceOptions {
  /** Rounds of each cell with a gate, and as many again at random timings. */
  readonly rounds: number;
  /** Repeats the random timings, as far as a machine can. */
  readonly seed: number;
  /** Ids of the systems to run, instead of all that keep their sessions in one of `stores`. */
  readonly only?: readonly string[];
  /** Ids of the cells to run. @default all */
  readonly cells?: readonly string[];
  /** @default what needs no server */
  readonly stores?: readonly StoreName[];
  /** Server processes of each system whose store several can share. @default 1 */
  readonly processes?: number;
  /** Told when a system is done. */
  readonly onProgress?: (text: string) => void;
}

/** Stores that need no server: what runs anywhere, and at once. */
const EMBEDDED: readonly StoreName[] = ["memory", "sqlite"];

/** Rounds held by a gate, and rounds at random timings. */
export interface Count {
  held: number;
  random: number;
}

/** What a cell came to on a system; `n/a` where the system has no such thing. */
export interface CellResult {
  readonly cell: string;
  readonly system: string;
  readonly verdict: "ok" | "failed" | "shown" | "n/a";
  readonly rounds: Readonly<Count>;
  readonly faults: Readonly<Partial<Record<Fault, Count>>>;
  /** How often the slow request was answered with each status. */
  readonly slowAnswers: Readonly<Record<string, number>>;
  /** For parallel writes: how many were there afterwards, round by round, held rounds first. */
  readonly kept: readonly number[];
}

export interface RaceResult {
  readonly rounds: number;
  readonly seed: number;
  /** Of a system whose store several processes can share. */
  readonly processes: number;
  readonly systems: readonly Pick<Subject, "id" | "title" | "isOurs" | "idioms">[];
  readonly cells: readonly Pick<Cell, "id" | "title">[];
  readonly results: readonly CellResult[];
}

/** @throws {Error} If an application does not do what the races are about: then nothing was measured. */
export async function runRaces(options: RaceOptions): Promise<RaceResult> {
  const { rounds, seed, only, stores = EMBEDDED, processes = 1, onProgress } = options;
  const races = cells.filter(({ id }) => options.cells?.includes(id) ?? true);
  const chosen = subjects.filter(({ id, stores: [store] }) =>
    only === undefined ? stores.includes(store) : only.includes(id),
  );
  const results: CellResult[] = [];
  for (const subject of chosen) {
    const prepared: PreparedStore[] = [];
    try {
      for (const name of subject.stores) prepared.push(await prepareStore(name));
      await subject.prepare?.(prepared.map(({ description }) => description));
      for (const mode of Object.keys(idleSeconds) as Mode[]) {
        const ofMode = races.filter((cell) => cell.mode === mode);
        if (ofMode.length === 0) continue;
        results.push(...(await runSubject(subject, mode, ofMode, prepared, options)));
      }
    } finally {
      await Promise.all(prepared.map(({ stop }) => stop()));
    }
    onProgress?.(subject.title);
  }
  return {
    rounds,
    seed,
    processes,
    systems: chosen.map(({ id, title, isOurs, idioms }) => ({ id, title, isOurs, idioms })),
    cells: races.map(({ id, title }) => ({ id, title })),
    results,
  };
}

async function runSubject(
  subject: Subject,
  mode: Mode,
  races: readonly Cell[],
  prepared: readonly PreparedStore[],
  { rounds, seed, processes = 1 }: RaceOptions,
): Promise<readonly CellResult[]> {
  const ground = {
    subject: subject.id,
    mode,
    stores: prepared.map(({ description }) => description),
    secret: randomBytes(32).toString("hex"),
  };
  const { isShared } = storeRows[subject.stores[0]];
  const fleet = await startFleet(ground, isShared ? processes : 1);
  const results: CellResult[] = [];
  try {
    for (const cell of races) {
      if (cell.needs !== undefined && subject.lacks.includes(cell.needs)) {
        results.push(notApplicable(cell, subject));
        continue;
      }
      const random = seededRandom(seed);
      const faults: Partial<Record<Fault, Count>> = {};
      const kept: number[] = [];
      const slowAnswers: Record<string, number> = {};
      const planned = { held: rounds, random: cell.isHeldOnly ? 0 : rounds };
      for (const way of ["held", "random"] as const) {
        for (let n = 0; n < planned[way]; n++) {
          const round = `${cell.id}-${way}-${n}`;
          const chance = way === "random" ? random : undefined;
          const race = new Race({ fleet, mode, round, random: chance });
          const outcome = await cell.run(race);
          const status = race.slowStatus;
          if (status !== undefined) slowAnswers[status] = (slowAnswers[status] ?? 0) + 1;
          if (outcome.kept !== undefined) kept.push(outcome.kept);
          for (const fault of outcome.faults) {
            const count = faults[fault] ?? { held: 0, random: 0 };
            count[way] += 1;
            faults[fault] = count;
          }
        }
      }
      const isClean = Object.keys(faults).length === 0;
      const verdict = cell.isIllustration ? "shown" : isClean ? "ok" : "failed";
      results.push({
        cell: cell.id,
        system: subject.id,
        verdict,
        rounds: planned,
        faults,
        slowAnswers,
        kept,
      });
    }
  } finally {
    await fleet.stop();
  }
  return results;
}

function notApplicable(cell: Cell, subject: Subject): CellResult {
  const rounds = { held: 0, random: 0 };
  return {
    cell: cell.id,
    system: subject.id,
    verdict: "n/a",
    rounds,
    faults: {},
    slowAnswers: {},
    kept: [],
  };
}

/** Cells that our own system failed. */
export function ourFailures({ systems, results }: RaceResult): readonly CellResult[] {
  const ours = systems.filter(({ isOurs }) => isOurs).map(({ id }) => id);
  return results.filter(({ system, verdict }) => ours.includes(system) && verdict === "failed");
}
