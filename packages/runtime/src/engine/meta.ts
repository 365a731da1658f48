/**
 * What a meta box says.
 * @module
 */

import type { SeriesName } from "../companions.ts";

/** Who a session is signed in as, and from where. Empty for an anonymous session. */
export interface Meta {
  readonly subject?: string;
  readonly level?: string;
  readonly authenticatedAt?: number;
  readonly address?: string | undefined;
  readonly userAgent?: string | undefined;
  /** Handle of the session that was signed in from: the same account's, or an anonymous one. */
  readonly from?: string | undefined;
  /** The remembered device that the session came from, or was begun with. */
  readonly series?: SeriesName | undefined;
  /** SHA-256 of the account's credential stamp when its credentials were proved, base64url. */
  readonly stamp?: string | undefined;
}
