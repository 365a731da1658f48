/**
 * A system whose cost is measured. To add one: a file beside this one, and its name in `index.ts`.
 * @module
 */

/**
 * What a client asks for. `none`: the page, without a cookie. `unchanged`: the page, with a session of
 * 1 KB. `changed`: one key is set. `sign-in`: without a cookie before. `forged`: the page, with a cookie
 * that nobody issued. `everywhere`: signs in and then ends all sessions of the account.
 */
export type Case = "none" | "unchanged" | "changed" | "sign-in" | "forged" | "everywhere";

export const CASES: readonly Case[] = ["none", "unchanged", "changed", "sign-in", "forged"];

/** Where each case goes. `/fill` puts the content into a session that was just begun. */
export const requestOf: Readonly<
  Record<Case, { readonly method: "GET" | "POST"; readonly path: string }>
> = {
  none: { method: "GET", path: "/page" },
  unchanged: { method: "GET", path: "/page" },
  changed: { method: "POST", path: "/change" },
  "sign-in": { method: "POST", path: "/sign-in" },
  forged: { method: "GET", path: "/page" },
  everywhere: { method: "POST", path: "/everywhere" },
};

/** Servers that a system can need. */
export const SERVERS = ["redis", "postgres", "mariadb"] as const;

export type ServerName = (typeof SERVERS)[number];

export interface SystemGround {
  readonly folder: string;
  /** Where the servers that the system needs listen. */
  readonly urls: Readonly<Partial<Record<ServerName, string>>>;
  /** Sessions that a file holds before the first request. */
  readonly fileSessions: number;
  /** Counts store operations, which costs a little itself: never while time is taken. */
  readonly counting: boolean;
}

export interface RunningSystem {
  readonly port: number;
  /** Store operations so far; 0 where there is no store, or nobody counts. */
  operations(): number;
  close(): Promise<void>;
}

export interface System {
  readonly id: string;
  readonly title: string;
  /** The same server without sessions, which takes the same requests; absent for those themselves. */
  readonly bare?: string;
  /** The cases it is measured in; a bare server takes those of whoever names it. */
  readonly cases: readonly Case[];
  /** The server it needs; measured only where that is asked for. */
  readonly server?: ServerName;
  /** It counts what it asks of its store. */
  readonly counts?: true;
  start(ground: SystemGround): Promise<RunningSystem>;
}
