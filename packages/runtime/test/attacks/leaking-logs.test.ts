/**
 * Logs that leak tokens: one run through everything, over HTTP, then a search of every place where
 * anything could have been written.
 * @see CWE-532, CWE-209; ASVS 5.0, 16.2.5
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readToken } from "../../src/crypto/token.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { startEngine, testBytes, testKeyring, wrapStore } from "../support/engine.ts";
import { Client, type Reply, servers } from "../support/http.ts";
import { shown, spyOnOutput } from "../support/output.ts";

const SUBJECT = "canary-subject@shop.test";
const DATA = "canary-session-data";

describe("leaking logs", () => {
  let printed: string[] = [];
  beforeEach(() => {
    printed = spyOnOutput();
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  for (const [name, start] of servers) {
    it(`writes no token, key, data or, but in events, subject anywhere: ${name}`, async () => {
      const broken = { operation: "" };
      const written: unknown[] = [];
      const store = wrapStore(memoryStore(), (operation, call, values) => {
        written.push(...values);
        if (operation === broken.operation) throw new Error("connect ECONNREFUSED 10.0.0.7:6379");
        return call();
      });
      const keyring = testKeyring();
      const engine = startEngine({
        store,
        keyring,
        policy: { storeDeadlineSeconds: 0.05, previousNames: ["__Host-old"], maxDataBytes: 512 },
      });
      const errors: unknown[] = [];
      await using server = await start(engine.sessions, {
        "/cart": (session) => {
          session.set("cart", DATA);
          session.flash("notice", DATA);
          return "";
        },
        "/login": async (session) => {
          await session.signIn(SUBJECT, { level: "password", carry: ["cart"] });
          return "";
        },
        "/me": (session) => `${session.handle} ${session.level}`,
        "/write": (session) => {
          session.set("more", DATA);
          return "";
        },
        "/too-much": (session) => {
          session.set("more", DATA.repeat(100));
          return "";
        },
        "/not-json": (session) => {
          session.set("more", new Map([[DATA, DATA]]));
          return "";
        },
        "/step-up": async (session) => {
          await session.stepUp("passkey");
          return "";
        },
        "/throws": () => {
          throw new Error("the handler's own");
        },
        "/wrong-level": (session) => {
          session.requireFresh({ withinSeconds: -1 });
          return "";
        },
        "/out": async (session) => {
          await session.signOut();
          return "";
        },
      });
      const client = new Client(server);
      const tokens = new Set<string>();
      const replies: Reply[] = [];
      const ask = async (path: string, asked?: Parameters<Client["ask"]>[1]) => {
        replies.push(await client.ask(path, asked));
        for (const value of client.jar.values()) tokens.add(value);
      };
      const post = { method: "POST" } as const;

      await ask("/cart", post);
      await ask("/login", post);
      const first = client.jar.get("__Host-sid") as string;
      await ask("/me");
      await ask("/write", post);
      await ask("/too-much", post);
      await ask("/not-json", post);
      await ask("/throws", post);
      await ask("/wrong-level");
      engine.clock.advance(901);
      await ask("/me");
      await ask("/me");
      await ask("/step-up", post);
      for (const path of ["/me", "/write"]) {
        await ask(path, { ...post, cookies: `__Host-sid=${first}` });
      }
      await ask("/me", { cookies: `__Host-sid=${first.slice(0, -1)}A; __Host-old=${first}` });
      await ask("/me", { cookies: `__Host-sid-anon=${first}` });
      await ask("/me", { headers: { "sec-fetch-site": "cross-site" }, ...post });
      for (const operation of ["get", "put", "delete", "create"]) {
        broken.operation = operation;
        await ask("/me");
        await ask("/write", post);
        await ask("/login", post);
        await ask("/out", post);
      }
      broken.operation = "";
      const subject = engine.sessions.subject(SUBJECT);
      await ask("/login", post);
      await ask("/me");
      const listed = await subject.list();
      await subject.rotateAll();
      await subject.revokeAll({ reason: "test", by: "the tests" });
      await ask("/me");
      await ask("/login", post);
      await ask("/me");
      engine.clock.advance(2000);
      await ask("/me");
      await ask("/login", post);
      await ask("/out", post);
      await engine.sessions.revokeEverything();
      await engine.sessions.close();
      errors.push(...server.errors);

      expect(tokens.size).toBeGreaterThanOrEqual(6);
      expect(new Set(engine.events.map(({ type }) => type)).size).toBeGreaterThanOrEqual(11);
      expect(new Set(replies.map(({ status }) => status))).toEqual(
        new Set([200, 403, 409, 500, 503]),
      );

      const bodies = replies.map(({ body, headers: { "set-cookie": _cookies, ...others } }) =>
        shown([body, others]),
      );
      const sinks: Readonly<Record<string, string>> = {
        events: shown(engine.events),
        output: printed.join("\n"),
        errors: errors.map(shown).join("\n"),
        responses: bodies.join("\n"),
        store: shown(written.map(asText)),
        listed: shown(listed),
      };
      const secrets = [...tokens].flatMap((text) => {
        const token = readToken(text);
        if (token === undefined) throw new Error("the jar holds something else");
        return [token.bytes, token.secret, token.series];
      });
      secrets.push(
        testBytes("key 0"),
        testBytes("index"),
        keyring.current.mac,
        keyring.current.data,
      );
      for (const [sink, text] of Object.entries(sinks)) {
        for (const secret of secrets) {
          const hex = secret.toString("hex");
          for (const spelling of [
            secret.toString("base64url"),
            secret.toString("base64"),
            hex,
            (hex.match(/../g) ?? []).slice(0, 12).join(" "),
            [...secret].slice(0, 12).join(","),
            [...secret].slice(0, 12).join(", "),
          ]) {
            expect(text.includes(spelling), `${sink} hold a secret`).toBe(false);
          }
        }
        expect(text.includes(DATA), `${sink} hold session data`).toBe(false);
        if (sink !== "events") expect(text.includes(SUBJECT), `${sink} hold a subject`).toBe(false);
      }
      for (const { body, headers } of replies) {
        expect(body).not.toMatch(/ECONNREFUSED|10\.0\.0\.7/);
        expect(JSON.stringify(headers)).not.toContain("ECONNREFUSED");
      }
      expect(sinks.events).not.toContain("10.0.0.7");
    });
  }
});

/** What the store was handed, as hex and as text. */
function asText(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value);
    return [bytes.toString("hex"), bytes.toString("latin1")];
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.values(value).map(asText);
}
