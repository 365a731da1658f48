/**
 * The bank in a real browser: what it keeps, what it refuses, and that people can use it.
 * @module
 */
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { describeWith } from "../../../test-support/needs.ts";
import { passwordOf, startBank, type TestBank } from "./support/start-bank.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const publicPages = ["/", "/savings", "/sign-in", "/session"];
const customerPages = [
  "/accounts",
  "/transfer",
  "/devices",
  "/activity",
  "/password",
  "/email",
  "/session",
];
const administratorPages = ["/admin", "/audit"];

describeWith("chromium", "the bank in a browser", (program) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: program(), headless: true, args: FLAGS });
  });
  afterAll(() => browser.close());

  /** A browser profile of its own, with one tab. */
  async function openPage(bank: TestBank, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ baseURL: bank.origin, ...options });
    onTestFinished(() => context.close());
    return context.newPage();
  }

  async function signIn(page: Page, login: string): Promise<void> {
    await page.goto("/sign-in");
    await page.getByLabel("Name").fill(login);
    await page.getByLabel("Password", { exact: true }).fill(passwordOf(login));
    await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/accounts");
  }

  async function sessionCookie(page: Page) {
    const cookies = await page.context().cookies();
    return cookies.find(({ name }) => name === "__Host-sid");
  }

  it("keeps its cookies, with every protection, out of reach of scripts", async () => {
    const bank = await startBank();
    const page = await openPage(bank);
    await signIn(page, "ada");
    const cookies = await page.context().cookies();
    // A visitor's form, the device that has signed in before, and the session.
    expect(cookies.map(({ name }) => name).sort()).toEqual([
      "__Host-sid",
      "__Host-sid-csrf",
      "__Host-sid-device",
    ]);
    for (const cookie of cookies) {
      // Without the dot that a cookie for subdomains has.
      const attributes = { domain: "127.0.0.1", path: "/", httpOnly: true, secure: true };
      expect(cookie).toMatchObject({ ...attributes, sameSite: "Lax" });
    }
    expect(await sessionCookie(page)).toMatchObject({
      value: expect.stringMatching(/^[\w-]{92}$/),
      expires: -1,
    });
    expect(await page.evaluate("document.cookie")).toBe("");
  });

  it("gives who only reads no session, and a cookie with the first form", async () => {
    const bank = await startBank();
    const page = await openPage(bank);
    await page.goto("/");
    expect(await page.context().cookies()).toEqual([]);
    for (const path of [...publicPages, "/accounts", "/nothing-here"]) await page.goto(path);
    const cookies = await page.context().cookies();
    expect(cookies.map(({ name }) => name)).toEqual(["__Host-sid-csrf"]);
  });

  it("signs nobody into a session that somebody else planted", async () => {
    const bank = await startBank();
    const attacker = await openPage(bank);
    await attacker.goto("/savings");
    await attacker.getByRole("button", { name: "Keep this plan" }).click();
    await attacker.getByText("Your plan is kept.").waitFor();
    const planted = (await attacker.context().cookies()).find(
      ({ name }) => name === "__Host-sid-anon",
    );
    const value = planted?.value ?? "";
    const attributes = { domain: "127.0.0.1", path: "/", secure: true, httpOnly: true } as const;

    for (const [name, token] of [
      ["__Host-sid", value],
      ["__Host-sid-anon", value],
      ["__Host-sid", "A".repeat(92)],
      ["__Host-sid", "made-up"],
    ] as const) {
      const victim = await openPage(bank);
      await victim.context().addCookies([{ ...attributes, name, value: token }]);
      await signIn(victim, "ada");
      const cookie = await sessionCookie(victim);
      expect(cookie?.value).not.toBe(token);
      const names = (await victim.context().cookies()).map((kept) => kept.name);
      expect(names).not.toContain("__Host-sid-anon");

      // What the attacker planted leads nowhere under either name.
      await attacker.context().clearCookies();
      for (const name of ["__Host-sid", "__Host-sid-anon"]) {
        await attacker.context().addCookies([{ ...attributes, name, value: token }]);
      }
      await attacker.goto("/accounts");
      expect(new URL(attacker.url()).pathname).toBe("/sign-in");
    }
  });

  it("stays signed out when a slow page of another tab arrives after the sign-out", async () => {
    const slow = withResolvers();
    const reached = withResolvers();
    let holds = false;
    const bank = await startBank({
      async hold(request) {
        if (!holds || request.path !== "/savings/plans") return;
        reached.resolve();
        await slow.promise;
      },
    });
    const page = await openPage(bank);
    await signIn(page, "ada");
    const other = await page.context().newPage();
    await other.goto("/savings");
    holds = true;
    const arrived = other.waitForResponse((response) => response.url().endsWith("/savings/plans"));
    const pressed = other.getByRole("button", { name: "Keep this plan" }).click();
    await reached.promise;

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are signed out.").waitFor();
    slow.resolve();
    expect((await arrived).status()).toBe(303);
    await pressed;

    await other.waitForURL("**/savings?*");
    expect(await sessionCookie(page)).toBeUndefined();
    await page.goto("/accounts");
    expect(new URL(page.url()).pathname).toBe("/sign-in");
    expect(await bank.sessions.subject("1").list()).toEqual([]);
  });

  it("shows no balance to who presses back after signing out", async () => {
    const bank = await startBank();
    const page = await openPage(bank);
    await signIn(page, "ada");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are signed out.").waitFor();
    await page.goBack();
    await page.waitForURL("**/sign-in?return=*");
    expect(await page.getByRole("main").textContent()).not.toContain("€");
  });

  it("ends another browser from the devices page", async () => {
    const bank = await startBank();
    const laptop = await openPage(bank);
    const phone = await openPage(bank, {
      userAgent:
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1",
    });
    await signIn(laptop, "ada");
    await signIn(phone, "ada");

    await laptop.goto("/devices");
    const cards = laptop.getByRole("listitem").filter({ has: laptop.getByRole("heading") });
    expect(await cards.count()).toBe(2);
    expect(await cards.first().textContent()).toContain("This device");
    await laptop.getByRole("button", { name: /^End Safari on iPhone/ }).click();
    await laptop.getByText("That device is signed out.").waitFor();

    await phone.goto("/devices");
    expect(new URL(phone.url()).pathname).toBe("/sign-in");
    await laptop.goto("/accounts");
    expect(new URL(laptop.url()).pathname).toBe("/accounts");
  });

  it("lets people sign in with the keyboard alone, and shows where they are", async () => {
    const bank = await startBank();
    const page = await openPage(bank);
    await page.goto("/sign-in");
    const press = async (key: string) => page.keyboard.press(key);
    const focused = () =>
      page.evaluate(
        "({ text: document.activeElement.id || document.activeElement.textContent.trim(), outline: getComputedStyle(document.activeElement).outlineStyle })",
      );

    await press("Tab");
    expect(await focused()).toEqual({ text: "Skip to the content", outline: "solid" });
    await press("Enter");
    await press("Tab");
    expect(await focused()).toEqual({ text: "login", outline: "solid" });
    await page.keyboard.type("ada");
    await press("Tab");
    expect(await focused()).toEqual({ text: "password", outline: "solid" });
    await page.keyboard.type(passwordOf("ada"));
    await press("Tab");
    expect(await focused()).toEqual({ text: "remember", outline: "solid" });
    await press("Space");
    await press("Tab");
    expect(await focused()).toEqual({ text: "Sign in", outline: "solid" });
    await press("Enter");
    await page.waitForURL("**/accounts");
  });

  it("remembers a device over the end of the browser, and explains it", async () => {
    const bank = await startBank();
    const page = await openPage(bank);
    await page.goto("/sign-in");
    await page.getByLabel("Name").fill("ada");
    await page.getByLabel("Password", { exact: true }).fill(passwordOf("ada"));
    await page.getByLabel("Keep me signed in on this device").check();
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/accounts");

    // What a browser that was closed has left: cookies with an age.
    const kept = (await page.context().cookies()).filter(({ expires }) => expires > 0);
    const later = await openPage(bank);
    await later.context().addCookies(kept);
    await later.goto("/accounts");
    await later.getByText("we remembered this device").waitFor();
    await later.getByRole("link", { name: "What does that mean?" }).click();
    await later.getByRole("heading", { name: "This device was remembered" }).waitFor();

    // Another copy of the same cookies, too late to be the same browser.
    bank.advance(120);
    const thief = await openPage(bank);
    await thief.context().addCookies(kept);
    await thief.goto("/accounts");
    await thief.getByText("An old cookie of yours was used").waitFor();
    await later.goto("/accounts");
    await later.getByRole("link", { name: "What does that mean?" }).click();
    await later.getByRole("heading", { name: "Someone used an old cookie of yours" }).waitFor();
  });

  it("works without JavaScript", async () => {
    const bank = await startBank();
    const page = await openPage(bank, { javaScriptEnabled: false });
    await signIn(page, "ada");
    await page.getByRole("link", { name: "Make a transfer" }).click();
    await page.getByLabel("To").selectOption({ index: 1 });
    await page.getByLabel("Amount in €").fill("12.50");
    await page.getByRole("button", { name: "Review" }).click();
    await page.getByRole("button", { name: "Send €12.50" }).click();
    await page.getByText("€12.50 sent to Ada Lovelace.").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are signed out.").waitFor();
  });

  it("shows every page without a complaint of the browser, at any width", async () => {
    const bank = await startBank();
    const page = await openPage(bank, { viewport: { width: 320, height: 640 } });
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(`${page.url()}: ${message.text()}`));
    page.on("pageerror", (error) => complaints.push(String(error)));
    const visit = async (path: string) => {
      await page.goto(path);
      const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      // WCAG 2.2, 1.4.10: nothing is to be scrolled sideways at 320 pixels.
      expect(overflow, path).toBeLessThanOrEqual(0);
    };
    for (const path of publicPages) await visit(path);
    await signIn(page, "alan");
    for (const path of [...customerPages, ...administratorPages]) await visit(path);
    expect(complaints).toEqual([]);

    // The browser does complain where the policy is broken: the silence above means something.
    await page.evaluate(
      "document.head.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = true' }))",
    );
    expect(await page.evaluate("window.ran")).toBeUndefined();
    expect(complaints.join()).toContain("Content Security Policy");
  });

  it("refuses a form of another site, and leaves the session alone", async () => {
    const bank = await startBank();
    const page = await openPage(bank);
    await signIn(page, "ada");
    const evil = await page.context().newPage();
    await evil.route("http://evil.test/", (route) =>
      route.fulfill({
        contentType: "text/html",
        body: `<form method="post" action="${bank.origin}/sign-out"><button>Win</button></form>`,
      }),
    );
    await evil.goto("http://evil.test/");
    const answered = evil.waitForResponse(`${bank.origin}/sign-out`);
    await evil.getByRole("button").click();
    expect((await answered).status()).toBe(403);
    await page.goto("/accounts");
    expect(new URL(page.url()).pathname).toBe("/accounts");
  });

  it("tries once more by itself where the cookie was replaced meanwhile, and not again", async () => {
    const bank = await startBank();
    const page = await openPage(bank);
    await signIn(page, "ada");
    const replaced = await sessionCookie(page);
    await page.goto("/sign-in/again");
    await page.getByLabel("Password").fill(passwordOf("ada"));
    await page.getByRole("button", { name: "Go on" }).click();
    await page.waitForURL("**/accounts");
    const current = await sessionCookie(page);
    if (replaced === undefined || current === undefined) throw new Error("There is no cookie");
    expect(current.value).not.toBe(replaced.value);

    // A tab that still sends the secret from before: asked for, refused, asked for again, refused.
    const late = await openPage(bank);
    await late.context().addCookies([replaced]);
    const first = await late.goto("/devices");
    expect(first?.status()).toBe(409);
    const second = await late.waitForResponse(`${bank.origin}/devices`);
    expect(second.status()).toBe(409);
    expect((await second.request().allHeaders()).referer).toBe(`${bank.origin}/devices`);
    expect(await second.text()).not.toContain("http-equiv");

    // The usual case: by the second time, the browser has the new one.
    const refused = await late.goto("/session");
    expect(refused?.status()).toBe(409);
    await late.context().addCookies([current]);
    await late.getByText("What this site knows about your session").first().waitFor();
    expect(late.url()).toBe(`${bank.origin}/session`);
  });
});

/** As `Promise.withResolvers`, which came with Node 22. */
function withResolvers() {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
