/**
 * The bank's sessions: all that Holdfast has to be told.
 * @module
 */
import type { Keyring, SessionEventHandler, SessionPolicy, Sessions } from "holdfast";
import { createSessions, sessionData } from "holdfast";
import { csrf } from "holdfast/csrf";
import { rememberMe } from "holdfast/remember-me";
import { sqliteStore } from "holdfast/stores/sqlite";
import type { Database } from "./database.ts";
import type { SavingsPlan } from "./savings-plan.ts";
import type { TransferDraft } from "./transfer-draft.ts";

/** What a session holds. Not the role, not the name: those are asked of the customers each time. */
export interface BankData {
  /** Kept from the first visit on, and carried over at sign-in. */
  readonly plans: readonly SavingsPlan[];
  /** The transfer that the customer is about to confirm. */
  readonly draft: TransferDraft;
}

/** Weakest first: a device that came back by itself shows balances, and asks for the password for the rest. */
export type BankLevel = "remembered" | "password";
export type BankSessions = Sessions<BankData, BankLevel>;

export interface BankSessionOptions {
  readonly database: Database;
  readonly keyring: Keyring;
  readonly policy: SessionPolicy | undefined;
  readonly now: () => number;
  readonly onEvent: SessionEventHandler;
}

export function bankSessions(options: BankSessionOptions): BankSessions {
  const { database, keyring, policy, now, onEvent } = options;
  return createSessions({
    keyring,
    store: sqliteStore(database),
    data: sessionData<BankData>(),
    levels: ["remembered", "password"],
    rememberMe: rememberMe({ level: "remembered" }),
    csrf: csrf(),
    policy: {
      // People leave a bank's page open on a desk: half of the library's default.
      idleTimeoutSeconds: 900,
      // Only browsers come here, and every browser says where a form was sent from.
      withoutOrigin: "refuse",
      ...policy,
    },
    now,
    onEvent,
  });
}
