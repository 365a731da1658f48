/**
 * Two runs of the simulation: honest users alone, where every alarm is a false one; and users who are robbed once
 * each, where every secret that is past its window must raise one.
 * @module
 */
import { seededRandom } from "../support/random.ts";
import { Site } from "./site.ts";
import { type Theft, Thief } from "./thief.ts";
import { newTally, type Tally, User } from "./user.ts";
import { VirtualTime } from "./virtual-time.ts";

/** Long enough for many comings back, and within a device's idle time. */
const DAYS = 12;
const DAY_SECONDS = 86_400;

export interface RememberOptions {
  readonly users: number;
  readonly thefts: number;
  /** Repeats what users do and what the network loses; secrets are new in every run. */
  readonly seed: number;
}

export interface HonestResult extends Tally {
  readonly users: number;
  readonly requests: number;
  readonly lost: number;
  readonly restarts: number;
  readonly resumed: number;
  readonly falseAlarms: number;
}

export interface TheftResult {
  readonly thefts: readonly Theft[];
  readonly requests: number;
  /** Secrets past their window that were served, or whose series did not end with that request. */
  readonly missed: number;
}

export interface RememberResult {
  readonly honest: HonestResult;
  readonly robbed: TheftResult;
}

export async function runRemember(options: RememberOptions): Promise<RememberResult> {
  const { users, thefts, seed } = options;
  return { honest: await runHonest(users, seed), robbed: await runRobbed(thefts, seed + 1) };
}

async function runHonest(users: number, seed: number): Promise<HonestResult> {
  const tally = newTally();
  const site = await play(seed, (begun) =>
    Array.from({ length: users }, (_, n) =>
      new User(begun, `user ${n}`, tally).live(DAYS * DAY_SECONDS),
    ),
  );
  const { requests, lost, restarts, ledger } = site;
  const { resumed, alarms } = ledger;
  return { ...tally, users, requests, lost, restarts, resumed, falseAlarms: alarms.size };
}

async function runRobbed(count: number, seed: number): Promise<TheftResult> {
  const tally = newTally();
  const thieves: Thief[] = [];
  const site = await play(seed, (begun) =>
    Array.from({ length: count }, (_, n) => {
      const owner = new User(begun, `owner ${n}`, tally);
      const thief = new Thief(begun, owner, `owner ${n}`);
      thieves.push(thief);
      return Promise.all([owner.live(DAYS * DAY_SECONDS), thief.live(DAYS * DAY_SECONDS)]);
    }),
  );
  const thefts = thieves.map(({ theft }) => theft);
  return { thefts, requests: site.requests, missed: site.ledger.missed };
}

async function play(
  seed: number,
  begin: (site: Site) => readonly Promise<unknown>[],
): Promise<Site> {
  const time = new VirtualTime();
  const site = new Site(time, seededRandom(seed));
  site.upkeep();
  const lives = Promise.all(begin(site));
  await time.run(600, () => site.upkeep());
  await lives;
  return site;
}
