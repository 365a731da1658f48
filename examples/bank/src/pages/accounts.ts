/**
 * Balances and what happened lately.
 * @module
 */
import { Router } from "express";
import type { BankParts } from "../bank-parts.ts";
import { formatDay, formatMoney, formatWholeMoney } from "../format.ts";
import { type Html, html } from "../html.ts";
import { icons } from "../icons.ts";
import type { Account, Entry } from "../ledger.ts";
import { growthOf, type SavingsPlan } from "../savings-plan.ts";
import { show } from "../show.ts";
import { requireCustomer } from "../visitor.ts";

const SHOWN_ENTRIES = 8;

export function accountsPages(bank: BankParts): Router {
  const router = Router();

  router.get("/accounts", (request, response) => {
    const { session, customer } = requireCustomer(bank, request, "remembered");
    const accounts = bank.ledger.accountsOf(customer.id);
    const totalCents = accounts.reduce((sum, { balanceCents }) => sum + balanceCents, 0);
    const [firstName] = customer.name.split(" ");
    const main = html`<section class="balance" aria-labelledby="greeting">
<div>
<h1 id="greeting">Good to see you, ${firstName}.</h1>
<p class="balance-label">All your accounts</p>
<p class="figure">${formatMoney(totalCents)}</p>
</div>
<p class="actions"><a class="button light" href="/transfer">${icons.transfer}Make a transfer</a></p>
</section>
<section aria-labelledby="accounts">
<h2 id="accounts">Accounts</h2>
<ul class="accounts">${accounts.map(accountCard)}</ul>
</section>
<div class="columns wide-first">
<section aria-labelledby="lately">
<h2 id="lately">Lately</h2>
<ul class="entries card">${bank.ledger.entriesOf(customer.id, SHOWN_ENTRIES).map(entryLine)}</ul>
</section>
<section aria-labelledby="plans">
<h2 id="plans">Your savings plans</h2>
${plansCard(session.get("plans") ?? [])}
</section>
</div>`;
    show(bank, request, response, { title: "Accounts", section: "accounts", main });
  });

  return router;
}

function accountCard({ name, number, balanceCents }: Account): Html {
  return html`<li class="card account">
<h3>${name}</h3>
<p class="number">${number}</p>
<p class="amount">${formatMoney(balanceCents)}</p>
</li>`;
}

function entryLine({ other, reference, account, amountCents, madeAt }: Entry): Html {
  const isIn = amountCents > 0;
  return html`<li class="entry">
<span class="avatar" aria-hidden="true">${[...other][0] ?? "·"}</span>
<span class="entry-text"><strong>${other}</strong><span class="muted">${reference} · ${account}</span></span>
<span class="entry-amount"><strong class="${isIn ? "amount in" : "amount"}">${isIn && "+"}${formatMoney(amountCents)}</strong><span class="muted">${formatDay(madeAt)}</span></span>
</li>`;
}

function plansCard(plans: readonly SavingsPlan[]): Html {
  if (plans.length === 0) {
    return html`<div class="card empty"><p>No plan yet.</p><p class="muted">See what a little every month comes to.</p><p><a class="button secondary" href="/savings">Plan your savings</a></p></div>`;
  }
  return html`<ul class="card entries">${plans.map((plan) => {
    const last = growthOf(plan).at(-1);
    const total = (last?.paidInCents ?? 0) + (last?.interestCents ?? 0);
    return html`<li class="entry">
<span class="avatar">${icons.savings}</span>
<span class="entry-text"><strong>${formatWholeMoney(total)}</strong><span class="muted">${formatWholeMoney(plan.monthlyCents)} a month for ${plan.years} year${plan.years > 1 && "s"}</span></span>
<a class="button secondary small" href="/savings">Look</a>
</li>`;
  })}</ul>`;
}
