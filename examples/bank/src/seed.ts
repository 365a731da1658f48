/**
 * Three customers to try the bank with. Their passwords are printed at every start: a demonstration's.
 * @module
 */

import type { BankParts } from "./bank-parts.ts";
import type { Role } from "./customers.ts";
import { hashPassword } from "./passwords.ts";

export interface DemoCustomer {
  readonly login: string;
  readonly name: string;
  readonly role: Role;
  readonly password: string;
}

export const demoCustomers: readonly DemoCustomer[] = [
  { login: "ada", name: "Ada Lovelace", role: "customer", password: "demo-engine-1843" },
  { login: "grace", name: "Grace Hopper", role: "customer", password: "demo-compiler-1952" },
  { login: "alan", name: "Alan Turing", role: "administrator", password: "demo-machine-1936" },
];

/** Name of an account and its history: days ago, amount in cents, with whom, what for. */
type History = readonly [name: string, ...(readonly [number, number, string, string])[]];

const histories: Readonly<Record<string, readonly History[]>> = {
  ada: [
    [
      "Everyday",
      [41, 180_000, "Analytical Engines Ltd", "Salary"],
      [33, -92_000, "Marylebone Lettings", "Rent"],
      [11, 286_450, "Analytical Engines Ltd", "Salary"],
      [9, -92_000, "Marylebone Lettings", "Rent"],
      [6, -6_420, "Greengrocer at the corner", "Groceries"],
      [3, -1_850, "Punched Card Café", "Lunch"],
      [1, -4_299, "Difference Books", "Notes on the Engine"],
    ],
    ["Rainy day", [60, 1_150_000, "Lord Byron", "Gift"], [12, 90_000, "Royal Society", "Prize"]],
  ],
  grace: [
    [
      "Everyday",
      [20, 431_055, "Navy Payroll", "Salary"],
      [4, -1_299, "Nanosecond Wire Co.", "30 cm of wire"],
    ],
    ["Boat fund", [70, 830_000, "Navy Payroll", "Savings"]],
  ],
  alan: [
    [
      "Everyday",
      [18, 310_000, "King's College", "Stipend"],
      [2, -2_450, "Bletchley Bicycles", "New chain"],
    ],
  ],
};

const DAY_MS = 86_400_000;

/** Does nothing where there are customers already. */
export async function seed({ customers, ledger, now }: BankParts): Promise<void> {
  if (customers.list().length > 0) return;
  const hashes = await Promise.all(demoCustomers.map(({ password }) => hashPassword(password)));
  for (const [at, { login, name, role }] of demoCustomers.entries()) {
    const email = `${login}@example.com`;
    const passwordHash = hashes[at] as string;
    const customerId = customers.add({ login, name, email, role, passwordHash });
    for (const [index, [account, ...entries]] of (histories[login] ?? []).entries()) {
      const number = `TW20 4177 ${customerId.padStart(4, "0")} ${String(index + 1).padStart(2, "0")}`;
      const id = ledger.open({ customerId, name: account, number });
      for (const [entry, [daysAgo, cents, counterparty, reference]] of entries.entries()) {
        ledger.transfer({
          id: `seed-${id}-${entry}`,
          fromAccountId: cents < 0 ? id : null,
          toAccountId: cents < 0 ? null : id,
          counterparty,
          amountCents: Math.abs(cents),
          reference,
          madeAt: now() - daysAgo * DAY_MS,
        });
      }
    }
  }
}
