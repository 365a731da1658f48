/**
 * Money and time as people read and write them. The server does not know a visitor's time zone, so it
 * says which one it means.
 * @module
 */
import { type Html, html } from "./html.ts";

const money = new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" });
const wholeMoney = new Intl.NumberFormat("en-IE", {
  style: "currency",
  currency: "EUR",
  maximumFractionDigits: 0,
});
const instant = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "UTC",
});
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

export function formatMoney(cents: number): string {
  // U+2212, a minus sign as wide as the plus.
  return money.format(cents / 100).replace("-", "−");
}

export function formatWholeMoney(cents: number): string {
  return wholeMoney.format(cents / 100);
}

/** @returns Cents, or `undefined` for what is no amount from 0.01 to 9,999,999.99. */
export function parseAmount(text: string): number | undefined {
  const match = /^(\d{1,7})(?:[.,](\d{1,2}))?$/.exec(text.trim().replaceAll(" ", ""));
  if (match === null) return undefined;
  const cents = Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
  return cents > 0 ? cents : undefined;
}

/** As {@link parseAmount}, where nothing is an amount too. */
export function parseAmountOrZero(text: string): number | undefined {
  return /^0*([.,]0{1,2})?$/.test(text.trim()) ? 0 : parseAmount(text);
}

export function formatInstant(at: number): Html {
  return html`<time datetime="${new Date(at).toISOString()}">${instant.format(at)} UTC</time>`;
}

export function formatDay(at: number): Html {
  return html`<time datetime="${new Date(at).toISOString()}">${day.format(at)}</time>`;
}

/** @param seconds Zero or more. */
export function formatDuration(seconds: number): string {
  const units = [
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
  ] as const;
  const [unit, length] = units.find(([, size]) => seconds >= size) ?? ["second", 1];
  const count = Math.round(seconds / length);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

export function formatAgo(at: number, now: number): Html {
  const seconds = Math.max(0, (now - at) / 1000);
  const text = seconds < 45 ? "just now" : `${formatDuration(seconds)} ago`;
  return html`<time datetime="${new Date(at).toISOString()}">${text}</time>`;
}
