/**
 * Devices that are remembered: coming back, what they may do, and what the customer is told.
 * @module
 */
import { describe, expect, it } from "vitest";
import type { Client } from "./support/client.ts";
import { passwordOf, startBank, type TestBank } from "./support/start-bank.ts";

const SESSION = "__Host-sid";

/** Signs in on a device that is to be remembered. */
async function remembered(bank: TestBank, login = "ada"): Promise<Client> {
  const client = bank.visitor();
  const password = passwordOf(login);
  await client.follow(client.post("/sign-in", { login, password, return: "", remember: "yes" }));
  return client;
}

function closeBrowser(client: Client): void {
  client.jar.delete(SESSION);
}

describe("a remembered device", () => {
  it("comes back to the balances, says so once, and explains it", async () => {
    const bank = await startBank();
    const ada = await remembered(bank);
    closeBrowser(ada);
    const page = await ada.get("/accounts");
    expect(page.text).toContain("Good to see you, Ada.");
    expect(page.text).toContain("we remembered this device");
    expect((await ada.get("/accounts")).text).not.toContain("we remembered this device");
    expect((await ada.get("/activity?about=resumed")).text).toContain("This device was remembered");
    expect((await ada.get("/activity")).text).toContain("A remembered device came back");
  });

  it("is asked for the password for anything more, and goes on where it was", async () => {
    const bank = await startBank();
    const ada = await remembered(bank);
    closeBrowser(ada);
    const asked = await ada.get("/transfer?to=2");
    expect(asked.location).toBe("/sign-in/again?return=%2Ftransfer%3Fto%3D2");
    const answered = await ada.post("/sign-in/again", {
      password: passwordOf("ada"),
      return: "/transfer?to=2",
    });
    expect(answered.location).toBe("/transfer?to=2");
    expect((await ada.follow(answered)).status).toBe(200);
  });

  it("stands on the devices page, also while it has no session, and is ended there", async () => {
    const bank = await startBank();
    const away = await remembered(bank);
    bank.advance(3600); // Its session has ended by itself.
    const ada = await bank.signedIn("ada");
    const page = await ada.get("/devices");
    expect(page.text.match(/<span class="badge">Remembered<\/span>/g)).toHaveLength(1);
    const [, handle = ""] = /name="handle" value="([^"]+)"/.exec(page.text) ?? [];
    await ada.follow(ada.post("/devices/end", { handle }));
    closeBrowser(away);
    expect((await away.get("/accounts")).location).toBe("/sign-in/again?return=%2Faccounts");
  });

  it("is forgotten by signing out", async () => {
    const bank = await startBank();
    const ada = await remembered(bank);
    await ada.post("/sign-out");
    expect(ada.sessionCookies).toEqual([]);
  });

  it("is kept, under a new secret, when its customer changes the password there", async () => {
    const bank = await startBank();
    const ada = await remembered(bank);
    const thief = ada.copy();
    const password = "three-new-words-2026";
    await ada.follow(
      ada.post("/password", { current: passwordOf("ada"), password, repeated: password }),
    );
    for (const client of [ada, thief]) closeBrowser(client);
    expect((await ada.get("/accounts")).text).toContain("Good to see you, Ada.");
    expect((await thief.get("/accounts")).status).toBe(303);
  });
});

describe("an old cookie", () => {
  it("signs the device out, and whoever comes next is told what happened", async () => {
    const bank = await startBank();
    const ada = await remembered(bank);
    closeBrowser(ada);
    const thief = ada.copy();
    await thief.get("/accounts");
    await thief.get("/accounts");
    bank.advance(120);
    const page = await ada.follow(ada.get("/accounts"));
    expect(page.text).toContain("An old cookie of yours was used");
    expect((await thief.get("/accounts")).status).toBe(303);
    const explained = await ada.get("/activity?about=theft");
    expect(explained.text).toContain("Someone used an old cookie of yours");
    const again = await bank.signedIn("ada");
    expect((await again.get("/activity")).text).toContain("An old cookie was used");
    expect(bank.errors).toEqual([]);
  });
});
