/**
 * Headers that every response has, also one that no page of ours wrote.
 * @module
 */
import type { NextFunction, Request, Response } from "express";

/** Nothing but our own style sheet and pictures: no script runs here, whoever put it into a page. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const headers = {
  "Content-Security-Policy": CONTENT_SECURITY_POLICY,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
  // With `no-referrer`, browsers would send `Origin: null` with our own forms.
  "Referrer-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
} as const;

export function securityHeaders(request: Request, response: Response, next: NextFunction): void {
  response.set(headers);
  // Not over plain http (RFC 6797 7.2), where this example runs on its own.
  if (request.secure) {
    response.set("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
  }
  next();
}
