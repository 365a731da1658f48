/**
 * What a PostgreSQL client sent, read from the bytes of its connections.
 * @module
 */

/** Messages of one exchange: `E` executes a prepared statement, `Q` carries one or more as text. */
export interface Sent {
  readonly types: string;
  /** Statements executed: a script counts once. */
  readonly statements: number;
  /** Times the server was asked to answer before going on. */
  readonly roundTrips: number;
  /** Statements parsed anew. */
  readonly parsed: number;
}

/**
 * @param chunks What one client sent after its connection was set up.
 * @see https://www.postgresql.org/docs/15/protocol-message-formats.html
 */
export function sentIn(chunks: readonly Buffer[]): Sent {
  const bytes = Buffer.concat(chunks);
  let types = "";
  for (let at = 0; at < bytes.length; at += 1 + bytes.readUInt32BE(at + 1)) {
    types += String.fromCharCode(bytes[at] ?? 0);
  }
  const count = (pattern: RegExp) => types.match(pattern)?.length ?? 0;
  return {
    types,
    statements: count(/[EQ]/g),
    roundTrips: count(/[SQ]/g),
    parsed: count(/[PQ]/g),
  };
}
