/**
 * Customers, as administrators see them: roles, sessions, closed accounts. What is done here holds for
 * sessions on other devices from their next request on.
 * @module
 */
import { type Request, Router } from "express";
import { type CredentialChange, changeCredentials } from "holdfast/credentials";
import type { BankParts, BankSession } from "../bank-parts.ts";
import { type Customer, isRole, roles } from "../customers.ts";
import { tokenField } from "../fields.ts";
import { field } from "../form.ts";
import { type Html, html } from "../html.ts";
import { PageError } from "../page-error.ts";
import { show } from "../show.ts";
import { FRESH_SECONDS } from "../transfer-draft.ts";
import { requireRole, type Visitor } from "../visitor.ts";

export function adminPages(bank: BankParts): Router {
  const { customers, now, sessions, trail } = bank;
  const router = Router();

  router.get("/admin", async (request, response) => {
    const { session, customer: administrator } = administratorOf(request);
    const cards = await Promise.all(
      customers.list().map(async (customer) => {
        const summaries = await sessions.subject(customer.id).list();
        return customerCard(session, customer, summaries.length, customer.id === administrator.id);
      }),
    );
    const main = html`<h1>Customers</h1>
<ul class="customers">${cards}</ul>`;
    show(bank, request, response, { title: "Customers", section: "admin", main });
  });

  router.post("/admin/role", async (request, response) => {
    const visitor = administratorOf(request);
    const customer = chosen(request, visitor);
    const role = field(request, "role");
    if (!isRole(role)) throw new PageError(400, "There is no such role.");
    customers.setRole(customer.id, role);
    // The rights of these sessions change, so their secrets do too, each with its next request: a copy
    // of a cookie from before does not get the new rights (ASVS 5.0, 7.2.4).
    const rotating = await change(customer, visitor, "role-changed");
    note(visitor, customer, "bank.role-changed", `role ${role}`);
    visitor.session.flash(
      "notice",
      `${customer.name} is now ${roleNames[role]}; ${rotating} session${rotating === 1 ? "" : "s"} will rotate.`,
    );
    response.redirect(303, "/admin");
  });

  router.post("/admin/end-sessions", async (request, response) => {
    const visitor = administratorOf(request);
    const customer = chosen(request, visitor);
    const { id: by } = visitor.customer;
    const reason = "ended-by-administrator";
    const ended = await sessions.subject(customer.id).revokeAll({ reason, by });
    visitor.session.flash("notice", `${customer.name} was signed out of ${ended} sessions.`);
    response.redirect(303, "/admin");
  });

  router.post("/admin/close", async (request, response) => {
    const visitor = administratorOf(request);
    const customer = chosen(request, visitor);
    // In this order: a sign-in that saw the account open is refused by its checkpoint.
    customers.setDisabled(customer.id, true);
    const ended = await change(customer, visitor, "account-disabled");
    note(visitor, customer, "bank.account-closed");
    visitor.session.flash(
      "notice",
      `${customer.name}’s access is closed, and ${ended} sessions ended.`,
    );
    response.redirect(303, "/admin");
  });

  router.post("/admin/reopen", (request, response) => {
    const visitor = administratorOf(request);
    const customer = chosen(request, visitor);
    customers.setDisabled(customer.id, false);
    note(visitor, customer, "bank.account-reopened");
    visitor.session.flash("notice", `${customer.name} can sign in again.`);
    response.redirect(303, "/admin");
  });

  /** Other people's accounts are for who has just shown to be an administrator. */
  function administratorOf(request: Request): Visitor {
    const visitor = requireRole(bank, request, "administrator");
    visitor.session.requireFresh({ withinSeconds: FRESH_SECONDS });
    return visitor;
  }

  /** Never oneself: the last administrator could be gone. */
  function chosen(request: Request, { customer: administrator }: Visitor): Customer {
    const customer = customers.find(field(request, "customer"));
    if (customer === undefined) throw new PageError(404, "There is no such customer.");
    if (customer.id === administrator.id) {
      throw new PageError(403, "Another administrator has to do that for you.");
    }
    return customer;
  }

  /** @returns How many sessions it concerned. */
  async function change(
    { id: subject }: Customer,
    { customer: { id: by } }: Visitor,
    what: CredentialChange,
  ): Promise<number> {
    return (await changeCredentials(sessions, { change: what, subject, by })).others;
  }

  function note(
    { customer: by, session }: Visitor,
    customer: Customer,
    what: string,
    details = "",
  ) {
    const { handle } = session;
    trail.add({ at: now(), what, handle, customerId: customer.id, by: by.id, details });
  }

  return router;
}

const roleNames = {
  customer: "a customer",
  auditor: "an auditor",
  administrator: "an administrator",
} as const;

function customerCard(
  session: BankSession,
  customer: Customer,
  sessions: number,
  isSelf: boolean,
): Html {
  const { id, name, login, email, role, isDisabled } = customer;
  const hidden = html`${tokenField(session)}<input type="hidden" name="customer" value="${id}">`;
  const state = isDisabled
    ? html`<span class="badge warn">closed</span>`
    : html`<span class="badge">${sessions} session${sessions !== 1 && "s"}</span>`;
  const selectId = `role-${id}`;
  return html`<li class="card customer">
<div class="customer-head"><span class="avatar" aria-hidden="true">${[...name][0] ?? ""}</span>
<div><h2>${name} ${state}</h2><p class="muted">${login} · ${email}</p></div></div>
${
  isSelf
    ? html`<p class="muted">This is you. Another administrator changes your role.</p>`
    : html`<form method="post" action="/admin/role" class="row">${hidden}
<label for="${selectId}">Role</label>
<select id="${selectId}" name="role">${roles.map((option) => html`<option value="${option}"${option === role && html` selected`}>${option}</option>`)}</select>
<button class="small" aria-label="Save the role of ${name}">Save</button></form>
<div class="actions">
<form method="post" action="/admin/end-sessions">${hidden}<button class="secondary small" aria-label="End all sessions of ${name}">End all sessions</button></form>
${
  isDisabled
    ? html`<form method="post" action="/admin/reopen">${hidden}<button class="secondary small" aria-label="Open the access of ${name} again">Open again</button></form>`
    : html`<form method="post" action="/admin/close">${hidden}<button class="danger small" aria-label="Close the access of ${name}">Close access</button></form>`
}
</div>`
}
</li>`;
}
