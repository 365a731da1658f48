/**
 * An engine that asks for anti-forgery tokens, and what browsers do with its forms.
 * @module
 */
import { type CsrfOptions, csrf } from "../../src/csrf/csrf.ts";
import { SessionRefusal } from "../../src/errors.ts";
import { type Engine, type EngineOptions, startEngine, type TestBrowser } from "./engine.ts";

export const POST = { method: "POST" } as const;
export const VISITOR = "__Host-sid-csrf";

export function engine(options: EngineOptions & { readonly forms?: CsrfOptions } = {}): Engine {
  const { forms, ...others } = options;
  return startEngine({ csrf: csrf(forms), ...others });
}

/** Opens a form in this browser. */
export async function formOf(browser: TestBrowser): Promise<string> {
  return (await browser.visit((session) => session.csrfToken())).result;
}

/** What a request is told that sends a token: whom it acted for, or why it was refused. */
export async function sent(browser: TestBrowser, token: string | undefined): Promise<string> {
  const { result } = await browser.visit((session) => {
    try {
      session.verifyCsrf(token);
      return session.subject ?? "nobody";
    } catch (error) {
      if (error instanceof SessionRefusal) return `refused: ${error.reason}`;
      throw error;
    }
  }, POST);
  return result;
}

/** Signs in by a form of this browser. */
export async function signInBy(
  browser: TestBrowser,
  subject: string,
  options: { readonly remember?: boolean } = {},
): Promise<void> {
  const token = await formOf(browser);
  await browser.visit(async (session) => {
    session.verifyCsrf(token);
    await session.signIn(subject, { level: "password", ...options });
  }, POST);
}
