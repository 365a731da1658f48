/**
 * The bank over HTTP: reading, saving, paying, and what every answer has in common.
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openDatabase } from "../src/database.ts";
import { startBank } from "./support/start-bank.ts";

const publicPages = ["/", "/savings", "/savings?start=1&monthly=2&years=3", "/sign-in", "/session"];
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

describe("who only reads", () => {
  it("gets no session and, but for forms, no cookie, and leaves nothing in the store", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bank-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const database = join(folder, "bank.db");
    const bank = await startBank({ database });
    const reader = bank.visitor();

    for (const path of [...publicPages, "/nothing-here", ...customerPages]) {
      const { setCookies, text } = await reader.get(path);
      // A form needs a token, and a visitor's token a cookie, once.
      const isFirstForm = path === "/savings" && text.includes("csrf_token");
      const names = setCookies.map((cookie) => cookie.split("=", 1)[0]);
      expect(names, path).toEqual(isFirstForm ? ["__Host-sid-csrf"] : []);
    }

    const rows = openDatabase(database);
    onTestFinished(() => void rows.close());
    expect(rows.prepare("SELECT count(*) AS count FROM sessions").get()).toMatchObject({
      count: 0,
    });
    expect(bank.events).toEqual([]);
  });

  it("is told on the session page that there is nothing", async () => {
    const reader = (await startBank()).visitor();
    const { text } = await reader.get("/session");
    expect(text).toContain("You have no session.");
  });
});

describe("every answer", () => {
  const policy =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

  it("has the strict content security policy and the other security headers", async () => {
    const bank = await startBank();
    const alan = await bank.signedIn("alan");
    const reader = bank.visitor();
    const answers = [
      ...(await Promise.all([...publicPages, ...customerPages].map((path) => reader.get(path)))),
      ...(await Promise.all(
        [...customerPages, ...administratorPages].map((path) => alan.get(path)),
      )),
      await reader.get("/nothing-here"),
      await reader.get("/bank.css"),
      await reader.post("/sign-in", { login: "x", password: "x" }),
      await reader.post("/sign-in", {}, { headers: { "sec-fetch-site": "cross-site" } }),
      await reader.get("/accounts", { headers: { "sec-fetch-mode": "cors" } }),
    ];
    for (const { headers, status } of answers) {
      expect(headers, String(status)).toMatchObject({
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
      });
      expect(headers).not.toHaveProperty("x-powered-by");
    }
  });

  it("has no script, no inline style and no address of another site", async () => {
    const bank = await startBank();
    const alan = await bank.signedIn("alan");
    await alan.post("/savings/plans", { start: "1", monthly: "2", years: "3" });
    for (const path of [...publicPages, ...customerPages, ...administratorPages]) {
      const { text } = await alan.follow(alan.get(path));
      expect(text, path).not.toMatch(/<script|<style|\sstyle=|\son\w+=|(src|href)="(https?:)?\/\//);
    }
  });

  it("shows nothing that may be kept, once somebody is signed in", async () => {
    const bank = await startBank();
    const alan = await bank.signedIn("alan");
    for (const path of [...customerPages, ...administratorPages]) {
      expect((await alan.get(path)).headers["cache-control"], path).toBe("no-store");
    }
  });

  it("has a title of its own and one first heading", async () => {
    const bank = await startBank();
    const alan = await bank.signedIn("alan");
    const titles: string[] = [];
    for (const path of ["/savings", ...customerPages, ...administratorPages]) {
      const { text } = await alan.get(path);
      expect(text.match(/<h1/g), path).toHaveLength(1);
      titles.push(/<title>(.*)<\/title>/.exec(text)?.[1] ?? "");
    }
    expect(new Set(titles).size).toBe(titles.length);
  });
});

describe("savings plans", () => {
  const plan = { start: "1000", monthly: "100", years: "2" };

  it("calculate without a session", async () => {
    const reader = (await startBank()).visitor();
    const { text } = await reader.get("/savings?start=1000&monthly=100&years=2");
    // 2.4 % of 1,600 and then of 2,838.40.
    expect(text).toContain("€3,506.52");
    expect(reader.sessionCookies).toEqual([]);
  });

  it("name the field that is wrong", async () => {
    const reader = (await startBank()).visitor();
    const { text } = await reader.get("/savings?start=much&monthly=1&years=99");
    expect(text).toContain('id="start-fault"');
    expect(text).toContain('id="years-fault"');
    expect(text).not.toContain('id="monthly-fault"');
  });

  it("are kept in an anonymous session, and removed from it", async () => {
    const visitor = (await startBank()).visitor();
    const { text } = await visitor.follow(visitor.post("/savings/plans", plan));
    expect(visitor.sessionCookies).toEqual(["__Host-sid-anon"]);
    expect(text).toContain("Your plan is kept.");
    expect((await visitor.get("/savings")).text).not.toContain("Your plan is kept.");

    const [, id = ""] = /name="plan" value="([^"]+)"/.exec(text) ?? [];
    await visitor.post("/savings/plans/remove", { plan: id });
    expect((await visitor.get("/savings")).text).toContain("None yet.");
  });

  it("come along at sign-in, and nothing else of the anonymous session does", async () => {
    const bank = await startBank();
    const visitor = bank.visitor();
    // The flash message that this leaves is not taken before the sign-in.
    await visitor.post("/savings/plans", plan);
    const anonymousToken = visitor.jar.get("__Host-sid-anon");

    const { text } = await visitor.follow(visitor.signIn("ada", "demo-engine-1843"));

    expect(text).toContain("€100 a month for 2 years");
    expect(text).not.toContain("Your plan is kept.");
    expect(visitor.sessionCookies).toEqual(["__Host-sid"]);
    expect(visitor.token).not.toBe(anonymousToken);
  });

  it("that are kept in two tabs at once are both there", async () => {
    const ada = await (await startBank()).signedIn("ada");
    await Promise.all(["3", "4"].map((years) => ada.post("/savings/plans", { ...plan, years })));
    const { text } = await ada.get("/savings");
    expect(text).toContain("a month, 3 years");
    expect(text).toContain("a month, 4 years");
  });
});

describe("transfers", () => {
  const form = { from: "1", to: "3", amount: "25.50", reference: "Wire" };

  it("show what will happen, then happen, and say so once", async () => {
    const bank = await startBank();
    const ada = await bank.signedIn("ada");
    const review = await ada.follow(ada.post("/transfer", form));
    expect(review.text).toContain("Grace Hopper");
    expect(review.text).toContain("Send €25.50");

    const done = await ada.follow(ada.post("/transfer/confirm"));
    expect(done.text).toContain("€25.50 sent to Grace Hopper.");
    expect(done.text).toContain("€2,673.31");
    expect((await ada.get("/accounts")).text).not.toContain("sent to");

    const grace = await bank.signedIn("grace");
    expect((await grace.get("/accounts")).text).toContain("+€25.50");
  });

  it("are made once, however often they are confirmed", async () => {
    const bank = await startBank();
    const ada = await bank.signedIn("ada");
    await ada.post("/transfer", form);
    await Promise.all([1, 2, 3].map(() => ada.post("/transfer/confirm")));
    await ada.post("/transfer/confirm");
    expect((await ada.get("/accounts")).text).toContain("€2,673.31");
  });

  it("can be discarded", async () => {
    const ada = await (await startBank()).signedIn("ada");
    await ada.post("/transfer", form);
    await ada.post("/transfer/discard");
    expect((await ada.get("/transfer/review")).location).toBe("/transfer");
  });

  for (const [name, change, fault] of [
    ["more than there is", { amount: "99999" }, "amount"],
    ["nothing", { amount: "0" }, "amount"],
    ["less than nothing", { amount: "-5" }, "amount"],
    ["what is no number", { amount: "1e3" }, "amount"],
    ["from somebody else's account", { from: "3" }, "from"],
    ["to an account that is not there", { to: "99" }, "to"],
    ["to the same account", { to: "1" }, "to"],
    ["with a long reference", { reference: "x".repeat(61) }, "reference"],
  ] as const) {
    it(`are refused: ${name}`, async () => {
      const ada = await (await startBank()).signedIn("ada");
      const { status, text } = await ada.post("/transfer", { ...form, ...change });
      expect(status).toBe(422);
      expect(text).toContain(`id="${fault}-fault"`);
      expect((await ada.get("/transfer/review")).location).toBe("/transfer");
    });
  }

  it("of what was spent meanwhile are not made", async () => {
    const bank = await startBank();
    const [laptop, phone] = [await bank.signedIn("ada"), await bank.signedIn("ada")];
    for (const device of [laptop, phone])
      await device.post("/transfer", { ...form, amount: "2000" });
    await laptop.post("/transfer/confirm");
    const { text } = await phone.follow(phone.post("/transfer/confirm"));
    expect(text).toContain("nothing was sent");
    expect(text).toContain("€698.81");
  });
});

describe("errors", () => {
  it("answer 404 for what is not there", async () => {
    const { status, text } = await (await startBank()).visitor().get("/<nothing>");
    expect(status).toBe(404);
    expect(text).toContain("There is no such page");
    expect(text).not.toContain("<nothing>");
  });

  it("answer 500 without the reason, and tell the operator", async () => {
    const failure = new Error("secret reason");
    const bank = await startBank({ hold: () => Promise.reject(failure) });
    const { status, text } = await bank.visitor().get("/");
    expect(status).toBe(500);
    expect(text).not.toContain("secret reason");
    expect(bank.errors).toEqual([failure]);
  });

  it("answer 413 for a form that is too large", async () => {
    const visitor = (await startBank()).visitor();
    const large = { start: "1".repeat(20_000), monthly: "1", years: "1" };
    const { status, text } = await visitor.post("/savings/plans", large);
    expect(status).toBe(413);
    expect(text).toContain("larger than any of ours");
  });
});

it("what customers write is shown as text, never as markup", async () => {
  const bank = await startBank();
  const ada = await bank.signedIn("ada", '<img src=x onerror="alert(1)">');
  const markup = `<i>"'&`;
  await ada.post("/transfer", { from: "1", to: "2", amount: "1", reference: markup });
  const email = `"><b>@example.com`;
  await ada.post("/email", { email });
  const pages = [
    await ada.get("/transfer/review"),
    await ada.get("/transfer?edit=draft"),
    await ada.get("/email"),
    await ada.get("/session"),
    await ada.follow(ada.post("/transfer/confirm")),
    await ada.get("/devices"),
    await (await bank.signedIn("alan")).get("/admin"),
    await bank.visitor().post("/sign-in", { login: markup, password: "x", return: markup }),
  ];
  for (const { text } of pages) expect(text).not.toMatch(/<i>|<b>@|<img/);
  expect(pages[0]?.text).toContain("&lt;i&gt;&quot;&#39;&amp;");
  expect(pages[2]?.text).toContain("&quot;&gt;&lt;b&gt;@example.com");
  expect(pages[3]?.text).toContain("&lt;img src=x onerror=&quot;");
});
