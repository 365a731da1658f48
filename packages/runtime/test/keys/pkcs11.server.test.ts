/**
 * Keys wrapped by a key on a PKCS#11 token: SoftHSM, for real, through pkcs11js.
 * @module
 */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { describeWith } from "../../../../test-support/needs.ts";
import { type WrapContext, withinDeadline } from "../../src/keys/key-service.ts";
import {
  createPkcs11Key,
  type Pkcs11Library,
  type Pkcs11Module,
  type Pkcs11Options,
  pkcs11Keyring,
  pkcs11KeyService,
} from "../../src/keys/pkcs11.ts";
import { wrapKeys } from "../../src/keys/wrap-keys.ts";
import { formatWrappedFile } from "../../src/keys/wrapped-file.ts";
import { holdfast, moduleOf } from "../support/command.ts";
import { requirePkcs11js, type SoftHsm, startSoftHsm } from "../support/hsm.ts";
import { shown } from "../support/output.ts";
import { keyServiceCases } from "./key-service-cases.ts";
import { ringFile, testFolders } from "./ring-file.ts";

const PIN = "canary-pin-4711";
const context: WrapContext = { ring: "0".repeat(32), purpose: "key", number: 3 };
const { signal } = new AbortController();

describeWith("softhsm", "keys on a PKCS#11 token", (program) => {
  const newFolder = testFolders();
  let hsm: SoftHsm;
  let pkcs11js: Pkcs11Module;
  beforeAll(async () => {
    pkcs11js = await requirePkcs11js();
    hsm = startSoftHsm(program());
    hsm.createToken("app", PIN);
    for (const label of ["spare", "twin", "twin"]) hsm.createToken(label, PIN);
    createPkcs11Key(options());
    createPkcs11Key(options({ key: "other" }));
  }, 300_000);
  afterAll(() => hsm?.remove());
  afterEach(() => {
    vi.useRealTimers();
  });

  function options(others: Partial<Pkcs11Options> = {}): Pkcs11Options {
    const { library } = hsm;
    return { pkcs11js, library, token: "app", pin: PIN, key: "holdfast", ...others };
  }
  const serviceOf = (others?: Partial<Pkcs11Options>) => pkcs11KeyService(options(others));
  const refusalOf = async (others: Partial<Pkcs11Options>): Promise<Error> =>
    serviceOf(others)
      .wrap(randomBytes(32), context, signal)
      .then(
        () => new Error("it was wrapped"),
        (error) => error,
      );

  /** The module, with some methods of the test's own. */
  const moduleWith = (methods: (inner: Pkcs11Library) => Partial<Pkcs11Library>): Pkcs11Module => ({
    ...pkcs11js,
    PKCS11: function made() {
      const inner = new pkcs11js.PKCS11();
      return Object.assign(new pkcs11js.PKCS11(), methods(inner));
    } as unknown as Pkcs11Module["PKCS11"],
  });

  /** A session of the test's own, beside those of the service. */
  function withSession<T>(work: (library: Pkcs11Library, session: Buffer) => T): T {
    const library = new pkcs11js.PKCS11();
    library.load(hsm.library);
    const slot = library
      .C_GetSlotList(true)
      .find((each) => library.C_GetTokenInfo(each).label.trimEnd() === "app") as Buffer;
    const flags = pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION;
    const session = library.C_OpenSession(slot, flags);
    try {
      library.C_Login(session, pkcs11js.CKU_USER, PIN);
      return work(library, session);
    } finally {
      library.C_CloseSession(session);
    }
  }

  const c = () => pkcs11js;
  const attributesOf = (label: string, more: Readonly<Record<string, unknown>>) => [
    { type: c().CKA_CLASS, value: c().CKO_SECRET_KEY },
    { type: c().CKA_KEY_TYPE, value: c().CKK_AES },
    { type: c().CKA_LABEL, value: label },
    { type: c().CKA_TOKEN, value: true },
    { type: c().CKA_SENSITIVE, value: (more.sensitive as boolean) ?? true },
    { type: c().CKA_EXTRACTABLE, value: (more.extractable as boolean) ?? false },
    { type: c().CKA_VALUE_LEN, value: (more.bytes as number) ?? 32 },
    { type: c().CKA_ENCRYPT, value: true },
    { type: c().CKA_DECRYPT, value: true },
  ];
  const makeKey = (label: string, more = {}) =>
    withSession((library, session) =>
      library.C_GenerateKey(session, { mechanism: c().CKM_AES_KEY_GEN }, attributesOf(label, more)),
    );

  describe("the service", () => {
    for (const { title, run } of keyServiceCases) {
      it(title, () =>
        run({
          open: () => serviceOf(),
          openOther: () => serviceOf({ key: "other" }),
          secrets: [PIN],
          folder: newFolder(),
        }),
      );
    }

    it("makes a key that never leaves the token", () => {
      withSession((library, session) => {
        library.C_FindObjectsInit(session, [
          { type: c().CKA_CLASS, value: c().CKO_SECRET_KEY },
          { type: c().CKA_LABEL, value: "holdfast" },
        ]);
        const [key] = library.C_FindObjects(session, 2);
        library.C_FindObjectsFinal(session);
        // CKA_VALUE
        const read = () => library.C_GetAttributeValue(session, key as Buffer, [{ type: 0x11 }]);
        expect(read).toThrow("CKR_ATTRIBUTE_SENSITIVE");
      });
      expect(() => createPkcs11Key(options())).toThrow("holds a key of this label already");
    });

    it("closes its session when it has nothing to do, and logs nobody else out", async () => {
      const calls: string[] = [];
      const counting = moduleWith((inner) => {
        inner.load(hsm.library);
        return {
          C_OpenSession(slot, flags) {
            calls.push("open");
            return inner.C_OpenSession(slot, flags);
          },
          C_CloseSession(session) {
            calls.push("close");
            inner.C_CloseSession(session);
          },
        };
      });
      const service = serviceOf({ pkcs11js: counting });
      await Promise.all([0, 1, 2].map(() => service.wrap(randomBytes(32), context, signal)));
      expect(calls).toEqual(["open", "close"]);
    });

    it("works beside somebody who is logged in already", async () => {
      const library = new pkcs11js.PKCS11();
      library.load(hsm.library);
      const slot = library
        .C_GetSlotList(true)
        .find((each) => library.C_GetTokenInfo(each).label.trimEnd() === "app") as Buffer;
      const session = library.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION);
      library.C_Login(session, pkcs11js.CKU_USER, PIN);
      try {
        const wrapped = await serviceOf().wrap(randomBytes(32), context, signal);
        await serviceOf().unwrap(wrapped, context, signal);
      } finally {
        library.C_CloseSession(session);
      }
    });

    it("does not try a refused PIN again: a token locks after a few", async () => {
      let logins = 0;
      const counting = moduleWith((inner) => {
        inner.load(hsm.library);
        return {
          C_Login(...login) {
            logins += 1;
            inner.C_Login(...login);
          },
        };
      });
      const service = serviceOf({ pin: "canary-wrong", pkcs11js: counting });
      const wrap = () => service.wrap(randomBytes(32), context, signal).catch((e) => e);
      const first = await wrap();
      expect(first.message).toContain(
        'The key service pkcs11 (app/holdfast) refuses "pin" (CKR_PIN_INCORRECT); correct it before the next try',
      );
      expect((await wrap()).message).toContain('refused "pin", which is not tried again');
      expect(logins).toBe(1);
      expect(shown(first)).not.toContain("canary");
      await serviceOf().wrap(randomBytes(32), context, signal);
    });

    it("says what is wrong with the library, the token and the key", async () => {
      expect((await refusalOf({ library: "/none.so" })).message).toContain(
        '"library" (/none.so) is no PKCS#11 library',
      );
      expect((await refusalOf({ token: "none" })).message).toContain('is not there; see "token"');
      expect((await refusalOf({ key: "none" })).message).toContain("createPkcs11Key");
      expect((await refusalOf({ token: "twin" })).message).toContain("is there 2 times");
    });

    it("takes no key that can leave the token, is too short, or is there twice", async () => {
      makeKey("leaky", { extractable: true });
      makeKey("open", { sensitive: false });
      makeKey("short", { bytes: 16 });
      makeKey("double");
      makeKey("double");
      expect((await refusalOf({ key: "leaky" })).message).toContain(
        "sensitive and not extractable",
      );
      expect((await refusalOf({ key: "open" })).message).toContain("sensitive and not extractable");
      expect((await refusalOf({ key: "short" })).message).toContain("is not AES-256");
      expect((await refusalOf({ key: "double" })).message).toContain("more than one secret key");
    });

    it("gives up at the deadline when the token does not answer", async () => {
      const wrapped = await serviceOf().wrap(randomBytes(32), context, signal);
      const slow = serviceOf({
        pkcs11js: moduleWith(() => ({ C_DecryptAsync: () => new Promise(() => {}) })),
      });
      await expect(
        withinDeadline(slow, 0.1, (late) => slow.unwrap(wrapped, context, late)),
      ).rejects.toThrow("did not answer within 0.1 s");
    });

    it("tells an error of the token by its name alone", async () => {
      const wrapped = await serviceOf().wrap(randomBytes(32), context, signal);
      for (const [message, said] of [
        ["CKR_DEVICE_REMOVED", "failed (CKR_DEVICE_REMOVED); see that the token is there"],
        ["CKR_SESSION_HANDLE_INVALID", "failed (CKR_SESSION_HANDLE_INVALID)"],
        ["CKR_ENCRYPTED_DATA_INVALID", "does not open key 3"],
        ["canary of the DEVICE", "failed (Error); see that the token is there"],
      ] as const) {
        const C_DecryptAsync = () => Promise.reject(new Error(message));
        const broken = serviceOf({ pkcs11js: moduleWith(() => ({ C_DecryptAsync })) });
        const error = await broken.unwrap(wrapped, context, signal).catch((e) => e);
        expect(error.message).toContain(said);
        expect(shown(error)).not.toContain("canary");
      }
    });

    it("refuses options that are wrong, all at once, without quoting them", async () => {
      const error = await pkcs11Keyring({
        file: "app.keys",
        pkcs11js: {},
        library: "",
        token: " canary",
        pin: "",
        key: "canary\n",
      } as never).catch((e) => e);
      for (const name of ["pkcs11js", "library", "token", "pin", "key"]) {
        expect(error.message).toMatch(new RegExp(`^- "${name}" must be`, "m"));
      }
      expect(shown(error)).not.toContain("canary");
    });
  });

  describe("the keyring and the command", () => {
    it("open a file, follow a rotation, and keep the keys when the token is gone", async () => {
      const folder = newFolder();
      const file = join(folder, "app.keys");
      const module = moduleOf(folder, { keyService: serviceOf() });
      const run = async (...args: readonly string[]) => {
        const { code, err } = await holdfast(["keys", ...args, "--service", module]);
        expect({ code, err }).toEqual({ code: 0, err: "" });
      };
      await run("generate", file);
      vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
      const problems: string[] = [];
      const onProblem = ({ message }: Error) => void problems.push(message);
      let isGone = false;
      const pulled = moduleWith((inner) => {
        inner.load(hsm.library);
        return {
          C_OpenSession(slot, flags) {
            if (isGone) throw new Error("CKR_TOKEN_NOT_PRESENT");
            return inner.C_OpenSession(slot, flags);
          },
        };
      });
      const ring = await pkcs11Keyring({ file, ...options({ pkcs11js: pulled }), onProblem });
      try {
        await run("rotate", file);
        vi.advanceTimersByTime(60_000);
        await vi.waitFor(() => expect(ring.find(1)).toMatchObject({ state: "next" }));
        await run("promote", file, "--now");
        await run("rotate", file);
        isGone = true;
        vi.advanceTimersByTime(60_000);
        await vi.waitFor(() => expect(problems).toHaveLength(1));
        expect(problems[0]).toContain("CKR_TOKEN_NOT_PRESENT");
        expect(ring.current.number).toBe(0);
        isGone = false;
        vi.advanceTimersByTime(60_000);
        await vi.waitFor(() => expect(ring.current.number).toBe(1));
        await run("status", file);
      } finally {
        ring.close();
      }
    });

    it("do not open a file of another token", async () => {
      createPkcs11Key(options({ token: "spare" }));
      const file = join(newFolder(), "app.keys");
      const spare = pkcs11KeyService(options({ token: "spare" }));
      const wrapped = await wrapKeys(ringFile(), spare, signal);
      writeFileSync(file, formatWrappedFile(wrapped), { mode: 0o600 });
      await expect(pkcs11Keyring({ file, ...options() })).rejects.toThrow(
        "this was wrapped by pkcs11 (spare/holdfast), and the service given is pkcs11 (app/holdfast)",
      );
      const renamed = { ...wrapped, serviceKey: "app/holdfast" };
      writeFileSync(file, formatWrappedFile(renamed), { mode: 0o600 });
      await expect(pkcs11Keyring({ file, ...options() })).rejects.toThrow(
        /does not open (key 0|an index key): it was wrapped by another key/,
      );
    });
  });
});
