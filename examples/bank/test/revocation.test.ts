/**
 * What one browser does to the sessions of others: passwords, devices, roles, closed accounts.
 * @module
 */
import { describe, expect, it } from "vitest";
import type { Client } from "./support/client.ts";
import { passwordOf, startBank } from "./support/start-bank.ts";

const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";

async function isSignedIn(client: Client): Promise<boolean> {
  return (await client.get("/accounts")).status === 200;
}

describe("a new password", () => {
  const next = "a password of four words";
  const form = { current: passwordOf("ada"), password: next, repeated: next };

  it("signs the other devices out, and says how many", async () => {
    const bank = await startBank();
    const ada = await bank.signedIn("ada");
    const others = [await bank.signedIn("ada"), await bank.signedIn("ada", IPHONE)];
    const copy = ada.copy();

    const { text } = await ada.follow(ada.post("/password", form));

    expect(text).toContain("Your password is changed. 2 other devices were signed out.");
    for (const other of others) expect(await isSignedIn(other)).toBe(false);
    // This browser stays, with a new secret; a copy of the one before is worth nothing.
    expect(await isSignedIn(ada)).toBe(true);
    expect((await copy.get("/accounts")).status).toBe(409);
    expect((await bank.visitor().signIn("ada", passwordOf("ada"))).status).toBe(422);
    expect((await bank.visitor().signIn("ada", next)).status).toBe(303);
  });

  for (const [name, change, fault] of [
    ["without the current one", { current: "guess" }, "current"],
    ["if it is short", { password: "short", repeated: "short" }, "password"],
    ["if it is endless", { password: "x".repeat(201), repeated: "x".repeat(201) }, "password"],
    ["if the two differ", { repeated: "another password" }, "repeated"],
  ] as const) {
    it(`is refused ${name}, and nobody is signed out`, async () => {
      const bank = await startBank();
      const [ada, other] = [await bank.signedIn("ada"), await bank.signedIn("ada")];
      const { status, text } = await ada.post("/password", { ...form, ...change });
      expect(status).toBe(422);
      expect(text).toContain(`id="${fault}-fault"`);
      expect(await isSignedIn(other)).toBe(true);
      expect((await bank.visitor().signIn("ada", passwordOf("ada"))).status).toBe(303);
    });
  }
});

describe("the devices page", () => {
  it("lists each with its name, marks this one, and ends another", async () => {
    const bank = await startBank();
    const laptop = await bank.signedIn("ada");
    bank.advance(120);
    const phone = await bank.signedIn("ada", IPHONE);
    await bank.signedIn("grace");

    const { text } = await laptop.get("/devices");
    const cards = text.split('<li class="card device">').slice(1);
    expect(cards).toHaveLength(2);
    expect(cards[0]).toContain('Firefox on Linux <span class="badge">This device</span>');
    expect(cards[0]).toContain("14 Mar 2026, 09:00 UTC");
    expect(cards[0]).toContain("127.0.0.1");
    expect(cards[1]).toContain("Safari on iPhone");
    expect(cards[1]).toContain("just now");

    const [, handle = ""] = /name="handle" value="([^"]+)"/.exec(cards[1] ?? "") ?? [];
    const after = await laptop.follow(laptop.post("/devices/end", { handle }));
    expect(after.text).toContain("That device is signed out.");
    expect(after.text).not.toContain("iPhone");
    expect(await isSignedIn(phone)).toBe(false);
    expect(await isSignedIn(laptop)).toBe(true);
  });

  it("ends no stranger's session", async () => {
    const bank = await startBank();
    const [ada, grace] = [await bank.signedIn("ada"), await bank.signedIn("grace")];
    const [{ handle } = { handle: "" }] = await bank.sessions.subject("2").list();
    const { text } = await ada.follow(ada.post("/devices/end", { handle }));
    expect(text).toContain("That device was signed out already.");
    expect(await isSignedIn(grace)).toBe(true);
  });

  it("ends all others at once", async () => {
    const bank = await startBank();
    const [ada, ...others] = [
      await bank.signedIn("ada"),
      await bank.signedIn("ada"),
      await bank.signedIn("ada"),
    ];
    const { text } = await ada.follow(ada.post("/devices/end-others"));
    expect(text).toContain("2 other devices were signed out.");
    for (const other of others) expect(await isSignedIn(other)).toBe(false);
    expect(await isSignedIn(ada)).toBe(true);
  });
});

describe("an administrator", () => {
  it("gives a role to somebody who is signed in elsewhere: the cookie rotates, the page opens", async () => {
    const bank = await startBank();
    const [ada, alan] = [await bank.signedIn("ada"), await bank.signedIn("alan")];
    expect((await ada.get("/audit")).status).toBe(403);
    const before = ada.token;

    const { text } = await alan.follow(
      alan.post("/admin/role", { customer: "1", role: "auditor" }),
    );
    expect(text).toContain("Ada Lovelace is now an auditor; 1 session will rotate.");

    const next = await ada.get("/accounts");
    expect(next.setCookies).toHaveLength(1);
    expect(ada.token).not.toBe(before);
    expect(next.text).toContain('href="/audit"');
    expect((await ada.get("/audit")).status).toBe(200);
    expect((await ada.get("/admin")).status).toBe(403);
    // Once is enough.
    expect((await ada.get("/accounts")).setCookies).toEqual([]);
  });

  it("takes a role away, from the next request on", async () => {
    const bank = await startBank();
    const [grace, alan] = [await bank.signedIn("grace"), await bank.signedIn("alan")];
    await alan.post("/admin/role", { customer: "2", role: "administrator" });
    expect((await grace.get("/admin")).status).toBe(200);
    await alan.post("/admin/role", { customer: "2", role: "customer" });
    expect((await grace.get("/admin")).status).toBe(403);
  });

  it("ends all sessions of a customer", async () => {
    const bank = await startBank();
    const devices = [await bank.signedIn("ada"), await bank.signedIn("ada")];
    const alan = await bank.signedIn("alan");
    const { text } = await alan.follow(alan.post("/admin/end-sessions", { customer: "1" }));
    expect(text).toContain("Ada Lovelace was signed out of 2 sessions.");
    for (const device of devices) expect(await isSignedIn(device)).toBe(false);
  });

  it("closes an account and opens it again", async () => {
    const bank = await startBank();
    const [ada, alan] = [await bank.signedIn("ada"), await bank.signedIn("alan")];
    await alan.post("/admin/close", { customer: "1" });
    expect(await isSignedIn(ada)).toBe(false);
    // The same answer as for a wrong password.
    const refused = await bank.visitor().signIn("ada", passwordOf("ada"));
    expect(refused.status).toBe(422);
    expect(refused.text).toContain("The name or the password is not right.");
    await alan.post("/admin/reopen", { customer: "1" });
    expect((await bank.visitor().signIn("ada", passwordOf("ada"))).status).toBe(303);
  });

  it("changes nothing about themselves", async () => {
    const bank = await startBank();
    const alan = await bank.signedIn("alan");
    for (const path of ["/admin/role", "/admin/close", "/admin/end-sessions"]) {
      expect((await alan.post(path, { customer: "3", role: "customer" })).status, path).toBe(403);
    }
    expect((await alan.get("/admin")).status).toBe(200);
  });

  it("is somebody: nobody else may do these things", async () => {
    const bank = await startBank();
    const [ada, grace] = [await bank.signedIn("ada"), await bank.signedIn("grace")];
    const form = { customer: "1", role: "administrator" };
    for (const path of ["role", "end-sessions", "close", "reopen"]) {
      expect((await grace.post(`/admin/${path}`, form)).status, path).toBe(403);
      expect((await bank.visitor().post(`/admin/${path}`, form)).status, path).toBe(303);
    }
    expect(await isSignedIn(ada)).toBe(true);
    expect((await ada.get("/admin")).status).toBe(403);
  });
});

describe("the audit page", () => {
  it("shows who did what, by handle and name, and no token", async () => {
    const bank = await startBank();
    const [ada, alan] = [await bank.signedIn("ada"), await bank.signedIn("alan")];
    await alan.post("/admin/role", { customer: "1", role: "auditor" });
    await ada.get("/accounts");
    await alan.post("/admin/end-sessions", { customer: "1" });
    await ada.get("/accounts");

    const { text } = await alan.get("/audit");
    for (const what of ["session.signed-in", "bank.role-changed", "session.rotated"]) {
      expect(text).toContain(`>${what}</code>`);
    }
    expect(text).toContain("Ada Lovelace · by Alan Turing · reason ended-by-administrator");
    expect(text).toMatch(/token\.refused<\/code>\s*<span>reason unknown/);
    const [{ handle } = { handle: "" }] = await bank.sessions.subject("3").list();
    expect(text).toContain(handle);

    const written = text + JSON.stringify(bank.events);
    const tokens = [...ada.tokens, ...alan.tokens];
    expect(tokens.length).toBeGreaterThan(2);
    for (const token of tokens) {
      // Neither whole nor the series or the secret that it is made of.
      for (let at = 0; at + 16 <= token.length; at += 8) {
        expect(written).not.toContain(token.slice(at, at + 16));
      }
    }
  });
});

it("the session page says what there is to say", async () => {
  const bank = await startBank();
  const ada = await bank.signedIn("ada", IPHONE);
  bank.advance(60);
  const [{ handle } = { handle: "" }] = await bank.sessions.subject("1").list();
  const { text } = await ada.get("/session");
  expect(text).toContain(`<code>${handle}</code>`);
  expect(text).toContain("yes, by password");
  expect(text).toContain("1 minute ago");
  expect(text).toContain("in 12 hours");
  expect(text).toContain("0 savings plans, no transfer draft");
  expect(text).not.toContain(ada.token);
});
