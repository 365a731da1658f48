/**
 * The latest events, in memory, for the audit page. A real bank sends them to its log as well.
 * Events hold handles and never tokens, so this page may show all there is.
 * @module
 */
import type { SessionEvent } from "holdfast";

/** One line of the page. */
export interface TrailLine {
  readonly at: number;
  readonly what: string;
  /** Public name of the session. */
  readonly handle?: string | undefined;
  /** Whom it is about, and who did it: ids of customers. */
  readonly customerId?: string | undefined;
  readonly by?: string | undefined;
  readonly address?: string | undefined;
  readonly details?: string | undefined;
}

export interface AuditTrail {
  add(line: TrailLine): void;
  /** Newest first. */
  latest(): readonly TrailLine[];
}

const KEPT_LINES = 200;

export function createAuditTrail(): AuditTrail {
  const lines: TrailLine[] = [];
  return {
    add(line) {
      lines.unshift(line);
      lines.length = Math.min(lines.length, KEPT_LINES);
    },
    latest: () => lines,
  };
}

/** What every event has its own column for; the rest of it is details. */
export function lineOf(event: SessionEvent): TrailLine {
  const { type, at, ...fields } = event;
  const { handle, subject, by, address, ...rest } = fields as Readonly<Record<string, unknown>>;
  const text = (value: unknown) => (value === undefined ? undefined : String(value));
  const details = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
  return {
    at,
    what: type,
    handle: text(handle),
    customerId: text(subject),
    by: text(by),
    address: text(address),
    details,
  };
}
