/**
 * The e-mail address: where a bank writes to when a password is forgotten, so changing it needs a sign-in
 * that is not older than five minutes (ASVS 5.0, 7.5.1).
 * @module
 */
import { type Request, type Response, Router } from "express";
import { changeCredentials } from "holdfast/credentials";
import type { BankParts } from "../bank-parts.ts";
import { textField, tokenField } from "../fields.ts";
import { field } from "../form.ts";
import { html } from "../html.ts";
import { securityTabs } from "../security-tabs.ts";
import { show } from "../show.ts";
import { requireFreshCustomer } from "../visitor.ts";
import { signedOut } from "./devices.ts";

export function emailPages(bank: BankParts): Router {
  const router = Router();

  router.get("/email", (request, response) => {
    const { customer } = requireFreshCustomer(bank, request);
    showForm(request, response, customer.email);
  });

  router.post("/email", async (request, response) => {
    // Also when the form comes back: it may have lain open for an hour.
    const { session, customer } = requireFreshCustomer(bank, request);
    const email = field(request, "email").trim();
    if (!/^[^\s@]{1,64}@[^\s@]+\.[^\s@]+$/.test(email) || email.length > 254) {
      return showForm(request, response, email, "Enter an address such as ada@example.com.");
    }
    bank.customers.setEmail(customer.id, email);
    // Whoever reads that mailbox can have the password reset: it is as good as one.
    const change = { change: "email-changed", session, by: customer.id } as const;
    const { others } = await changeCredentials(bank.sessions, change);
    session.flash("notice", `We write to ${email} from now on. ${signedOut(others)}.`);
    response.redirect(303, "/email");
  });

  function showForm(request: Request, response: Response, email: string, fault?: string): void {
    const session = bank.session(request);
    const main = html`<h1>Security</h1>
${securityTabs("/email")}
<section class="narrow card" aria-labelledby="email-title">
<h2 id="email-title">Your e-mail address</h2>
<form method="post" action="/email" class="stack">${tokenField(session)}
${textField({ name: "email", label: "E-mail address", type: "email", value: email, autocomplete: "email", fault })}
<button>Save</button>
</form>
</section>`;
    const status = fault === undefined ? 200 : 422;
    show(bank, request, response, { title: "E-mail", section: "security", status, main });
  }

  return router;
}
