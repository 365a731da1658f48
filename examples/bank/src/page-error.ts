/**
 * Thrown by a page that cannot be shown; error-pages.ts turns it into one that can.
 * @module
 */

export class PageError extends Error {
  override readonly name = "PageError";
  readonly status: number;

  /** @param message Shown to the visitor: nothing of the request in it. */
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
