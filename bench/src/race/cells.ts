/**
 * The races: which slow request meets which action, and what is looked at afterwards. Knows no system.
 * @module
 */
import type { Answer } from "../support/browser.ts";
import type { Page } from "./application.ts";
import { type Action, SLOW_KINDS, type SlowKind } from "./names.ts";
import type { Race } from "./race.ts";
import { type Ability, idleSeconds, type Mode, ROTATION_SECONDS } from "./subjects/subject.ts";

/**
 * `RESURRECTED`: a cookie of an ended session is served as the user. `LET IN`: a cookie that was
 * replaced, or planted, is. `SIGNED OUT`: the user is not, though nobody ended the session.
 * `OVERWRITTEN`: the same, because a late response replaced the browser's fresh cookie. `TAB SIGNED OUT`:
 * a second tab's request, already on its way during a regular rotation, is served as nobody. `LOST`: a
 * write that was answered with 200 is gone. `NEVER EXPIRED`: the idle timeout has passed and the user is
 * served.
 */
export type Fault =
  | "RESURRECTED"
  | "LET IN"
  | "SIGNED OUT"
  | "OVERWRITTEN"
  | "TAB SIGNED OUT"
  | "LOST"
  | "NEVER EXPIRED";

/** What one round of a cell came to. */
export interface Outcome {
  readonly faults: readonly Fault[];
  /** How many of {@link PARALLEL} parallel writes were there afterwards. */
  readonly kept?: number;
}

export interface Cell {
  readonly id: string;
  readonly title: string;
  readonly mode: Mode;
  /** Only for systems that have it. */
  readonly needs?: Ability | undefined;
  /** At random timings nobody could say which outcome is right. */
  readonly isHeldOnly?: boolean;
  /** Last-write-wins by nature: what it keeps is shown, and no fault. */
  readonly isIllustration?: boolean;
  run(race: Race): Promise<Outcome>;
}

/** Requests of a cell of parallel writes. */
export const PARALLEL = 50;

const KEPT_SECONDS = 200; // Longer than Holdfast keeps a replaced secret apart from a stolen one: 30 + 60.

const actionTitles: Readonly<Record<Action, string>> = {
  "sign-out": "sign-out",
  "step-up": "rotation at once (step-up)",
  periodic: "regular rotation",
  "sign-in": "sign-in, planted cookie",
  "revoke-all": "sign out everywhere",
  expiry: "expiry",
};

const needs: Readonly<Partial<Record<Action, Ability>>> = {
  "step-up": "step-up",
  periodic: "rotation",
  "sign-in": "anonymous",
};

const slowTitles: Readonly<Record<SlowKind, string>> = {
  reader: "slow reader",
  writer: "slow writer",
  renewal: "slow renewal",
  late: "late writer, old cookie",
};

const runs: Readonly<Record<Action, (race: Race, slow: SlowKind) => Promise<readonly Fault[]>>> = {
  "sign-out": runSignOut,
  "step-up": runStepUp,
  periodic: runPeriodic,
  "sign-in": runSignIn,
  "revoke-all": runRevokeAll,
  expiry: runExpiry,
};

export const cells: readonly Cell[] = [
  ...(Object.keys(runs) as Action[]).flatMap((action) =>
    SLOW_KINDS.map(
      (slow): Cell => ({
        id: `${slow}-${action}`,
        title: `${actionTitles[action]} / ${slowTitles[slow]}`,
        mode: action === "expiry" ? "brief" : slow === "renewal" ? "timed" : "plain",
        needs: needs[action],
        run: async (race) => ({ faults: await runs[action](race, slow) }),
      }),
    ),
  ),
  {
    id: "sign-in-revoke-all",
    title: "sign out everywhere / sign-in whose password is being checked",
    mode: "plain",
    isHeldOnly: true,
    run: runSlowSignIn,
  },
  {
    id: "parallel-set",
    title: `${PARALLEL} parallel writes, a key each`,
    mode: "plain",
    run: (race) => runParallel(race, (n) => `/write?key=k${n}&value=1`),
  },
  {
    id: "parallel-add",
    title: `${PARALLEL} parallel get-then-set of one counter`,
    mode: "plain",
    isIllustration: true,
    run: (race) => runParallel(race, () => "/add?key=n"),
  },
  {
    id: "parallel-increment",
    title: `${PARALLEL} parallel update of one counter`,
    mode: "plain",
    needs: "increment",
    run: (race) => runParallel(race, () => "/increment?key=n"),
  },
];

/** The path of the slow request. */
function pathOf(slow: SlowKind): string {
  if (slow === "reader") return "/read?key=late";
  return slow === "renewal" ? "/renew?key=late" : "/write?key=late&value=7";
}

/** Runs the slow request against the action, in the order that its kind says. */
function against(race: Race, slow: SlowKind, action: () => Promise<unknown>): Promise<Answer> {
  const path = pathOf(slow);
  return slow === "late" ? race.sendLate(path, action) : race.overtake(path, action);
}

function pageOf({ status, body }: Answer): Page | undefined {
  return status === 200 ? (JSON.parse(body) as Page) : undefined;
}

/** Whether a request with these cookies is served as the user. */
async function isServed(race: Race, cookies: string): Promise<boolean> {
  const answer = await race.probe("/read?key=late", cookies);
  return pageOf(answer)?.subject === race.account;
}

/** Whether any cookie ever issued in this round is served as the user, the browser's present ones first. */
async function isAnyServed(race: Race): Promise<boolean> {
  for (const cookies of [race.browser.cookies, ...race.browser.issued]) {
    if (await isServed(race, cookies)) return true;
  }
  return false;
}

/** A second request after a sign-in, as every browser makes: the session is in use. */
async function signIn(race: Race): Promise<void> {
  const { browser, account } = race;
  race.expectOk(await browser.post(`/sign-in?subject=${account}`));
  race.expectOk(await browser.send("/read"));
  await beforeRenewal(race);
}

/** Renewal is due after a while, not at once. */
async function beforeRenewal(race: Race): Promise<void> {
  const seconds = idleSeconds[race.mode];
  if (seconds !== undefined) await race.advance(seconds / 10);
}

async function runSignOut(race: Race, slow: SlowKind): Promise<readonly Fault[]> {
  await signIn(race);
  await against(race, slow, async () => race.expectOk(await race.browser.post("/sign-out")));
  return (await isAnyServed(race)) ? ["RESURRECTED"] : [];
}

async function runRevokeAll(race: Race, slow: SlowKind): Promise<readonly Fault[]> {
  await signIn(race);
  const admin = race.anotherBrowser();
  await against(race, slow, async () =>
    race.expectOk(await admin.post(`/revoke-all?subject=${race.account}`)),
  );
  return (await isAnyServed(race)) ? ["RESURRECTED"] : [];
}

/** A session is over once a request was refused because of its age: no other may find it alive again. */
async function runExpiry(race: Race, slow: SlowKind): Promise<readonly Fault[]> {
  await signIn(race);
  const cookies = race.browser.cookies;
  let wasServed = true;
  await against(race, slow, async () => {
    await race.advance((idleSeconds[race.mode] ?? 0) + 1);
    wasServed = await isServed(race, cookies);
  });
  if (wasServed) {
    // At random timings the slow request may have been answered, and have renewed, just before.
    return race.isHeld ? ["NEVER EXPIRED"] : [];
  }
  return (await isAnyServed(race)) ? ["RESURRECTED"] : [];
}

/** What became of the browser that now holds a fresh cookie, and of what it wrote. */
async function afterRotation(
  race: Race,
  slow: SlowKind,
  fresh: string,
  late: Answer,
): Promise<Fault[]> {
  const faults: Fault[] = [];
  const { browser } = race;
  let page = pageOf(await race.probe("/read?key=late", browser.cookies));
  if (page?.subject !== race.account) {
    page = pageOf(await race.probe("/read?key=late", fresh));
    faults.push(page?.subject === race.account ? "OVERWRITTEN" : "SIGNED OUT");
  }
  const wasConfirmed = (slow === "writer" || slow === "late") && late.status === 200;
  if (wasConfirmed && page?.subject === race.account && page.values.late !== 7) faults.push("LOST");
  return faults;
}

async function runStepUp(race: Race, slow: SlowKind): Promise<readonly Fault[]> {
  await signIn(race);
  const old = race.browser.cookies;
  let fresh = "";
  const late = await against(race, slow, async () => {
    race.expectOk(await race.browser.post("/step-up"));
    fresh = race.browser.cookies;
  });
  const faults = await afterRotation(race, slow, fresh, late);
  if (await isServed(race, old)) faults.push("LET IN");
  return faults;
}

async function runPeriodic(race: Race, slow: SlowKind): Promise<readonly Fault[]> {
  await signIn(race);
  const old = race.browser.cookies;
  let fresh = "";
  let isTabServed = true;
  const late = await against(race, slow, async () => {
    await race.advance(ROTATION_SECONDS + 1);
    race.expectOk(await race.browser.post("/rotate"));
    fresh = race.browser.cookies;
    race.expectOk(await race.browser.send("/read"));
    isTabServed = await isServed(race, old);
  });
  const faults = await afterRotation(race, slow, fresh, late);
  if (!isTabServed) faults.push("TAB SIGNED OUT");
  await race.advance(KEPT_SECONDS);
  if (await isServed(race, old)) faults.push("LET IN");
  return faults;
}

/** The browser begins with a cookie that an attacker planted, from a session of the attacker's own. */
async function runSignIn(race: Race, slow: SlowKind): Promise<readonly Fault[]> {
  const { browser } = race;
  const attacker = race.anotherBrowser();
  race.expectOk(await attacker.post("/write?key=cart&value=1"));
  const planted = attacker.cookies;
  browser.plant(planted);
  race.expectOk(await browser.send("/read"));
  await beforeRenewal(race);

  let fresh = "";
  await against(race, slow, async () => {
    race.expectOk(await browser.post(`/sign-in?subject=${race.account}`));
    fresh = browser.cookies;
  });
  const faults: Fault[] = [];
  if (!(await isServed(race, browser.cookies))) {
    faults.push((await isServed(race, fresh)) ? "OVERWRITTEN" : "SIGNED OUT");
  }
  if (await isServed(race, planted)) faults.push("LET IN");
  return faults;
}

/** Whoever changes a password and signs out everywhere must not find the thief let in by the old one. */
async function runSlowSignIn(race: Race): Promise<Outcome> {
  const admin = race.anotherBrowser();
  await race.overtake(
    `/sign-in?subject=${race.account}`,
    async () => race.expectOk(await admin.post(`/revoke-all?subject=${race.account}`)),
    "POST",
  );
  return { faults: (await isAnyServed(race)) ? ["LET IN"] : [] };
}

async function runParallel(race: Race, path: (n: number) => string): Promise<Outcome> {
  await signIn(race);
  const answers = await race.together(Array.from({ length: PARALLEL }, (_, n) => path(n)));
  const confirmed = answers.filter(({ status }) => status === 200).length;
  const isCounter = !path(0).startsWith("/write");
  const keys = isCounter ? ["n"] : answers.map((_, n) => `k${n}`);
  const page = pageOf(await race.probe(`/read?key=${keys.join(",")}`, race.browser.cookies));
  const found = Object.values(page?.values ?? {});
  const kept = isCounter ? Number(found[0] ?? 0) : found.filter((value) => value === 1).length;
  return { faults: kept < confirmed ? ["LOST"] : [], kept };
}
