/**
 * Runs several processes on one MongoDB store in every order of their commands: one command at a time is under way,
 * and a plan says whose is next.
 * @module
 */
import type { MongodbCollection, MongodbDatabase } from "../../src/stores/mongodb.ts";

/** One process, which stops before each of its commands until it may go on. */
export class ScheduledProcess {
  /** Commands that were let through. */
  taken = 0;
  #proceed: (() => void) | undefined;
  #arrive: () => void = () => {};
  #over = false;
  #hasCrashed = false;

  /** The same database, with a gate before each command. */
  gated(db: MongodbDatabase): MongodbDatabase {
    const gate = async <T>(call: () => Promise<T>): Promise<T> => {
      await this.#turn();
      return call();
    };
    const collection = (inner: MongodbCollection): MongodbCollection => ({
      findOne: (filter) => gate(() => inner.findOne(filter)),
      find: (filter, options) => ({
        toArray: () => gate(() => inner.find(filter, options).toArray()),
      }),
      insertOne: (document) => gate(() => inner.insertOne(document)),
      updateOne: (filter, update) => gate(() => inner.updateOne(filter, update)),
      updateMany: (filter, update) => gate(() => inner.updateMany(filter, update)),
      findOneAndUpdate: (filter, update, options) =>
        gate(() => inner.findOneAndUpdate(filter, update, options)),
      deleteOne: (filter) => gate(() => inner.deleteOne(filter)),
      deleteMany: (filter) => gate(() => inner.deleteMany(filter)),
    });
    return {
      readPreference: db.readPreference,
      collection: (name, options) => collection(db.collection(name, options)),
      command: (command) => gate(() => db.command(command)),
    };
  }

  /** Begins, and resolves when it waits for its first turn or is over. */
  start(work: () => Promise<void>): Promise<void> {
    const stopped = this.#stop();
    work().then(
      () => this.#end(),
      (error: unknown) => this.#end(error),
    );
    return stopped;
  }

  get isOver(): boolean {
    return this.#over || this.#hasCrashed;
  }

  /** Lets one command happen, and resolves when the next one waits or nothing is left. */
  async step(): Promise<void> {
    const stopped = this.#stop();
    this.taken += 1;
    this.#proceed?.();
    await stopped;
    if (this.failure !== undefined) throw this.failure;
  }

  /** It never does anything again. */
  crash(): void {
    this.#hasCrashed = true;
  }

  failure: unknown;

  #stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#arrive = resolve;
    });
  }

  #end(error?: unknown): void {
    this.failure = error;
    this.#over = true;
    this.#arrive();
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#proceed = resolve;
      this.#arrive();
    });
  }
}

/** Whose turn it is, of so many: an answer below `count`. */
export type Choose = (count: number) => number;

/**
 * Calls `run` once for each sequence of choices that there is.
 *
 * @returns How many there were.
 */
export async function everySchedule(run: (choose: Choose) => Promise<void>): Promise<number> {
  let plan: number[] = [];
  for (let schedules = 1; ; schedules += 1) {
    const counts: number[] = [];
    await run((count) => {
      counts.push(count);
      plan[counts.length - 1] ??= 0;
      return plan[counts.length - 1] ?? 0;
    });
    // The last choice that has another answer left gets it; those after it begin again.
    plan = plan.slice(0, counts.length);
    while (plan.length > 0 && (plan.at(-1) ?? 0) + 1 >= (counts[plan.length - 1] ?? 0)) plan.pop();
    if (plan.length === 0) return schedules;
    plan.push((plan.pop() ?? 0) + 1);
  }
}
