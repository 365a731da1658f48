/**
 * Checks a password, slowed where it is guessed.
 * @module
 */
import { SessionRefusal } from "holdfast";
import type { BankParts, BankSession } from "./bank-parts.ts";
import type { Customer } from "./customers.ts";
import { formatDuration } from "./format.ts";
import { MAX_PASSWORD_LENGTH, passwordMatches } from "./passwords.ts";

/** Too many attempts: how long to wait, and how to say it. */
export interface Throttled {
  readonly waitSeconds: number;
  readonly fault: string;
}

export function isThrottled(answer: object | undefined): answer is Throttled {
  return answer !== undefined && "waitSeconds" in answer;
}

/**
 * @param find The customer whom the password must be of, looked up only if the attempt may go on.
 * @returns The customer; `undefined` if the password is wrong or there is no such customer.
 */
export async function checkPassword(
  { throttle, customers }: BankParts,
  session: BankSession,
  login: string,
  password: string,
  find: () => Customer | undefined | Promise<Customer | undefined>,
): Promise<Customer | Throttled | undefined> {
  try {
    return await throttle.attempt(session, { account: login }, async () => {
      const customer = await find();
      const passwordHash = customer && customers.passwordHash(customer.id);
      const isRight =
        password.length <= MAX_PASSWORD_LENGTH && (await passwordMatches(passwordHash, password));
      // One answer for all three: it tells nobody who banks here.
      return customer !== undefined && isRight && !customer.isDisabled ? customer : undefined;
    });
  } catch (error) {
    if (!(error instanceof SessionRefusal) || error.reason !== "throttled") throw error;
    const waitSeconds = Number(error.headers["Retry-After"]);
    const fault = `Too many attempts. Try again in ${formatDuration(waitSeconds)}.`;
    return { waitSeconds, fault };
  }
}
