/**
 * What happened to a customer's sessions lately, in plain words, and what a notice means.
 * @module
 */
import { Router } from "express";
import type { DeviceNotice } from "holdfast/remember-me";
import type { TrailLine } from "../audit-trail.ts";
import type { BankParts } from "../bank-parts.ts";
import { deviceNotices } from "../device-notices.ts";
import { queryField } from "../form.ts";
import { formatInstant } from "../format.ts";
import { type Html, html } from "../html.ts";
import { securityTabs } from "../security-tabs.ts";
import { show } from "../show.ts";
import { customerOf } from "../visitor.ts";

const SHOWN_LINES = 30;

export function activityPages(bank: BankParts): Router {
  const router = Router();

  // Open to everybody: who was just signed out has most need of the explanation.
  router.get("/activity", (request, response) => {
    const customer = customerOf(bank, bank.session(request));
    const about = queryField(request, "about");
    const main = html`<h1>${customer === undefined ? "What just happened" : "Security"}</h1>
${customer !== undefined && securityTabs("/activity")}
${isNotice(about) && explained(about)}
${customer === undefined ? !isNotice(about) && nothing : activityOf(bank, customer.id)}`;
    const section = customer === undefined ? undefined : "security";
    show(bank, request, response, { title: "Activity", section, main });
  });

  return router;
}

const nothing = html`<p class="lead">Nothing that we know of. <a href="/sign-in?return=/activity">Sign in</a> to see what happened to your sessions.</p>`;

function isNotice(text: string): text is DeviceNotice {
  return Object.hasOwn(deviceNotices, text);
}

function explained(notice: DeviceNotice): Html {
  const { title, explanation } = deviceNotices[notice];
  return html`<section class="card prose" aria-labelledby="explained">
<h2 id="explained">${title}</h2>
${explanation}
</section>`;
}

function activityOf({ trail }: BankParts, customerId: string): Html {
  const lines = trail
    .latest()
    .filter((line) => line.customerId === customerId && Object.hasOwn(meanings, line.what))
    .slice(0, SHOWN_LINES);
  return html`<section aria-labelledby="lately">
<h2 id="lately">What happened lately</h2>
<ol class="trail activity card">${lines.map(activityLine)}</ol>
${lines.length === 0 && html`<p class="muted">Nothing yet.</p>`}
</section>`;
}

/** In the customer's words. What is not here is no news to a customer. */
const meanings: Readonly<Record<string, string>> = {
  "session.signed-in": "Signed in with your password",
  "session.stepped-up": "Gave your password again",
  "session.signed-out": "Signed out",
  "session.revoked": "A session was ended",
  "sign-in.refused": "A sign-in was refused",
  "device.remembered": "A device is remembered",
  "device.resumed": "A remembered device came back",
  "device.forgotten": "A device is forgotten",
  "device.theft-detected": "An old cookie was used; its device was signed out",
};

const reasons: Readonly<Record<string, string>> = {
  "ended-by-owner": "you ended it",
  "ended-by-administrator": "the bank ended it",
  "password-changed": "the password was changed",
  "email-changed": "the e-mail address was changed",
  "account-disabled": "the access was closed",
  "signed-out": "you signed out there",
  "signed-out-everywhere": "you signed out everywhere",
  replaced: "somebody signed in there anew",
  reused: "an old cookie was used",
  limit: "there were too many",
};

function activityLine({ at, what, address, details = "" }: TrailLine): Html {
  const reason = /(?:^|, )reason ([\w-]+)/.exec(details)?.[1] ?? "";
  const because = Object.hasOwn(reasons, reason) ? `: ${reasons[reason]}` : "";
  const isGrave = what === "device.theft-detected" || what === "sign-in.refused";
  return html`<li>
<span class="muted">${formatInstant(at)}</span>
<span class="${isGrave ? "what grave" : "what"}">${meanings[what]}${because}</span>
<span>${address ?? ""}</span>
</li>`;
}
