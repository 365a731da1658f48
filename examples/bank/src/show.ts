/**
 * Sends a page to whoever asks.
 * @module
 */
import type { Request, Response } from "express";
import type { BankParts } from "./bank-parts.ts";
import { layout, type Page } from "./layout.ts";
import { customerOf } from "./visitor.ts";

export function show(bank: BankParts, request: Request, response: Response, page: Page): void {
  const session = bank.session(request);
  const customer = customerOf(bank, session);
  const notices = session.takeFlash("notice");
  // The back button must not show balances after the sign-out (ASVS 5.0, 14.3.2).
  if (customer !== undefined) response.set("Cache-Control", "no-store");
  response
    .status(page.status ?? 200)
    .type("html")
    .send(layout(page, { customer, notices }).toString());
}
