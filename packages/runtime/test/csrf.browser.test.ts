/**
 * Cross-site requests in Chromium: every forged request is refused and every honest one passes, with both
 * lines of defence and with the token alone. The table of what stopped what is printed.
 * @see CWE-352; ASVS 5.0, 3.5.1
 */
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith } from "../../../test-support/needs.ts";
import { type Attack, attacks, type Loot } from "./support/csrf-attacks.ts";
import { DONE, honestUses, signIn } from "./support/csrf-honest.ts";
import { type Arrival, type Setup, type Site, setups, startSite } from "./support/csrf-site.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // One process for all pages of a site and profile: starting them is most of what this costs.
  "--process-per-site",
];

// Four hundred pages: a fraction of it on a machine that does nothing else.
const TIMEOUT_MILLISECONDS = 150_000;

const FROM = ["sibling", "evil"] as const;

/** What became of one request. */
interface Outcome {
  /** It did what the attacker, or the user, wanted. */
  readonly succeeded: boolean;
  /** One cell of the table. */
  readonly shown: string;
}

async function lootOf(site: Site): Promise<Loot> {
  const [visitor, client] = [site.attacker(), site.attacker()];
  if (!site.setup.token) return { signedIn: "none", visitor: "none", cookie: "none" };
  const token = await visitor.openForm();
  await client.signIn("mallory");
  return {
    visitor: token,
    cookie: visitor.jar.get("__Host-sid-csrf") ?? "",
    signedIn: await client.openForm(),
  };
}

/** Who a browser is signed in as, as the bank sees it. */
async function who(page: Page, { bank }: Site): Promise<string> {
  await page.goto(`${bank}/who`);
  return (await page.locator("body").textContent()) ?? "";
}

function shownArrival(arrival: Arrival | undefined): string {
  if (arrival === undefined) return "not sent";
  const { method, status, refusedBy, hasSession, site } = arrival;
  const stop = method === "GET" ? "harmless" : (refusedBy ?? status);
  return `${stop} (${site}, ${hasSession ? "session sent" : "no session"})`;
}

async function attack(
  page: Page,
  site: Site,
  from: (typeof FROM)[number],
  loot: Loot,
  { path, arrives, run }: Attack,
): Promise<Outcome> {
  const [effects, arrivals] = [site.effects.length, site.arrivals.length];
  // Many an attack leaves the attacker's page where it is.
  if (!page.url().startsWith(site[from])) await page.goto(site[from]);
  const arrival = arrives ? site.arrival(path) : undefined;
  const learned = await run(page, site, loot);
  await arrival;
  const arrived = site.arrivals
    .slice(arrivals)
    .find((each) => each.path === path && each.method !== "OPTIONS");
  const acted = site.effects.slice(effects).includes("alice");
  const isRead = typeof learned === "string" && /csrf_token|"token"/.test(learned);
  const shown = path === "/token" || path === "/form" ? "unreadable" : shownArrival(arrived);
  return { succeeded: acted || isRead, shown };
}

/** A browser of the victim's, in the state that the attack needs. */
async function becomeVictim(page: Page, site: Site, victim: Attack["victim"]): Promise<string> {
  if (victim === "signed in") return signIn(page, site);
  await page.context().clearCookies();
  await page.goto(`${site.bank}/form`);
  return "nobody";
}

/** One setup: every attack from both neighbours, one after another. */
async function attackAll(browser: Browser, setup: Setup): Promise<Map<string, Outcome>> {
  await using site = await startSite(setup);
  const loot = await lootOf(site);
  const outcomes = new Map<string, Outcome>();
  for (const victim of ["signed in", "visitor"] as const) {
    const context = await browser.newContext();
    const page = await context.newPage();
    let name = await becomeVictim(page, site, victim);
    // Open tabs keep the processes of their sites alive.
    for (const origin of [site.bank, site.evil]) await (await context.newPage()).goto(origin);
    for (const from of FROM) {
      for (const each of attacks.filter((one) => one.victim === victim)) {
        const { succeeded, shown } = await attack(page, site, from, loot, each);
        const isChanged = each.path.startsWith("/sign") && (await who(page, site)) !== name;
        if (isChanged) name = await becomeVictim(page, site, victim);
        const isForged = succeeded || isChanged;
        outcomes.set(`${each.name} ${from}`, {
          succeeded: isForged,
          shown: isForged ? "SUCCEEDS" : shown,
        });
      }
    }
    await context.close();
  }
  return outcomes;
}

async function useAll(browser: Browser, setup: Setup): Promise<Map<string, Outcome>> {
  await using site = await startSite(setup);
  const outcomes = new Map<string, Outcome>();
  const context = await browser.newContext();
  const tabs = [await context.newPage(), await context.newPage()] as const;
  for (const { name, needsHeaders, run } of honestUses) {
    if (needsHeaders && !setup.headers) continue;
    await context.clearCookies();
    const answer = await run(tabs, site);
    outcomes.set(name, { succeeded: answer === DONE, shown: answer === DONE ? "passes" : answer });
  }
  await context.close();
  return outcomes;
}

/** The rows of a table in Markdown, the widest cell of each column giving its width. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

describeWith("chromium", "cross-site requests in a browser", (program) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: program(), headless: true, args: FLAGS });
  });
  afterAll(() => browser.close());

  it("refuses every forged request, each of which works where nothing stands against it", {
    timeout: TIMEOUT_MILLISECONDS,
  }, async () => {
    const all = Object.values(setups);
    const outcomes = await Promise.all(all.map((setup) => attackAll(browser, setup)));
    const rows = attacks.flatMap(({ name, works }) =>
      FROM.map((from, at) => {
        const cells = outcomes.map((each) => each.get(`${name} ${from}`) as Outcome);
        return { name, from, works: works[at] as boolean, cells };
      }),
    );
    const head = ["forged", "from", ...all.map(({ name }) => name)];
    const body = rows.map(({ name, from, cells }) => [
      name,
      from === "sibling" ? "subdomain" : "other site",
      ...cells.map(({ shown }) => shown),
    ]);
    console.log(`\n${table([head, ...body])}\n`);
    for (const { name, from, works, cells } of rows) {
      const [control, ...guarded] = [...cells].reverse();
      expect(control?.succeeded, `${name} from ${from}, unguarded`).toBe(works);
      expect(
        guarded.map(({ succeeded }) => succeeded),
        `${name} from ${from}`,
      ).toEqual([false, false, false]);
    }
  });

  it("lets every honest request pass", { timeout: TIMEOUT_MILLISECONDS }, async () => {
    const all = [setups.shipped, setups.noHeaders];
    const outcomes = await Promise.all(all.map((setup) => useAll(browser, setup)));
    const rows = honestUses.map(({ name }) => [
      name,
      ...outcomes.map((each) => each.get(name)?.shown ?? "–"),
    ]);
    console.log(`\n${table([["honest", ...all.map(({ name }) => name)], ...rows])}\n`);
    for (const each of outcomes) {
      for (const [name, { shown }] of each) expect(shown, name).toBe("passes");
    }
    expect(outcomes.map(({ size }) => size)).toEqual([honestUses.length, honestUses.length - 1]);
  });
});
