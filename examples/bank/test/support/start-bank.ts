/**
 * A bank of a test's own: in memory unless a file is asked for, on a free port, with a clock that stands
 * until the test moves it.
 * @module
 */
import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import { createKeyring, type SessionEvent } from "holdfast";
import { fakeClock } from "holdfast/testing";
import { onTestFinished } from "vitest";
import { type BankOptions, createBank } from "../../src/bank.ts";
import type { BankSessions } from "../../src/bank-sessions.ts";
import { listen } from "../../src/listen.ts";
import { demoCustomers } from "../../src/seed.ts";
import { Client } from "./client.ts";

export interface TestBank {
  readonly origin: string;
  readonly sessions: BankSessions;
  readonly events: readonly SessionEvent[];
  readonly errors: readonly unknown[];
  /** Moves the bank's clock. */
  advance(seconds: number): void;
  /** A browser that has never been here. */
  visitor(userAgent?: string): Client;
  /** A browser that is signed in. */
  signedIn(login: string, userAgent?: string): Promise<Client>;
}

/** The password that a demonstration customer begins with. */
export function passwordOf(login: string): string {
  const customer = demoCustomers.find((candidate) => candidate.login === login);
  if (customer === undefined) throw new Error(`There is no customer ${login}`);
  return customer.password;
}

export async function startBank(options: Partial<BankOptions> = {}): Promise<TestBank> {
  const clock = fakeClock(Date.UTC(2026, 2, 14, 9));
  const events: SessionEvent[] = [];
  const errors: unknown[] = [];
  const bank = await createBank({
    database: ":memory:",
    keyring: createKeyring({ bytes: randomBytes(32) }),
    now: clock.now,
    // A failed sign-in takes a second; nobody here measures it.
    throttle: { failureSeconds: 0.1 },
    onEvent: (event) => events.push(event),
    onError: (error) => errors.push(error),
    ...options,
  });
  const { server, port } = await listen(bank.app, 0);
  onTestFinished(async () => {
    await closeServer(server);
    await bank.close();
  });
  const origin = `http://127.0.0.1:${port}`;
  const visitor = (userAgent?: string) => new Client(origin, userAgent);

  return {
    origin,
    sessions: bank.sessions,
    events,
    errors,
    advance: clock.advance,
    visitor,
    async signedIn(login, userAgent) {
      const client = visitor(userAgent);
      const page = await client.follow(client.signIn(login, passwordOf(login)));
      if (page.status !== 200) throw new Error(`${login} could not sign in: ${page.status}`);
      return client;
    },
  };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
