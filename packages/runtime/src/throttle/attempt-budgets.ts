/**
 * Which budgets count an attempt: a known device's own, or a stranger's three. Makes their limiters.
 * @module
 */
import type { Budget, BudgetWindow } from "./budgets.ts";
import { countedAddress, counterKey } from "./counted-names.ts";
import type { KnownDevice } from "./device-cookie.ts";
import type { AttemptLimiter } from "./limiter.ts";
import type { ResolvedThrottle } from "./throttle-options.ts";

/** Keys are the throttle keys of the ring's current master key. */
export interface AttemptBudgets {
  /** The narrowest first. Without an address, there is nothing to count but the account. */
  ofStranger(key: Uint8Array, account: string, address: string | undefined): readonly Budget[];
  ofDevice(key: Uint8Array, device: KnownDevice): readonly Budget[];
}

export function attemptBudgets(
  policy: ResolvedThrottle["policy"],
  limiterOf: (name: string, attempts: number, windowSeconds: number) => AttemptLimiter,
): AttemptBudgets {
  const windowsOf = (
    name: string,
    budget: (typeof policy)["account" | "device"],
  ): readonly BudgetWindow[] =>
    budget.map(({ attempts, windowSeconds }) => {
      return { limiter: limiterOf(name, attempts, windowSeconds), attempts, windowSeconds };
    });
  const account = windowsOf("account", policy.account);
  const address = windowsOf("address", policy.address);
  const accountAndAddress = windowsOf("pair", policy.accountAndAddress);
  const device = windowsOf("device", policy.device);

  return {
    ofStranger(key, name, from) {
      const ofAccount: Budget = {
        by: "account",
        key: counterKey(key, "account", name),
        windows: account,
      };
      if (from === undefined) return [ofAccount];
      const place = countedAddress(from, policy.ipv6PrefixBits);
      return [
        {
          by: "account-and-address",
          key: counterKey(key, "account-and-address", name, place),
          windows: accountAndAddress,
        },
        { by: "address", key: counterKey(key, "address", place), windows: address },
        ofAccount,
      ];
    },
    ofDevice: (key, { id }) => [
      { by: "device", key: counterKey(key, "device", id), windows: device },
    ],
  };
}
