/**
 * The numbers on the throttle's page are those of its source.
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { resolveThrottle } from "../src/throttle/throttle-options.ts";
import { memoryLimiter } from "./support/throttle.ts";

const page = readFileSync(
  join(import.meta.dirname, "..", "..", "..", "docs", "throttle.md"),
  "utf8",
);
const { policy, ...options } = resolveThrottle({ limiter: memoryLimiter });

/** Second cells of a table's rows, by the name in the first. */
function rowsOf(head: string): ReadonlyMap<string, string> {
  const [, table = ""] = page.split(`| ${head} |`);
  const [rows = ""] = table.split("\n\n");
  return new Map(
    [...rows.matchAll(/^\| `(\w+)` \| ([^|]*?) ?\|/gm)].map(([, name = "", cell = ""]) => [
      name,
      cell,
    ]),
  );
}

describe("docs/throttle.md", () => {
  it("names every budget with its windows", () => {
    const said = Object.fromEntries(rowsOf("budget"));
    const actual = (["accountAndAddress", "address", "account", "device"] as const).map((name) => [
      name,
      policy[name]
        .map(({ attempts, windowSeconds }) => `${attempts} in ${windowSeconds} s`)
        .join(", "),
    ]);
    expect(said).toEqual(Object.fromEntries(actual));
  });

  it("names every other setting with its default", () => {
    const { failures, windowSeconds } = policy.flood;
    expect(Object.fromEntries(rowsOf("policy"))).toEqual({
      flood: `${failures} failures in ${windowSeconds} s`,
      failureSeconds: `${policy.failureSeconds}`,
      ipv6PrefixBits: `${policy.ipv6PrefixBits}`,
      deviceSeconds: `${policy.deviceSeconds}`,
    });
    expect([...rowsOf("budget").keys(), ...rowsOf("policy").keys()].sort()).toEqual(
      Object.keys(policy).sort(),
    );
  });

  it("names every option", () => {
    expect([...rowsOf("option").keys()].sort()).toEqual(
      ["limiter", "policy", ...Object.keys(options)].sort(),
    );
  });
});
