/**
 * A day of guessing: attackers with many addresses at many accounts, and the owners among them. Counts
 * what reaches the password check, by everything that has a budget.
 * @module
 */
import { createHash } from "node:crypto";
import { createKeyring, createSessions, SessionRefusal, type Sessions } from "holdfast";
import type { SessionEvent } from "holdfast/events";
import { memoryStore } from "holdfast/stores/memory";
import { type AttemptBudget, type SignInThrottle, signInThrottle } from "holdfast/throttle";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { type Random, seededRandom } from "../support/random.ts";
import { beginVirtualTime, type VirtualTime } from "./virtual-time.ts";

export interface SimulationOptions {
  readonly guesses: number;
  readonly accounts: number;
  readonly addresses: number;
  readonly hours: number;
  /** Owners who sign in every hour, each on a known device and on a new one. */
  readonly owners: number;
  readonly seed: number;
  readonly onProgress?: (text: string) => void;
}

/** What reached the password check of one kind of key, and what may have. */
export interface BudgetUse {
  readonly by: "account" | "address" | "account and address";
  /** Keys of this kind that were guessed with. */
  readonly keys: number;
  /** Most guesses that one key let through. */
  readonly most: number;
  /** Most that its windows allow one key in the time simulated. */
  readonly allowed: number;
  /** Keys that let more through than that: none, or the throttle is broken. */
  readonly exceeded: number;
}

export interface SimulationResult {
  readonly options: Omit<SimulationOptions, "onProgress">;
  /** Guesses whose password was looked at. */
  readonly checked: number;
  /** Most that the budgets of all accounts and addresses allow together. */
  readonly allowed: number;
  readonly uses: readonly BudgetUse[];
  readonly owners: {
    readonly known: { readonly tried: number; readonly refused: number };
    readonly unknown: { readonly tried: number; readonly refused: number };
  };
  readonly events: {
    readonly throttled: number;
    readonly reported: number;
    readonly floods: number;
  };
  readonly limiterCalls: number;
}

/** The defaults of the throttle, said again so that a change of theirs is noticed here. */
const HOUR = 3600;
const DAY = 86_400;
export const budgets: Readonly<Record<BudgetUse["by"], readonly AttemptBudget[]>> = {
  account: [
    { attempts: 20, windowSeconds: HOUR },
    { attempts: 50, windowSeconds: DAY },
    { attempts: 100, windowSeconds: 7 * DAY },
  ],
  address: [
    { attempts: 100, windowSeconds: HOUR },
    { attempts: 500, windowSeconds: DAY },
  ],
  "account and address": [
    { attempts: 5, windowSeconds: 900 },
    { attempts: 20, windowSeconds: DAY },
  ],
};

/**
 * Most attempts that windows of fixed length let through within a time: each begins with an attempt after
 * the one before it has ended, so that many of them and no more have room.
 */
export function allowedWithin(windows: readonly AttemptBudget[], seconds: number): number {
  const each = windows.map(
    ({ attempts, windowSeconds }) => attempts * Math.ceil(seconds / windowSeconds),
  );
  return Math.min(...each);
}

const START_AT = Date.UTC(2030, 0, 1);
const FAILURE_SECONDS = 1;

export async function simulateGuessing(options: SimulationOptions): Promise<SimulationResult> {
  const time = beginVirtualTime(START_AT);
  try {
    return await simulate(time, options);
  } finally {
    time.end();
  }
}

async function simulate(
  time: VirtualTime,
  { onProgress = () => {}, ...options }: SimulationOptions,
): Promise<SimulationResult> {
  const { guesses, accounts, addresses, hours, seed } = options;
  const random = seededRandom(seed);
  const site = openSite();
  const owners = await admitOwners(site, time, options);
  const beganAt = time.now();
  const seconds = hours * HOUR;
  let hour = 0;
  let sent = 0;

  while (sent < guesses) {
    // Some come alone and some at once, as a botnet's do.
    const burst = Math.min(guesses - sent, random() < 0.9 ? 1 : 1 + Math.floor(random() * 50));
    await time.advanceTo(beganAt + Math.floor((sent / guesses) * seconds * 1000));
    while (hour < Math.floor((time.now() - beganAt) / (HOUR * 1000))) {
      hour++;
      await owners.signIn(hour);
      onProgress(`hour ${hour} of ${hours}, ${site.checks.length} guesses let through`);
    }
    for (let n = 0; n < burst; n++) site.guess(...aim(random, accounts, addresses));
    sent += burst;
    await time.settle();
  }
  await time.advanceTo(time.now() + FAILURE_SECONDS * 1000);
  site.throttle.close();

  const uses = usesOf(site.checks, seconds);
  const allowedOf = (by: BudgetUse["by"]) => uses.find((use) => use.by === by)?.allowed ?? 0;
  return {
    options,
    checked: site.checks.length,
    allowed: Math.min(accounts * allowedOf("account"), addresses * allowedOf("address")),
    uses,
    owners: owners.result,
    events: site.events(),
    limiterCalls: site.limiterCalls(),
  };
}

/** Whom a guess is for and where it comes from: spread wide, at a few accounts, or from a few addresses. */
function aim(
  random: Random,
  accounts: number,
  addresses: number,
): [account: string, address: string] {
  const kind = random();
  const among = (count: number) => Math.floor(random() * count);
  const account = among(kind < 0.25 ? Math.ceil(accounts / 100) : accounts);
  const address = among(kind > 0.75 ? Math.ceil(addresses / 500) : addresses);
  return [accountName(account), addressOf(address)];
}

const accountName = (n: number) => `user-${n}@example.com`;
const addressOf = (n: number) => `10.${n >> 16}.${(n >> 8) & 0xff}.${n & 0xff}`;

interface Check {
  readonly account: string;
  readonly address: string;
}

interface Site {
  readonly sessions: Sessions<Record<string, unknown>, "signed-in">;
  readonly throttle: SignInThrottle;
  /** Guesses that reached the password check. */
  readonly checks: Check[];
  /** An attacker's request, who never knows the password; its answer is not waited for. */
  guess(account: string, address: string): void;
  events(): SimulationResult["events"];
  limiterCalls(): number;
}

function openSite(): Site {
  const counts = { throttled: 0, reported: 0, floods: 0 };
  const checks: Check[] = [];
  let limiterCalls = 0;
  const key = (name: string) => createHash("sha256").update(`simulation: ${name}`).digest();
  const sessions = createSessions({
    keyring: createKeyring({
      keys: [{ number: 0, state: "current", bytes: key("master") }],
      indexKeys: [{ state: "current", bytes: key("index") }],
    }),
    store: memoryStore(),
    now: () => Date.now(),
    sweep: false,
    onEvent(event: SessionEvent) {
      if (event.type === "sign-in.throttled") counts.reported++;
      if (event.type === "sign-in.flood") counts.floods++;
    },
  });
  const throttle = signInThrottle({
    limiter(given) {
      const limiter = new RateLimiterMemory(given);
      const counted = <T>(answer: T): T => {
        limiterCalls++;
        return answer;
      };
      return {
        consume: (name) => counted(limiter.consume(name)),
        get: (name) => counted(limiter.get(name)),
        reward: (name) => counted(limiter.reward(name)),
      };
    },
    policy: {
      account: budgets.account,
      address: budgets.address,
      accountAndAddress: budgets["account and address"],
      failureSeconds: FAILURE_SECONDS,
    },
  });

  const guess = async (account: string, address: string): Promise<void> => {
    const { session } = await sessions.open(request(address));
    await throttle.attempt(session, { account }, () => {
      checks.push({ account, address });
      return false;
    });
  };
  return {
    sessions,
    throttle,
    checks,
    guess: (account, address) => {
      guess(account, address).catch((error: unknown) => {
        if (!(error instanceof SessionRefusal)) throw error;
        counts.throttled++;
      });
    },
    events: () => ({ ...counts }),
    limiterCalls: () => limiterCalls,
  };
}

function request(address: string, cookies?: string) {
  return {
    method: "POST",
    cookies,
    address,
    scheme: "https" as const,
    header: (name: string) => (name === "sec-fetch-site" ? "same-origin" : undefined),
  };
}

interface Owners {
  readonly result: SimulationResult["owners"];
  signIn(hour: number): Promise<void>;
}

/** The owners sign in once before anybody guesses, and every hour from then on. */
async function admitOwners(
  { sessions, throttle }: Site,
  time: VirtualTime,
  { owners, addresses, seed }: SimulationOptions,
): Promise<Owners> {
  const random = seededRandom(seed + 1);
  const known = { tried: 0, refused: 0 };
  const unknown = { tried: 0, refused: 0 };
  const devices = new Map<number, string>();

  /** @returns The device cookie, or `undefined` for a refusal. */
  const attempt = async (owner: number, cookies: string | undefined, isRight = true) => {
    // Owners come from the attackers' own addresses: the worst case.
    const { session, settle } = await sessions.open(
      request(addressOf(Math.floor(random() * addresses)), cookies),
    );
    try {
      await throttle.attempt(session, { account: accountName(owner) }, () => isRight);
    } catch (error) {
      if (error instanceof SessionRefusal) return undefined;
      throw error;
    }
    const { setCookies } = await settle({
      cacheControl: undefined,
      contentType: undefined,
      failed: false,
    });
    return /^[^;]*/.exec(setCookies[0] ?? "")?.[0];
  };

  for (let owner = 0; owner < owners; owner++) {
    const cookie = await attempt(owner, undefined);
    if (cookie === undefined) throw new Error("an owner was refused before anybody guessed");
    devices.set(owner, cookie);
  }
  return {
    result: { known, unknown },
    async signIn(hour) {
      for (const [owner, cookie] of devices) {
        // One mistyped password in eight.
        if ((hour + owner) % 8 === 0) {
          const mistyped = attempt(owner, cookie, false);
          await time.settle();
          await time.advanceTo(time.now() + FAILURE_SECONDS * 1000);
          await mistyped;
        }
        known.tried++;
        const next = await attempt(owner, cookie);
        if (next === undefined) known.refused++;
        else devices.set(owner, next);
        unknown.tried++;
        if ((await attempt(owner, undefined)) === undefined) unknown.refused++;
      }
    },
  };
}

function usesOf(checks: readonly Check[], seconds: number): readonly BudgetUse[] {
  const use = (by: BudgetUse["by"], keyOf: (check: Check) => string): BudgetUse => {
    const counts = new Map<string, number>();
    for (const check of checks) {
      const key = keyOf(check);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const allowed = allowedWithin(budgets[by], seconds);
    const all = [...counts.values()];
    return {
      by,
      keys: counts.size,
      most: all.reduce((most, count) => Math.max(most, count), 0),
      allowed,
      exceeded: all.filter((count) => count > allowed).length,
    };
  };
  return [
    use("account", ({ account }) => account),
    use("address", ({ address }) => address),
    use("account and address", ({ account, address }) => `${account} ${address}`),
  ];
}
