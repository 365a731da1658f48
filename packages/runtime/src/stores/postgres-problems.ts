/**
 * What of a PostgreSQL server's set-up breaks a promise of the store.
 * @module
 */
import { type Answer, textOf } from "./postgres-client.ts";
import type { StoreProblem } from "./store.ts";

const PROBLEMS = {
  fsync: {
    problem: "not-durable",
    explanation:
      "fsync is off: a crash of the server's machine can bring back what was revoked, or lose the table; set fsync = on.",
  },
  standby: {
    problem: "read-only",
    explanation:
      "The server is a standby: it lags behind revocations and takes no writes; connect to the primary.",
  },
  asynchronous: {
    problem: "replicas",
    explanation:
      "Standbys follow without confirming: a failover can bring back what was revoked just before; set synchronous_standby_names, and synchronous_commit to on or stronger.",
  },
} as const satisfies Readonly<Record<string, StoreProblem>>;

/** @param answer To the statement `look`: booleans as the server writes them, `t` and `f`. */
export function problemsOf({ rows }: Answer): readonly StoreProblem[] {
  const [fsync, isStandby, hasStandbys, synchronousNames, synchronousCommit] = (rows[0] ?? []).map(
    textOf,
  );
  const problems: StoreProblem[] = [];
  if (fsync === "off") problems.push(PROBLEMS.fsync);
  if (isStandby === "t") problems.push(PROBLEMS.standby);
  // `off` is raised to `on` for revocations; `local` waits for no standby.
  const waits = synchronousNames !== "" && synchronousCommit !== "local";
  if (hasStandbys === "t" && !waits) problems.push(PROBLEMS.asynchronous);
  return problems;
}
