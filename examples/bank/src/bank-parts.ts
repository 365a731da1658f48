/**
 * What every page is given.
 * @module
 */

import type { Request } from "express";
import type { Session } from "holdfast";
import type { SignInThrottle } from "holdfast/throttle";
import type { AuditTrail } from "./audit-trail.ts";
import type { BankData, BankLevel, BankSessions } from "./bank-sessions.ts";
import type { Customers } from "./customers.ts";
import type { Ledger } from "./ledger.ts";

export type BankSession = Session<BankData, BankLevel>;

export interface BankParts {
  readonly customers: Customers;
  readonly ledger: Ledger;
  readonly sessions: BankSessions;
  /** The session of one request. */
  readonly session: (request: Request) => BankSession;
  readonly throttle: SignInThrottle;
  readonly trail: AuditTrail;
  /** The current instant, in Unix epoch milliseconds. */
  readonly now: () => number;
}
