/**
 * Who is asking. The session says which customer is signed in; what that customer may do is asked of
 * the customers at every request, so that a role that was taken away is gone at once.
 * @module
 */
import type { Request } from "express";
import type { BankParts, BankSession } from "./bank-parts.ts";
import type { Customer, Role } from "./customers.ts";
import { PageError } from "./page-error.ts";

/** The customer who is signed in; `undefined` for everybody else. */
export function customerOf({ customers }: BankParts, session: BankSession): Customer | undefined {
  const { subject } = session;
  const customer = subject === undefined ? undefined : customers.find(subject);
  return customer?.isDisabled === true ? undefined : customer;
}

export interface Visitor {
  readonly session: BankSession;
  readonly customer: Customer;
}

/**
 * @throws {SessionRefusal} For who is not signed in: the adapter sends them to sign in.
 * @throws {PageError} 403 for an account that was disabled.
 */
export function requireCustomer(bank: BankParts, request: Request): Visitor {
  const session = bank.session(request);
  session.requireLevel("password");
  const customer = customerOf(bank, session);
  if (customer === undefined) throw new PageError(403, "This account is closed.");
  return { session, customer };
}

/** @throws {PageError} 403 for who has none of the roles; {@link requireCustomer} for the rest. */
export function requireRole(
  bank: BankParts,
  request: Request,
  ...allowed: readonly Role[]
): Visitor {
  const visitor = requireCustomer(bank, request);
  if (allowed.includes(visitor.customer.role)) return visitor;
  throw new PageError(403, "Your role does not open this page.");
}
