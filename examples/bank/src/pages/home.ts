/**
 * The start page, for everybody. Who only reads it gets no cookie and leaves nothing in the store.
 * @module
 */
import { Router } from "express";
import type { BankParts } from "../bank-parts.ts";
import { html } from "../html.ts";
import { icons } from "../icons.ts";
import { INTEREST_PERCENT } from "../savings-plan.ts";
import { show } from "../show.ts";

const main = html`<section class="hero">
<div class="hero-text">
<p class="eyebrow">Tidewater Bank</p>
<h1>Money that stays where you put&nbsp;it.</h1>
<p class="lead">Everyday accounts, transfers in two steps, and savings at ${INTEREST_PERCENT} %. You see every device that is signed in, and end any of them with one press.</p>
<p class="actions"><a class="button" href="/savings">Plan your savings</a> <a class="button secondary" href="/sign-in">Sign in</a></p>
</div>
</section>
<section aria-labelledby="promises">
<h2 id="promises" class="visually-hidden">What you can rely on</h2>
<ul class="promises">
<li>${icons.savings}<h3>Try it first</h3><p>Plan your savings without an account. Sign in later, and your plans come with you.</p></li>
<li>${icons.laptop}<h3>Your devices, listed</h3><p>See where you are signed in, since when, and from where. A lost phone is one press away from signed out.</p></li>
<li>${icons.lock}<h3>Asked again when it matters</h3><p>Large transfers and a new e-mail address need your password again, however long you have been here.</p></li>
</ul>
</section>`;

export function homePages(bank: BankParts): Router {
  const router = Router();
  router.get("/", (request, response) => {
    show(bank, request, response, { title: "Money that stays where you put it", main });
  });
  return router;
}
