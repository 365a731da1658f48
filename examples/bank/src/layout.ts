/**
 * The page around every page: landmarks, navigation, messages.
 * @module
 */
import type { BankSession } from "./bank-parts.ts";
import type { Customer } from "./customers.ts";
import { tokenField } from "./fields.ts";
import { type Html, html } from "./html.ts";
import { brandMark, icons } from "./icons.ts";

/** Which entry of the navigation a page belongs to. */
export type Section = "accounts" | "transfer" | "savings" | "security" | "admin" | "audit";

export interface Page {
  /** Unique within the site: it is what a screen reader announces and a tab shows. */
  readonly title: string;
  readonly main: Html;
  readonly section?: Section | undefined;
  /** @default 200 */
  readonly status?: number;
}

export interface Surroundings {
  readonly customer: Customer | undefined;
  /** Absent on pages that must not ask anything of the session. */
  readonly session?: BankSession;
  readonly notices: readonly Html[];
}

interface NavigationEntry {
  readonly section: Section;
  readonly href: string;
  readonly label: string;
  readonly icon: Html;
}

function entriesFor(customer: Customer | undefined): readonly NavigationEntry[] {
  const savings = { section: "savings", href: "/savings", label: "Savings", icon: icons.savings };
  if (customer === undefined) return [savings as NavigationEntry];
  const { role } = customer;
  const entries: readonly (NavigationEntry | false)[] = [
    { section: "accounts", href: "/accounts", label: "Accounts", icon: icons.wallet },
    { section: "transfer", href: "/transfer", label: "Transfer", icon: icons.transfer },
    savings as NavigationEntry,
    { section: "security", href: "/devices", label: "Security", icon: icons.shield },
    role === "administrator" && {
      section: "admin",
      href: "/admin",
      label: "People",
      icon: icons.people,
    },
    role !== "customer" && { section: "audit", href: "/audit", label: "Audit", icon: icons.list },
  ];
  return entries.filter((entry) => entry !== false);
}

function navigation(customer: Customer | undefined, current: Section | undefined): Html {
  return html`<nav class="primary" aria-label="Bank">
  <ul>${entriesFor(customer).map(
    ({ section, href, label, icon }) => html`
    <li><a href="${href}"${section === current && html` aria-current="page"`}>${icon}<span>${label}</span></a></li>`,
  )}
  </ul>
</nav>`;
}

function identity({ customer, session }: Surroundings): Html {
  if (customer === undefined || session === undefined) {
    return html`<a class="button small" href="/sign-in">Sign in</a>`;
  }
  return html`<span class="who">${customer.name}</span>
<form method="post" action="/sign-out">${tokenField(session)}<button class="quiet small">Sign out</button></form>`;
}

export function layout(page: Page, surroundings: Surroundings): Html {
  const { customer, notices } = surroundings;
  const isIn = customer !== undefined;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<title>${page.title} · Tidewater Bank</title>
<link rel="stylesheet" href="/bank.css">
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
</head>
<body${isIn && html` class="signed-in"`}>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="${isIn ? "/accounts" : "/"}">${brandMark}<span>Tidewater</span></a>
${navigation(customer, page.section)}
<div class="identity">${identity(surroundings)}</div>
</header>
<main id="main" tabindex="-1">
${notices.map((notice) => html`<p class="notice" role="status">${icons.check}<span>${notice}</span></p>`)}
${page.main}
</main>
<footer class="bottom">
<p>Tidewater is no real bank: it is the example application of Holdfast, and its money is made up.</p>
<p><a href="/session">What this site knows about your session</a></p>
</footer>
</body>
</html>
`;
}
