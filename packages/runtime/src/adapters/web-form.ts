/**
 * Reads the form that a Web request brings, and leaves the request's own body unread.
 * @module
 */

/** 1 MiB: what body parsers take at most by default is less. */
export const DEFAULT_FORM_BYTES = 1_048_576;

/** The types that a form of a page can have, but for plain text, which has no fields. @see HTML, 4.10.22.6 */
const FORM_TYPE = /^(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i;

/** @returns The fields, or `undefined` if there is no form, it is longer than `maxBytes`, or malformed. */
export async function copyOfForm(
  request: Request,
  maxBytes: number,
): Promise<FormData | undefined> {
  const type = request.headers.get("content-type") ?? "";
  if (!FORM_TYPE.test(type) || request.bodyUsed) return undefined;
  // What says that it is too long is not copied at all: the unread half of a copy stays in memory.
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) return undefined;
  const { body } = request.clone();
  const bytes = body === null ? undefined : await readUpTo(body, maxBytes);
  if (bytes === undefined) return undefined;
  try {
    return await new Response(bytes, { headers: { "Content-Type": type } }).formData();
  } catch {
    return undefined; // No form after all: the request then has no token, which is reported.
  }
}

async function readUpTo(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<Blob | undefined> {
  const reader = body.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(chunks);
    length += value.length;
    if (length > maxBytes) {
      // Not waited for: it ends when the request's own body does, which the handler may yet read.
      reader.cancel().catch(() => {});
      return undefined;
    }
    chunks.push(new Uint8Array(value));
  }
}
