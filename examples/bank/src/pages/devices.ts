/**
 * Where a customer is signed in, and ending it there (ASVS 5.0, 7.5.2).
 * @module
 */
import { Router } from "express";
import type { SessionSummary } from "holdfast";
import type { BankParts, BankSession } from "../bank-parts.ts";
import { deviceName, isPhone } from "../device-name.ts";
import { tokenField } from "../fields.ts";
import { field } from "../form.ts";
import { formatAgo, formatInstant } from "../format.ts";
import { type Html, html } from "../html.ts";
import { icons } from "../icons.ts";
import { securityTabs } from "../security-tabs.ts";
import { show } from "../show.ts";
import { requireCustomer } from "../visitor.ts";

export function devicesPages(bank: BankParts): Router {
  const { now, sessions } = bank;
  const router = Router();

  router.get("/devices", async (request, response) => {
    const { session, customer } = requireCustomer(bank, request);
    const summaries = await sessions.subject(customer.id).list();
    const here = summaries.filter(({ handle }) => handle === session.handle);
    const others = summaries.filter(({ handle }) => handle !== session.handle);
    const main = html`<h1>Security</h1>
${securityTabs("/devices")}
<section aria-labelledby="devices">
<h2 id="devices">Where you are signed in, or remembered</h2>
<ul class="devices">${here.map((summary) => deviceCard(session, summary, now(), true))}${others.map((summary) => deviceCard(session, summary, now(), false))}</ul>
<div class="actions">
${others.length > 0 && html`<form method="post" action="/devices/end-others">${tokenField(session)}<button class="secondary">End all others</button></form>`}
<form method="post" action="/sign-out/everywhere">${tokenField(session)}<button class="danger">Sign out everywhere</button></form>
</div>
<p class="muted">Do you not know one of them? End it, and <a href="/password">change your password</a>.</p>
</section>`;
    show(bank, request, response, { title: "Devices", section: "security", main });
  });

  router.post("/devices/end", async (request, response) => {
    const { session, customer } = requireCustomer(bank, request);
    // `revoke` looks among this customer's sessions only: nobody can end a stranger's by its handle.
    const ended = await sessions
      .subject(customer.id)
      .revoke(field(request, "handle"), { reason: "ended-by-owner", by: customer.id });
    session.flash(
      "notice",
      ended ? "That device is signed out." : "That device was signed out already.",
    );
    response.redirect(303, "/devices");
  });

  router.post("/devices/end-others", async (request, response) => {
    const { session, customer } = requireCustomer(bank, request);
    const ended = await sessions
      .subject(customer.id)
      .revokeAll({ except: session.handle, reason: "ended-by-owner", by: customer.id });
    session.flash("notice", `${signedOut(ended)}.`);
    response.redirect(303, "/devices");
  });

  return router;
}

/** @param count How many sessions were ended. */
export function signedOut(count: number): string {
  if (count === 0) return "No other device was signed in";
  return count === 1 ? "1 other device was signed out" : `${count} other devices were signed out`;
}

function deviceCard(
  session: BankSession,
  summary: SessionSummary,
  now: number,
  isHere: boolean,
): Html {
  const { handle, userAgent, address, createdAt, lastSeenAt, remembered } = summary;
  const name = deviceName(userAgent);
  return html`<li class="card device">
<span class="avatar">${isPhone(userAgent) ? icons.phone : icons.laptop}</span>
<div class="device-text">
<h3>${name}${isHere && html` <span class="badge">This device</span>`}${remembered && html` <span class="badge">Remembered</span>`}</h3>
<dl class="facts inline">
<div><dt>Address</dt><dd>${address ?? "not known"}</dd></div>
<div><dt>Signed in</dt><dd>${formatInstant(createdAt)}</dd></div>
<div><dt>Last seen</dt><dd>${formatAgo(lastSeenAt, now)}</dd></div>
</dl>
</div>
${!isHere && html`<form method="post" action="/devices/end">${tokenField(session)}<input type="hidden" name="handle" value="${handle}"><button class="secondary small" aria-label="End ${name}, ${address ?? "address not known"}">End</button></form>`}
</li>`;
}
