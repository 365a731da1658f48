/**
 * The savings calculator. Calculating is a plain GET that leaves nothing behind; keeping a plan begins an
 * anonymous session, and signing in carries the kept plans over.
 * @module
 */
import { randomUUID } from "node:crypto";
import { Router } from "express";
import type { BankParts, BankSession } from "../bank-parts.ts";
import { textField, tokenField } from "../fields.ts";
import { field, queryField } from "../form.ts";
import { formatMoney, formatWholeMoney, parseAmountOrZero } from "../format.ts";
import { type Html, html } from "../html.ts";
import {
  growthOf,
  INTEREST_PERCENT,
  KEPT_PLANS,
  MAX_YEARS,
  type PlanYear,
  type SavingsPlan,
} from "../savings-plan.ts";
import { show } from "../show.ts";

type PlanNumbers = Omit<SavingsPlan, "id">;
type PlanForm = Readonly<Record<"start" | "monthly" | "years", string>>;
type PlanFaults = Partial<Record<keyof PlanForm, string>>;

const EXAMPLE: PlanForm = { start: "500", monthly: "150", years: "10" };

export function savingsPages(bank: BankParts): Router {
  const router = Router();

  router.get("/savings", (request, response) => {
    const isAsked = Object.keys(EXAMPLE).some((name) => queryField(request, name) !== "");
    const form = isAsked ? formOf((name) => queryField(request, name)) : EXAMPLE;
    const session = bank.session(request);
    const main = savingsPage(session, form);
    show(bank, request, response, { title: "Plan your savings", section: "savings", main });
  });

  router.post("/savings/plans", (request, response) => {
    const form = formOf((name) => field(request, name));
    const { plan } = read(form);
    if (plan !== undefined) {
      const session = bank.session(request);
      const added = { id: randomUUID(), ...plan };
      // `update`, since two tabs may keep a plan at the same time: neither is lost.
      session.update("plans", (plans = []) => [added, ...plans].slice(0, KEPT_PLANS));
      session.flash("notice", "Your plan is kept.");
    }
    response.redirect(303, `/savings?${new URLSearchParams(form)}`);
  });

  router.post("/savings/plans/remove", (request, response) => {
    const removed = field(request, "plan");
    bank.session(request).update("plans", (plans = []) => plans.filter(({ id }) => id !== removed));
    response.redirect(303, "/savings");
  });

  return router;
}

function formOf(ask: (name: keyof PlanForm) => string): PlanForm {
  return { start: ask("start"), monthly: ask("monthly"), years: ask("years") };
}

function read(form: PlanForm): { readonly plan?: PlanNumbers; readonly faults: PlanFaults } {
  const startCents = parseAmountOrZero(form.start);
  const monthlyCents = parseAmountOrZero(form.monthly);
  const years = /^\d{1,2}$/.test(form.years.trim()) ? Number(form.years) : 0;
  const isYears = years >= 1 && years <= MAX_YEARS;
  const faults: PlanFaults = {
    ...(startCents === undefined && { start: "Enter an amount such as 500, or 0." }),
    ...(monthlyCents === undefined && { monthly: "Enter an amount such as 150, or 0." }),
    ...(!isYears && { years: `Enter a number from 1 to ${MAX_YEARS}.` }),
  };
  if (startCents === undefined || monthlyCents === undefined || !isYears) return { faults };
  return { plan: { startCents, monthlyCents, years }, faults };
}

function savingsPage(session: BankSession, form: PlanForm): Html {
  const plans = session.get("plans") ?? [];
  const isSignedIn = session.subject !== undefined;
  const { plan, faults } = read(form);
  return html`<h1>Plan your savings</h1>
<div class="columns">
<section class="card" aria-labelledby="calculator">
<h2 id="calculator">What would you put aside?</h2>
<form method="get" action="/savings" class="stack">
${textField({ name: "start", label: "To begin with, in €", value: form.start, inputmode: "decimal", fault: faults.start })}
${textField({ name: "monthly", label: "Every month, in €", value: form.monthly, inputmode: "decimal", fault: faults.monthly })}
${textField({ name: "years", label: "For how many years", value: form.years, inputmode: "numeric", fault: faults.years })}
<button class="secondary">Calculate</button>
</form>
</section>
${plan !== undefined && outcome(session, plan, form)}
</div>
<section aria-labelledby="kept">
<h2 id="kept">Plans you kept</h2>
${plans.length === 0 ? html`<p class="muted">None yet. Keep a plan to compare it with another.</p>` : html`<ul class="plans">${plans.map((kept) => keptPlan(session, kept))}</ul>`}
${!isSignedIn && plans.length > 0 && html`<p class="muted">They are kept while you are here. <a href="/sign-in?return=/savings">Sign in</a>, and they come with you.</p>`}
</section>`;
}

function outcome(session: BankSession, plan: PlanNumbers, form: PlanForm): Html {
  const growth = growthOf(plan);
  const { paidInCents, interestCents } = growth.at(-1) as PlanYear;
  return html`<section class="card outcome" aria-labelledby="outcome">
<h2 id="outcome">After ${plan.years} year${plan.years > 1 && "s"}</h2>
<p class="figure">${formatMoney(paidInCents + interestCents)}</p>
<p class="legend"><span class="key paid">paid in ${formatMoney(paidInCents)}</span> <span class="key interest">interest ${formatMoney(interestCents)}</span></p>
${chart(growth)}
<form method="post" action="/savings/plans">${tokenField(session)}
${Object.entries(form).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button>Keep this plan</button>
</form>
<p class="hint">At ${INTEREST_PERCENT} % a year, credited once a year.</p>
</section>`;
}

const CHART_WIDTH = 320;
const CHART_HEIGHT = 120;

/** Bars as attributes: the content security policy allows no inline style. */
function chart(growth: readonly PlanYear[]): Html {
  const last = growth.at(-1) as PlanYear;
  const most = Math.max(1, last.paidInCents + last.interestCents);
  const step = CHART_WIDTH / growth.length;
  const width = (step * 0.68).toFixed(2);
  const bars = growth.map(({ paidInCents, interestCents }, at) => {
    const paid = (paidInCents / most) * CHART_HEIGHT;
    const interest = (interestCents / most) * CHART_HEIGHT;
    const x = (at * step + step * 0.16).toFixed(2);
    return html`<rect class="paid" x="${x}" y="${(CHART_HEIGHT - paid).toFixed(2)}" width="${width}" height="${paid.toFixed(2)}" rx="2"/><rect class="interest" x="${x}" y="${(CHART_HEIGHT - paid - interest).toFixed(2)}" width="${width}" height="${interest.toFixed(2)}" rx="2"/>`;
  });
  return html`<svg class="chart" viewBox="0 0 ${CHART_WIDTH} ${CHART_HEIGHT}" role="img" aria-label="Growth year by year, as in the figures above">${bars}</svg>`;
}

function keptPlan(session: BankSession, plan: SavingsPlan): Html {
  const { paidInCents, interestCents } = growthOf(plan).at(-1) as PlanYear;
  const query = new URLSearchParams({
    start: String(plan.startCents / 100),
    monthly: String(plan.monthlyCents / 100),
    years: String(plan.years),
  });
  const terms = `${formatWholeMoney(plan.startCents)} and ${formatWholeMoney(plan.monthlyCents)} a month, ${plan.years} year${plan.years > 1 ? "s" : ""}`;
  return html`<li class="card plan">
<p class="plan-total">${formatWholeMoney(paidInCents + interestCents)}</p>
<p><a href="/savings?${query.toString()}">${terms}</a></p>
<form method="post" action="/savings/plans/remove">${tokenField(session)}<input type="hidden" name="plan" value="${plan.id}"><button class="quiet small" aria-label="Remove the plan of ${terms}">Remove</button></form>
</li>`;
}
