/**
 * The bank as an Express application, put together. It listens nowhere: server.ts does, and each test
 * on a port of its own.
 * @module
 */

import { fileURLToPath } from "node:url";
import express, { type Express, type Request } from "express";
import type { Keyring, SessionEventHandler, SessionPolicy } from "holdfast";
import { expressSessions } from "holdfast/adapters/express";
import type { ThrottlePolicy } from "holdfast/throttle";
import { createAuditTrail, lineOf } from "./audit-trail.ts";
import type { BankParts } from "./bank-parts.ts";
import { type BankSessions, bankSessions } from "./bank-sessions.ts";
import { bankThrottle } from "./bank-throttle.ts";
import { customersIn } from "./customers.ts";
import { openDatabase } from "./database.ts";
import { ledgerIn } from "./ledger.ts";
import { accountsPages } from "./pages/accounts.ts";
import { activityPages } from "./pages/activity.ts";
import { adminPages } from "./pages/admin.ts";
import { auditPages } from "./pages/audit.ts";
import { devicesPages } from "./pages/devices.ts";
import { emailPages } from "./pages/email.ts";
import { errorPage, notFoundPage } from "./pages/errors.ts";
import { homePages } from "./pages/home.ts";
import { passwordPages } from "./pages/password.ts";
import { savingsPages } from "./pages/savings.ts";
import { sessionPages } from "./pages/session.ts";
import { signInPages } from "./pages/sign-in.ts";
import { signInAgainPages } from "./pages/sign-in-again.ts";
import { signOutPages } from "./pages/sign-out.ts";
import { transferPages } from "./pages/transfer.ts";
import { createTables } from "./schema.ts";
import { securityHeaders } from "./security-headers.ts";
import { seed } from "./seed.ts";

export interface BankOptions {
  /** Path of the database file, created if missing, or `:memory:`. */
  readonly database: string;
  readonly keyring: Keyring;
  /** On top of the bank's own. */
  readonly policy?: SessionPolicy;
  /** Budgets of the sign-in, in place of the defaults. */
  readonly throttle?: ThrottlePolicy;
  /** The current instant, in Unix epoch milliseconds. @default Date.now */
  readonly now?: () => number;
  /** Told every event after the audit page is. */
  readonly onEvent?: SessionEventHandler;
  /** Told what a page threw; the visitor gets a plain 500. @default console.error */
  readonly onError?: (error: unknown) => void;
  /** Awaited between the session's load and the page, so that a test decides what overtakes what. */
  readonly hold?: (request: Request) => Promise<void>;
}

export interface Bank {
  readonly app: Express;
  readonly sessions: BankSessions;
  close(): Promise<void>;
}

const publicFolder = fileURLToPath(new URL("../public", import.meta.url));

export async function createBank(options: BankOptions): Promise<Bank> {
  const { keyring, policy, now = Date.now, onEvent, onError = console.error, hold } = options;
  // Two connections: the session store sets up its own and begins transactions on it.
  const database = openDatabase(options.database);
  const sessionDatabase = openDatabase(options.database);
  createTables(database);

  const trail = createAuditTrail();
  const sessions = bankSessions({
    database: sessionDatabase,
    keyring,
    policy,
    now,
    onEvent(event) {
      trail.add(lineOf(event));
      return onEvent?.(event);
    },
  });
  const { middleware, session, verifyForm } = expressSessions(sessions, {
    reauthenticate: "/sign-in/again",
  });
  const throttle = bankThrottle(database, options.throttle);
  const bank: BankParts = {
    customers: customersIn(database),
    ledger: ledgerIn(database),
    sessions,
    session,
    throttle,
    trail,
    now,
  };
  await seed(bank);

  const app = express();
  app.disable("x-powered-by");
  // A page about money is not to be kept and compared.
  app.disable("etag");
  app.use(securityHeaders);
  // Before the sessions: a style sheet has no use for one.
  app.use(express.static(publicFolder, { index: false }));
  app.use(middleware);
  // Before the body is read, so that nobody is kept from a held page by what a stranger uploads.
  if (hold !== undefined)
    app.use((request, _response, next) => void hold(request).then(() => next(), next));
  app.use(express.urlencoded({ extended: false, limit: "16kb" }));
  // Every form brings its token: none is looked at without it.
  app.use(verifyForm);
  for (const pages of [
    homePages,
    savingsPages,
    signInPages,
    signInAgainPages,
    signOutPages,
    accountsPages,
    transferPages,
    devicesPages,
    activityPages,
    passwordPages,
    emailPages,
    sessionPages,
    adminPages,
    auditPages,
  ]) {
    app.use(pages(bank));
  }
  app.use(notFoundPage);
  app.use(errorPage(onError));

  return {
    app,
    sessions,
    async close() {
      throttle.close();
      await sessions.close();
      sessionDatabase.close();
      database.close();
    },
  };
}
