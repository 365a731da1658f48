/**
 * The two sides of a race by name.
 * @module
 */

/** What happens while the slow request is under way. */
export type Action = "sign-out" | "step-up" | "periodic" | "sign-in" | "revoke-all" | "expiry";

/**
 * `reader`, `writer`, `renewal`: held inside the handler, with the session already loaded. `late`: held
 * on the way, and reaching the server with the old cookie when the action is over.
 */
export type SlowKind = "reader" | "writer" | "renewal" | "late";

export const SLOW_KINDS: readonly SlowKind[] = ["reader", "writer", "renewal", "late"];
