/**
 * What this site knows about the visitor's session: all of it that is not secret.
 * @module
 */
import { Router } from "express";
import type { BankParts, BankSession } from "../bank-parts.ts";
import { formatAgo, formatDuration, formatInstant } from "../format.ts";
import { type Html, html } from "../html.ts";
import { securityTabs } from "../security-tabs.ts";
import { show } from "../show.ts";
import { customerOf } from "../visitor.ts";

export function sessionPages(bank: BankParts): Router {
  const router = Router();

  router.get("/session", async (request, response) => {
    const session = bank.session(request);
    const isIn = customerOf(bank, session) !== undefined;
    const main = html`<h1>${isIn ? "Security" : "Your session"}</h1>
${isIn && securityTabs("/session")}
<section class="card" aria-labelledby="known">
<h2 id="known">What this site knows about your session</h2>
${session.handle === undefined ? nothing : await known(bank, session)}
</section>`;
    const section = isIn ? "security" : undefined;
    show(bank, request, response, { title: "Your session", section, main });
  });

  return router;
}

const nothing = html`<p class="lead">Nothing.</p>
<p>You have no session. Reading does not begin one: that takes something to keep, such as a <a href="/savings">savings plan</a>.</p>`;

async function known({ sessions, now }: BankParts, session: BankSession): Promise<Html> {
  const { handle, subject, level, authenticatedAt } = session;
  const summaries = subject === undefined ? [] : await sessions.subject(subject).list();
  const summary = summaries.find((candidate) => candidate.handle === handle);
  const plans = session.get("plans") ?? [];
  const left = (at: number) =>
    html`${formatInstant(at)}, in ${formatDuration(Math.max(0, at - now()) / 1000)}`;
  return html`<dl class="facts">
<div><dt>Handle</dt><dd><code>${handle}</code><br><span class="muted">The session’s public name. It signs nobody in; the secret in your cookie is shown nowhere.</span></dd></div>
<div><dt>Signed in</dt><dd>${subject === undefined ? "no, this session is anonymous" : `yes, by ${level}`}</dd></div>
${authenticatedAt !== undefined && html`<div><dt>You last proved it</dt><dd>${formatInstant(authenticatedAt)}, ${formatAgo(authenticatedAt, now())}</dd></div>`}
${
  summary !== undefined &&
  html`<div><dt>Began</dt><dd>${formatInstant(summary.createdAt)}</dd></div>
<div><dt>Last seen</dt><dd>${formatAgo(summary.lastSeenAt, now())}</dd></div>
<div><dt>Ends if unused</dt><dd>${left(summary.idleExpiresAt)}</dd></div>
<div><dt>Ends in any case</dt><dd>${left(summary.absoluteExpiresAt)}</dd></div>
<div><dt>Address at sign-in</dt><dd>${summary.address ?? "not known"}</dd></div>
<div><dt>Browser at sign-in</dt><dd>${summary.userAgent ?? "not known"}</dd></div>`
}
<div><dt>Kept in it</dt><dd>${plans.length} savings plan${plans.length !== 1 && "s"}, ${session.get("draft") === undefined ? "no transfer draft" : "a transfer draft"}</dd></div>
</dl>`;
}
