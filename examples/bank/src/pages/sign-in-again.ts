/**
 * Proving once more who one is, for pages that need a fresh sign-in. Holdfast sends visitors here, and
 * those who are not signed in at all, with where they were.
 * @module
 */
import { type Request, type Response, Router } from "express";
import { safeReturnPath } from "holdfast/adapters/express";
import type { BankParts } from "../bank-parts.ts";
import { alert, textField, tokenField } from "../fields.ts";
import { field } from "../form.ts";
import { html } from "../html.ts";
import { checkPassword, isThrottled } from "../password-check.ts";
import { show } from "../show.ts";
import { customerOf, requireCustomer } from "../visitor.ts";

export function signInAgainPages(bank: BankParts): Router {
  const router = Router();

  router.get("/sign-in/again", (request, response) => {
    const back = safeReturnPath(request.query.return, "/accounts");
    if (customerOf(bank, bank.session(request)) === undefined) {
      return response.redirect(303, `/sign-in?${new URLSearchParams({ return: back })}`);
    }
    showForm(request, response, back);
  });

  router.post("/sign-in/again", async (request, response) => {
    const back = safeReturnPath(field(request, "return"), "/accounts");
    const { session, customer } = requireCustomer(bank, request, "remembered");
    const password = field(request, "password");
    const found = await checkPassword(bank, session, customer.login, password, () => customer);
    if (isThrottled(found)) {
      response.set("Retry-After", String(found.waitSeconds));
      return showForm(request, response, back, 429, found.fault);
    }
    if (found === undefined) {
      return showForm(request, response, back, 422, "The password is not right.");
    }
    // The same session with a new secret: a copy of the cookie from before is worth nothing now.
    await session.stepUp("password");
    response.redirect(303, back);
  });

  function showForm(
    request: Request,
    response: Response,
    back: string,
    status = 200,
    fault?: string,
  ): void {
    const { session, customer } = requireCustomer(bank, request, "remembered");
    const main = html`<section class="narrow card">
<h1>Is it still you?</h1>
<p>What you are about to do needs a recent sign-in, ${customer.name}.</p>
${alert(fault)}
<form method="post" action="/sign-in/again" class="stack">${tokenField(session)}
<input type="hidden" name="return" value="${back}">
<input class="visually-hidden" type="text" name="login" value="${customer.login}" autocomplete="username" readonly tabindex="-1" aria-hidden="true">
${textField({ name: "password", label: "Password", type: "password", autocomplete: "current-password" })}
<button>Go on</button>
</form>
</section>`;
    show(bank, request, response, { title: "Sign in again", status, main });
  }

  return router;
}
