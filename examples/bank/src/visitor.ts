/**
 * Who is asking. The session says which customer is signed in; what that customer may do is asked of
 * the customers at every request, so that a role that was taken away is gone at once.
 * @module
 */
import type { Request } from "express";
import type { BankParts, BankSession } from "./bank-parts.ts";
import type { BankLevel } from "./bank-sessions.ts";
import type { Customer, Role } from "./customers.ts";
import { PageError } from "./page-error.ts";
import { FRESH_SECONDS } from "./transfer-draft.ts";

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
 * @param level How sure the bank must be that it is the customer.
 * @throws {SessionRefusal} For who is not signed in, or not at that level: the adapter sends them to sign in.
 * @throws {PageError} 403 for an account that was disabled.
 */
export function requireCustomer(
  bank: BankParts,
  request: Request,
  level: BankLevel = "password",
): Visitor {
  const session = bank.session(request);
  session.requireLevel(level);
  const customer = customerOf(bank, session);
  if (customer === undefined) throw new PageError(403, "This account is closed.");
  return { session, customer };
}

/**
 * For what a borrowed computer must not allow: the sign-in, or the last proof, is not older than five
 * minutes (ASVS 5.0, 7.5.1).
 */
export function requireFreshCustomer(bank: BankParts, request: Request): Visitor {
  const visitor = requireCustomer(bank, request);
  visitor.session.requireFresh({ withinSeconds: FRESH_SECONDS });
  return visitor;
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
