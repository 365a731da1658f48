/**
 * Signing out, here or everywhere.
 * @module
 */
import { Router } from "express";
import type { BankParts } from "../bank-parts.ts";
import { requireCustomer } from "../visitor.ts";

export function signOutPages(bank: BankParts): Router {
  const router = Router();

  // Asks for nothing: whoever wants to be signed out is.
  router.post("/sign-out", async (request, response) => {
    await bank.session(request).signOut();
    response.redirect(303, "/sign-in?because=signed-out");
  });

  router.post("/sign-out/everywhere", async (request, response) => {
    const { session, customer } = requireCustomer(bank, request);
    const revocation = { reason: "signed-out-everywhere", by: customer.id };
    await bank.sessions.subject(customer.id).revokeAll({ except: session.handle, ...revocation });
    // This one last, and by itself: that also takes the cookie back.
    await session.signOut();
    response.redirect(303, "/sign-in?because=everywhere");
  });

  return router;
}
