/**
 * Signing in, again and out, and those who try it from elsewhere.
 * @module
 */
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Client } from "./support/client.ts";
import { passwordOf, startBank } from "./support/start-bank.ts";

describe("signing in", () => {
  it("begins a session that the cookie alone carries", async () => {
    const bank = await startBank();
    const visitor = bank.visitor();
    const { status, location, setCookies } = await visitor.signIn(" Ada ", passwordOf("ada"));
    expect(status).toBe(303);
    expect(location).toBe("/accounts");
    expect(setCookies).toEqual([
      expect.stringMatching(/^__Host-sid-device=/),
      expect.stringMatching(/^__Host-sid=[\w-]{92}; Path=\/; Secure; HttpOnly; SameSite=Lax$/),
    ]);
    expect((await visitor.get("/accounts")).text).toContain("Good to see you, Ada.");
  });

  it("answers a wrong password and an unknown name alike, and sets no cookie", async () => {
    const visitor = (await startBank()).visitor();
    const wrong = await visitor.signIn("ada", "not-her-password");
    const unknown = await visitor.signIn("eve", "not-her-password");
    expect(wrong.status).toBe(422);
    expect(unknown.status).toBe(422);
    // Every page has a token of its own.
    const page = ({ text }: { readonly text: string }) => text.replace(/value="[\w-]{128}"/, "");
    expect(page(unknown)).toBe(page(wrong).replace('value="ada"', 'value="eve"'));
    expect(visitor.sessionCookies).toEqual([]);
  });

  it("takes as long for an unknown name as for a wrong password", async () => {
    const visitor = (await startBank()).visitor();
    const medianMs = async (login: string) => {
      const times: number[] = [];
      for (let turn = 0; turn < 5; turn++) {
        const startedAt = performance.now();
        await visitor.signIn(login, "not-her-password");
        times.push(performance.now() - startedAt);
      }
      return times.sort((left, right) => left - right)[2] as number;
    };
    const wrongMs = await medianMs("ada");
    // Without a hash to try, it would be a fiftieth; half leaves room for a busy machine.
    expect(await medianMs("eve")).toBeGreaterThan(wrongMs / 2);
  });

  it("is refused if the account's sessions are ended while the password is checked", async () => {
    const bank = await startBank();
    const { subject } = bank.sessions;
    vi.spyOn(bank.sessions, "subject").mockImplementation((id) => ({
      ...subject(id),
      async checkpoint() {
        const checkpoint = await subject(id).checkpoint();
        await subject(id).revokeAll({ reason: "password-changed" });
        return checkpoint;
      },
    }));
    const visitor = bank.visitor();
    const answer = await visitor.signIn("ada", passwordOf("ada"));
    expect(answer.location).toBe("/sign-in?because=ended");
    expect(visitor.sessionCookies).toEqual([]);
    expect((await visitor.follow(answer)).text).toContain("Your sessions were ended while");
    expect(bank.events).toContainEqual(
      expect.objectContaining({ type: "sign-in.refused", reason: "revoked-meanwhile" }),
    );
  });

  it("is refused after five attempts, until a quarter of an hour has passed", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const bank = await startBank();
    const visitor = bank.visitor();
    for (let attempt = 0; attempt < 5; attempt++) await visitor.signIn("ada", "guess");
    const { status, headers, text } = await visitor.signIn("ada", passwordOf("ada"));
    expect(status).toBe(429);
    expect(headers["retry-after"]).toBe("900");
    expect(text).toContain("Try again in 15 minutes.");
    expect(bank.events).toContainEqual(expect.objectContaining({ type: "sign-in.throttled" }));
    // Others are not locked out with her.
    expect((await bank.visitor().signIn("grace", passwordOf("grace"))).status).toBe(303);
    vi.setSystemTime(Date.now() + 901_000);
    expect((await visitor.signIn("ada", passwordOf("ada"))).status).toBe(303);
  });

  it("is refused to strangers, and not on a device that has signed in before", async () => {
    const bank = await startBank();
    const ada = await bank.signedIn("ada");
    await ada.post("/sign-out");
    for (let attempt = 0; attempt < 5; attempt++) await bank.visitor().signIn("ada", "guess");
    expect((await bank.visitor().signIn("ada", passwordOf("ada"))).status).toBe(429);
    expect((await ada.signIn("ada", passwordOf("ada"))).status).toBe(303);
  });

  it("counts parallel attempts before it looks at the passwords", async () => {
    const bank = await startBank();
    const answers = await Promise.all(
      Array.from({ length: 15 }, () => bank.visitor().signIn("ada", "guess")),
    );
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(10);
  });
});

describe("a sign-in from another site", () => {
  for (const [name, headers] of [
    ["by its Fetch Metadata", { "sec-fetch-site": "cross-site" }],
    ["of a sibling", { "sec-fetch-site": "same-site" }],
    ["by its Origin", { "sec-fetch-site": undefined, origin: "https://evil.example" }],
    ["without either", { "sec-fetch-site": undefined, origin: undefined }],
  ] as const) {
    it(`is refused ${name}`, async () => {
      const visitor = (await startBank()).visitor();
      const form = { login: "ada", password: passwordOf("ada") };
      expect((await visitor.post("/sign-in", form, { headers })).status).toBe(403);
      expect(visitor.sessionCookies).toEqual([]);
    });
  }
});

describe("where a sign-in leads", () => {
  const elsewhere = [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/..//evil.example",
    "javascript:alert(1)",
  ];

  for (const back of elsewhere) {
    it(`is never ${JSON.stringify(back)}`, async () => {
      const bank = await startBank();
      const visitor = bank.visitor();
      const query = new URLSearchParams({ return: back });
      const form = await visitor.get(`/sign-in?${query}`);
      expect(form.text).toContain('name="return" value="/accounts"');

      const credentials = { login: "ada", password: passwordOf("ada") };
      const first = await visitor.post("/sign-in", { ...credentials, return: back });
      expect(first.location).toBe("/accounts");
      // Signed in by now: these lead on at once, or from the second form.
      expect((await visitor.get(`/sign-in?${query}`)).location).toBe("/accounts");
      const again = await visitor.post("/sign-in/again", { ...credentials, return: back });
      expect(again.location).toBe("/accounts");
    });
  }

  it("is where the visitor was", async () => {
    const visitor = (await startBank()).visitor();
    const form = await visitor.follow(visitor.get("/transfer?edit=draft"));
    expect(form.text).toContain('name="return" value="/transfer?edit=draft"');
    const credentials = { login: "ada", password: passwordOf("ada") };
    const answer = await visitor.post("/sign-in", {
      ...credentials,
      return: "/transfer?edit=draft",
    });
    expect(answer.location).toBe("/transfer?edit=draft");
  });
});

describe("a fresh sign-in", () => {
  async function waited(seconds: number): Promise<Client> {
    const bank = await startBank();
    const ada = await bank.signedIn("ada");
    bank.advance(seconds);
    return ada;
  }

  it("is not asked for within five minutes", async () => {
    expect((await (await waited(300)).get("/email")).status).toBe(200);
  });

  it("is asked for after that, and leads back", async () => {
    const ada = await waited(301);
    const asked = await ada.get("/email");
    expect(asked.location).toBe("/sign-in/again?return=%2Femail");
    expect((await ada.follow(asked)).text).toContain("Is it still you?");

    const wrong = await ada.post("/sign-in/again", { password: "guess", return: "/email" });
    expect(wrong.status).toBe(422);
    expect((await ada.get("/email")).status).toBe(303);

    const before = ada.copy();
    const right = await ada.post("/sign-in/again", {
      password: passwordOf("ada"),
      return: "/email",
    });
    expect(right.location).toBe("/email");
    expect((await ada.follow(right)).text).toContain("ada@example.com");
    // The secret from before the second proof is worth nothing: not even a sign-in page.
    expect(ada.token).not.toBe(before.token);
    const late = await before.get("/accounts");
    expect(late.status).toBe(409);
    expect(late.setCookies).toEqual([]);
  });

  it("is asked for when a form comes back that lay open too long", async () => {
    const ada = await waited(301);
    const answer = await ada.post("/email", { email: "thief@example.com" });
    expect(answer.location).toBe("/sign-in/again");
    await ada.post("/sign-in/again", { password: passwordOf("ada"), return: "" });
    expect((await ada.get("/email")).text).toContain('value="ada@example.com"');
  });

  it("is asked for by a large transfer, twice, and by no small one", async () => {
    const bank = await startBank();
    const ada = await bank.signedIn("ada");
    const form = { from: "2", to: "3", reference: "" };
    bank.advance(301);
    await ada.post("/transfer", { ...form, amount: "999.99" });
    expect((await ada.get("/transfer/review")).status).toBe(200);

    await ada.post("/transfer", { ...form, amount: "1000" });
    const asked = await ada.get("/transfer/review");
    expect(asked.location).toBe("/sign-in/again?return=%2Ftransfer%2Freview");
    expect((await ada.post("/transfer/confirm")).location).toBe("/sign-in/again");

    const again = { password: passwordOf("ada"), return: "/transfer/review" };
    const review = await ada.follow(ada.post("/sign-in/again", again));
    // The draft outlives the new secret.
    expect(review.text).toContain("Send €1,000.00");
    bank.advance(301);
    expect((await ada.post("/transfer/confirm")).location).toBe("/sign-in/again");
    await ada.post("/sign-in/again", again);
    const done = await ada.follow(ada.post("/transfer/confirm"));
    expect(done.text).toContain("€1,000.00 sent to Grace Hopper.");
  });
});

describe("signing out", () => {
  it("ends the session and takes the cookie back", async () => {
    const ada = await (await startBank()).signedIn("ada");
    const copy = ada.copy();
    const answer = await ada.post("/sign-out");
    expect(ada.sessionCookies).toEqual([]);
    expect((await ada.follow(answer)).text).toContain("You are signed out.");
    expect((await copy.get("/accounts")).location).toMatch(/^\/sign-in/);
  });

  it("holds against a page that was still being made", async () => {
    let reached = () => {};
    let release = () => {};
    const isReached = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const isReleased = new Promise<void>((resolve) => {
      release = resolve;
    });
    const bank = await startBank({
      async hold(request) {
        if (request.path !== "/savings/plans") return;
        reached();
        await isReleased;
      },
    });
    const ada = await bank.signedIn("ada");
    const slow = ada.post("/savings/plans", { start: "1", monthly: "1", years: "1" });
    await isReached;
    await ada.post("/sign-out");
    release();
    expect((await slow).setCookies).toEqual([]);
    expect(ada.sessionCookies).toEqual([]);
    expect((await ada.get("/accounts")).location).toMatch(/^\/sign-in/);
    expect(await bank.sessions.subject("1").list()).toEqual([]);
  });

  it("everywhere ends the sessions of all devices", async () => {
    const bank = await startBank();
    const [laptop, phone] = [await bank.signedIn("ada"), await bank.signedIn("ada")];
    const grace = await bank.signedIn("grace");
    const answer = await laptop.post("/sign-out/everywhere");
    expect((await laptop.follow(answer)).text).toContain("You are signed out on all devices.");
    expect(laptop.sessionCookies).toEqual([]);
    expect((await phone.get("/accounts")).location).toMatch(/^\/sign-in/);
    expect((await grace.get("/accounts")).status).toBe(200);
  });
});
