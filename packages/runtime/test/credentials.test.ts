/**
 * Credential changes: what becomes of every session and remembered device, on every process; and the
 * stamp of applications that change passwords elsewhere.
 * @see CWE-613; ASVS 5.0, 7.4.2, 7.4.3 and 8.3.2
 */
import { describe, expect, it } from "vitest";
import {
  type CredentialChange,
  changeCredentials,
  credentialChanges,
} from "../src/credentials/credentials.ts";
import { memoryStore } from "../src/stores/memory.ts";
import { startEngine } from "./support/engine.ts";
import { closeBrowser, DEVICE, remembered, startRemembering, whoIs } from "./support/remember.ts";

const changes = Object.keys(credentialChanges) as CredentialChange[];
const endsOthers = (change: CredentialChange) => credentialChanges[change].others === "end";
const endsOwn = (change: CredentialChange) => credentialChanges[change].own === "end";

for (const change of changes) {
  describe(change, () => {
    it(`${endsOwn(change) ? "ends" : "rotates"} the session that asks, and its copies are worth nothing`, async () => {
      const engine = startRemembering();
      const own = await remembered(engine);
      const copy = own.copy();
      const { result } = await own.visit((session) =>
        changeCredentials(engine.sessions, { change, session }),
      );
      expect(result.own).toBe(endsOwn(change) ? "ended" : "rotated");
      expect((await whoIs(own))[0]).toBe(endsOwn(change) ? undefined : "alice");
      engine.clock.advance(90); // Past the time in which a dead secret is asked to repeat.
      expect((await whoIs(copy))[0]).toBe(undefined);
      closeBrowser(copy);
      expect((await whoIs(copy))[0]).toBe(undefined);
    });

    it(`${endsOthers(change) ? "ends" : "rotates"} the others on every process, and their devices`, async () => {
      const store = memoryStore();
      const here = startRemembering({ store });
      const there = startRemembering({ store, clock: here.clock });
      const own = await remembered(here);
      const other = await remembered(there);
      const before = other.jar.get("__Host-sid");
      const { result } = await own.visit((session) =>
        changeCredentials(here.sessions, { change, session }),
      );
      expect(result.others).toBe(1);
      const kept = endsOthers(change) ? undefined : "alice";
      expect((await whoIs(other))[0]).toBe(kept);
      if (kept !== undefined) expect(other.jar.get("__Host-sid")).not.toBe(before);
      closeBrowser(other);
      expect((await whoIs(other))[0]).toBe(kept);
    });

    it("can be done by somebody else, whose own session stays as it is", async () => {
      const engine = startRemembering();
      const alice = await remembered(engine);
      const admin = await remembered(engine, "admin");
      const token = admin.jar.get("__Host-sid");
      const { result } = await admin.visit((session) =>
        changeCredentials(engine.sessions, { change, subject: "alice", session, by: "admin" }),
      );
      expect(result).toEqual({ own: "none", others: 1 });
      expect(admin.jar.get("__Host-sid")).toBe(token);
      expect((await whoIs(alice))[0]).toBe(endsOthers(change) ? undefined : "alice");
      if (endsOthers(change)) {
        expect(engine.seen("session.revoked")).toMatchObject([{ reason: change, by: "admin" }]);
      }
    });

    if (endsOthers(change)) {
      it("refuses a sign-in whose password was being checked meanwhile", async () => {
        const engine = startEngine();
        const checkpoint = await engine.sessions.subject("alice").checkpoint();
        await changeCredentials(engine.sessions, { change, subject: "alice" });
        const late = engine.browser.visit((session) =>
          session.signIn("alice", { level: "password", checkpoint }),
        );
        await expect(late).rejects.toMatchObject({ reason: "revoked-meanwhile" });
      });
    }
  });
}

describe("a device that stays remembered", () => {
  it("has a new secret, and is forgotten when it was to be", async () => {
    const engine = startRemembering();
    const own = await remembered(engine);
    const before = own.jar.get(DEVICE);
    engine.clock.advance(1000);
    await own.visit((session) =>
      changeCredentials(engine.sessions, { change: "password-changed", session }),
    );
    expect(own.jar.get(DEVICE)).not.toBe(before);
    await whoIs(own); // The browser shows that it has the new cookies.
    for (let day = 0; day < 29; day += 10) {
      closeBrowser(own);
      expect((await whoIs(own))[0]).toBe("alice");
      await whoIs(own);
      engine.clock.advance(10 * 86_400);
    }
    closeBrowser(own);
    expect((await whoIs(own))[0]).toBe(undefined);
  });
});

describe("a call that cannot be carried out", () => {
  it("says what is missing", async () => {
    const { sessions, browser } = startEngine();
    const call = (options: object) => changeCredentials(sessions, options as never);
    await expect(call({ change: "password-changed" })).rejects.toThrow(/"subject" is missing/);
    await expect(call({ change: "name-changed", subject: "a" })).rejects.toThrow(/must be one of/);
    const anonymous = browser.visit((session) =>
      changeCredentials(sessions, { change: "password-changed", session }),
    );
    await expect(anonymous).rejects.toMatchObject({ reason: "not-signed-in" });
  });
});

describe("a credential stamp", () => {
  function stamped() {
    const stamps = new Map([["alice", "1"]]);
    const engine = startRemembering({ credentialStamp: (subject) => stamps.get(subject) });
    return { stamps, engine };
  }

  it("ends a session when it changes, without another read of the store", async () => {
    const { stamps, engine } = stamped();
    const browser = await remembered(engine);
    engine.store.reset();
    expect((await whoIs(browser))[0]).toBe("alice");
    expect([engine.store.counts.get, engine.store.total]).toEqual([1, 1]);
    stamps.set("alice", "2");
    expect((await whoIs(browser))[0]).toBe(undefined);
    expect(engine.seen("session.revoked")).toMatchObject([{ reason: "credentials-changed" }]);
  });

  it("serves nobody to a reader, who writes nothing", async () => {
    const { stamps, engine } = stamped();
    const browser = await remembered(engine);
    stamps.set("alice", "2");
    engine.store.reset();
    const session = await engine.sessions.read(browser.view());
    expect(session.subject).toBe(undefined);
    expect([engine.store.counts.get, engine.store.total]).toEqual([1, 1]);
  });

  it("ends what would come back by itself", async () => {
    const { stamps, engine } = stamped();
    const browser = await remembered(engine);
    closeBrowser(browser);
    stamps.set("alice", "2");
    expect((await whoIs(browser))[0]).toBe(undefined);
    expect(engine.seen("device.forgotten")).toMatchObject([{ reason: "credentials-changed" }]);
  });

  it("keeps the session whose request changes the credentials, and its device, and no other", async () => {
    const { stamps, engine } = stamped();
    const own = await remembered(engine);
    const other = await remembered(engine);
    const copy = own.copy();
    await own.visit((session) => {
      stamps.set("alice", "2");
      return changeCredentials(engine.sessions, { change: "role-changed", session });
    });
    expect((await whoIs(own))[0]).toBe("alice");
    closeBrowser(own);
    expect((await whoIs(own))[0]).toBe("alice");
    expect((await whoIs(other))[0]).toBe(undefined);
    engine.clock.advance(90);
    expect((await whoIs(copy))[0]).toBe(undefined);
  });

  it("is not renewed by a rotation that has nothing to do with credentials", async () => {
    const { stamps, engine } = stamped();
    const browser = await remembered(engine);
    await browser.visit((session) => {
      stamps.set("alice", "2"); // Elsewhere, while this request is under way.
      return session.rotate();
    });
    expect((await whoIs(browser))[0]).toBe(undefined);
  });

  it("ends the sessions of an account that is gone", async () => {
    const { stamps, engine } = stamped();
    const browser = await remembered(engine);
    stamps.delete("alice");
    expect((await whoIs(browser))[0]).toBe(undefined);
  });

  it("serves nobody while it cannot be told", async () => {
    let fails = false;
    const engine = startEngine({
      credentialStamp: async () => {
        if (fails) throw new Error("the accounts are away");
        return "1";
      },
    });
    const { browser } = engine;
    await browser.visit((session) => session.signIn("alice", { level: "password" }));
    fails = true;
    await expect(browser.visit((session) => session.subject)).rejects.toThrow("are away");
    fails = false;
    expect((await browser.visit((session) => session.subject)).result).toBe("alice");
  });
});
