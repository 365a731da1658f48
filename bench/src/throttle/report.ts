/**
 * The simulation's tables, and what in them would be a fault.
 * @module
 */
import { markdownTable } from "../support/table.ts";
import type { SimulationResult } from "./simulate.ts";

const number = (count: number) => count.toLocaleString("en");
const share = (part: number, whole: number) =>
  whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)} %`;

export function throttleReport(result: SimulationResult): string {
  const { options, checked, allowed, uses, owners, events, limiterCalls } = result;
  const { guesses, accounts, addresses, hours } = options;
  return [
    markdownTable([
      [
        `${number(guesses)} guesses in ${hours} hours, ${number(accounts)} accounts, ${number(addresses)} addresses`,
        "",
      ],
      [
        "guesses that reached the password check",
        `${number(checked)} (${share(checked, guesses)})`,
      ],
      ["most that the budgets allow", number(allowed)],
      ["refused", number(events.throttled)],
      ["events `sign-in.throttled` for them", number(events.reported)],
      ["events `sign-in.flood`", number(events.floods)],
      ["calls of the limiters", number(limiterCalls)],
    ]),
    markdownTable([
      ["guesses let through by", "counters", "most of one", "allowed one", "beyond it"],
      ...uses.map(({ by, keys, most, allowed: each, exceeded }) => [
        by,
        number(keys),
        number(most),
        number(each),
        number(exceeded),
      ]),
    ]),
    markdownTable([
      [`${number(options.owners)} owners, every hour`, "sign-ins", "refused"],
      ...(["known", "unknown"] as const).map((kind) => [
        `on ${kind === "known" ? "a known device" : "a new browser"}`,
        number(owners[kind].tried),
        `${number(owners[kind].refused)} (${share(owners[kind].refused, owners[kind].tried)})`,
      ]),
    ]),
  ].join("\n\n");
}

/** Empty if the throttle did what it is for. */
export function throttleFaults({
  options,
  checked,
  allowed,
  uses,
  owners,
  events,
}: SimulationResult): readonly string[] {
  const faults: string[] = [];
  if (checked > allowed) faults.push(`${checked} guesses passed, and ${allowed} may`);
  for (const { by, exceeded } of uses) {
    if (exceeded > 0) faults.push(`${exceeded} counters by ${by} let too many through`);
  }
  if (owners.known.refused > 0) {
    faults.push(`owners on known devices were refused ${owners.known.refused} times`);
  }
  if (checked + events.throttled !== options.guesses) {
    faults.push(`${options.guesses - checked - events.throttled} guesses are not accounted for`);
  }
  return faults;
}
