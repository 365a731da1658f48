/**
 * What honest users do with forms, in one tab and in several.
 * @module
 */
import type { Page } from "playwright-core";
import type { Site } from "./csrf-site.ts";

export interface HonestUse {
  readonly name: string;
  /** The browser's headers must reach the server: CORS is answered by `Origin`. */
  readonly needsHeaders?: true;
  /** @returns What the bank answered, `done for alice` if all is well. */
  run(tabs: readonly [Page, Page], site: Site): Promise<string>;
}

export const DONE = "done for alice";

const textOf = async (page: Page): Promise<string> =>
  (await page.locator("body").textContent()) ?? "";

async function open(tab: Page, url: string): Promise<Page> {
  await tab.goto(url);
  return tab;
}

/** Sends a form as its button does, and answers what comes back. */
async function press(page: Page, form: string): Promise<string> {
  const loaded = page.waitForEvent("load");
  // Not by the mouse: that waits for the page to hold still, a hundred times in all.
  await page.evaluate(`document.querySelector("${form}").requestSubmit()`);
  await loaded;
  return textOf(page);
}

/** Signs in as alice, by the form. */
export async function signIn(tab: Page, { bank }: Site): Promise<string> {
  return press(await open(tab, `${bank}/form`), "#sign-in");
}

const sendByScript = (init: string) => `(async () => {
  const token = document.querySelector("meta[name=csrf-token]").content;
  const form = new FormData();
  form.set("csrf_token", token);
  form.set("file", new Blob(["content"]), "file.txt");
  const answer = await fetch("/act", { method: "POST", ${init} });
  return answer.text();
})()`;

export const honestUses: readonly HonestUse[] = [
  {
    name: "form",
    run: async ([tab, other], site) => {
      await signIn(other, site);
      return press(await open(tab, `${site.bank}/form`), "#act");
    },
  },
  {
    name: "form with a file (multipart)",
    run: async ([tab, other], site) => {
      await signIn(other, site);
      const page = await open(tab, `${site.bank}/form`);
      const file = { name: "file.txt", mimeType: "text/plain", buffer: Buffer.from("content") };
      await page.locator("#upload input[type=file]").setInputFiles(file);
      return press(page, "#upload");
    },
  },
  {
    name: "fetch with the header",
    run: async ([tab, other], site) => {
      await signIn(other, site);
      const page = await open(tab, `${site.bank}/form`);
      return page.evaluate<string>(sendByScript('headers: { "x-csrf-token": token }'));
    },
  },
  {
    name: "fetch with FormData",
    run: async ([tab, other], site) => {
      await signIn(other, site);
      const page = await open(tab, `${site.bank}/form`);
      return page.evaluate<string>(sendByScript("body: form"));
    },
  },
  {
    name: "form opened by a visitor, sent after a sign-in in another tab",
    run: async ([tab, other], site) => {
      const page = await open(tab, `${site.bank}/form`);
      await signIn(other, site);
      return press(page, "#act");
    },
  },
  {
    name: "form opened in an anonymous session, sent after a sign-in in another tab",
    run: async ([tab, other], site) => {
      await open(other, `${site.bank}/cart`);
      const page = await open(tab, `${site.bank}/form`);
      await signIn(other, site);
      return press(page, "#act");
    },
  },
  {
    name: "form open while the user signs in anew in another tab",
    run: async ([tab, other], site) => {
      await signIn(other, site);
      const page = await open(tab, `${site.bank}/form`);
      await signIn(other, site);
      return press(page, "#act");
    },
  },
  {
    name: "form open over a rotation",
    run: async ([tab, other], site) => {
      await signIn(other, site);
      const page = await open(tab, `${site.bank}/form`);
      await open(other, `${site.bank}/form`);
      const rotate = sendByScript('headers: { "x-csrf-token": token }').replace("/act", "/rotate");
      if ((await other.evaluate<string>(rotate)) !== "rotated") return "not rotated";
      return press(page, "#act");
    },
  },
  {
    name: "sign-in form sent from two tabs",
    run: async ([tab, other], site) => {
      // The second one is opened when the first has brought the visitor's cookie.
      const one = await open(tab, `${site.bank}/form`);
      const two = await open(other, `${site.bank}/form`);
      const first = await press(one, "#sign-in");
      const second = await press(two, "#sign-in");
      if (first !== "alice" || second !== "alice") return `${first}, ${second}`;
      return press(await open(tab, `${site.bank}/form`), "#act");
    },
  },
  {
    name: "form of a page under no-referrer",
    run: async ([tab, other], site) => {
      await signIn(other, site);
      const page = await open(tab, `${site.bank}/form`);
      await page.evaluate(
        `document.head.append(Object.assign(document.createElement("meta"), { name: "referrer", content: "no-referrer" }))`,
      );
      return press(page, "#act");
    },
  },
  {
    name: "form in a frame of our own",
    run: async ([tab, other], site) => {
      await signIn(other, site);
      const page = await open(tab, `${site.bank}/who`);
      await page.evaluate(
        `document.body.append(Object.assign(document.createElement("iframe"), { src: "/form" }))`,
      );
      const frame = page.frameLocator("iframe");
      await frame.locator("#act button").click();
      return (await frame.getByText(DONE).textContent()) ?? "";
    },
  },
  {
    name: "form reached by a link of another site",
    run: async ([tab, other], site) => {
      await signIn(other, site);
      const page = await open(tab, site.evil);
      await page.evaluate(`location.href = ${JSON.stringify(`${site.bank}/form`)}`);
      await page.waitForURL(`${site.bank}/form`);
      return press(page, "#act");
    },
  },
  {
    name: "form that the user went back to",
    run: async ([tab, other], site) => {
      await signIn(other, site);
      const page = await open(tab, `${site.bank}/form`);
      await page.goto(`${site.bank}/who`);
      await page.goBack();
      return press(page, "#act");
    },
  },
  {
    name: "page of a trusted origin, by fetch",
    needsHeaders: true,
    run: async ([tab, other], site) => {
      await signIn(other, site);
      const page = await open(tab, site.accounts);
      return page.evaluate<string>(`(async (bank) => {
        const own = { credentials: "include" };
        const { token } = await (await fetch(bank + "/token", own)).json();
        const headers = { "x-csrf-token": token };
        return (await fetch(bank + "/act", { ...own, method: "POST", headers })).text();
      })(${JSON.stringify(site.bank)})`);
    },
  },
];
