/**
 * What a savings plan comes to. Pure: amounts in cents, interest once a year.
 * @module
 */

export interface SavingsPlan {
  readonly id: string;
  readonly startCents: number;
  readonly monthlyCents: number;
  /** 1 to 40. */
  readonly years: number;
}

/** Percent a year. */
export const INTEREST_PERCENT = 2.4;
export const MAX_YEARS = 40;
/** A session is no place for a collection. */
export const KEPT_PLANS = 6;

export interface PlanYear {
  readonly paidInCents: number;
  readonly interestCents: number;
}

/** What is there at the end of each year. */
export function growthOf({
  startCents,
  monthlyCents,
  years,
}: Omit<SavingsPlan, "id">): readonly PlanYear[] {
  let paidInCents = startCents;
  let interestCents = 0;
  return Array.from({ length: years }, () => {
    // A month's money earns for half of the year on average.
    const earning = paidInCents + interestCents + monthlyCents * 6;
    interestCents += Math.round((earning * INTEREST_PERCENT) / 100);
    paidInCents += monthlyCents * 12;
    return { paidInCents, interestCents };
  });
}
