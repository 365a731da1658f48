/**
 * Changing the password. Whoever knew the old one is signed out everywhere but here.
 * @module
 */
import { type Request, type Response, Router } from "express";
import { changeCredentials } from "holdfast/credentials";
import type { BankParts } from "../bank-parts.ts";
import { textField, tokenField } from "../fields.ts";
import { field } from "../form.ts";
import { html } from "../html.ts";
import { checkPassword, isThrottled } from "../password-check.ts";
import { hashPassword, MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from "../passwords.ts";
import { securityTabs } from "../security-tabs.ts";
import { show } from "../show.ts";
import { requireFreshCustomer } from "../visitor.ts";
import { signedOut } from "./devices.ts";

type PasswordFaults = Partial<Record<"current" | "password" | "repeated", string>>;

export function passwordPages(bank: BankParts): Router {
  const { customers, sessions } = bank;
  const router = Router();

  router.get("/password", (request, response) => showForm(request, response));

  router.post("/password", async (request, response) => {
    const { session, customer } = requireFreshCustomer(bank, request);
    const current = field(request, "current");
    const password = field(request, "password");
    const found = await checkPassword(bank, session, customer.login, current, () => customer);
    if (isThrottled(found)) {
      response.set("Retry-After", String(found.waitSeconds));
      return showForm(request, response, 429, { current: found.fault });
    }
    const faults = passwordFaults(found !== undefined, password, field(request, "repeated"));
    if (Object.keys(faults).length > 0) return showForm(request, response, 422, faults);

    // First the password, then the sessions: whoever signs in with the old one in between is ended too,
    // or refused by the checkpoint.
    customers.setPasswordHash(customer.id, await hashPassword(password));
    // A copy of this session's own cookies, or of this device's, ends here as well.
    const change = { change: "password-changed", session, by: customer.id } as const;
    const { others } = await changeCredentials(sessions, change);
    session.flash("notice", `Your password is changed. ${signedOut(others)}.`);
    response.redirect(303, "/devices");
  });

  function showForm(
    request: Request,
    response: Response,
    status = 200,
    faults: PasswordFaults = {},
  ): void {
    const { session, customer } = requireFreshCustomer(bank, request);
    const main = html`<h1>Security</h1>
${securityTabs("/password")}
<section class="narrow card" aria-labelledby="password-title">
<h2 id="password-title">Change your password</h2>
<p class="muted">This signs all your other devices out.</p>
<form method="post" action="/password" class="stack">${tokenField(session)}
<input class="visually-hidden" type="text" name="login" value="${customer.login}" autocomplete="username" readonly tabindex="-1" aria-hidden="true">
${textField({ name: "current", label: "Current password", type: "password", autocomplete: "current-password", fault: faults.current })}
${textField({ name: "password", label: "New password", type: "password", autocomplete: "new-password", fault: faults.password, hint: `At least ${MIN_PASSWORD_LENGTH} characters. Several words make a good one.` })}
${textField({ name: "repeated", label: "New password once more", type: "password", autocomplete: "new-password", fault: faults.repeated })}
<button>Change the password</button>
</form>
</section>`;
    show(bank, request, response, { title: "Password", section: "security", status, main });
  }

  return router;
}

function passwordFaults(isRight: boolean, password: string, repeated: string): PasswordFaults {
  const isTooShort = password.length < MIN_PASSWORD_LENGTH;
  const isTooLong = password.length > MAX_PASSWORD_LENGTH;
  return {
    ...(!isRight && { current: "The current password is not right." }),
    ...(isTooShort && { password: `Use at least ${MIN_PASSWORD_LENGTH} characters.` }),
    ...(isTooLong && { password: `Use at most ${MAX_PASSWORD_LENGTH} characters.` }),
    ...(password !== repeated && { repeated: "The two are not the same." }),
  };
}
