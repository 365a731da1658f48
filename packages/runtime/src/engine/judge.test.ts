/** The five rules of rotation, against a second reading of them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RetiredSecret, SessionRecord } from "../stores/store.ts";
import { sampleRecord } from "../testing/index.ts";
import {
  closeNewest,
  isServed,
  type Judgement,
  judgeSecret,
  retireDead,
  retireGracefully,
  secretMadeAt,
} from "./judge.ts";

const hashOf = (name: number) => new Uint8Array(32).fill(name);
const RETIRED_SECONDS = 60;

/** The rules as prose has them: numbered, each asked by itself. */
function reference(record: SessionRecord, name: number, now: number): Judgement {
  const isHash = (hash: Uint8Array) => Buffer.from(hash).equals(hashOf(name));
  const { retired } = record;
  const retiredMs = RETIRED_SECONDS * 1000;

  const ruleOne = isHash(record.secretHash);
  if (ruleOne) return { as: "current" };

  const newest = retired.at(0);
  const isNewest = newest !== undefined && isHash(newest.hash) && newest.kind === "graceful";
  if (isNewest && newest.until === null) return { as: "successor", open: true };
  if (isNewest && newest.until !== null && newest.until >= now) {
    return { as: "successor", open: false };
  }

  const listed = retired.find(({ hash }) => isHash(hash));
  if (listed !== undefined) {
    const from = listed.kind === "dead" ? listed.retiredAt : (listed.until ?? listed.retiredAt);
    return { as: from + retiredMs >= now ? "superseded" : "stale" };
  }

  const isFull = retired.length === 4;
  const oldest = retired.at(3);
  if (isFull && oldest !== undefined && oldest.retiredAt + retiredMs > now) {
    return { as: "superseded" };
  }
  return { as: "stale" };
}

const START = 1_000_000;
const instant = fc.integer({ min: START - 200_000, max: START + 200_000 });
const entry: fc.Arbitrary<RetiredSecret> = fc.record({
  hash: fc.integer({ min: 1, max: 6 }).map(hashOf),
  kind: fc.constantFrom("graceful" as const, "dead" as const),
  retiredAt: instant,
  until: fc.option(instant),
});
const record = fc
  .record({
    secretHash: fc.integer({ min: 1, max: 6 }).map(hashOf),
    retired: fc.array(entry, { maxLength: 4 }),
    createdAt: fc.constant(START),
  })
  .map((overrides) => sampleRecord(overrides));

describe("judgeSecret", () => {
  it("follows the five rules in their order, whatever the record", () => {
    fc.assert(
      fc.property(record, fc.integer({ min: 1, max: 7 }), instant, (any, name, now) => {
        expect(judgeSecret(any, hashOf(name), now, RETIRED_SECONDS)).toEqual(
          reference(any, name, now),
        );
      }),
      { numRuns: 20_000 },
    );
  });

  it("serves the two judgements that serve", () => {
    expect(isServed({ as: "current" })).toBe(true);
    expect(isServed({ as: "successor", open: false })).toBe(true);
    expect(isServed({ as: "superseded" })).toBe(false);
    expect(isServed({ as: "stale" })).toBe(false);
  });
});

/** A record whose secrets are named by the order they were made in. */
function history(...steps: readonly ("graceful" | "dead" | "confirm")[]) {
  let present = sampleRecord({ secretHash: hashOf(1), createdAt: START });
  let now = START;
  let name = 1;
  for (const step of steps) {
    now += 100_000;
    if (step === "confirm") {
      present = { ...present, confirmedAt: now, retired: closeNewest(present, now, 30) };
      continue;
    }
    const retired = step === "dead" ? retireDead(present, now) : retireGracefully(present, now);
    name += 1;
    present = { ...present, secretHash: hashOf(name), confirmedAt: null, retired };
  }
  return { present, now, name };
}

const judged = (present: SessionRecord, name: number, now: number) =>
  judgeSecret(present, hashOf(name), now, RETIRED_SECONDS).as;

describe("a secret's life", () => {
  it("is served until its successor is confirmed, and for the grace after that", () => {
    const open = history("graceful");
    expect(judged(open.present, 1, open.now + 10_000_000)).toBe("successor");
    const { present, now } = history("graceful", "confirm");
    expect(judged(present, 1, now + 30_000)).toBe("successor");
    expect(judged(present, 1, now + 30_001)).toBe("superseded");
    expect(judged(present, 1, now + 90_000)).toBe("superseded");
    expect(judged(present, 1, now + 90_001)).toBe("stale");
  });

  it("is closed at once by a rotation that is dead at once", () => {
    const { present, now } = history("graceful", "dead");
    expect(judged(present, 1, now)).toBe("superseded");
    expect(judged(present, 2, now)).toBe("superseded");
    expect(judged(present, 2, now + 60_001)).toBe("stale");
    expect(present.retired.every(({ until }) => until !== null && until <= now)).toBe(true);
  });

  it("leaves a grace that is already over as it was", () => {
    const { present } = history("graceful", "confirm", "dead");
    expect(present.retired[1]?.until).toBe(START + 200_000 + 30_000);
  });

  it("keeps four predecessors, and the benefit of the doubt for the fifth", () => {
    const { present, now } = history("dead", "dead", "dead", "dead", "dead");
    expect(present.retired).toHaveLength(4);
    expect(judged(present, 1, now)).toBe("stale");
    let rapid = sampleRecord({ secretHash: hashOf(1) });
    for (let name = 1; name <= 5; name++) {
      const retired = retireDead(rapid, START + name);
      rapid = { ...rapid, secretHash: hashOf(name + 1), retired };
    }
    expect(judged(rapid, 1, START + 60_001)).toBe("superseded");
    expect(judged(rapid, 1, START + 60_002)).toBe("stale");
  });

  it("dates a secret by the one it replaced", () => {
    expect(secretMadeAt(history().present)).toBe(START);
    expect(secretMadeAt(history("graceful", "confirm").present)).toBe(START + 100_000);
  });

  it("closes nothing but the newest open graceful entry", () => {
    const dead = history("dead").present;
    expect(closeNewest(dead, START, 30)).toBe(dead.retired);
    const closed = history("graceful", "confirm").present;
    expect(closeNewest(closed, START + 900_000, 30)).toBe(closed.retired);
  });
});
