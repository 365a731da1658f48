/**
 * Every way in which a page of another origin makes a browser send a request to the bank.
 * @module
 */
import type { Page } from "playwright-core";
import type { Site } from "./csrf-site.ts";

/** What the attacker got from the bank for himself. */
export interface Loot {
  /** Token of a session of his own. */
  readonly signedIn: string;
  /** Token of a visitor, and the cookie that goes with it. */
  readonly visitor: string;
  readonly cookie: string;
}

export interface Attack {
  readonly name: string;
  /** Where the request goes. */
  readonly path: "/act" | "/sign-in" | "/sign-out" | "/form" | "/token";
  readonly victim: "signed in" | "visitor";
  /** Whether a browser sends the request at all, so that its arrival can be waited for. */
  readonly arrives: boolean;
  /** Whether it succeeds where nothing stands against it: from a sibling, from another site. */
  readonly works: readonly [sibling: boolean, other: boolean];
  /** @returns What the page learned, if it tried to learn anything. */
  run(page: Page, site: Site, loot: Loot): Promise<unknown>;
}

interface Form {
  readonly action: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly enctype?: string;
  readonly target?: string;
}

const SUBMIT = `({ action, fields = {}, enctype = "", target = "" }) => {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action, target });
  if (enctype) form.enctype = enctype;
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}`;

const call = (script: string, argument: unknown): string =>
  `(${script})(${JSON.stringify(argument)})`;

/** A form that sends itself, as an attacker's page does. */
async function submit(page: Page, form: Form): Promise<void> {
  const loaded = form.target === undefined ? page.waitForEvent("load") : undefined;
  await page.evaluate(call(SUBMIT, form));
  await loaded;
}

/** A request by script; a refusal of the browser's own is no failure of the test. */
const fetchIn = (page: Page, url: string, init: Readonly<Record<string, unknown>>) =>
  page.evaluate(
    call(
      `({ url, init }) => fetch(url, { credentials: "include", ...init }).then((r) => r.text(), () => "refused by the browser")`,
      { url, init },
    ),
  );

const onForm = { victim: "signed in", arrives: true, works: [true, true] } as const;
const toLogin = { ...onForm, path: "/sign-in" } as const;
const FORM = "application/x-www-form-urlencoded";

export const attacks: readonly Attack[] = [
  {
    ...onForm,
    name: "form",
    path: "/act",
    run: (page, { bank }) => submit(page, { action: `${bank}/act`, fields: { amount: "100" } }),
  },
  {
    ...onForm,
    name: "form with the attacker's own token",
    path: "/act",
    run: (page, { bank }, { signedIn }) =>
      submit(page, { action: `${bank}/act`, fields: { csrf_token: signedIn } }),
  },
  {
    ...onForm,
    name: "form with a visitor's token",
    path: "/act",
    run: (page, { bank }, { visitor }) =>
      submit(page, { action: `${bank}/act`, fields: { csrf_token: visitor } }),
  },
  {
    ...onForm,
    name: "multipart form",
    path: "/act",
    run: (page, { bank }, { signedIn }) =>
      submit(page, {
        action: `${bank}/act`,
        enctype: "multipart/form-data",
        fields: { csrf_token: signedIn },
      }),
  },
  {
    ...onForm,
    name: "plain-text form",
    path: "/act",
    run: (page, { bank }) =>
      submit(page, { action: `${bank}/act`, enctype: "text/plain", fields: { a: "b" } }),
  },
  {
    ...onForm,
    name: "form in a frame",
    path: "/act",
    works: [true, false],
    run: async (page, { bank }) => {
      await page.evaluate(
        `document.body.append(Object.assign(document.createElement("iframe"), { name: "frame" }))`,
      );
      await submit(page, { action: `${bank}/act`, target: "frame" });
    },
  },
  {
    ...onForm,
    name: "form in a sandboxed frame",
    path: "/act",
    // The frame's origin is opaque: its requests are cross-site for Lax cookies, also from a sibling.
    works: [true, false],
    run: (page, { bank }) =>
      page.evaluate(
        call(
          `(action) => document.body.append(Object.assign(document.createElement("iframe"), {
            sandbox: "allow-forms allow-scripts",
            srcdoc: '<form method="post" action="' + action + '"></form><script>document.forms[0].submit()</' + "script>",
          }))`,
          `${bank}/act`,
        ),
      ),
  },
  {
    ...onForm,
    name: "fetch, no-cors",
    path: "/act",
    works: [true, false],
    run: (page, { bank }) =>
      fetchIn(page, `${bank}/act`, { method: "POST", mode: "no-cors", body: "a=b" }),
  },
  {
    ...onForm,
    name: "fetch, cors, simple",
    path: "/act",
    works: [true, false],
    run: (page, { bank }, { signedIn }) =>
      fetchIn(page, `${bank}/act`, {
        method: "POST",
        headers: { "content-type": FORM },
        body: `csrf_token=${signedIn}`,
      }),
  },
  {
    ...onForm,
    name: "fetch with a token header",
    path: "/act",
    arrives: false,
    works: [false, false],
    run: (page, { bank }, { signedIn }) =>
      fetchIn(page, `${bank}/act`, { method: "POST", headers: { "x-csrf-token": signedIn } }),
  },
  {
    ...onForm,
    name: "beacon",
    path: "/act",
    works: [true, false],
    run: (page, { bank }) =>
      page.evaluate(call("(url) => navigator.sendBeacon(url)", `${bank}/act`)),
  },
  {
    ...onForm,
    name: "link (GET)",
    path: "/act",
    arrives: false,
    works: [false, false],
    run: async (page, { bank }) => {
      const loaded = page.waitForEvent("load");
      await page.evaluate(
        call("(url) => { location.href = url; }", `${bank}/act?_method=POST&amount=100`),
      );
      await loaded;
    },
  },
  {
    ...onForm,
    name: "sign-out form",
    path: "/sign-out",
    run: (page, { bank }) => submit(page, { action: `${bank}/sign-out` }),
  },
  {
    ...onForm,
    name: "reading the token by fetch",
    path: "/token",
    arrives: false,
    works: [false, false],
    run: (page, { bank }) => fetchIn(page, `${bank}/token`, {}),
  },
  {
    ...onForm,
    name: "reading the token in a frame",
    path: "/form",
    arrives: false,
    works: [false, false],
    run: (page, { bank }) =>
      page.evaluate(
        call(
          `(src) => new Promise((resolve) => {
            const frame = Object.assign(document.createElement("iframe"), { src });
            frame.onload = () => resolve(frame.contentDocument?.body.innerHTML ?? "unreadable");
            document.body.append(frame);
          })`,
          `${bank}/form`,
        ),
      ),
  },
  {
    ...toLogin,
    name: "sign-in as the attacker",
    victim: "visitor",
    run: (page, { bank }) =>
      submit(page, { action: `${bank}/sign-in`, fields: { name: "mallory" } }),
  },
  {
    ...toLogin,
    name: "sign-in as the attacker, with a visitor's token",
    victim: "visitor",
    run: (page, { bank }, { visitor }) =>
      submit(page, {
        action: `${bank}/sign-in`,
        fields: { name: "mallory", csrf_token: visitor },
      }),
  },
  {
    ...toLogin,
    name: "the same with a planted cookie",
    victim: "visitor",
    run: async (page, { bank }, { visitor, cookie }) => {
      await page.evaluate(
        call(
          `(value) => {
            for (const attributes of ["; domain=bank.localhost", "; domain=bank.localhost; secure", "; secure"]) {
              document.cookie = "__Host-sid-csrf=" + value + "; path=/" + attributes;
            }
          }`,
          cookie,
        ),
      );
      await submit(page, {
        action: `${bank}/sign-in`,
        fields: { name: "mallory", csrf_token: visitor },
      });
    },
  },
  {
    ...toLogin,
    name: "switching the account",
    run: (page, { bank }, { visitor }) =>
      submit(page, {
        action: `${bank}/sign-in`,
        fields: { name: "mallory", csrf_token: visitor },
      }),
  },
];
