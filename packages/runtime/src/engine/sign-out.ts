/**
 * Signing out: the record is gone before the promise resolves, whatever secret it carried by then.
 * @module
 */
import { openMeta } from "./boxes.ts";
import { clearCookie } from "./cookies.ts";
import type { RequestState } from "./request-state.ts";
import { metaOf } from "./request-state.ts";

/**
 * @throws {SessionError} HOLDFAST_STORE: the session may still be there, so the browser keeps its cookie to try again.
 * @see ASVS 5.0, 7.4.1; CWE-613
 */
export async function signOut(state: RequestState): Promise<void> {
  const { core, presented, request } = state;
  const known = metaOf(state);
  const { live } = state;
  // Also one whose secret was just retired, or whose boxes do not open: its token was ours all the same.
  const isHeld = state.phase === "superseded" || state.phase === "withheld";
  const session = live ?? (isHeld ? presented : undefined);
  const opened =
    live === undefined && session !== undefined
      ? openMeta(core, session.key, session.record)
      : known;
  const { subject, series } = typeof opened === "string" ? known : opened;

  // The remembered device first: it could begin a session anew.
  await core.remember?.end(state, series);
  if (session !== undefined) {
    const removed = await core.store.run("delete", (store) => store.delete(session.key));
    const { handle } = session.record;
    if (removed) {
      core.emit({ type: "session.signed-out", handle, subject, address: request.address });
    }
  }
  state.phase = "ended";
  state.live = undefined;
  state.log = [];
  state.contents = undefined;
  state.meta = undefined;
  for (const kind of ["signed-in", "anonymous"] as const) {
    const { signedInCookie, anonymousCookie } = core.options;
    const { name } = kind === "signed-in" ? signedInCookie : anonymousCookie;
    if (session?.kind === kind || request.cookies?.includes(`${name}=`)) clearCookie(state, kind);
  }
  state.clearSiteData = true;
}
