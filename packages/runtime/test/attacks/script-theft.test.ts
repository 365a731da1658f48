/**
 * Theft by script, and by whoever prints things: the token is in no response body and in no object that
 * an application holds.
 * @see CWE-1004, CWE-532; ASVS 5.0, 3.3.4
 */
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { readToken } from "../../src/crypto/token.ts";
import { sessionOf } from "../../src/engine/request-session.ts";
import { newRequestState } from "../../src/engine/request-state.ts";
import { SessionError, SessionRefusal } from "../../src/errors.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { signedIn, startEngine, testBytes, testKeyring, wrapStore } from "../support/engine.ts";
import { Client, servers } from "../support/http.ts";

/** Every way in which a value ends up in a log, a cache, a worker or a response. */
function shownAs(value: unknown): string {
  const shown = [
    inspect(value, { depth: 12, showHidden: true, getters: false }),
    inspect(value, { depth: 12, getters: true }),
    String(value),
  ];
  const attempts = [
    () => JSON.stringify(value),
    () => JSON.stringify({ ...(value as object) }),
    () => inspect({ ...(value as object) }, { depth: 12, showHidden: true }),
    () => inspect(structuredClone(value), { depth: 12, showHidden: true }),
    () => inspect(Object.entries(value as object), { depth: 12, showHidden: true }),
    () => (value as Error).stack ?? "",
  ];
  for (const attempt of attempts) {
    try {
      shown.push(String(attempt()));
    } catch {
      // What cannot be cloned or serialised cannot leak that way.
    }
  }
  return shown.join("\n");
}

/** A secret in the spellings that a dump may use. */
function spellings(bytes: Buffer): readonly string[] {
  const listed = [...bytes];
  return [
    bytes.toString("base64url"),
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("hex"),
    (bytes.toString("hex").match(/../g) ?? []).join(" "),
    listed.slice(0, 12).join(", "),
    listed.slice(0, 12).join(","),
  ];
}

function expectHidden(what: string, value: unknown, secrets: readonly Buffer[]): void {
  const shown = shownAs(value);
  for (const secret of secrets) {
    for (const spelling of spellings(secret)) {
      expect(shown.includes(spelling), `${what} shows a secret`).toBe(false);
    }
  }
}

describe("theft by script", () => {
  it("shows no token and no key in any object that the application holds", async () => {
    const keyring = testKeyring();
    const engine = startEngine({ keyring });
    const browser = await signedIn(engine);
    const exchange = await browser.open();
    const { session } = exchange;
    await session.rotate();
    const text = /__Host-sid=([^;]+)/.exec(
      (await browser.finish(exchange)).setCookies.join(),
    )?.[1] as string;
    const token = readToken(text);
    if (token === undefined) throw new Error("the rotation set no cookie");
    const secrets = [
      token.bytes,
      token.secret,
      token.series,
      testBytes("key 0"),
      testBytes("index"),
      keyring.current.mac,
      keyring.current.data,
      keyring.current.meta,
      keyring.current.successor,
      ...keyring.indexKeys,
    ];
    expectHidden("Session", session, secrets);
    expectHidden("Exchange", exchange, secrets);
    expectHidden("Sessions", engine.sessions, secrets);
    expectHidden("SubjectSessions", engine.sessions.subject("alice"), secrets);
    expectHidden("Keyring", keyring, secrets);
    expectHidden(
      "DerivedKeys",
      { number: keyring.current.number, keys: { ...keyring.current } },
      secrets,
    );
    expectHidden("events", engine.events, secrets);
    expectHidden("list", await engine.sessions.subject("alice").list(), secrets);
    for (const member of Object.values(exchange)) expectHidden("a member", member, secrets);
  });

  it("keeps the request's state out of the session's own and inherited properties", () => {
    const { sessions } = startEngine();
    const state = newRequestState({ options: { policy: {} } } as never, {} as never, false);
    const session = sessionOf(state);
    expect(Reflect.ownKeys(session)).toEqual([]);
    expect(JSON.stringify({ session })).toBe('{"session":{}}');
    expect(Object.values(sessions).every((member) => typeof member === "function")).toBe(true);
  });

  it("shows no token in the errors and refusals that handlers see", async () => {
    const failing = { on: false };
    const engine = startEngine({
      policy: { storeDeadlineSeconds: 0.05 },
      store: wrapStore(memoryStore(), (operation, call) => {
        if (failing.on && operation !== "get") throw new Error("the disk is full");
        return call();
      }),
    });
    const browser = await signedIn(engine);
    const token = readToken(browser.token ?? "");
    if (token === undefined) throw new Error("not signed in");
    const stale = browser.copy();
    await browser.visit((session) => session.rotate());
    const refusal = await stale.visit((session) => session.subject).catch((error) => error);
    expect(refusal).toBeInstanceOf(SessionRefusal);
    failing.on = true;
    const error = await browser.visit((session) => session.signOut()).catch((cause) => cause);
    expect(error).toBeInstanceOf(SessionError);
    const now = readToken(browser.token ?? "");
    const secrets = [token.bytes, token.secret, token.series, now?.bytes as Buffer];
    expectHidden("SessionRefusal", refusal, secrets);
    expectHidden("SessionError", error, secrets);
    expect(shownAs(error)).not.toContain("alice");
  });

  for (const [name, start] of servers) {
    it(`sends tokens in Set-Cookie alone, with HttpOnly: ${name}`, async () => {
      const { sessions, clock } = startEngine();
      await using server = await start(sessions, {
        "/login": async (session) => {
          await session.signIn("alice", { level: "password" });
          return JSON.stringify({ session, handle: session.handle, printed: inspect(session) });
        },
        "/dump": (session) => inspect({ session, subject: session.subject }, { showHidden: true }),
        "/step-up": async (session) => {
          await session.stepUp("passkey");
          return JSON.stringify(session);
        },
        "/out": async (session) => {
          await session.signOut();
          return inspect(session, { showHidden: true });
        },
      });
      const client = new Client(server);
      const tokens = new Set<string>();
      const replies = [];
      for (const path of ["/login", "/dump", "/step-up", "/dump", "/out", "/nowhere"]) {
        replies.push(await client.ask(path, { method: "POST" }));
        for (const value of client.jar.values()) tokens.add(value);
        clock.advance(901);
      }
      expect(tokens.size).toBeGreaterThanOrEqual(3);
      for (const { body, headers, setCookies } of replies) {
        const { "set-cookie": _cookies, ...others } = headers;
        for (const token of tokens) {
          const secret = readToken(token)?.secret.toString("base64url") ?? token;
          expect(body + JSON.stringify(others)).not.toContain(token);
          expect(body).not.toContain(secret.slice(0, 20));
        }
        for (const line of setCookies) expect(line).toMatch(/; HttpOnly(;|$)/);
      }
    });
  }
});
