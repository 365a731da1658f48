/**
 * The audit trail, for auditors and administrators.
 * @module
 */
import { Router } from "express";
import type { TrailLine } from "../audit-trail.ts";
import type { BankParts } from "../bank-parts.ts";
import { formatInstant } from "../format.ts";
import { type Html, html } from "../html.ts";
import { show } from "../show.ts";
import { requireRole } from "../visitor.ts";

export function auditPages(bank: BankParts): Router {
  const { customers, trail } = bank;
  const router = Router();

  router.get("/audit", (request, response) => {
    requireRole(bank, request, "auditor", "administrator");
    const names = new Map(customers.list().map(({ id, name }) => [id, name]));
    const nameOf = (id: string | undefined) =>
      id === undefined ? undefined : (names.get(id) ?? id);
    const main = html`<h1>Audit trail</h1>
<p class="muted">The latest events of this process. Sessions are named by their handles; no token is ever written down.</p>
<ol class="trail card">${trail.latest().map((line) => trailLine(line, nameOf))}</ol>`;
    show(bank, request, response, { title: "Audit trail", section: "audit", main });
  });

  return router;
}

/** Events that somebody should look at. */
const GRAVE = /refused|failed|unavailable|unsafe|revoked|closed|skewed|undeliverable/;

function trailLine(line: TrailLine, nameOf: (id: string | undefined) => string | undefined): Html {
  const { at, what, handle, customerId, by, address, details } = line;
  const facts = [
    nameOf(customerId),
    by !== undefined && by !== customerId && `by ${nameOf(by)}`,
    details,
    address,
  ].filter((fact) => fact !== undefined && fact !== false && fact !== "");
  return html`<li>
<span class="muted">${formatInstant(at)}</span>
<code class="${GRAVE.test(what) ? "what grave" : "what"}">${what}</code>
<span>${facts.join(" · ")}</span>
${handle === undefined ? html`<span></span>` : html`<code class="handle muted">${handle}</code>`}
</li>`;
}
