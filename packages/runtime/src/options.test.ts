/** Options: every fault at once, nothing unknown let through, and nothing but a frozen, complete result. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deriveKeys } from "./crypto/derive.ts";
import type { Keyring } from "./crypto/keyring.ts";
import { SessionError } from "./errors.ts";
import { resolveOptions, sessionData } from "./options.ts";
import { memoryStore } from "./stores/memory.ts";

const keyring: Keyring = {
  current: deriveKeys(0, "current", Buffer.alloc(32, 1)),
  find: () => undefined,
  indexKeys: [],
  longestSessionSeconds: 2_592_000,
  reload: async () => false,
  close: () => {},
};
const store = memoryStore();
const needed = { keyring, store };

const resolve = (options: unknown) => resolveOptions(options as never);

function faultsOf(options: unknown): readonly string[] {
  try {
    resolve(options);
  } catch (error) {
    expect(error).toBeInstanceOf(SessionError);
    expect((error as SessionError).code).toBe("HOLDFAST_OPTION");
    const faults = (error as SessionError).details.faults as readonly string[];
    for (const fault of faults) expect((error as SessionError).message).toContain(fault);
    return faults;
  }
  return [];
}

/** Options named by the faults, in order. */
const named = (options: unknown) =>
  faultsOf(options).map((fault) => /^"([^"]+)"/.exec(fault)?.[1] ?? fault);

function isDeeplyFrozen(value: unknown): boolean {
  return (
    typeof value !== "object" ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen))
  );
}

describe("resolveOptions", () => {
  it("fills in the defaults of the design", () => {
    const { policy, levels, signedInCookie, anonymousCookie, now, sweep, unsafe } = resolve(needed);
    expect(policy).toMatchObject({
      idleTimeoutSeconds: 1800,
      absoluteTimeoutSeconds: 43_200,
      anonymousIdleSeconds: 1800,
      maxDataBytes: 65_536,
      sessionsPerSubject: 50,
      sessionLimit: "revoke-oldest",
      rotationIntervalSeconds: 900,
      rotationGraceSeconds: 30,
      retiredSeconds: 60,
      storeDeadlineSeconds: 2,
      clockSkewSeconds: 5,
      persistentCookie: false,
      clearSiteData: undefined,
      withoutOrigin: "serve",
      isActivity: undefined,
    });
    expect(levels).toEqual(["signed-in"]);
    expect(signedInCookie).toEqual({
      name: "__Host-sid",
      attributes: "; Path=/; Secure; HttpOnly; SameSite=Lax",
    });
    expect(anonymousCookie.name).toBe("__Host-sid-anon");
    expect([now, sweep, unsafe]).toEqual([Date.now, true, []]);
  });

  it("treats what is given as undefined as not given", () => {
    const policy = Object.fromEntries(
      Object.keys(resolve(needed).policy).map((key) => [key, undefined]),
    );
    const without = resolve(needed);
    const withUndefined = resolve({
      ...needed,
      policy,
      data: undefined,
      levels: undefined,
      preset: undefined,
      codec: undefined,
      onEvent: undefined,
      now: undefined,
      sweep: undefined,
    });
    for (const key of ["policy", "levels", "now", "sweep", "codec", "schema", "onEvent"] as const) {
      expect(withUndefined[key], key).toEqual(without[key]);
    }
  });

  it("reports every fault at once, each by the name that the caller wrote", () => {
    expect(
      named({
        stroe: store,
        levels: ["a", "a"],
        preset: "nist-aal4",
        codec: {},
        onEvent: true,
        now: 5,
        policy: {
          idleTimeoutSecond: 5,
          idleTimeoutSeconds: 59,
          maxDataBytes: 1.5,
          sessionLimit: "none",
          sameSite: "None",
          persistentCookie: "yes",
          cookieName: "sid",
          isActivity: true,
        },
      }).sort(),
    ).toEqual(
      [
        "stroe",
        "keyring",
        "store",
        "levels",
        "preset",
        "codec",
        "onEvent",
        "now",
        "policy.idleTimeoutSecond",
        "policy.idleTimeoutSeconds",
        "policy.maxDataBytes",
        "policy.sessionLimit",
        "policy.sameSite",
        "policy.persistentCookie",
        "policy.cookieName",
        "policy.isActivity",
      ].sort(),
    );
  });

  const limits: readonly (readonly [name: string, least: number, most: number])[] = [
    ["idleTimeoutSeconds", 60, 43_200],
    ["absoluteTimeoutSeconds", 1800, 2_592_000],
    ["anonymousIdleSeconds", 60, 2_592_000],
    ["rotationIntervalSeconds", 60, 86_400],
    ["rotationGraceSeconds", 5, 60],
    ["retiredSeconds", 30, 600],
    ["maxDataBytes", 256, 1_048_576],
    ["storeDeadlineSeconds", 0.05, 30],
    ["sessionsPerSubject", 0, 10_000],
    ["clockSkewSeconds", 1, 300],
  ];
  for (const [name, least, most] of limits) {
    it(`holds ${name} between ${least} and ${most}`, () => {
      const fault = (value: unknown) => named({ ...needed, policy: { [name]: value } });
      expect(fault(least)).toEqual([]);
      expect(fault(most)).toEqual([]);
      expect(fault(least - 0.01).length).toBeGreaterThan(0);
      expect(fault(most + 1).length).toBeGreaterThan(0);
      const odd = [
        Number.NaN,
        Number.POSITIVE_INFINITY,
        -1,
        `${least}`,
        null,
        {},
        [least],
        1n,
        true,
      ];
      for (const value of odd) {
        expect(fault(value), String(value)).toContain(`policy.${name}`);
      }
    });
  }

  it("refuses settings that contradict each other", () => {
    const policies: readonly (readonly [policy: object, option: string])[] = [
      [{ idleTimeoutSeconds: 3600, absoluteTimeoutSeconds: 1800 }, "policy.idleTimeoutSeconds"],
      [{ retiredSeconds: 20, rotationGraceSeconds: 30 }, "policy.retiredSeconds"],
      [{ rotationIntervalSeconds: 60, rotationGraceSeconds: 31 }, "policy.rotationGraceSeconds"],
      [{ absoluteTimeoutSeconds: 2_592_001 }, "policy.absoluteTimeoutSeconds"],
      [{ unsafePlainHttp: true, unsafeSameSiteNone: true }, "policy.unsafeSameSiteNone"],
      [{ unsafeSameSiteNone: true, sameSite: "Lax" }, "policy.sameSite"],
      [{ unsafePlainHttp: true, cookieName: "__Host-sid" }, "policy.cookieName"],
      [{ unsafePlainHttp: true, cookieName: "__secure-sid" }, "policy.cookieName"],
      [{ unsafeDomain: "example.com", cookieName: "__Host-sid" }, "policy.cookieName"],
      [{ cookieName: "__Secure-sid" }, "policy.cookieName"],
    ];
    for (const [policy, option] of policies) {
      expect(named({ ...needed, policy }), JSON.stringify(policy)).toContain(option);
    }
  });

  it("lets no text into a header that could end it", () => {
    for (const name of [
      "__Host-a;b",
      "__Host-a b",
      "__Host-a=b",
      "__Host-a\r\nX: 1",
      "__Host-ä",
      "",
    ]) {
      expect(named({ ...needed, policy: { cookieName: name } })).toContain("policy.cookieName");
      expect(
        named({ ...needed, policy: { previousNames: [name] } }).some((option) =>
          option.startsWith("policy.previousNames"),
        ),
        name,
      ).toBe(true);
    }
    for (const domain of [
      "example.com; Secure",
      ".example.com",
      "EXAMPLE.com",
      "com",
      "a..b",
      "a b.c",
    ]) {
      expect(named({ ...needed, policy: { unsafeDomain: domain } }), domain).toContain(
        "policy.unsafeDomain",
      );
    }
  });

  it("allows a preset to be made stricter, never laxer", () => {
    for (const [preset, idle, absolute] of [
      ["nist-aal1", 2_592_000, 2_592_000],
      ["nist-aal2", 3600, 86_400],
      ["nist-aal3", 900, 43_200],
    ] as const) {
      expect(resolve({ ...needed, preset }).policy).toMatchObject({
        idleTimeoutSeconds: idle,
        absoluteTimeoutSeconds: absolute,
      });
      const stricter = { idleTimeoutSeconds: 60, absoluteTimeoutSeconds: 300 };
      expect(resolve({ ...needed, preset, policy: stricter }).policy).toMatchObject(stricter);
      expect(named({ ...needed, preset, policy: { idleTimeoutSeconds: idle + 1 } })).toContain(
        "policy.idleTimeoutSeconds",
      );
      expect(
        named({ ...needed, preset, policy: { absoluteTimeoutSeconds: absolute + 1 } }),
      ).toContain("policy.absoluteTimeoutSeconds");
    }
  });

  it("refuses a store that cannot find the sessions of an account", () => {
    const lacking = { ...memoryStore(), traits: { ...memoryStore().traits, index: false } };
    expect(named({ keyring, store: lacking })).toEqual(["policy.sessionsPerSubject"]);
    expect(named({ keyring, store: lacking, policy: { sessionsPerSubject: 0 } })).toEqual([]);
  });

  it("names what each unsafe choice gives up", () => {
    const { unsafe } = resolve({
      ...needed,
      policy: { unsafeDomain: "example.com", unsafeSameSiteNone: true, unsafePlainHttp: false },
    });
    expect(unsafe.map(({ option }) => option)).toEqual([
      "policy.unsafeDomain",
      "policy.unsafeSameSiteNone",
    ]);
    expect(unsafe.every(({ explanation }) => explanation.length > 20)).toBe(true);
  });

  it("writes Clear-Site-Data as its header wants it", () => {
    const { policy } = resolve({ ...needed, policy: { clearSiteData: ["cache", "cookies"] } });
    expect(policy.clearSiteData).toBe('"cache", "cookies"');
    expect(resolve({ ...needed, policy: { clearSiteData: false } }).policy.clearSiteData).toBe(
      undefined,
    );
    expect(named({ ...needed, policy: { clearSiteData: ["all"] } })).toEqual([
      "policy.clearSiteData",
    ]);
  });

  it("takes a schema for a schema and a type for nothing but a type", () => {
    expect(resolve({ ...needed, data: sessionData<{ a: 1 }>() }).schema).toBeUndefined();
    const schema = { "~standard": { version: 1 as const, validate: () => ({}) } };
    expect(resolve({ ...needed, data: schema }).schema).toBe(schema);
  });

  it("answers any value with HOLDFAST_OPTION or with a frozen result, never with anything else", () => {
    const key = fc.constantFrom(
      ...[
        "keyring",
        "store",
        "data",
        "levels",
        "policy",
        "preset",
        "codec",
        "onEvent",
        "now",
        "sweep",
      ],
      "other",
    );
    const setting = fc.constantFrom(
      ...Object.keys(resolve(needed).policy),
      "cookieName",
      "previousNames",
    );
    const anything = fc.oneof(
      fc.anything({ withBigInt: true, withNullPrototype: true, withDate: true }),
      fc.constantFrom(null, true, "", [], {}, Number.NaN, [1], ["a"], "__proto__"),
    );
    const options = fc.oneof(
      anything,
      fc.dictionary(key, anything).map((given) => ({ ...needed, ...given })),
      fc.dictionary(setting, anything).map((policy) => ({ ...needed, policy })),
    );
    fc.assert(
      fc.property(options, (given) => {
        let resolved: ReturnType<typeof resolve>;
        try {
          resolved = resolve(given);
        } catch (error) {
          expect(error).toBeInstanceOf(SessionError);
          expect((error as SessionError).code).toBe("HOLDFAST_OPTION");
          return;
        }
        expect(Object.isFrozen(resolved)).toBe(true);
        expect(isDeeplyFrozen(resolved.policy)).toBe(true);
        expect(Object.isFrozen(resolved.levels)).toBe(true);
        expect(resolved.now).toBeTypeOf("function");
      }),
      { numRuns: 4000 },
    );
  });

  it("quotes no value in a message", () => {
    const canary = "canary-of-a-secret";
    const faults = faultsOf({
      keyring: canary,
      store: canary,
      levels: [`${canary} `],
      preset: canary,
      codec: canary,
      policy: { cookieName: `${canary} `, sessionLimit: canary, idleTimeoutSeconds: canary },
    });
    expect(faults.length).toBeGreaterThanOrEqual(7);
    expect(faults.join()).not.toContain(canary);
  });
});
