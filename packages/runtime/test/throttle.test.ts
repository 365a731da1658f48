/**
 * The throttle in the engine: what is counted, when, and what each attempt is told.
 * @see attacks/password-guessing.test.ts for the same over HTTP
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { cookieValues } from "../src/cookie/cookie-header.ts";
import { SessionError, SessionRefusal } from "../src/errors.ts";
import type { AttemptLimiter } from "../src/throttle/index.ts";
import { signInThrottle } from "../src/throttle/index.ts";
import { testKeyring } from "./support/engine.ts";
import {
  FAILURE_SECONDS,
  fakeTime,
  type Guessing,
  type GuessingOptions,
  memoryLimiter,
  type Outcome,
  passwords,
  startGuessing,
  throttledEvents,
} from "./support/throttle.ts";

const QUARTER = 900;
const HOUR = 3600;
const DAY = 86_400;
const DEVICE = "__Host-sid-device";

beforeEach(fakeTime);
afterEach(() => {
  vi.useRealTimers();
});

const passSeconds = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);
const own = (account: string) => passwords.get(account) as string;
/** As many addresses as there are numbers. */
const from = (n: number) => ({ address: `198.51.${n >> 8}.${n & 0xff}` });

/** Guesses one after the other until one is refused. */
async function guessUntilRefused(
  guessing: Guessing,
  attempt: (n: number) => Promise<Outcome>,
): Promise<{ readonly checked: number; readonly wait: number }> {
  const before = guessing.checked.length;
  for (let n = 0; n < 1000; n++) {
    const outcome = await attempt(n);
    if (typeof outcome === "number") {
      return { checked: guessing.checked.length - before, wait: outcome };
    }
    expect(outcome).toBe("wrong");
  }
  throw new Error("a thousand guesses were not refused");
}

describe("budgets", () => {
  it("allow five guesses at an account from one address in a quarter of an hour", async () => {
    const guessing = startGuessing();
    const { guess } = guessing;
    const { checked, wait } = await guessUntilRefused(guessing, (n) => guess("alice", `${n}`));
    expect(checked).toBe(5);
    expect(wait).toBe(Math.ceil(QUARTER - 5 * FAILURE_SECONDS));
    expect(await guess("bob", own("bob"))).toBe("in");
    expect(await guess("alice", own("alice"), from(1))).toBe("in");
    await passSeconds(wait);
    expect(await guess("alice", own("alice"))).toBe("in");
  });

  it("allow twenty guesses at an account in an hour, wherever they come from", async () => {
    const guessing = startGuessing();
    const { checked, wait } = await guessUntilRefused(guessing, (n) =>
      guessing.guess("alice", `${n}`, from(n)),
    );
    expect(checked).toBe(20);
    expect(wait).toBe(HOUR - 20 * FAILURE_SECONDS);
    expect(await guessing.guess("bob", own("bob"), from(7))).toBe("in");
  });

  it("allow a hundred failures from one address in an hour, whomever they are for", async () => {
    const guessing = startGuessing();
    const { checked } = await guessUntilRefused(guessing, (n) => guessing.guess(`user ${n}`, "x"));
    expect(checked).toBe(100);
    expect(await guessing.guess("bob", own("bob"))).toBeTypeOf("number");
    expect(await guessing.guess("bob", own("bob"), from(1))).toBe("in");
  });

  it("make the wait longer as guessing goes on", async () => {
    const guessing = startGuessing();
    const waits: number[] = [];
    let address = 0;
    for (let round = 0; round < 6; round++) {
      const { wait } = await guessUntilRefused(guessing, (n) =>
        guessing.guess("alice", `${n}`, from(address++)),
      );
      waits.push(wait);
      await passSeconds(wait);
    }
    const [first = 0, second = 0, third = 0] = waits;
    expect(first).toBeLessThan(HOUR);
    expect(second).toBeLessThan(HOUR);
    expect(third).toBeGreaterThan(DAY - 3 * HOUR);
    expect(Math.max(...waits)).toBeGreaterThan(4 * DAY);
    expect(guessing.checked.length).toBeLessThanOrEqual(200);
  });

  it("let no more of a hundred guesses at once through than one after the other", async () => {
    const guessing = startGuessing();
    const { guess, checked } = guessing;
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => guess("alice", "x")));
    expect(checked).toHaveLength(5);
    expect(outcomes.filter((outcome) => outcome === "wrong")).toHaveLength(5);
    // What was refused has cost the account nothing: it has 15 of 20 left for others.
    const rest = await guessUntilRefused(guessing, (n) => guess("alice", "x", from(n)));
    expect(rest.checked).toBe(15);
  });

  it("are counted by the store one by one, also where no attempt saw the others", async () => {
    const { guess, checked } = startGuessing();
    const many = Array.from({ length: 100 }, (_, n) => guess("alice", "x", from(n)));
    await Promise.all(many);
    expect(checked).toHaveLength(20);
  });

  it("are not spent, nor extended, by attempts that are refused", async () => {
    const guessing = startGuessing();
    const { guess, calls, checked } = guessing;
    await guessUntilRefused(guessing, () => guess("alice", "x"));
    const { consume } = calls;
    for (let n = 0; n < 200; n++) expect(await guess("alice", "x")).toBeTypeOf("number");
    expect(calls.consume).toBe(consume);
    await passSeconds(QUARTER - 201 * FAILURE_SECONDS);
    expect(await guess("alice", "x")).toBe("wrong");
    expect(checked).toHaveLength(6);
  });

  it("are given back to whoever signs in", async () => {
    const { guess, checked } = startGuessing();
    for (let n = 0; n < 150; n++) expect(await guess("alice", own("alice"))).toBe("in");
    expect(checked).toHaveLength(150);
  });

  it("are given back what one attempt took, and no more", async () => {
    const guessing = startGuessing();
    const { guess } = guessing;
    for (let n = 0; n < 4; n++) await guess("alice", "x");
    expect(await guess("alice", own("alice"))).toBe("in");
    const { checked } = await guessUntilRefused(guessing, () => guess("alice", "x"));
    expect(checked).toBe(1);
  });

  it("are given back if the check itself fails, whose error passes", async () => {
    const { engine, throttle } = startGuessing();
    const away = new Error("the user database is away");
    for (let n = 0; n < 20; n++) {
      const { result } = await engine
        .newBrowser()
        .visit((session) =>
          throttle
            .attempt(session, { account: "alice" }, () => Promise.reject(away))
            .catch((error: unknown) => error),
        );
      expect(result).toBe(away);
    }
  });

  it("count no address where the adapter tells none, and say so once", async () => {
    const guessing = startGuessing();
    const { throttle, engine } = guessing;
    const attempt = async (account: string) => {
      const exchange = await engine.sessions.open({
        ...engine.newBrowser().view(),
        address: undefined,
      });
      const answer = throttle
        .attempt(exchange.session, { account }, () => false)
        .catch((error: unknown) => error);
      await passSeconds(FAILURE_SECONDS);
      return answer;
    };
    for (let n = 0; n < 20; n++) expect(await attempt("alice")).toBe(false);
    expect(await attempt("alice")).toBeInstanceOf(SessionRefusal);
    expect(await attempt("bob")).toBe(false);
    expect(engine.seen("option.unsafe").map(({ option }) => option)).toEqual(["address"]);
  });

  for (const [spelt, same] of [
    ["ALICE", true],
    [" alice\t", true],
    ["ａｌｉｃｅ", true],
    ["alice2", false],
  ] as const) {
    it(`are ${same ? "" : "not "}shared by "alice" and "${spelt}"`, async () => {
      const guessing = startGuessing();
      await guessUntilRefused(guessing, () => guessing.guess("alice", "x"));
      expect(typeof (await guessing.guess(spelt, "x"))).toBe(same ? "number" : "string");
    });
  }

  it("follow the application's own idea of one account", async () => {
    const normalizeAccount = (account: string) => account.replaceAll(".", "");
    const guessing = startGuessing({ normalizeAccount });
    await guessUntilRefused(guessing, () => guessing.guess("a.lice", "x"));
    expect(await guessing.guess("al.ice", "x")).toBeTypeOf("number");
  });

  it("take a list where a name should be for nobody's name", async () => {
    const { guess } = startGuessing();
    expect(await guess(["alice"] as unknown as string, "x")).toBe("wrong");
    expect(await guess(undefined as unknown as string, "x")).toBe("wrong");
  });
});

describe("a known device", () => {
  /** A browser that has signed in, and an account that strangers have spent. */
  async function besieged(options?: GuessingOptions) {
    const guessing = startGuessing(options);
    const { guess, engine } = guessing;
    const browser = engine.newBrowser();
    expect(await guess("alice", own("alice"), { browser })).toBe("in");
    await guessUntilRefused(guessing, (n) => guess("alice", "x", from(n)));
    return { ...guessing, browser };
  }

  it("signs in while strangers have spent the account's budget, and they do not", async () => {
    const { guess, browser } = await besieged();
    expect(await guess("alice", own("alice"), from(999))).toBeTypeOf("number");
    for (let n = 0; n < 30; n++) {
      expect(await guess("alice", own("alice"), { browser })).toBe("in");
    }
    expect(await guess("alice", own("alice"), { browser, ...from(3) })).toBe("in");
  });

  it("signs in from an address that strangers have spent", async () => {
    const guessing = startGuessing();
    const { guess, engine } = guessing;
    const browser = engine.newBrowser();
    await guess("alice", own("alice"), { browser });
    await guessUntilRefused(guessing, (n) => guess(`user ${n}`, "x"));
    expect(await guess("bob", own("bob"))).toBeTypeOf("number");
    expect(await guess("alice", own("alice"), { browser })).toBe("in");
  });

  it("is known for its account alone", async () => {
    const { guess, browser, ...guessing } = await besieged();
    await guessUntilRefused({ guess, ...guessing }, (n) => guess("bob", "x", from(n)));
    expect(await guess("bob", own("bob"), { browser })).toBeTypeOf("number");
  });

  it("has a budget of its own; after that it is as good as unknown", async () => {
    const { guess, browser, ...guessing } = await besieged();
    const { checked, wait } = await guessUntilRefused({ guess, ...guessing }, () =>
      guess("alice", "x", { browser }),
    );
    expect(checked).toBe(10);
    expect(wait).toBe(QUARTER - 10 * FAILURE_SECONDS);
    expect(throttledEvents({ guess, ...guessing }).at(-1)).toMatchObject({ by: "device" });
    await passSeconds(wait);
    expect(await guess("alice", own("alice"), { browser })).toBe("in");
  });

  it("goes on with the strangers' budget when its own is spent", async () => {
    const guessing = startGuessing();
    const { guess, engine } = guessing;
    const browser = engine.newBrowser();
    await guess("alice", own("alice"), { browser });
    const { checked } = await guessUntilRefused(guessing, () => guess("alice", "x", { browser }));
    expect(checked).toBe(10 + 5);
  });

  it("gets its cookie by success alone, with the attributes of the session's", async () => {
    const { engine, throttle } = startGuessing();
    const browser = engine.newBrowser();
    const attempt = async (right: boolean) => {
      const visiting = browser.visit((s) =>
        throttle.attempt(s, { account: "alice" }, () => right || null),
      );
      await passSeconds(FAILURE_SECONDS);
      return (await visiting).head.setCookies;
    };
    expect(await attempt(false)).toEqual([]);
    const [line, ...more] = await attempt(true);
    expect(more).toEqual([]);
    expect(line).toMatch(
      /^__Host-sid-device=[\w-]{44}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=15552000$/,
    );
    expect(await attempt(false)).toEqual([]);
    expect(browser.jar.has(DEVICE)).toBe(true);
  });

  it("gets no cookie from an attempt that is refused or fails", async () => {
    const { guess, engine, ...guessing } = startGuessing();
    const stranger = engine.newBrowser();
    await guessUntilRefused({ guess, engine, ...guessing }, () =>
      guess("alice", "x", { browser: stranger }),
    );
    expect([...stranger.jar]).toEqual([]);
  });

  it("can be made of the browser of somebody who has proved the account in another way", async () => {
    const { guess, engine, throttle, ...guessing } = startGuessing();
    await guessUntilRefused({ guess, engine, throttle, ...guessing }, (n) =>
      guess("alice", "x", from(n)),
    );
    const owner = engine.newBrowser();
    expect(await guess("alice", own("alice"), { browser: owner })).toBeTypeOf("number");
    await owner.visit((session) => throttle.recognize(session, { account: "Alice" }));
    expect(await guess("alice", own("alice"), { browser: owner })).toBe("in");
  });

  it("can be forgotten", async () => {
    const { guess, browser, throttle } = await besieged();
    const { head } = await browser.visit((session) => throttle.forget(session));
    expect(head.setCookies).toEqual([
      `${DEVICE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0`,
    ]);
    expect(await guess("alice", own("alice"), { browser })).toBeTypeOf("number");
  });

  it("cannot be given or forgotten once the head is out, nor by read()", async () => {
    const { engine, throttle } = startGuessing();
    const browser = engine.newBrowser();
    const exchange = await browser.open();
    await browser.finish(exchange);
    const read = await engine.sessions.read(browser.view());
    for (const [session, code] of [
      [exchange.session, "HOLDFAST_HEAD_SENT"],
      [read, "HOLDFAST_NO_SESSION"],
    ] as const) {
      const codes = [
        () => throttle.forget(session),
        () => throttle.recognize(session, { account: "alice" }),
      ].map(errorCode);
      expect(codes).toEqual([code, code]);
      expect(await throttle.attempt(session, { account: "alice" }, () => "yes")).toBe("yes");
    }
  });

  it("is known by a cookie of each name that the policy may give", async () => {
    const { guess, engine } = startGuessing({
      engine: { policy: { cookieName: "shop", unsafePlainHttp: true } },
    });
    const browser = engine.newBrowser();
    await guess("alice", own("alice"), { browser });
    expect([...browser.jar.keys()]).toEqual(["shop-device"]);
    expect(cookieValues(browser.cookies, "shop-device")).toHaveLength(1);
  });
});

function errorCode(call: () => void): string | undefined {
  try {
    call();
  } catch (error) {
    return error instanceof SessionError ? error.code : String(error);
  }
}

describe("the limiter's store", () => {
  it("holds neither names nor addresses, and other keys for another keyring", async () => {
    const keysOf = async (keyring = testKeyring()) => {
      const { guess, keys, engine } = startGuessing({ engine: { keyring } });
      const browser = engine.newBrowser();
      await guess("alice", own("alice"), { browser, ...from(5) });
      await guess("alice", "x", { browser, ...from(5) });
      await guess("alice", "x", from(5));
      return [...keys].sort();
    };
    const keys = await keysOf();
    // Seven windows of strangers, two of the device, one of all.
    expect(keys).toHaveLength(10);
    for (const key of keys) expect(key).toMatch(/^holdfast_[a-z]+_\d+:[\w-]{22}$/);
    expect(keys.join()).not.toMatch(/alice|198\.51/);
    const strangers = (list: readonly string[]) => list.filter((key) => !key.includes("device"));
    expect(strangers(await keysOf())).toEqual(strangers(keys));
    const other = await keysOf(testKeyring([[0, "current", "another"]]));
    expect(other.filter((key) => keys.includes(key))).toEqual([]);
  });

  it("is asked seven times for a stranger's refusal, and twice more at most for a device's", async () => {
    const guessing = startGuessing();
    const { guess, calls } = guessing;
    await guessUntilRefused(guessing, () => guess("alice", "x"));
    Object.assign(calls, { get: 0, consume: 0, reward: 0 });
    await guess("alice", "x");
    expect(calls).toEqual({ get: 7, consume: 0, reward: 0 });
    await guess("bob", own("bob"), from(9));
    expect(calls).toEqual({ get: 14, consume: 7, reward: 7 });
  });

  const failing = (method: "consume" | "get" | "reward", fails: () => Promise<never>) => {
    let isAway = false;
    const limiter: GuessingOptions["limiter"] = (options) => {
      const inner = memoryLimiter(options);
      const call = (name: "consume" | "get" | "reward", key: string): Promise<never> =>
        isAway && name === method ? fails() : (inner[name](key) as Promise<never>);
      return {
        consume: (key) => call("consume", key),
        get: (key) => call("get", key),
        reward: (key) => call("reward", key),
      } satisfies AttemptLimiter;
    };
    return {
      limiter,
      set isAway(away: boolean) {
        isAway = away;
      },
    };
  };
  const refuses = () => Promise.reject(new TypeError("no connection"));

  for (const method of ["get", "consume"] as const) {
    it(`refuses every attempt if it fails at "${method}", and is reported once`, async () => {
      const away = failing(method, refuses);
      const { guess, checked, engine } = startGuessing({ limiter: away.limiter });
      away.isAway = true;
      for (let n = 0; n < 3; n++) {
        await expect(guess("alice", own("alice"))).rejects.toMatchObject({
          code: "HOLDFAST_STORE",
          status: 503,
          cause: new TypeError("no connection"),
        });
      }
      expect(checked).toEqual([]);
      expect(engine.seen("store.unavailable")).toMatchObject([
        { store: "limiter", operation: method, cause: "TypeError" },
      ]);
      away.isAway = false;
      expect(await guess("alice", own("alice"))).toBe("in");
      expect(engine.seen("store.recovered")).toMatchObject([{ store: "limiter" }]);
    });
  }

  it("refuses an attempt if it does not answer before the deadline", async () => {
    const away = failing("get", () => new Promise<never>(() => {}));
    const { throttle, engine } = startGuessing({ limiter: away.limiter });
    away.isAway = true;
    const answer = engine
      .newBrowser()
      .visit((session) => throttle.attempt(session, { account: "alice" }, () => true));
    const outcome = expect(answer).rejects.toMatchObject({ code: "HOLDFAST_STORE" });
    await passSeconds(2);
    await outcome;
  });

  it("does not undo a sign-in that it cannot give back for", async () => {
    const away = failing("reward", refuses);
    const { guess, engine } = startGuessing({ limiter: away.limiter });
    away.isAway = true;
    expect(await guess("alice", own("alice"))).toBe("in");
    expect(engine.seen("store.unavailable")).toHaveLength(1);
  });

  it("lets attempts through while it is away only where the application says so, as an event", async () => {
    const away = failing("get", refuses);
    const guessing = startGuessing({ limiter: away.limiter, unsafeAllowUncounted: true });
    const { guess, engine } = guessing;
    expect(await guess("alice", "x")).toBe("wrong");
    expect(engine.seen("option.unsafe")).toMatchObject([{ option: "unsafeAllowUncounted" }]);
    away.isAway = true;
    for (let n = 0; n < 20; n++) expect(await guess("alice", "x")).toBe("wrong");
    away.isAway = false;
    const { checked } = await guessUntilRefused(guessing, () => guess("alice", "x"));
    expect(checked).toBe(4);
  });

  it("is not asked to take back what a window that has nearly ended counted", async () => {
    const policy = { accountAndAddress: [{ attempts: 5, windowSeconds: 1 }] };
    const { guess, calls } = startGuessing({ policy });
    await guess("alice", own("alice"));
    expect(calls).toMatchObject({ consume: 6, reward: 5 });
  });
});

describe("the time of an answer", () => {
  /** When each attempt was answered, after it began, in milliseconds. */
  async function answerTime(check: () => Promise<unknown>): Promise<number> {
    const { engine, throttle } = startGuessing({ policy: { failureSeconds: 1 } });
    const exchange = await engine.newBrowser().open();
    const beganAt = Date.now();
    let answeredAt = 0;
    const answer = throttle.attempt(exchange.session, { account: "someone" }, check).then(() => {
      answeredAt = Date.now();
    });
    await passSeconds(5);
    await answer;
    return answeredAt - beganAt;
  }
  const takes = (milliseconds: number, result: unknown) => () =>
    new Promise<unknown>((resolve) => {
      setTimeout(() => resolve(result), milliseconds);
    });

  it("is the same for a known account, whose password is hashed, and for an unknown one", async () => {
    expect(await answerTime(takes(400, false))).toBe(1000);
    expect(await answerTime(async () => undefined)).toBe(1000);
  });

  it("is the check's own for a success, and for a check that takes longer", async () => {
    expect(await answerTime(takes(400, "alice"))).toBe(400);
    expect(await answerTime(takes(1300, null))).toBe(1300);
  });

  it("holds nobody else up", async () => {
    const { engine, throttle } = startGuessing({ policy: { failureSeconds: 10 } });
    const failing = Array.from({ length: 4 }, async () => {
      const exchange = await engine.newBrowser().open();
      return throttle.attempt(exchange.session, { account: "alice" }, () => false);
    });
    await vi.advanceTimersByTimeAsync(0);
    const beganAt = Date.now();
    const { result } = await engine
      .newBrowser()
      .visit((session) => throttle.attempt(session, { account: "alice" }, () => "alice"));
    expect(result).toBe("alice");
    expect(Date.now()).toBe(beganAt);
    await passSeconds(10);
    expect(await Promise.all(failing)).toEqual([false, false, false, false]);
  });
});

describe("events", () => {
  it("tell the first refusal in full, and count what follows", async () => {
    const guessing = startGuessing();
    const { guess, engine, throttle } = guessing;
    const { wait } = await guessUntilRefused(guessing, () => guess("Alice", "x"));
    for (let n = 0; n < 50; n++) await guess("alice ", "x");
    const first = {
      type: "sign-in.throttled",
      by: "account-and-address",
      retryAfterSeconds: wait,
      account: "Alice",
      address: "192.0.2.1",
      count: 1,
    };
    expect(throttledEvents(guessing)).toEqual([first]);
    await passSeconds(2 * QUARTER);
    const counts = () =>
      throttledEvents(guessing).map((event) => (event as { count?: number }).count);
    expect(counts()).toEqual([1, 50]);
    await guessUntilRefused(guessing, () => guess("alice", "x"));
    await guess("alice", "x");
    throttle.close();
    expect(counts()).toEqual([1, 50, 1, 1]);
    throttle.close();
    expect(counts()).toHaveLength(4);
    expect(engine.seen("sign-in.flood")).toEqual([]);
  });

  it("stay few when a flood is refused for many accounts", async () => {
    const policy = { address: [{ attempts: 1, windowSeconds: DAY }] };
    const guessing = startGuessing({ policy });
    const { guess, throttle } = guessing;
    await guess("first", "x");
    for (let n = 0; n < 300; n++) expect(await guess(`user ${n}`, "x")).toBeTypeOf("number");
    throttle.close();
    expect(throttledEvents(guessing)).toMatchObject([
      { by: "address", count: 1 },
      { by: "address", count: 299 },
    ]);
  });

  it("keep a name no longer than is read", async () => {
    const guessing = startGuessing();
    const name = "a".repeat(5000);
    await guessUntilRefused(guessing, () => guessing.guess(name, "x"));
    expect(throttledEvents(guessing)[0]?.account).toHaveLength(256);
  });

  it("tell of a flood once a window, over all accounts and addresses", async () => {
    const policy = { flood: { failures: 30, windowSeconds: 60 } };
    const { guess, engine, throttle } = startGuessing({ policy });
    for (let n = 0; n < 29; n++) await guess(`user ${n}`, "x", from(n));
    expect(throttle.underAttack).toBe(false);
    expect(await guess("alice", own("alice"))).toBe("in");
    expect(throttle.underAttack).toBe(false);
    for (let n = 29; n < 50; n++) await guess(`user ${n}`, "x", from(n));
    expect(throttle.underAttack).toBe(true);
    const flood = { type: "sign-in.flood", failures: 30, windowSeconds: 60 };
    expect(engine.seen("sign-in.flood")).toMatchObject([flood]);
    // It refuses nothing by itself.
    expect(await guess("bob", own("bob"))).toBe("in");
    await passSeconds(60);
    expect(throttle.underAttack).toBe(false);
    for (let n = 0; n < 40; n++) await guess(`user ${n}`, "x", from(n));
    expect(engine.seen("sign-in.flood")).toHaveLength(2);
  });

  it("tell of a flood once, however many processes see it", async () => {
    const limiters = new Map<string, AttemptLimiter>();
    const limiter: GuessingOptions["limiter"] = (options) => {
      const shared = limiters.get(options.keyPrefix) ?? memoryLimiter(options);
      limiters.set(options.keyPrefix, shared);
      return shared;
    };
    const policy = { flood: { failures: 30, windowSeconds: 600 } };
    const processes = [startGuessing({ limiter, policy }), startGuessing({ limiter, policy })];
    for (let n = 0; n < 60; n++) {
      await (processes[n % 2] as Guessing).guess(`user ${n}`, "x", from(n));
    }
    expect(processes.flatMap(({ engine }) => engine.seen("sign-in.flood"))).toHaveLength(1);
    expect(processes.map(({ throttle }) => throttle.underAttack)).toEqual([true, true]);
  });
});

describe("an attempt", () => {
  it("of a form that has not shown its token is refused before it is counted", async () => {
    const refusal = new SessionRefusal("csrf");
    const csrf = {
      attach: () => ({
        trusts: () => false,
        token: () => "",
        verify: () => {},
        check() {
          throw refusal;
        },
      }),
    };
    const { guess, calls, checked } = startGuessing({ engine: { csrf } });
    const posted = guess("alice", own("alice"), { method: "POST" });
    await expect(posted).rejects.toBe(refusal);
    expect(checked).toEqual([]);
    expect(calls).toEqual({ consume: 0, get: 0, reward: 0 });
  });

  it("gives the answer of the check as it is", async () => {
    const { engine, throttle } = startGuessing();
    const browser = engine.newBrowser();
    for (const answer of [{ id: 7 }, "", 0, Number.NaN, true]) {
      const { result } = await browser.visit((session) =>
        throttle.attempt(session, { account: "alice" }, () => answer),
      );
      expect(result).toBe(answer);
      expect(browser.jar.delete(DEVICE)).toBe(true);
    }
  });

  it("keeps its answer out of shared caches", async () => {
    const { engine, throttle } = startGuessing();
    const visiting = engine
      .newBrowser()
      .visit((session) => throttle.attempt(session, { account: "alice" }, () => false));
    await passSeconds(FAILURE_SECONDS);
    const { head } = await visiting;
    expect(head).toMatchObject({ cacheControl: "private, no-cache", varies: true });
  });

  it("is one of any session that is open, with several sets of sessions too", async () => {
    const throttle = signInThrottle({ limiter: memoryLimiter });
    const shop = startGuessing().engine;
    const office = startGuessing({
      engine: { policy: { cookieName: "__Host-office" } },
    }).engine;
    for (const { newBrowser } of [shop, office]) {
      const { result } = await newBrowser().visit((session) =>
        throttle.attempt(session, { account: "alice" }, () => true),
      );
      expect(result).toBe(true);
    }
  });
});
