/**
 * Keys wrapped by Vault's transit engine: a fake that follows its documented protocol, over HTTP.
 * @module
 */
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { WrapContext } from "../../src/keys/key-service.ts";
import { withinDeadline } from "../../src/keys/key-service.ts";
import { type VaultOptions, vaultKeyring, vaultKeyService } from "../../src/keys/vault.ts";
import { shown } from "../support/output.ts";
import { type FakeVault, startVault } from "../support/vault.ts";
import { keyServiceCases } from "./key-service-cases.ts";
import { testFolders } from "./ring-file.ts";

let vault: FakeVault;
const newFolder = testFolders();
beforeAll(async () => {
  vault = await startVault({ mount: "team/transit", namespace: "admin/shop" });
  vault.createKey("plain");
  vault.createKey("derived", true);
  vault.createKey("other");
});
afterAll(() => vault.stop());
beforeEach(() => {
  vault.mode = "up";
});

const context: WrapContext = { ring: "0".repeat(32), purpose: "key", number: 3 };
const { signal } = new AbortController();
const optionsOf = (key: string, token: VaultOptions["token"] = vault.token): VaultOptions => ({
  address: vault.url,
  token,
  key,
  mount: "team/transit",
  namespace: "admin/shop",
});

for (const key of ["plain", "derived"]) {
  describe(`Vault, with a ${key} transit key`, () => {
    for (const { title, run } of keyServiceCases) {
      it(title, () =>
        run({
          open: () => vaultKeyService(optionsOf(key)),
          openOther: () => vaultKeyService(optionsOf("other")),
          secrets: [vault.token],
          folder: newFolder(),
        }),
      );
    }
  });
}

describe("the Vault service", () => {
  it("opens what an earlier version of the key wrapped, until Vault forbids it", async () => {
    vault.createKey("turning");
    const service = vaultKeyService(optionsOf("turning"));
    const bytes = randomBytes(32);
    const wrapped = await service.wrap(bytes, context, signal);
    vault.rotateKey("turning");
    expect(Buffer.from(await service.unwrap(wrapped, context, signal))).toEqual(bytes);
    expect(await service.wrap(bytes, context, signal)).toMatch(/^vault:v2:/);
    vault.rotateKey("turning", 3);
    await expect(service.unwrap(wrapped, context, signal)).rejects.toThrow(
      "min_decryption_version",
    );
  });

  it("asks a function for the token before each call, so that a renewed one is taken", async () => {
    let token = "hvs.ended";
    const service = vaultKeyService(optionsOf("plain", async () => token));
    await expect(service.wrap(randomBytes(32), context, signal)).rejects.toThrow(
      'refuses the token (403); see that it has not ended, and that its policy allows "update" on team/transit/encrypt/plain',
    );
    token = vault.token;
    expect(await service.wrap(randomBytes(32), context, signal)).toMatch(/^vault:v1:/);
  });

  it("needs no more than one right: servers open, whoever rotates wraps", async () => {
    const wraps = vaultKeyService(optionsOf("plain", vault.createToken(["encrypt/plain"])));
    const opens = vaultKeyService(optionsOf("plain", vault.createToken(["decrypt/plain"])));
    const bytes = randomBytes(32);
    const wrapped = await wraps.wrap(bytes, context, signal);
    expect(Buffer.from(await opens.unwrap(wrapped, context, signal))).toEqual(bytes);
    await expect(opens.wrap(bytes, context, signal)).rejects.toThrow("encrypt/plain");
    await expect(wraps.unwrap(wrapped, context, signal)).rejects.toThrow("decrypt/plain");
  });

  for (const [give, said] of [
    [() => "", "gave none"],
    [() => undefined as never, "gave none"],
    [
      () => {
        throw new Error("canary-login-secret");
      },
      '"token" failed (Error)',
    ],
    [async () => "two\nlines", "gave none"],
  ] as const) {
    it(`says so when the function for the token fails: ${said}`, async () => {
      vault.reset();
      const service = vaultKeyService(optionsOf("plain", give));
      const error = await service.wrap(randomBytes(32), context, signal).catch((e) => e);
      expect(error.message).toContain(said);
      expect(shown(error)).not.toContain("canary");
      expect(vault.calls).toBe(0);
    });
  }

  for (const [mode, said] of [
    ["sealed", "is sealed or under maintenance (503); unseal it"],
    ["busy", "has too much to do (429)"],
    ["broken", "failed (500): see Vault's own log; some versions also answer this when key 3 was"],
    ["redirecting", "answers with a redirect (307), which is not followed"],
    ["foreign", "answers with something else than transit does"],
    ["quoting", "does not open key 3 (400)"],
  ] as const) {
    it(`says what to do when Vault is ${mode}, and quotes nothing of it`, async () => {
      vault.mode = mode;
      const service = vaultKeyService(optionsOf("plain"));
      const error = await service.unwrap("vault:v1:canary", context, signal).catch((e) => e);
      expect(error).toMatchObject({ code: "HOLDFAST_KEYRING" });
      expect(error.message).toContain(`The key service vault (team/transit/plain) ${said}`);
      expect(shown(error)).not.toMatch(/canary/);
      expect(shown(error)).not.toContain(vault.token);
    });
  }

  it("leaves a fault of Vault's own to Vault's log, when it wraps", async () => {
    vault.mode = "broken";
    await expect(
      vaultKeyService(optionsOf("plain")).wrap(randomBytes(32), context, signal),
    ).rejects.toThrow(/failed \(500\); see Vault's own log$/);
  });

  it("says what to do about a key, a mount or a namespace that is not there", async () => {
    const wrap = (options: VaultOptions) =>
      vaultKeyService(options).wrap(randomBytes(32), context, signal);
    await expect(wrap(optionsOf("none"))).rejects.toThrow("see that the key exists");
    await expect(wrap({ ...optionsOf("plain"), mount: "transit" })).rejects.toThrow(
      'see "mount", "key" and "namespace"',
    );
    await expect(wrap({ ...optionsOf("plain"), namespace: "admin" })).rejects.toThrow("403");
  });

  it("says what happened on the way, and gives up at the deadline", async () => {
    const gone = await startVault();
    await gone.stop();
    const service = vaultKeyService({ ...optionsOf("plain"), address: gone.url });
    await expect(service.wrap(randomBytes(32), context, signal)).rejects.toThrow(
      `cannot be reached at ${gone.url} (Error ECONNREFUSED); see that it runs`,
    );
    vault.mode = "silent";
    const began = performance.now();
    const slow = vaultKeyService(optionsOf("plain"));
    await expect(
      withinDeadline(slow, 0.1, (late) => slow.unwrap("vault:v1:x", context, late)),
    ).rejects.toThrow("did not answer within 0.1 s; see that it runs");
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it("asks once more where a connection that was kept open is closed, and not again", async () => {
    let [closing, asked] = [1, 0];
    const server = createServer((request, response) => {
      asked += 1;
      request.resume().on("end", () => {
        if (asked > 1 && closing > 0) {
          closing -= 1;
          request.socket.destroy();
          return;
        }
        response.end(JSON.stringify({ data: { ciphertext: "vault:v1:abc" } }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const service = vaultKeyService({ ...optionsOf("plain"), address: `http://127.0.0.1:${port}` });
    const wrap = () => service.wrap(randomBytes(32), context, signal);
    try {
      await wrap();
      await wrap();
      expect([closing, asked]).toEqual([0, 3]);
      closing = 2;
      await expect(wrap()).rejects.toThrow("cannot be reached");
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it("calls the fetch that it is given, for an authority of one's own", async () => {
    const own = vi.fn(fetch);
    const service = vaultKeyService({ ...optionsOf("plain"), fetch: own });
    await service.wrap(randomBytes(32), context, signal);
    expect(own).toHaveBeenCalledWith(
      `${vault.url}/v1/team/transit/encrypt/plain`,
      expect.objectContaining({ redirect: "manual", method: "POST" }),
    );
  });

  it("sends nothing in the clear to another machine, unless told so", () => {
    const options = { ...optionsOf("plain"), address: "http://vault:8200" };
    expect(() => vaultKeyService(options)).toThrow('"address" must be https:');
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    expect(vaultKeyService({ ...options, unsafeHttp: true }).key).toBe("team/transit/plain");
    expect(warned).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining('"unsafeHttp" is set: whoever is between'),
      { type: "HoldfastWarning", code: "HOLDFAST_OPTION" },
    );
    warned.mockRestore();
    for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
      expect(vaultKeyService({ ...options, address: `http://${host}:8200` }).name).toBe("vault");
    }
  });

  it("refuses options that are wrong, all at once, without quoting them", async () => {
    const error = await vaultKeyring({
      file: "",
      address: "https://user:canary@vault.test",
      token: "canary token",
      key: "../sys/canary",
      mount: "/transit",
      namespace: "admin/",
      deadlineSeconds: 0,
      onProblem: "log",
      tokn: "canary",
    } as never).catch((e) => e);
    expect(error).toMatchObject({ code: "HOLDFAST_OPTION" });
    for (const name of [
      ...["file", "address", "token", "key", "mount", "namespace", "deadlineSeconds", "onProblem"],
      "tokn",
    ]) {
      expect(error.message).toMatch(new RegExp(`^- "${name}" `, "m"));
    }
    expect(shown(error)).not.toContain("canary");
    await expect(vaultKeyring(undefined as never)).rejects.toThrow('"options" must be an object');
  });

  it("names the file that is not there, and how to make it", async () => {
    const file = join(newFolder(), "none.keys");
    await expect(vaultKeyring({ ...optionsOf("plain"), file })).rejects.toThrow(
      /There is no key file .*generate FILE --service MODULE.*keys wrap OLD NEW/,
    );
  });
});
