/**
 * The audit trail: every event as one closed union. Handles name sessions; no event holds a token or a key.
 * @module
 */

/** Why a cookie was not served. */
export type TokenRefusal =
  | "forged"
  | "unknown"
  | "expired"
  | "superseded"
  | "reused"
  | "tampered"
  | "duplicate"
  | "key-missing"
  | "key-revoked";

/** Why a session was ended on purpose. Applications add their own by `revokeAll({ reason })`. */
export type RevocationReason =
  | "reused"
  | "successor-lost"
  | "key-revoked"
  | "limit"
  | "replaced"
  | "requested"
  | "credentials-changed"
  | "signed-out"
  | "erased"
  | "everything"
  | (string & {});

/** Fields that every event has. */
interface EventBase {
  /** Unix epoch milliseconds. */
  readonly at: number;
}

/** Where a request came from, as far as the adapter knows. */
interface Origin {
  readonly address?: string | undefined;
}

/** One line of the audit trail. `subject` is personal data: keep the trail as you keep other such data. */
export type SessionEvent = EventBase &
  (
    | ({ readonly type: "session.created"; readonly handle: string } & Origin)
    | ({
        readonly type: "session.signed-in";
        readonly handle: string;
        readonly subject: string;
        readonly level: string;
        /** Handle of the session that was signed in from, if there was one. */
        readonly from?: string | undefined;
      } & Origin)
    | ({
        readonly type: "sign-in.refused";
        readonly reason: "revoked-meanwhile" | "limit-reached";
        readonly subject: string;
      } & Origin)
    | ({
        readonly type: "session.rotated";
        readonly handle: string;
        readonly cause: "periodic" | "rights-changed" | "requested";
      } & Origin)
    | ({
        readonly type: "session.stepped-up";
        readonly handle: string;
        readonly subject: string;
        readonly level: string;
      } & Origin)
    | ({
        readonly type: "session.signed-out";
        readonly handle: string;
        readonly subject?: string | undefined;
      } & Origin)
    | ({
        readonly type: "session.revoked";
        /** Absent for `everything`, where `count` says how many there were. */
        readonly handle?: string | undefined;
        readonly count?: number | undefined;
        readonly reason: RevocationReason;
        /** Who asked for it, as the application named them. */
        readonly by?: string | undefined;
        readonly subject?: string | undefined;
      } & Origin)
    | ({
        readonly type: "session.expired";
        readonly handle: string;
        readonly cause: "idle" | "absolute";
      } & Origin)
    | ({
        readonly type: "token.refused";
        readonly reason: TokenRefusal;
        readonly handle?: string | undefined;
        /** How many refusals of this reason and address this event stands for. */
        readonly count: number;
        readonly note?: string | undefined;
      } & Origin)
    | ({
        readonly type: "device.remembered";
        /** Handle of the device's series: it stays while sessions come and go. */
        readonly handle: string;
        readonly subject: string;
        /** Handle of the session that was signed in. */
        readonly session: string;
      } & Origin)
    | ({
        readonly type: "device.resumed";
        readonly handle: string;
        readonly subject: string;
        /** Handle of the session that has begun, or was joined by a parallel request. */
        readonly session: string;
      } & Origin)
    | ({
        readonly type: "device.theft-detected";
        readonly handle: string;
        readonly subject: string;
        /** How many sessions were ended. */
        readonly count: number;
      } & Origin)
    | ({
        readonly type: "device.forgotten";
        readonly handle: string;
        readonly reason: RevocationReason;
        readonly by?: string | undefined;
        readonly subject?: string | undefined;
      } & Origin)
    | ({
        readonly type: "csrf.refused";
        readonly handle?: string | undefined;
        readonly method: string;
        readonly reason: "missing" | "malformed" | "other-session";
      } & Origin)
    | ({
        readonly type: "sign-in.throttled";
        /** Which budget was spent. */
        readonly by: "account" | "address" | "account-and-address" | "device";
        readonly retryAfterSeconds: number;
        /** The account as the request named it, which need not exist; empty where several are counted together. */
        readonly account: string;
        /** How many refusals this event stands for. */
        readonly count: number;
      } & Origin)
    | {
        readonly type: "sign-in.flood";
        /** Failed attempts in the window, over all accounts and addresses. */
        readonly failures: number;
        readonly windowSeconds: number;
      }
    | ({
        readonly type: "cross-site.refused";
        readonly method: string;
        readonly site: string;
      } & Origin)
    | {
        readonly type: "write.dropped";
        readonly handle?: string | undefined;
        readonly reason:
          | "gone"
          | "refused"
          | "newer-format"
          | "prefetch"
          | "cross-site"
          | "key-missing";
      }
    | {
        readonly type: "commit.failed";
        readonly handle?: string | undefined;
        readonly cause: string;
      }
    | {
        readonly type: "store.unavailable";
        readonly store: string;
        readonly operation: string;
        readonly cause: string;
      }
    | {
        readonly type: "store.recovered";
        readonly store: string;
        readonly unavailableSeconds: number;
      }
    | {
        readonly type: "store.misconfigured";
        readonly store: string;
        readonly problem:
          | "evicts"
          | "replicas"
          | "not-durable"
          | "read-only"
          | "schema"
          | "unverified";
        readonly explanation: string;
      }
    | {
        readonly type: "clock.skewed";
        readonly store: string;
        readonly skewSeconds: number;
      }
    | {
        readonly type: "cache.overridden";
        readonly handle?: string | undefined;
        readonly from: string;
      }
    | { readonly type: "cookie.undeliverable"; readonly host: string; readonly explanation: string }
    | { readonly type: "option.unsafe"; readonly option: string; readonly explanation: string }
  );

export type SessionEventType = SessionEvent["type"];

/** Handles events. Whatever it throws, or rejects with, breaks no request. */
export type SessionEventHandler = (event: SessionEvent) => unknown;
