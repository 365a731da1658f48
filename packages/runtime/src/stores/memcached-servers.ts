/**
 * Which server keeps a key: the one whose name hashes highest together with it (rendezvous hashing).
 * @module
 */
import { createHash } from "node:crypto";

/**
 * A server that comes or goes moves no key between the others. One that is away keeps its keys: they fail, since a key
 * that was kept elsewhere meanwhile would be found in its old state when the server is back.
 *
 * @param names At least one, all different.
 * @returns A function from a key to the position of its server in `names`.
 * @see Thaler and Ravishankar, Using name-based mappings to increase hit rates, IEEE/ACM ToN 6(1), 1998
 */
export function serverChooser(names: readonly string[]): (key: string) => number {
  if (names.length === 1) return () => 0;
  return (key) => {
    let chosen = 0;
    let highest = "";
    for (const [n, name] of names.entries()) {
      const weight = createHash("sha256").update(`${name}\n${key}`).digest("hex");
      if (weight <= highest) continue;
      highest = weight;
      chosen = n;
    }
    return chosen;
  };
}
