/**
 * Sends a page to whoever asks.
 * @module
 */
import type { Request, Response } from "express";
import { type DeviceNotice, NOTICE } from "holdfast/remember-me";
import type { BankParts } from "./bank-parts.ts";
import { deviceNotices } from "./device-notices.ts";
import { html } from "./html.ts";
import { layout, type Page } from "./layout.ts";
import { customerOf } from "./visitor.ts";

export function show(bank: BankParts, request: Request, response: Response, page: Page): void {
  const session = bank.session(request);
  const customer = customerOf(bank, session);
  const messages = session.takeFlash("notice").map((message) => html`${message}`);
  const told = session.takeFlash<DeviceNotice>(NOTICE).map((notice) => deviceNotices[notice].short);
  const notices = [...told, ...messages];
  // The back button must not show balances after the sign-out (ASVS 5.0, 14.3.2).
  if (customer !== undefined) response.set("Cache-Control", "no-store");
  response
    .status(page.status ?? 200)
    .type("html")
    .send(layout(page, { customer, session, notices }).toString());
}
