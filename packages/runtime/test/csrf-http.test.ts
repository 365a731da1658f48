/**
 * Anti-forgery tokens over HTTP, through every adapter: where a token is found, which forms stay good,
 * and what a refusal looks like.
 * @see CWE-352; ASVS 5.0, 3.5.1
 */
import { describe, expect, it } from "vitest";
import { csrf } from "../src/csrf/csrf.ts";
import { FormClient, formServers } from "./support/csrf-servers.ts";
import { type EngineOptions, startEngine } from "./support/engine.ts";

const page = { "sec-fetch-mode": "navigate", accept: "text/html" };

function engine(options: EngineOptions = {}) {
  return startEngine({ csrf: csrf(), ...options });
}

for (const [name, start] of Object.entries(formServers)) {
  describe(`anti-forgery tokens, ${name}`, () => {
    it("finds the token in a form, in a form with a file, and in the header", async () => {
      const { sessions } = engine();
      await using server = await start(sessions);
      const client = new FormClient(server);
      await client.signIn("alice");
      const csrf_token = await client.openForm();

      const multipart = new FormData();
      multipart.set("csrf_token", csrf_token);
      multipart.set("file", new Blob(["content"]), "file.txt");
      const sent = [
        { form: new URLSearchParams({ csrf_token }) },
        { form: multipart },
        { method: "POST", headers: { "x-csrf-token": csrf_token } },
        { form: "{}", headers: { "x-csrf-token": csrf_token, "content-type": "application/json" } },
      ];
      for (const each of sent) expect((await client.ask("/act", each)).status).toBe(200);
      expect(server.effects).toEqual(["alice", "alice", "alice", "alice"]);
    });

    it("refuses what has no token, a made-up one, two, or one of somebody else", async () => {
      const { sessions, seen } = engine();
      await using server = await start(sessions);
      const client = new FormClient(server);
      const stranger = new FormClient(server);
      await client.signIn("alice");
      await stranger.signIn("mallory");
      const own = await client.openForm();
      const theirs = await stranger.openForm();
      const visitors = await new FormClient(server).openForm();

      const forms: readonly (readonly [form: URLSearchParams, reason: string])[] = [
        [new URLSearchParams({ amount: "1" }), "missing"],
        [new URLSearchParams({ csrf_token: "" }), "malformed"],
        [new URLSearchParams({ csrf_token: "x".repeat(128) }), "malformed"],
        [new URLSearchParams(`csrf_token=${own}&csrf_token=${own}`), "malformed"],
        [new URLSearchParams({ csrf_token: theirs }), "other-session"],
        [new URLSearchParams({ csrf_token: visitors }), "other-session"],
      ];
      for (const [form, reason] of forms) {
        const { status, body } = await client.ask("/act", { form });
        expect(status, reason).toBe(403);
        expect(body).toContain("out of date");
      }
      expect(server.effects).toEqual([]);
      expect(seen("csrf.refused").map(({ reason }) => reason)).toEqual([
        "missing",
        "malformed",
        "other-session",
      ]);
    });

    it("asks our own pages for a token too, whatever the browser says of them", async () => {
      const { sessions } = engine();
      await using server = await start(sessions);
      const client = new FormClient(server);
      await client.signIn("alice");
      const own = { "sec-fetch-site": "same-origin", origin: "http://localhost" };
      for (const headers of [own, { "sec-fetch-site": "none" }, { origin: own.origin }]) {
        expect((await client.ask("/act", { form: "a=b", headers })).status).toBe(403);
      }
      expect(server.effects).toEqual([]);
    });

    it("answers a page to a navigation and problem details to a program", async () => {
      const { sessions } = engine();
      await using server = await start(sessions);
      const client = new FormClient(server);
      const form = new URLSearchParams({ a: "b" });
      const shown = await client.ask("/act", { form, headers: page });
      expect(shown.status).toBe(403);
      expect(shown.headers["content-type"]).toMatch(/^text\/html/);
      expect(shown.headers["cache-control"]).toBe("no-store");
      const told = await client.ask("/act", { form });
      expect(told.headers["content-type"]).toBe("application/problem+json");
      expect(JSON.parse(told.body)).toMatchObject({ status: 403 });
    });

    it("takes a form that a visitor opened before signing in, and one of an anonymous session", async () => {
      const { sessions } = engine();
      await using server = await start(sessions);
      const client = new FormClient(server);
      const asVisitor = await client.openForm();
      await client.ask("/cart");
      const asAnonymous = await client.openForm();
      await client.signIn("alice");
      for (const csrf_token of [asVisitor, asAnonymous]) {
        const form = new URLSearchParams({ csrf_token });
        expect((await client.ask("/act", { form })).status).toBe(200);
      }
      expect(server.effects).toEqual(["alice", "alice"]);
    });

    it("takes a sign-in form that is sent twice", async () => {
      const { sessions } = engine();
      await using server = await start(sessions);
      const client = new FormClient(server);
      await client.ask("/cart");
      const form = new URLSearchParams({ csrf_token: await client.openForm(), name: "alice" });
      const again = new FormClient(server);
      for (const [key, value] of client.jar) again.jar.set(key, value);
      expect((await client.ask("/sign-in", { form })).status).toBe(303);
      expect((await again.ask("/sign-in", { form })).status).toBe(303);
    });

    it("takes a form that was open over rotations, asked for and periodic", async () => {
      const { sessions, clock, seen } = engine();
      await using server = await start(sessions);
      const client = new FormClient(server);
      await client.signIn("alice");
      const csrf_token = await client.openForm();
      const form = new URLSearchParams({ csrf_token });
      await client.ask("/rotate", { form });
      clock.advance(1000);
      await client.ask("/who");
      expect(seen("session.rotated").map(({ cause }) => cause)).toEqual(["requested", "periodic"]);
      expect((await client.ask("/act", { form })).status).toBe(200);
    });

    it("refuses a sign-in that somebody else prepared, before there is a session", async () => {
      const { sessions } = engine();
      await using server = await start(sessions);
      const attacker = new FormClient(server);
      const victim = new FormClient(server);
      await victim.openForm();
      const token = await attacker.openForm();
      const form = new URLSearchParams({ csrf_token: token, name: "mallory" });
      expect((await victim.ask("/sign-in", { form })).status).toBe(403);
      const empty = new FormClient(server);
      expect((await empty.ask("/sign-in", { form })).status).toBe(403);
      expect((await victim.ask("/who")).body).toBe("nobody");
    });

    it("sends who was signed out meanwhile to sign in, and back to the form", async () => {
      const { sessions, seen } = engine();
      await using server = await start(sessions, { reauthenticate: "/welcome" });
      const client = new FormClient(server);
      await client.signIn("alice");
      const form = new URLSearchParams({ csrf_token: await client.openForm() });
      await sessions.subject("alice").revokeAll();

      const referer = "http://localhost/form?step=2";
      const shown = await client.ask("/act", { form, headers: { ...page, referer } });
      expect(shown.status).toBe(303);
      expect(shown.headers.location).toBe("/welcome?return=%2Fform%3Fstep%3D2");
      const elsewhere = { ...page, referer: "http://evil.test//evil.test" };
      const { headers } = await client.ask("/act", { form, headers: elsewhere });
      expect(headers.location).toBe("/welcome");
      expect((await client.ask("/act", { form })).status).toBe(401);
      expect(seen("csrf.refused")).toMatchObject([{ reason: "other-session" }]);
      expect(server.effects).toEqual([]);
    });

    it("writes nothing to the store for a visitor's forms, and sets one cookie once", async () => {
      const { sessions, store } = engine();
      await using server = await start(sessions);
      const client = new FormClient(server);
      const first = await client.ask("/form");
      expect(first.setCookies).toEqual([
        expect.stringMatching(
          /^__Host-sid-csrf=[\w-]{44}; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
        ),
      ]);
      expect(first.headers["cache-control"]).toBe("no-store");
      expect(first.headers.vary).toContain("Cookie");
      const form = new URLSearchParams({ csrf_token: await client.openForm() });
      expect((await client.ask("/form")).setCookies).toEqual([]);
      expect((await client.ask("/act", { form })).body).toBe("done for nobody");
      expect(store.total).toBe(0);
    });

    it("asks for no token where other sites may send requests", async () => {
      const { sessions } = engine();
      await using server = await start(sessions, { crossSite: true });
      const client = new FormClient(server);
      const headers = { "sec-fetch-site": "cross-site", origin: "https://id.test" };
      const { status } = await client.ask("/act", { form: "a=b", headers });
      expect(status).toBe(200);
    });

    it("lets a trusted origin's page pass with a token, and no other", async () => {
      const trusted = "https://accounts.test";
      const { sessions, seen } = engine({ csrf: csrf({ trustedOrigins: [trusted] }) });
      await using server = await start(sessions);
      const client = new FormClient(server);
      await client.signIn("alice");
      const csrf_token = await client.openForm();
      const form = new URLSearchParams({ csrf_token });
      const from = (origin: string) => ({ origin, "sec-fetch-site": "same-site" });
      const ask = async (origin: string, sent: URLSearchParams) =>
        (await client.ask("/act", { form: sent, headers: from(origin) })).status;
      expect(await ask(trusted, form)).toBe(200);
      expect(await ask(trusted, new URLSearchParams({ a: "b" }))).toBe(403);
      expect(await ask("https://accounts.test.evil", form)).toBe(403);
      expect(await ask("http://accounts.test", form)).toBe(403);
      expect(await ask("null", form)).toBe(403);
      expect(seen("cross-site.refused")).toHaveLength(3);
      expect(server.effects).toEqual(["alice"]);
    });

    it("asks only requests without an origin for a token, where that is wanted", async () => {
      const trusted = "https://accounts.test";
      const options = { require: "without-origin", trustedOrigins: [trusted] } as const;
      const { sessions } = engine({ csrf: csrf(options) });
      await using server = await start(sessions);
      const client = new FormClient(server);
      const ask = async (headers: Record<string, string>) =>
        (await client.ask("/act", { form: "a=b", headers })).status;
      expect(await ask({ "sec-fetch-site": "same-origin" })).toBe(200);
      expect(await ask({ "sec-fetch-site": "none" })).toBe(200);
      expect(await ask({ origin: "http://localhost" })).toBe(200);
      expect(await ask({})).toBe(403);
      expect(await ask({ origin: trusted, "sec-fetch-site": "same-site" })).toBe(403);
      expect(await ask({ "sec-fetch-site": "cross-site" })).toBe(403);
    });
  });
}

describe("anti-forgery tokens in Web requests", () => {
  it("reads a form up to its bound, and the header of a longer one", async () => {
    const { sessions } = engine();
    await using server = await formServers.web(sessions, { maxFormBytes: 500 });
    const client = new FormClient(server);
    await client.signIn("alice");
    const csrf_token = await client.openForm();
    const send = async (filler: number, headers: Record<string, string> = {}) => {
      const form = new URLSearchParams({ csrf_token, filler: "x".repeat(filler) });
      return (await client.ask("/act", { form, headers })).status;
    };
    expect(await send(100)).toBe(200);
    expect(await send(500)).toBe(403);
    expect(await send(500, { "x-csrf-token": csrf_token })).toBe(200);
    // One that does not say how long it is.
    expect(await send(500, { "transfer-encoding": "chunked" })).toBe(403);
    expect(await send(100, { "transfer-encoding": "chunked" })).toBe(200);
  });

  it("takes a malformed form for one without a token", async () => {
    const { sessions, seen } = engine();
    await using server = await formServers.web(sessions);
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    const client = new FormClient(server);
    expect((await client.ask("/act", { form: "no parts", headers })).status).toBe(403);
    expect(seen("csrf.refused")).toMatchObject([{ reason: "missing" }]);
  });
});
