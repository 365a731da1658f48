/**
 * Refused sign-ins in the audit trail: each kind once in full, a flood as a few numbers.
 * @module
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EventInput } from "../engine/emit.ts";
import { createSignInGate, type RefusedSignIn } from "./sign-in-gate.ts";

const QUARTER_MS = 900_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function startGate() {
  const events: { readonly count?: number }[] = [];
  const gate = createSignInGate(
    () => Date.now(),
    (event: EventInput) => void events.push(event as object),
  );
  const refuse = (account: string, by: RefusedSignIn["by"] = "account", address = "192.0.2.1") =>
    gate.refused({ by, retryAfterSeconds: 60, account, address }, account);
  return { events, gate, refuse, counts: () => events.map(({ count }) => count) };
}

describe("the gate of refused sign-ins", () => {
  it("tells kinds, accounts and addresses apart", () => {
    const { events, refuse } = startGate();
    refuse("alice");
    refuse("bob");
    refuse("alice", "device");
    refuse("alice", "address", "192.0.2.2");
    refuse("bob", "address", "192.0.2.2");
    refuse("alice", "account", "192.0.2.9");
    expect(events).toHaveLength(4);
    expect(events[0]).toEqual({
      type: "sign-in.throttled",
      by: "account",
      retryAfterSeconds: 60,
      account: "alice",
      address: "192.0.2.1",
      count: 1,
    });
  });

  it("counts for a quarter of an hour, reports, and begins again", () => {
    const { refuse, counts } = startGate();
    for (let n = 0; n < 10; n++) refuse("alice");
    vi.advanceTimersByTime(2 * QUARTER_MS);
    expect(counts()).toEqual([1, 9]);
    refuse("alice");
    vi.advanceTimersByTime(2 * QUARTER_MS);
    expect(counts()).toEqual([1, 9, 1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("counts together what is more than it tells apart", () => {
    const { events, gate, refuse } = startGate();
    for (let n = 0; n < 10_000; n++) {
      refuse(`user ${n}`);
      refuse(`user ${n}`, "account-and-address");
    }
    gate.flush();
    // 512 told apart, and one more for each kind; each may report once more what it counted.
    expect(events.length).toBeLessThanOrEqual(2 * (512 + 2));
    expect(events.reduce((sum, { count = 0 }) => sum + count, 0)).toBe(20_000);
    expect(events.at(-1)).toMatchObject({ account: "", address: undefined });
  });
});
