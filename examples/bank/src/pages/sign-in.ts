/**
 * Signing in with a password.
 * @module
 */
import { type Request, type Response, Router } from "express";
import { SessionRefusal } from "holdfast";
import { safeReturnPath } from "holdfast/adapters/express";
import type { BankParts, BankSession } from "../bank-parts.ts";
import { alert, checkbox, textField, tokenField } from "../fields.ts";
import { field, queryField } from "../form.ts";
import { type Html, html } from "../html.ts";
import { checkPassword, isThrottled } from "../password-check.ts";
import { demoCustomers } from "../seed.ts";
import { show } from "../show.ts";
import { customerOf } from "../visitor.ts";

/** Stands in for a customer who does not exist, so that as much is done for one as for the other. */
const NOBODY = "nobody";

/** Said on arrival; an address names one and cannot write its own. */
const arrivals: Readonly<Record<string, string>> = {
  "signed-out": "You are signed out.",
  everywhere: "You are signed out on all devices.",
  ended: "Your sessions were ended while you were signing in. Sign in again.",
};

const WRONG = "The name or the password is not right.";

interface SignInPage {
  readonly login?: string;
  readonly back: string;
  readonly fault?: string;
  readonly arrival?: string | undefined;
}

export function signInPages(bank: BankParts): Router {
  const { customers, sessions } = bank;
  const router = Router();

  router.get("/sign-in", (request, response) => {
    const back = safeReturnPath(request.query.return, "/accounts");
    if (customerOf(bank, bank.session(request)) !== undefined) return response.redirect(303, back);
    const because = queryField(request, "because");
    const arrival = Object.hasOwn(arrivals, because) ? arrivals[because] : undefined;
    showForm(request, response, 200, { back, arrival });
  });

  router.post("/sign-in", async (request, response) => {
    const back = safeReturnPath(field(request, "return"), "/accounts");
    const login = field(request, "login").trim().toLowerCase();
    const password = field(request, "password");
    const session = bank.session(request);
    let checkpoint = "";
    const customer = await checkPassword(bank, session, login, password, async () => {
      const found = customers.findByLogin(login);
      // Before the password is looked at: if all sessions of the account are ended while we look (because
      // the password changes, say), this sign-in is refused as well.
      checkpoint = await sessions.subject(found?.id ?? NOBODY).checkpoint();
      return found;
    });
    if (isThrottled(customer)) {
      response.set("Retry-After", String(customer.waitSeconds));
      return showForm(request, response, 429, { login, back, fault: customer.fault });
    }
    if (customer === undefined) {
      return showForm(request, response, 422, { login, back, fault: WRONG });
    }
    try {
      // A new session; of the old one, only the plans come along.
      await bank.session(request).signIn(customer.id, {
        level: "password",
        carry: ["plans"],
        checkpoint,
        remember: field(request, "remember") === "yes",
      });
    } catch (error) {
      if (!(error instanceof SessionRefusal)) throw error;
      return response.redirect(303, "/sign-in?because=ended");
    }
    response.redirect(303, back);
  });

  function showForm(request: Request, response: Response, status: number, page: SignInPage): void {
    show(bank, request, response, {
      title: "Sign in",
      status,
      main: signInPage(bank.session(request), page),
    });
  }

  return router;
}

function signInPage(session: BankSession, { login = "", back, fault, arrival }: SignInPage): Html {
  return html`<section class="narrow card">
<h1>Sign in</h1>
${arrival !== undefined && html`<p class="notice" role="status"><span>${arrival}</span></p>`}
${alert(fault)}
<form method="post" action="/sign-in" class="stack">${tokenField(session)}
<input type="hidden" name="return" value="${back}">
${textField({ name: "login", label: "Name", value: login, autocomplete: "username" })}
${textField({ name: "password", label: "Password", type: "password", autocomplete: "current-password" })}
${checkbox({ name: "remember", value: "yes", label: "Keep me signed in on this device", hint: "Not on a device that others use." })}
<button>Sign in</button>
</form>
<details class="demo">
<summary>Demonstration accounts</summary>
<table>
<thead><tr><th scope="col">Name</th><th scope="col">Password, to begin with</th></tr></thead>
<tbody>${demoCustomers.map(({ login: name, password }) => html`<tr><td>${name}</td><td><code>${password}</code></td></tr>`)}</tbody>
</table>
</details>
</section>`;
}
