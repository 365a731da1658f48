/** How keys are spread over Memcached servers. */
import { describe, expect, it } from "vitest";
import { sampleSession } from "../testing/index.ts";
import { serverChooser } from "./memcached-servers.ts";

const names = ["10.0.0.1:11211", "10.0.0.2:11211", "10.0.0.3:11211", "10.0.0.4:11211"];
const keys = Array.from({ length: 4000 }, (_, n) => `holdfast:${sampleSession(n).key}`);

const chosenBy = (servers: readonly string[]) => {
  const choose = serverChooser(servers);
  return keys.map((key) => servers[choose(key)]);
};

describe("the choice of a server", () => {
  it("spreads keys evenly", () => {
    const chosen = chosenBy(names);
    for (const name of names) {
      const share = chosen.filter((one) => one === name).length / keys.length;
      expect(share, name).toBeGreaterThan(0.22);
      expect(share, name).toBeLessThan(0.28);
    }
  });

  it("does not depend on the order of the list", () => {
    expect(chosenBy(names.toReversed())).toEqual(chosenBy(names));
  });

  it("moves only the keys of a server that goes", () => {
    const before = chosenBy(names);
    const after = chosenBy(names.slice(1));
    for (const [n, name] of before.entries()) {
      if (name !== names[0]) expect(after[n]).toBe(name);
    }
  });

  it("is the same in every release: processes of two may run at once", () => {
    expect(
      chosenBy(names)
        .slice(0, 8)
        .map((name) => names.indexOf(name ?? "")),
    ).toEqual([1, 0, 0, 2, 1, 1, 0, 3]);
  });

  it("has nothing to choose from one", () => {
    expect(new Set(chosenBy(names.slice(0, 1)))).toEqual(new Set(names.slice(0, 1)));
  });
});
