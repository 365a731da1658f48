/**
 * An engine that remembers devices, and what its tests look at.
 * @module
 */

import type { RememberMeOptions } from "../../src/remember-me/remember-me.ts";
import { type DeviceNotice, NOTICE, rememberMe } from "../../src/remember-me/remember-me.ts";
import { type Engine, type EngineOptions, startEngine, type TestBrowser } from "./engine.ts";
import type { TestSession } from "./http.ts";

export const SID = "__Host-sid";
export const DEVICE = "__Host-sid-remember";

export interface RememberOptions extends EngineOptions {
  readonly remember?: Partial<RememberMeOptions>;
}

export function startRemembering({ remember, ...options }: RememberOptions = {}): Engine {
  return startEngine({
    levels: ["remembered", "password", "passkey"] as never,
    rememberMe: rememberMe({ level: "remembered", ...remember }),
    ...options,
  });
}

/** Signs in with remember-me and comes back once, so that session and device are confirmed. */
export async function remembered(
  { newBrowser }: Pick<Engine, "newBrowser">,
  subject = "alice",
): Promise<TestBrowser> {
  const browser = newBrowser();
  await browser.visit((session) => session.signIn(subject, { level: "password", remember: true }));
  await browser.visit((session) => session.subject);
  return browser;
}

/** Who the browser is, as the application sees it. */
export async function whoIs(browser: TestBrowser): Promise<readonly unknown[]> {
  const { result } = await browser.visit((session) => [session.subject, session.level as string]);
  return result as readonly unknown[];
}

/** The notices that the next page would show. */
export async function noticesOf(browser: TestBrowser): Promise<readonly DeviceNotice[]> {
  const { result } = await browser.visit((session: TestSession) =>
    session.takeFlash<DeviceNotice>(NOTICE),
  );
  return result as readonly DeviceNotice[];
}

/** Closes the browser: cookies without an age are gone. */
export function closeBrowser(browser: TestBrowser): void {
  for (const name of [...browser.jar.keys()]) if (name !== DEVICE) browser.jar.delete(name);
}
