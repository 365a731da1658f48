/**
 * The HTML report in a real browser: its policy lets its script run, the filter filters, and without
 * scripts everything is there.
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { describeWith } from "../../../../test-support/needs.ts";
import { renderHtml } from "./html.ts";
import { sampleReport } from "./testing.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
];

describeWith("chromium", "the HTML report in a browser", (program) => {
  let browser: Browser;
  let folder: string;
  let address: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "holdfast-report-"));
    const path = join(folder, "report.html");
    writeFileSync(path, renderHtml(sampleReport()));
    address = pathToFileURL(path).href;
    browser = await chromium.launch({ executablePath: program(), headless: true, args: FLAGS });
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext(options);
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(address);
    expect(complaints).toEqual([]);
    return page;
  }

  it("searches and filters", async () => {
    const page = await open();
    const cards = page.locator("details.control:visible");
    expect(await cards.count()).toBe(3);
    await page.getByRole("searchbox").fill("signincontroller");
    expect(await cards.count()).toBe(1);
    await page.getByRole("searchbox").fill("");
    await page.getByLabel("fails").uncheck();
    expect(await cards.count()).toBe(1);
    expect(await page.getByText("Nothing here matches the filter.").first().isVisible()).toBe(true);
    await page.getByLabel("fails").check();
    await page.getByLabel("Severity").selectOption("critical");
    expect(await cards.count()).toBe(1);
    expect(await page.getByRole("status").textContent()).toBe("3 of 15 controls");
  });

  it("is complete without scripts", async () => {
    const page = await open({ javaScriptEnabled: false });
    expect(await page.locator(".tools").isVisible()).toBe(false);
    expect(await page.locator("details.control pre:visible").count()).toBe(1);
    expect(await page.locator("tbody tr[data-verdict]:visible").count()).toBe(15);
    expect(await page.getByText("A planted session becomes the person's.").isVisible()).toBe(true);
  });

  for (const width of [320, 768, 1280]) {
    it(`needs no scrolling sideways at ${width} pixels`, async () => {
      const page = await open({ viewport: { width, height: 800 } });
      // The library has no types for the page's own scope.
      const wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      expect(wide).toBeLessThanOrEqual(0);
    });
  }
});
