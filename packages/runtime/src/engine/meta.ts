/**
 * What a meta box says.
 * @module
 */

/** Who a session is signed in as, and from where. Empty for an anonymous session. */
export interface Meta {
  readonly subject?: string;
  readonly level?: string;
  readonly authenticatedAt?: number;
  readonly address?: string | undefined;
  readonly userAgent?: string | undefined;
  /** Handle of the session that was signed in from. */
  readonly from?: string | undefined;
}
