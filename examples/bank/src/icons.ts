/**
 * Icons, drawn here. They repeat what the text beside them says, so screen readers pass them by.
 * @module
 */
import { type Html, html } from "./html.ts";

function icon(paths: Html): Html {
  return html`<svg class="icon" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${paths}</svg>`;
}

export type IconName =
  | "wallet"
  | "transfer"
  | "savings"
  | "shield"
  | "people"
  | "laptop"
  | "phone"
  | "lock"
  | "check"
  | "list";

export const icons: Readonly<Record<IconName, Html>> = {
  wallet: icon(
    html`<rect x="3" y="6" width="18" height="13" rx="3"/><path d="M3 10h18M16 14.5h2"/>`,
  ),
  transfer: icon(html`<path d="M4 8h15M15 4l4 4-4 4M20 16H5M9 12l-4 4 4 4"/>`),
  savings: icon(html`<path d="M4 20V13M10 20V9M16 20v-7M22 20H2M20 4l-5 5-4-3-6 4"/>`),
  shield: icon(
    html`<path d="M12 3l7.5 3v5.5c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.5V6z"/><path d="M9 12l2.2 2.2L15.5 10"/>`,
  ),
  people: icon(
    html`<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20c.5-3.8 3-6 6.5-6s6 2.2 6.5 6M16 4.7a3.5 3.5 0 010 6.6M18 14.5c2 .8 3.2 2.8 3.5 5.5"/>`,
  ),
  laptop: icon(html`<rect x="4" y="5" width="16" height="11" rx="2"/><path d="M2 20h20"/>`),
  phone: icon(html`<rect x="7" y="2.5" width="10" height="19" rx="2.5"/><path d="M11 18.5h2"/>`),
  lock: icon(
    html`<rect x="5" y="10.5" width="14" height="10" rx="2.5"/><path d="M8 10.5V7.5a4 4 0 018 0v3"/>`,
  ),
  check: icon(html`<path d="M5 12.5l4.5 4.5L19 7.5"/>`),
  list: icon(html`<path d="M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01"/>`),
};

export const brandMark: Html = html`<svg class="brand-mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false"><rect width="32" height="32" rx="9" class="brand-ground"/><path d="M5 13.5c3.7-3.5 7.3-3.5 11 0s7.3 3.5 11 0M5 20.5c3.7-3.5 7.3-3.5 11 0s7.3 3.5 11 0" fill="none" stroke-width="2.6" stroke-linecap="round" class="brand-waves"/></svg>`;
