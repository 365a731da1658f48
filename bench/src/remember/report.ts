/**
 * The simulation's result as tables.
 * @module
 */
import { markdownTable, plainTable, type Table } from "../support/table.ts";
import type { RememberResult } from "./run.ts";

/** What must not have happened. */
export function faultsOf({ honest, robbed }: RememberResult): readonly string[] {
  const counts = {
    "false alarms": honest.falseAlarms,
    "false sign-outs": honest.falseSignOuts,
    "secrets past their window that were not found out": robbed.missed,
    "requests served to a thief after the alarm": robbed.thefts.reduce(
      (sum, { servedAfter }) => sum + servedAfter,
      0,
    ),
  };
  return Object.entries(counts).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []));
}

export function rememberReport(result: RememberResult, form: "plain" | "markdown"): string {
  const table = form === "markdown" ? markdownTable : plainTable;
  return [honestTable(result), theftTable(result)].map(table).join("\n\n");
}

function honestTable({ honest }: RememberResult): Table {
  return [
    ["without a thief", "count"],
    ["users", text(honest.users)],
    ["visits, each with 1 to 6 tabs", text(honest.visits)],
    ["requests", text(honest.requests)],
    ["answers lost", text(honest.lost)],
    ["server processes restarted", text(honest.restarts)],
    ["requests that came back by the device's cookie", text(honest.resumed)],
    ["step-ups", text(honest.stepUps)],
    ["password changes", text(honest.passwordChanges)],
    ["sign-outs", text(honest.signOuts)],
    ["**false alarms**", text(honest.falseAlarms)],
    ["**false sign-outs**", text(honest.falseSignOuts)],
    ["signed out because the answer to a password change was lost", text(honest.excused)],
  ];
}

function theftTable({ robbed }: RememberResult): Table {
  const { thefts, missed } = robbed;
  const count = (matches: (theft: (typeof thefts)[number]) => boolean) => {
    const found = thefts.filter(matches).length;
    return [text(found), `${((100 * found) / Math.max(1, thefts.length)).toFixed(1)} %`];
  };
  const after = thefts.reduce((sum, { servedAfter }) => sum + servedAfter, 0);
  return [
    ["stolen cookies", "count", "share"],
    ["all", ...count(() => true)],
    [
      "worth nothing when first used: signed out, password changed",
      ...count(({ outcome }) => outcome === "none"),
    ],
    [
      "found out when the thief came, before anything was served",
      ...count(({ outcome, served }) => outcome === "found-out" && served === 0),
    ],
    [
      "found out when the thief came again",
      ...count(({ by, served }) => by === "thief" && served > 0),
    ],
    ["found out when the owner came", ...count(({ by, served }) => by === "owner" && served > 0)],
    [
      "not found out: the owner did not come back by the cookie",
      ...count(({ outcome, ownerCameAfter }) => outcome === "inside" && !ownerCameAfter),
    ],
    [
      "not found out: used wholly inside windows",
      ...count(({ outcome, ownerCameAfter }) => outcome === "inside" && ownerCameAfter),
    ],
    ["**secrets past their window that were not found out**", text(missed), ""],
    ["**requests served to a thief after the alarm**", text(after), ""],
  ];
}

const text = (value: number): string => value.toLocaleString("en-US");
