/**
 * A whole engine over a counted store, with a clock, a browser and everything it reported: what the
 * attack tests and the engine tests begin from.
 * @module
 */
import { createHash } from "node:crypto";
import { createKeyring } from "../../src/crypto/create-keyring.ts";
import type { Keyring, RingKey } from "../../src/crypto/keyring.ts";
import { readToken, storeKeyOf } from "../../src/crypto/token.ts";
import type { SessionEvent } from "../../src/events.ts";
import type { SessionOptions } from "../../src/options.ts";
import { createSessions, type Sessions } from "../../src/sessions.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { SessionRecord, SessionStore, StoreKey } from "../../src/stores/store.ts";
import type { CountingStore, FakeClock } from "../../src/testing/index.ts";
import { countingStore, fakeClock } from "../../src/testing/index.ts";
import { Browser } from "./browser.ts";

/** Data of the sessions under test: any JSON, so that a test may store what it likes. */
export type AnyData = Record<string, unknown>;
export type TestLevel = "password" | "passkey";
export type TestSessions = Sessions<AnyData, TestLevel>;
export type TestBrowser = Browser<AnyData, TestLevel>;

export interface Engine {
  readonly sessions: TestSessions;
  readonly store: CountingStore;
  readonly clock: FakeClock;
  /** Everything reported so far, oldest first. */
  readonly events: SessionEvent[];
  readonly browser: TestBrowser;
  /** A browser of somebody else. */
  newBrowser(): TestBrowser;
  /** Events of one type, without their instant. */
  seen<Type extends SessionEvent["type"]>(
    type: Type,
  ): readonly Extract<SessionEvent, { type: Type }>[];
  /** Reasons of refused tokens, in order. */
  refusals(): readonly string[];
}

export interface EngineOptions extends Partial<SessionOptions<AnyData, TestLevel>> {
  readonly clock?: FakeClock;
}

/** 32 bytes that look random and are the same in every run; marked as made for tests by their source. */
export function testBytes(name: string): Buffer {
  return createHash("sha256").update(`holdfast test key: ${name}`).digest();
}

/** A ring of keys by number and state. */
export function testKeyring(
  keys: readonly (readonly [number: number, state: RingKey["state"], name?: string])[] = [
    [0, "current"],
  ],
  indexKeys: readonly (readonly [state: "current" | "old", name: string])[] = [
    ["current", "index"],
  ],
): Keyring {
  return createKeyring({
    keys: keys.map(([number, state, name = `key ${number}`]) => ({
      number,
      state,
      bytes: state === "revoked" ? undefined : testBytes(name),
    })),
    indexKeys: indexKeys.map(([state, name]) => ({ state, bytes: testBytes(name) })),
  });
}

export function startEngine(options: EngineOptions = {}): Engine {
  const { clock = fakeClock(), store: inner = memoryStore(), ...others } = options;
  const events: SessionEvent[] = [];
  const store = countingStore(inner);
  const sessions: TestSessions = createSessions<AnyData, TestLevel>({
    keyring: testKeyring(),
    levels: ["password", "passkey"],
    sweep: false,
    now: clock.now,
    onEvent: (event) => void events.push(event),
    ...others,
    store,
  });
  store.reset();
  return {
    sessions,
    store,
    clock,
    events,
    browser: new Browser(sessions),
    newBrowser: () => new Browser(sessions),
    seen: (type) => events.filter((event) => event.type === type) as never,
    refusals: () =>
      events.flatMap((event) => (event.type === "token.refused" ? [event.reason] : [])),
  };
}

/** Signs in and comes back once, so that the session is presented and confirmed. */
export async function signedIn(
  { newBrowser }: Pick<Engine, "newBrowser">,
  subject = "alice",
): Promise<TestBrowser> {
  const browser = newBrowser();
  await browser.visit((session) => session.signIn(subject, { level: "password" }));
  await browser.visit((session) => session.subject);
  return browser;
}

/** The key under which the store keeps the session of a token. */
export function keyOf(token: string | undefined): StoreKey {
  const read = readToken(token ?? "");
  if (read === undefined) throw new Error("the test has no token");
  return storeKeyOf(read);
}

/** Writes a record as somebody with access to the store would: past every check of versions. */
export async function overwrite(
  store: SessionStore,
  key: StoreKey,
  record: SessionRecord,
): Promise<void> {
  await store.delete(key);
  const outcome = await store.create(key, record, { now: record.createdAt });
  if (outcome !== "created") throw new Error(`the record was not written: ${outcome}`);
}

/** Changes some fields of a record in the store, past every check. */
export async function tamper(
  store: SessionStore,
  key: StoreKey,
  change: (record: SessionRecord) => Partial<SessionRecord>,
): Promise<void> {
  const record = await store.get(key);
  if (record === undefined) throw new Error("there is no record to change");
  await overwrite(store, key, { ...record, ...change(record) });
}

/** A gate that holds whoever waits at it until it is opened. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** A store whose operations answer with promises, as those over a network do. */
export function asyncStore(inner: SessionStore): SessionStore {
  return wrapStore(inner, async (_operation, call) => call());
}

/** Wraps every operation of a store. */
export function wrapStore(
  inner: SessionStore,
  around: (
    operation: keyof SessionStore,
    call: () => unknown,
    values: readonly unknown[],
  ) => unknown,
): SessionStore {
  return new Proxy(inner, {
    get(target, name: keyof SessionStore) {
      const member = target[name];
      if (typeof member !== "function" || name === "close") return member;
      return (...values: unknown[]) =>
        around(name, () => Reflect.apply(member, target, values), values);
    },
  });
}
