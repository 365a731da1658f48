/**
 * A copied cookie: thief and owner in every order, within the grace and beyond it. What is detected
 * when, and what is not.
 * @see CWE-294, CWE-613
 */
import { describe, expect, it } from "vitest";
import { SessionRefusal } from "../../src/errors.ts";
import { type Engine, keyOf, signedIn, startEngine, type TestBrowser } from "../support/engine.ts";

/** What a request is served as: the subject, `nobody`, or the refusal. */
async function visit(browser: TestBrowser, method = "GET"): Promise<string> {
  try {
    const { result } = await browser.visit((session) => session.subject, { method });
    return result ?? "nobody";
  } catch (error) {
    if (error instanceof SessionRefusal) return error.reason;
    throw error;
  }
}

async function copied() {
  const engine = startEngine();
  const owner = await signedIn(engine);
  return { engine, owner, thief: owner.copy() };
}

/** `first` rotates and comes back with the new secret, so that the old one's grace begins. */
async function rotateAndConfirm(engine: Engine, first: TestBrowser): Promise<void> {
  const before = first.token;
  engine.clock.advance(901);
  expect(await visit(first)).toBe("alice");
  expect(first.token).not.toBe(before);
  expect(await visit(first)).toBe("alice");
}

const revocations = ({ seen }: Engine) => seen("session.revoked").map(({ reason }) => reason);

for (const first of ["owner", "thief"] as const) {
  const second = first === "owner" ? "thief" : "owner";

  describe(`a copied cookie, ${first} first`, () => {
    it(`serves the ${second} within the grace, without a new cookie`, async () => {
      const { engine, ...who } = await copied();
      await rotateAndConfirm(engine, who[first]);
      engine.clock.advance(30);
      const before = who[second].token;
      expect(await visit(who[second])).toBe("alice");
      expect(who[second].token).toBe(before);
      expect(revocations(engine)).toEqual([]);
    });

    it(`tells the ${second} to repeat just after the grace, and serves nothing`, async () => {
      const { engine, ...who } = await copied();
      await rotateAndConfirm(engine, who[first]);
      engine.clock.advance(30.001);
      expect(await visit(who[second])).toBe("superseded");
      engine.clock.advance(59.999);
      expect(await visit(who[second])).toBe("superseded");
      expect(await visit(who[first])).toBe("alice");
      expect(revocations(engine)).toEqual([]);
    });

    it(`ends the session for both when the ${second} comes after that`, async () => {
      const { engine, ...who } = await copied();
      await rotateAndConfirm(engine, who[first]);
      engine.clock.advance(90.001);
      expect(await visit(who[second])).toBe("nobody");
      expect(revocations(engine)).toEqual(["reused"]);
      expect(await engine.store.get(keyOf(who[first].token))).toBeUndefined();
      expect(await visit(who[first])).toBe("nobody");
      expect(await visit(who[second])).toBe("nobody");
    });

    it(`lets an unsafe request of the ${second} repeat, and ends nothing by it`, async () => {
      const { engine, ...who } = await copied();
      await rotateAndConfirm(engine, who[first]);
      engine.clock.advance(600);
      expect(await visit(who[second], "POST")).toBe("superseded");
      expect(revocations(engine)).toEqual([]);
      expect(await visit(who[first])).toBe("alice");
    });
  });
}

describe("a copied cookie", () => {
  it("hands the successor to the previous secret while nobody has presented it", async () => {
    const { engine, owner, thief } = await copied();
    engine.clock.advance(901);
    await visit(thief);
    engine.clock.advance(600);
    expect(await visit(owner)).toBe("alice");
    expect(owner.token).toBe(thief.token);
  });

  it("never makes a third token while a successor is open", async () => {
    const { engine, owner } = await copied();
    const stuck = owner.copy();
    engine.clock.advance(901);
    await visit(owner.copy());
    for (let n = 0; n < 5; n++) {
      const tab = stuck.copy();
      await visit(tab);
      expect(tab.token).not.toBe(stuck.token);
      engine.clock.advance(901);
      await engine.sessions.sweep();
    }
    expect(engine.seen("session.rotated")).toHaveLength(1);
  });

  it("is found out within an interval and the grace when both keep using it out of step", async () => {
    const { engine, owner, thief } = await copied();
    const startedAt = engine.clock.now();
    let nextThief = 200;
    for (let second = 60; second <= 3600; second += 60) {
      engine.clock.advance(60);
      await visit(owner);
      if (second >= nextThief) {
        await visit(thief);
        nextThief += 200;
      }
      if (revocations(engine).length > 0) break;
    }
    expect(revocations(engine)).toEqual(["reused"]);
    expect(engine.clock.now() - startedAt).toBeLessThanOrEqual((900 + 60 + 30 + 60 + 400) * 1000);
    expect(await visit(owner)).toBe("nobody");
    expect(await visit(thief)).toBe("nobody");
  });

  it("ends the session as lost, not as stolen, when the new secret was never presented", async () => {
    const engine = startEngine();
    const owner = await signedIn(engine);
    const older = owner.copy();
    await rotateAndConfirm(engine, owner);
    engine.clock.advance(901);
    await visit(owner.copy()); // The response with the third secret is lost.
    engine.clock.advance(120);
    expect(await visit(older)).toBe("nobody");
    expect(revocations(engine)).toEqual(["successor-lost"]);
  });

  it("serves the thief's secret not even for the grace after a rotation that is dead at once", async () => {
    for (const raise of ["stepUp", "rotate"] as const) {
      const { owner, thief } = await copied();
      await owner.visit((session) =>
        raise === "stepUp" ? session.stepUp("passkey") : session.rotate(),
      );
      expect(await visit(thief)).toBe("superseded");
      expect(await visit(owner)).toBe("alice");
    }
  });

  it("closes an open grace when a rotation is dead at once", async () => {
    const { engine, owner, thief } = await copied();
    await rotateAndConfirm(engine, owner);
    await owner.visit((session) => session.rotate());
    expect(await visit(thief)).toBe("superseded");
  });

  it("never ends an anonymous session by an old secret", async () => {
    const engine = startEngine();
    const owner = engine.newBrowser();
    await owner.visit((session) => session.set("cart", ["book"]));
    await owner.visit((session) => session.get("cart"));
    const old = owner.copy();
    await owner.visit((session) => session.rotate());
    await owner.visit((session) => session.get("cart"));
    engine.clock.advance(120);
    expect((await old.visit((session) => session.get("cart"))).result).toBeUndefined();
    expect((await owner.visit((session) => session.get("cart"))).result).toEqual(["book"]);
    expect(revocations(engine)).toEqual([]);
  });

  it("reads purely where no cookie can be set: it serves a thief nothing and ends nothing", async () => {
    const { engine, owner, thief } = await copied();
    await rotateAndConfirm(engine, owner);
    engine.clock.advance(120);
    engine.store.reset();
    const session = await engine.sessions.read(thief.view());
    expect(session.subject).toBeUndefined();
    expect(engine.store.counts).toMatchObject({ get: 1, put: 0, touch: 0, delete: 0 });
    expect(engine.store.total).toBe(1);
    expect(await visit(owner)).toBe("alice");
  });
});
