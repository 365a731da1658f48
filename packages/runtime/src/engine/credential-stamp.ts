/**
 * The credential stamp: ends sessions whose account's credentials were changed outside, without asking the
 * session store for anything.
 * @module
 */
import { hash } from "node:crypto";
import type { Core } from "./core.ts";
import type { Meta } from "./meta.ts";
import type { RequestState } from "./request-state.ts";
import { metaOf } from "./request-state.ts";

/** The stamp as a meta box keeps it: it may have been made of a password hash. */
export async function stampOf(core: Core, subject: string): Promise<string | undefined> {
  const stamp = await core.options.credentialStamp?.(subject);
  return stamp === undefined || stamp === null ? undefined : hash("sha256", stamp, "base64url");
}

/** Whether the credentials that were proved are still the account's. */
export async function isStampFresh(core: Core, { subject, stamp }: Meta): Promise<boolean> {
  if (core.options.credentialStamp === undefined || subject === undefined) return true;
  const present = await stampOf(core, subject);
  return present !== undefined && present === stamp;
}

/** @see ASVS 5.0, 7.4.3; CWE-613 */
export async function endIfStale(state: RequestState): Promise<void> {
  const { core, live, request } = state;
  const meta = metaOf(state);
  state.exposed = false; // The handler has seen nothing yet.
  if (live === undefined || (await isStampFresh(core, meta))) return;
  // A reader writes nothing: the next request that is more than that ends the session.
  if (!state.readOnly) {
    await core.store.run("delete", (store) => store.delete(live.key));
    const { handle } = live.record;
    const { subject } = meta;
    const { address } = request;
    core.emit({ type: "session.revoked", handle, reason: "credentials-changed", subject, address });
  }
  state.phase = "none";
  state.presented = undefined;
  state.live = undefined;
  state.meta = undefined;
}
