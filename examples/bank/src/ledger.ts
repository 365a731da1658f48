/**
 * Accounts and the transfers between them. A balance is the sum of its transfers and kept nowhere else.
 * @module
 */
import type { Database } from "./database.ts";
import { transaction } from "./database.ts";

export interface Account {
  readonly id: number;
  readonly customerId: string;
  readonly name: string;
  readonly number: string;
  /** Name of the customer whose account it is. */
  readonly owner: string;
  readonly balanceCents: number;
}

export interface NewTransfer {
  /** Made with the draft: a transfer that is sent twice is made once. */
  readonly id: string;
  readonly fromAccountId: number | null;
  readonly toAccountId: number | null;
  /** Who is on the other side, where that is no account of this bank. */
  readonly counterparty?: string;
  readonly amountCents: number;
  readonly reference: string;
  readonly madeAt: number;
}

/** A transfer as one account sees it. */
export interface Entry {
  readonly id: string;
  readonly account: string;
  readonly other: string;
  /** Negative for money that left. */
  readonly amountCents: number;
  readonly reference: string;
  readonly madeAt: number;
}

export interface Ledger {
  open(account: Pick<Account, "customerId" | "name" | "number">): number;
  find(accountId: number): Account | undefined;
  accountsOf(customerId: string): readonly Account[];
  /** One account of everybody else: whom a customer can pay. */
  payeesOf(customerId: string): readonly Account[];
  entriesOf(customerId: string, limit: number): readonly Entry[];
  transfer(transfer: NewTransfer): "made" | "already-made" | "insufficient";
}

interface AccountRow extends Omit<Account, "customerId"> {
  readonly customerId: number;
}

const ACCOUNTS = `SELECT accounts.id, customerId, accounts.name, number, customers.name AS owner,
    (SELECT coalesce(sum(amountCents), 0) FROM transfers WHERE toAccountId = accounts.id) -
    (SELECT coalesce(sum(amountCents), 0) FROM transfers WHERE fromAccountId = accounts.id)
      AS balanceCents
  FROM accounts JOIN customers ON customers.id = customerId`;

/** Money between two accounts of one customer is two entries: it left the one and came into the other. */
const ENTRIES = `
  SELECT transfers.id, mine.name AS account, amountCents * direction AS amountCents, reference, madeAt,
    CASE WHEN other.customerId = mine.customerId THEN other.name
      ELSE coalesce(owner.name, counterparty, '') END AS other
  FROM (SELECT *, -1 AS direction, fromAccountId AS mineId, toAccountId AS otherId FROM transfers
    UNION ALL SELECT *, 1, toAccountId, fromAccountId FROM transfers) AS transfers
  JOIN accounts AS mine ON mine.id = mineId
  LEFT JOIN accounts AS other ON other.id = otherId
  LEFT JOIN customers AS owner ON owner.id = other.customerId
  WHERE mine.customerId = ? ORDER BY madeAt DESC, transfers.id, direction LIMIT ?`;

export function ledgerIn(database: Database): Ledger {
  const insertAccount = database.prepare(
    "INSERT INTO accounts (customerId, name, number) VALUES (?, ?, ?)",
  );
  const selectId = database.prepare("SELECT id FROM accounts WHERE number = ?");
  const select = database.prepare(`${ACCOUNTS} WHERE accounts.id = ?`);
  const selectOwn = database.prepare(`${ACCOUNTS} WHERE customerId = ? ORDER BY accounts.id`);
  const selectPayees = database.prepare(
    `${ACCOUNTS} WHERE accounts.id IN (SELECT min(id) FROM accounts GROUP BY customerId)
      AND customerId <> ? AND NOT isDisabled ORDER BY owner`,
  );
  const selectEntries = database.prepare(ENTRIES);
  const selectTransfer = database.prepare("SELECT 1 AS found FROM transfers WHERE id = ?");
  const insertTransfer = database.prepare(
    `INSERT INTO transfers (id, fromAccountId, toAccountId, counterparty, amountCents, reference, madeAt)
      VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );

  const accountOf = (row: unknown): Account => {
    const account = row as AccountRow;
    return { ...account, customerId: String(account.customerId) };
  };
  const find = (accountId: number) => {
    const row = select.get(accountId);
    return row === undefined ? undefined : accountOf(row);
  };

  return {
    open({ customerId, name, number }) {
      insertAccount.run(Number(customerId), name, number);
      return (selectId.get(number) as { id: number }).id;
    },
    find,
    accountsOf: (customerId) => selectOwn.all(Number(customerId)).map(accountOf),
    payeesOf: (customerId) => selectPayees.all(Number(customerId)).map(accountOf),
    entriesOf: (customerId, limit) => selectEntries.all(Number(customerId), limit) as Entry[],

    transfer({ id, fromAccountId, toAccountId, counterparty, amountCents, reference, madeAt }) {
      return transaction(database, () => {
        if (selectTransfer.get(id) !== undefined) return "already-made";
        const from = fromAccountId === null ? undefined : find(fromAccountId);
        if (from !== undefined && from.balanceCents < amountCents) return "insufficient";
        const parties = [fromAccountId, toAccountId, counterparty ?? null] as const;
        insertTransfer.run(id, ...parties, amountCents, reference, madeAt);
        return "made";
      });
    },
  };
}
