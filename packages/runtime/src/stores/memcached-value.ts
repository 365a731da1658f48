/**
 * What the Memcached store changes and reads of a value without unpacking it.
 * @module
 */
import { SWEEP_DELAY_SECONDS } from "./store.ts";
import { VALUE_ABSOLUTE_AT, VALUE_IDLE_AT, VALUE_NUMBER_BYTES, valueState } from "./store-bytes.ts";

/** What is not above this many seconds counts from now: an instant must be (protocol.txt, Expiration times). */
const LONGEST_RELATIVE_SECONDS = 60 * 60 * 24 * 30;

/** A copy of the value with another idle deadline. */
export function withIdle(value: Buffer, idleExpiresAt: number): Buffer {
  const copy = Buffer.from(value);
  copy.writeUIntBE(idleExpiresAt, VALUE_IDLE_AT, VALUE_NUMBER_BYTES);
  return copy;
}

/** When the server is to drop the value, in Unix epoch seconds: as late as a sweep would. */
export function expiryOf(value: Buffer): number {
  const absoluteExpiresAt = value.readUIntBE(VALUE_ABSOLUTE_AT, VALUE_NUMBER_BYTES);
  const endsAt = Math.min(valueState(value).idleExpiresAt, absoluteExpiresAt);
  const seconds = Math.ceil(endsAt / 1000) + SWEEP_DELAY_SECONDS;
  return Math.max(seconds, LONGEST_RELATIVE_SECONDS + 1);
}
