/**
 * What becomes of an account's sessions when its credentials or rights change: one call for each event.
 * Uses the public face of the sessions alone.
 * @module
 */
import type { SubjectSessions } from "../engine/subject.ts";
import { optionError, SessionRefusal } from "../errors.ts";
import type { Session, Sessions } from "../sessions.ts";

/** What may change of an account. */
export type CredentialChange =
  | "password-changed"
  | "password-reset"
  | "second-factor-changed"
  | "role-changed"
  | "account-disabled"
  | "email-changed";

/** What happens to the session that asks, to the others of the account, and to its remembered devices. */
export interface Consequence {
  /** `rotate`: a new secret at once, and of a remembered device too. `end`: nothing is kept. */
  readonly own: "rotate" | "end";
  /** `rotate`: a new secret with the next request; `end`: gone on every process. */
  readonly others: "rotate" | "end";
}

/**
 * Every change of credentials or rights, and what follows. Where others end, so do remembered devices, and
 * a sign-in whose password was being checked meanwhile is refused.
 */
export const credentialChanges: Readonly<Record<CredentialChange, Consequence>> = {
  /** The user gave the old password and a new one. @see ASVS 5.0, 7.4.3; WSTG-SESS-07 */
  "password-changed": { own: "rotate", others: "end" },
  /** By a link or by support: whoever is signed in may be who the user wants to be rid of. @see ASVS 5.0, 7.4.3 */
  "password-reset": { own: "end", others: "end" },
  /** A factor was added, replaced or removed. @see ASVS 5.0, 7.4.3 and 7.2.4 */
  "second-factor-changed": { own: "rotate", others: "end" },
  /** Rights were given or taken: every session goes on under a new secret. @see ASVS 5.0, 7.2.4 and 8.3.2 */
  "role-changed": { own: "rotate", others: "rotate" },
  /** Suspended, left or deleted: the application also refuses the next sign-in. @see ASVS 5.0, 7.4.2 */
  "account-disabled": { own: "end", others: "end" },
  /** The address that a password reset goes to: as good as a password. @see ASVS 5.0, 7.4.3 and 7.5.1 */
  "email-changed": { own: "rotate", others: "end" },
};

/** @see changeCredentials */
export interface CredentialChangeOptions {
  readonly change: CredentialChange;
  /** The account. @default the one that `session` is signed in as */
  readonly subject?: string;
  /** The session of the request that made the change, if its user made it. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever its data and levels are.
  readonly session?: Session<any, any>;
  /** Who did it, for the audit trail. */
  readonly by?: string;
}

/** What was done. */
export interface CredentialChangeResult {
  /** Sessions that have ended, or will rotate with their next request; the one that asked is not counted. */
  readonly others: number;
  /** What became of the session that asked. */
  readonly own: "rotated" | "ended" | "none";
}

/**
 * To be called when the change is saved, before the answer. Once it has returned, it holds on every process.
 *
 * @throws {SessionError} HOLDFAST_OPTION for an unknown change, or if neither account nor session is given;
 *   HOLDFAST_STORE: the change may have been carried out in part; call it again.
 * @throws {SessionRefusal} `superseded`, `ended`: another request changed the session first; the others have ended.
 * @example
 * await saveNewPassword(session.subject, password);
 * await changeCredentials(sessions, { change: "password-changed", session });
 */
export async function changeCredentials(
  // biome-ignore lint/suspicious/noExplicitAny: whatever their data and levels are.
  sessions: Sessions<any, any>,
  { change, subject: given, session, by }: CredentialChangeOptions,
): Promise<CredentialChangeResult> {
  if (!Object.hasOwn(credentialChanges, change)) {
    const known = Object.keys(credentialChanges).join(", ");
    throw optionError("change", `must be one of ${known}`);
  }
  const subject = given ?? session?.subject;
  if (subject === undefined && session !== undefined) throw new SessionRefusal("not-signed-in");
  if (subject === undefined) {
    throw optionError("subject", "is missing; give it, or the session of its user");
  }
  const { own, others } = credentialChanges[change];
  // An administrator's own session is not the account's.
  const theirs = session?.subject === subject ? session : undefined;
  const account = sessions.subject(subject);
  const handle = theirs?.handle;

  if (theirs !== undefined && own === "end") await theirs.signOut();
  const count = await concernOthers(account, others, {
    except: own === "rotate" ? handle : undefined,
    reason: change,
    ...(by !== undefined && { by }),
  });
  if (theirs === undefined) return { others: count, own: "none" };
  if (own === "end") return { others: count, own: "ended" };
  await theirs.rotate({ restamp: true });
  // Its flag says that rights changed; the rotation has just done what the flag asks for.
  return { others: others === "rotate" ? Math.max(0, count - 1) : count, own: "rotated" };
}

async function concernOthers(
  account: SubjectSessions,
  others: Consequence["others"],
  options: { readonly except: string | undefined; readonly reason: string; readonly by?: string },
): Promise<number> {
  return others === "end" ? account.revokeAll(options) : account.rotateAll();
}
