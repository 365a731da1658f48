/**
 * The tabs that the security pages share.
 * @module
 */
import { type Html, html } from "./html.ts";

const tabs = [
  ["/devices", "Devices"],
  ["/activity", "Activity"],
  ["/password", "Password"],
  ["/email", "E-mail"],
  ["/session", "Session"],
] as const;

export function securityTabs(current: (typeof tabs)[number][0]): Html {
  return html`<nav class="tabs" aria-label="Security"><ul>${tabs.map(
    ([href, label]) =>
      html`<li><a href="${href}"${href === current && html` aria-current="page"`}>${label}</a></li>`,
  )}</ul></nav>`;
}
