/**
 * The people who bank here: who they are, what they may do, and the hash of their password.
 * Roles live here and never in a session: a session that was copied must not keep an old one alive.
 * @module
 */
import type { Database } from "./database.ts";

export const roles = ["customer", "auditor", "administrator"] as const;
export type Role = (typeof roles)[number];

export interface Customer {
  /** What the sessions know this customer by: their `subject`. */
  readonly id: string;
  readonly login: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly isDisabled: boolean;
}

export interface NewCustomer extends Omit<Customer, "id" | "isDisabled"> {
  readonly passwordHash: string;
}

export interface Customers {
  add(customer: NewCustomer): string;
  find(id: string): Customer | undefined;
  findByLogin(login: string): Customer | undefined;
  list(): readonly Customer[];
  passwordHash(id: string): string | undefined;
  setPasswordHash(id: string, passwordHash: string): void;
  setEmail(id: string, email: string): void;
  setRole(id: string, role: Role): void;
  setDisabled(id: string, isDisabled: boolean): void;
}

interface CustomerRow extends Omit<Customer, "id" | "isDisabled"> {
  readonly id: number;
  readonly isDisabled: number;
}

export function isRole(value: unknown): value is Role {
  return roles.includes(value as Role);
}

export function customersIn(database: Database): Customers {
  const columns = "id, login, name, email, role, isDisabled";
  const select = database.prepare(`SELECT ${columns} FROM customers WHERE id = ?`);
  const selectByLogin = database.prepare(`SELECT ${columns} FROM customers WHERE login = ?`);
  const selectAll = database.prepare(`SELECT ${columns} FROM customers ORDER BY name`);
  const selectHash = database.prepare("SELECT passwordHash FROM customers WHERE id = ?");
  const insert = database.prepare(
    "INSERT INTO customers (login, name, email, role, passwordHash) VALUES (?, ?, ?, ?, ?)",
  );
  const update = (column: string) =>
    database.prepare(`UPDATE customers SET ${column} = ? WHERE id = ?`);
  const updateHash = update("passwordHash");
  const updateEmail = update("email");
  const updateRole = update("role");
  const updateDisabled = update("isDisabled");

  const customerOf = (row: unknown): Customer | undefined => {
    if (row === undefined) return undefined;
    const { id, isDisabled, ...rest } = row as CustomerRow;
    return { ...rest, id: String(id), isDisabled: isDisabled === 1 };
  };

  return {
    add({ login, name, email, role, passwordHash }) {
      insert.run(login, name, email, role, passwordHash);
      return (customerOf(selectByLogin.get(login)) as Customer).id;
    },
    find: (id) => customerOf(select.get(Number(id))),
    findByLogin: (login) => customerOf(selectByLogin.get(login)),
    list: () => selectAll.all().map((row) => customerOf(row) as Customer),
    passwordHash(id) {
      return (selectHash.get(Number(id)) as { passwordHash: string } | undefined)?.passwordHash;
    },
    setPasswordHash: (id, hash) => void updateHash.run(hash, Number(id)),
    setEmail: (id, email) => void updateEmail.run(email, Number(id)),
    setRole: (id, role) => void updateRole.run(role, Number(id)),
    setDisabled: (id, isDisabled) => void updateDisabled.run(isDisabled ? 1 : 0, Number(id)),
  };
}
