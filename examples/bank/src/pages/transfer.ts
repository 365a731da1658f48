/**
 * Transfers in two steps: the form leaves a draft in the session, the confirmation makes it a transfer.
 * A large one needs a fresh sign-in, both to be reviewed and to be made.
 * @module
 */
import { type Request, type Response, Router } from "express";
import type { BankParts } from "../bank-parts.ts";
import { type ChoiceGroup, selectField, textField, tokenField } from "../fields.ts";
import { field, queryField } from "../form.ts";
import { formatMoney } from "../format.ts";
import { html } from "../html.ts";
import { PageError } from "../page-error.ts";
import { show } from "../show.ts";
import {
  draftOf,
  FRESH_SECONDS,
  LARGE_TRANSFER_CENTS,
  type TransferDraft,
  type TransferFaults,
  type TransferForm,
} from "../transfer-draft.ts";
import { requireCustomer, type Visitor } from "../visitor.ts";

export function transferPages(bank: BankParts): Router {
  const { ledger, now } = bank;
  const router = Router();

  router.get("/transfer", (request, response) => {
    const { customer, session } = requireCustomer(bank, request);
    const draft = queryField(request, "edit") === "" ? undefined : session.get("draft");
    const [first, second] = ledger.accountsOf(customer.id);
    showForm(request, response, {
      from: String(draft?.fromAccountId ?? first?.id ?? ""),
      to: String(draft?.toAccountId ?? second?.id ?? ""),
      amount: draft === undefined ? "" : (draft.amountCents / 100).toFixed(2),
      reference: draft?.reference ?? "",
    });
  });

  router.post("/transfer", (request, response) => {
    const { session, customer } = requireCustomer(bank, request);
    const form: TransferForm = {
      from: field(request, "from"),
      to: field(request, "to"),
      amount: field(request, "amount"),
      reference: field(request, "reference"),
    };
    const checked = draftOf(form, customer.id, ledger);
    if ("faults" in checked) return showForm(request, response, form, checked.faults);
    session.set("draft", checked.draft);
    // By address and not at once: a reload then asks for the page and sends no form again, and Holdfast
    // can send the visitor to sign in again and back here.
    response.redirect(303, "/transfer/review");
  });

  router.get("/transfer/review", (request, response) => {
    const { visitor, draft } = freshDraft(request);
    if (draft === undefined) return response.redirect(303, "/transfer");
    showReview(request, response, visitor, draft);
  });

  router.post("/transfer/confirm", (request, response) => {
    const { visitor, draft } = freshDraft(request);
    if (draft === undefined) return response.redirect(303, "/accounts");
    const { session, customer } = visitor;
    const isOwn = ledger.find(draft.fromAccountId)?.customerId === customer.id;
    if (!isOwn) throw new PageError(403, "That is not your account.");
    const result = ledger.transfer({ ...draft, madeAt: now() });
    session.delete("draft");
    session.flash(
      "notice",
      result === "insufficient"
        ? "There is no longer that much in the account: nothing was sent."
        : `${formatMoney(draft.amountCents)} sent to ${ledger.find(draft.toAccountId)?.owner ?? ""}.`,
    );
    response.redirect(303, "/accounts");
  });

  router.post("/transfer/discard", (request, response) => {
    const { session } = requireCustomer(bank, request);
    session.delete("draft");
    response.redirect(303, "/accounts");
  });

  /** @throws {SessionRefusal} `not-fresh`, for a large one. */
  function freshDraft(request: Request) {
    const visitor = requireCustomer(bank, request);
    const draft = visitor.session.get("draft");
    if (draft !== undefined && draft.amountCents >= LARGE_TRANSFER_CENTS) {
      visitor.session.requireFresh({ withinSeconds: FRESH_SECONDS });
    }
    return { visitor, draft };
  }

  function showForm(
    request: Request,
    response: Response,
    form: TransferForm,
    faults: TransferFaults = {},
  ): void {
    const { session, customer } = requireCustomer(bank, request);
    const own: ChoiceGroup = {
      label: "Your accounts",
      choices: ledger.accountsOf(customer.id).map(({ id, name, balanceCents }) => ({
        value: String(id),
        label: `${name} · ${formatMoney(balanceCents)}`,
      })),
    };
    const payees: ChoiceGroup = {
      label: "People",
      choices: ledger.payeesOf(customer.id).map(({ id, owner, number }) => ({
        value: String(id),
        label: `${owner} · ${number}`,
      })),
    };
    const main = html`<section class="narrow card">
<h1>Make a transfer</h1>
<form method="post" action="/transfer" class="stack">${tokenField(session)}
${selectField({ name: "from", label: "From", value: form.from, groups: [own], fault: faults.from })}
${selectField({ name: "to", label: "To", value: form.to, groups: [own, payees], fault: faults.to })}
${textField({ name: "amount", label: "Amount in €", value: form.amount, inputmode: "decimal", fault: faults.amount, hint: `From ${formatMoney(LARGE_TRANSFER_CENTS)} on we ask for your password again.` })}
${textField({ name: "reference", label: "Reference", value: form.reference, isOptional: true, fault: faults.reference })}
<button>Review</button>
</form>
</section>`;
    const status = Object.keys(faults).length > 0 ? 422 : 200;
    show(bank, request, response, { title: "Transfer", section: "transfer", status, main });
  }

  function showReview(
    request: Request,
    response: Response,
    { session, customer }: Visitor,
    draft: TransferDraft,
  ): void {
    const from = ledger.find(draft.fromAccountId);
    const to = ledger.find(draft.toAccountId);
    const isOwn = to?.customerId === customer.id;
    const main = html`<section class="narrow card">
<h1>Is this right?</h1>
<p class="figure">${formatMoney(draft.amountCents)}</p>
<dl class="facts">
<div><dt>From</dt><dd>${from?.name}<br><span class="muted">${from?.number}</span></dd></div>
<div><dt>To</dt><dd>${isOwn ? to?.name : to?.owner}<br><span class="muted">${to?.number}</span></dd></div>
<div><dt>Reference</dt><dd>${draft.reference}</dd></div>
</dl>
<form method="post" action="/transfer/confirm" class="stack">${tokenField(session)}<button>Send ${formatMoney(draft.amountCents)}</button></form>
<div class="actions"><a class="button secondary" href="/transfer?edit=draft">Change</a>
<form method="post" action="/transfer/discard">${tokenField(session)}<button class="quiet">Discard</button></form></div>
</section>`;
    show(bank, request, response, { title: "Review the transfer", section: "transfer", main });
  }

  return router;
}
