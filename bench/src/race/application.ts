/**
 * The small application that every system runs: the same pages, the same work, the same waiting. What
 * differs from system to system is {@link SessionActions}, and nothing else.
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Gates } from "./gates.ts";

/** What one request does with its session, in the words of one system. */
export interface SessionActions {
  /** Who is signed in. */
  subject(): string | undefined;
  get(key: string): unknown;
  set(key: string, value: number): void | Promise<void>;
  /** Adds one so that no parallel addition is lost; absent where the system has no such thing. */
  increment?(key: string): void;
  /**
   * Runs a step that reads and writes in one call of the system's, and waits inside of it; absent where
   * the application itself can wait between what it reads and what it changes.
   */
  waitInside?(work: () => Promise<void>, step: () => unknown): Promise<void>;
  /** Called when the password check begins. What it returns is handed to `signIn`. */
  beginSignIn?(subject: string): Promise<string>;
  signIn(subject: string, begun: string | undefined): Promise<void>;
  signOut(): Promise<void>;
  /** After a change of privilege: a new cookie for the same user and data; the old one must be worthless. */
  stepUp(): Promise<void>;
  /** Regular rotation of the cookie. Does nothing where the system does it by itself. */
  rotate(): Promise<void>;
  /** Renews the session, where the system does not do so with every request. */
  renew?(): Promise<void>;
  /** Ends all sessions of an account. */
  revokeAll(subject: string): Promise<void>;
}

/** What a page says about the session that served it. */
export interface Page {
  readonly subject: string | null;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * One request. `gate` and `delay` in the query hold it between what it reads and what it changes, as
 * slow work would.
 *
 * @param target Path and query.
 */
export async function respond(
  actions: SessionActions,
  target: string,
  gates: Gates,
): Promise<Page> {
  const { pathname, searchParams } = new URL(target, "http://application.test");
  const key = searchParams.get("key") ?? "";
  const keys = key === "" ? [] : key.split(",");
  const account = searchParams.get("subject") ?? "";
  const work = async () => {
    const gate = searchParams.get("gate");
    if (gate !== null) await gates.pass(gate);
    const delayMs = Number(searchParams.get("delay") ?? 0);
    if (delayMs > 0) await delay(delayMs);
  };
  const change = async (step: () => unknown) => {
    if (actions.waitInside !== undefined) return actions.waitInside(work, step);
    await work();
    await step();
  };
  const page = (): Page => ({
    subject: actions.subject() ?? null,
    values: Object.fromEntries(keys.map((name) => [name, actions.get(name) ?? null])),
  });

  switch (pathname) {
    case "/read": {
      const seen = page();
      await work();
      return seen;
    }
    case "/renew": {
      const seen = page();
      await change(() => actions.renew?.());
      return seen;
    }
    case "/write": {
      const { subject } = page();
      await change(() => actions.set(key, Number(searchParams.get("value"))));
      return { subject, values: {} };
    }
    case "/add": {
      const before = Number(actions.get(key) ?? 0);
      await work();
      await actions.set(key, before + 1);
      return page();
    }
    case "/increment": {
      page();
      await work();
      actions.increment?.(key);
      return { subject: null, values: {} };
    }
    case "/sign-in": {
      const begun = await actions.beginSignIn?.(account);
      await change(() => actions.signIn(account, begun));
      return { subject: account, values: {} };
    }
    case "/sign-out":
      await actions.signOut();
      return { subject: null, values: {} };
    case "/step-up":
      await actions.stepUp();
      return page();
    case "/rotate":
      await actions.rotate();
      return page();
    case "/revoke-all":
      await actions.revokeAll(account);
      return { subject: null, values: {} };
    default:
      throw new Error(`The application has no page ${pathname}`);
  }
}
