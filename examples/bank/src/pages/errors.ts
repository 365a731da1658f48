/**
 * Pages for what went wrong. They ask nothing of the session, which may be the very thing that failed.
 * @module
 */
import type { NextFunction, Request, Response } from "express";
import { SessionRefusal } from "holdfast";
import { html } from "../html.ts";
import { layout } from "../layout.ts";

const texts: Readonly<Record<number, readonly [title: string, text: string]>> = {
  400: [
    "That did not arrive in one piece",
    "The request could not be read. Go back and try again.",
  ],
  403: ["This page is not for you", "Your role does not open this page."],
  404: ["There is no such page", "The address may be mistyped, or the page has moved."],
  413: ["That was too much", "The form was larger than any of ours. Go back and try again."],
  500: ["Something broke on our side", "Nothing was changed. Try again in a moment."],
};

function sendError(response: Response, status: number, text?: string): void {
  const [title, standard] = texts[status] ?? (texts[500] as readonly [string, string]);
  const main = html`<section class="lonely">
<p class="status" aria-hidden="true">${status}</p>
<h1>${title}</h1>
<p>${text ?? standard}</p>
<p><a class="button" href="/">To the start page</a></p>
</section>`;
  const page = layout({ title, main }, { customer: undefined, notices: [] });
  response.status(status).set("Cache-Control", "no-store").type("html").send(page.toString());
}

export function notFoundPage(_request: Request, response: Response): void {
  sendError(response, 404);
}

export function errorPage(onError: (error: unknown) => void) {
  // Express knows a handler of errors by its four parameters.
  return (error: unknown, _request: Request, response: Response, next: NextFunction): void => {
    if (response.headersSent) {
      next(error);
      return;
    }
    // Holdfast's adapter answers its own refusals: it redirects to the sign-in, or asks to try again.
    if (error instanceof SessionRefusal) {
      response.status(error.status).end();
      return;
    }
    const { status, message } = error as { readonly status?: number; readonly message?: string };
    if (error instanceof Error && error.name === "PageError" && status !== undefined) {
      sendError(response, status, message);
      return;
    }
    if (status !== undefined && status >= 400 && status < 500) {
      sendError(response, Object.hasOwn(texts, status) ? status : 400);
      return;
    }
    onError(error);
    sendError(response, 500);
  };
}
