/**
 * A transfer between its form and its confirmation, kept in the session.
 * @module
 */
import { randomUUID } from "node:crypto";
import { parseAmount } from "./format.ts";
import type { Ledger } from "./ledger.ts";

export interface TransferDraft {
  /** Becomes the transfer's own, so that confirming twice makes one transfer. */
  readonly id: string;
  readonly fromAccountId: number;
  readonly toAccountId: number;
  readonly amountCents: number;
  readonly reference: string;
}

/** From here on a transfer needs a sign-in that is not older than {@link FRESH_SECONDS}. */
export const LARGE_TRANSFER_CENTS = 100_000;
export const FRESH_SECONDS = 300;

/** What was typed into the form. */
export interface TransferForm {
  readonly from: string;
  readonly to: string;
  readonly amount: string;
  readonly reference: string;
}

export type TransferFaults = Partial<Record<keyof TransferForm, string>>;

/** @param customerId Whose accounts money may be taken from. */
export function draftOf(
  form: TransferForm,
  customerId: string,
  ledger: Ledger,
): { readonly draft: TransferDraft } | { readonly faults: TransferFaults } {
  const from = ledger.accountsOf(customerId).find(({ id }) => String(id) === form.from);
  const reachable = [...ledger.accountsOf(customerId), ...ledger.payeesOf(customerId)];
  const to = reachable.find(({ id }) => String(id) === form.to);
  const amountCents = parseAmount(form.amount);

  const faults: TransferFaults = {
    ...(from === undefined && { from: "Choose one of your accounts." }),
    ...(to === undefined && { to: "Choose who receives the money." }),
    ...(to !== undefined && to.id === from?.id && { to: "Choose another account than the first." }),
    ...(amountCents === undefined && { amount: "Enter an amount such as 25 or 25.50." }),
    ...(from !== undefined &&
      amountCents !== undefined &&
      amountCents > from.balanceCents && { amount: "There is not that much in the account." }),
    ...(form.reference.length > 60 && { reference: "Keep the reference within 60 characters." }),
  };
  if (Object.keys(faults).length > 0 || from === undefined || to === undefined) return { faults };
  if (amountCents === undefined) return { faults };
  const draft = {
    id: randomUUID(),
    fromAccountId: from.id,
    toAccountId: to.id,
    amountCents,
    reference: form.reference.trim() || "Transfer",
  };
  return { draft };
}
