/**
 * docs/reference/errors.md, from the tables in packages/runtime/src/errors.ts.
 * @module
 */
import { table } from "./markdown.mjs";

export const path = "docs/reference/errors.md";

export async function generate() {
  const { refusalReasons, sessionErrors } = await import("../../packages/runtime/dist/errors.js");
  const errors = Object.entries(sessionErrors).map(([code, text]) => [`\`${code}\``, text]);
  const refusals = Object.entries(refusalReasons).map(([reason, { status, text }]) => [
    `\`${reason}\``,
    status,
    text,
  ]);
  return `<!-- Written by \`npm run generate\` from packages/runtime/src/errors.ts; edit that file. -->

# Errors

## SessionError

Thrown for broken set-up and broken infrastructure. \`code\` is stable; \`details\` is data for
machines. Neither the message nor \`details\` holds a token, a key, a subject or session data.

${table(["Code", "Meaning"], errors)}

## SessionRefusal

The one thing that a browser can cause to be thrown: the session declines what the handler asked
for. Adapters answer it with the status; a handler may catch it and answer itself.

${table(["Reason", "Status", "Answer"], refusals)}
`;
}
