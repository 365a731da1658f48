/**
 * Gaps, and what to do about them in which order: what costs most first, and of that what is done soonest.
 * @module
 */
import type { Control, Finding, Judgement, Threat } from "../../controls/control.ts";
import type { Recommendation } from "../report.ts";
import { capital, listText, placeText, SEVERITIES, withoutStop, withStop } from "../wording.ts";
import { THREAT_TITLES } from "./threats.ts";

interface Judged {
  readonly control: Control;
  readonly judgement: Judgement;
}

const EFFORTS: readonly Recommendation["effort"][] = ["minutes", "hours", "days"];

export function severityOf({ control, judgement }: Judged): Recommendation["severity"] {
  return judgement.severity ?? control.severity;
}

/** What fails, then what is to be looked at, each with the worst and cheapest first. */
export function inOrder<T extends Judged>(judgements: readonly T[]): T[] {
  const open = judgements.filter(
    ({ judgement: { verdict } }) => verdict === "fail" || verdict === "review",
  );
  const rank = (judged: T) => [
    judged.judgement.verdict === "fail" ? 0 : 1,
    SEVERITIES.indexOf(severityOf(judged)),
    EFFORTS.indexOf(judged.control.effort),
  ];
  return open.sort((left, right) => {
    const ranks = rank(right);
    const difference = rank(left).map((value, at) => value - (ranks[at] ?? 0));
    return difference.find((value) => value !== 0) ?? 0;
  });
}

export function gapsOf(judgements: readonly Judged[]): { control: string; text: string }[] {
  return inOrder(judgements).map(({ control, judgement }) => {
    const asked = control.asvs.length === 0 ? "" : ` (ASVS 5.0: ${listText(control.asvs)})`;
    const found = judgement.verdict === "fail" ? "Found" : "Not settled";
    return {
      control: control.id,
      text: `Asked: ${withoutStop(control.title)}${asked}. ${found}: ${withoutStop(judgement.summary)}${at(judgement.findings, " (", ")")}.`,
    };
  });
}

export function recommendationsOf(judgements: readonly Judged[]): Recommendation[] {
  return inOrder(judgements).map((judged) => {
    const { control, judgement } = judged;
    const fix = fixToShow(judgement.findings);
    return {
      control: control.id,
      severity: severityOf(judged),
      effort: control.effort,
      text: textOf(judgement),
      effect: effectOf(judged, judgements),
      ...(fix === undefined ? {} : { fix }),
      verification: control.verification,
    };
  });
}

function textOf({ verdict, findings, summary }: Judgement): string {
  if (verdict === "review") {
    const doubts = unique(findings.map(({ message }) => withStop(message)));
    return `Look${at(findings, " at ")}: ${withoutStop(listSentences(doubts) || summary)}.`;
  }
  const steps = unique(
    findings.flatMap(({ fix }) => (fix === undefined ? [] : [withStop(fix.text)])),
  );
  const what = listSentences(steps) || `Mend this: ${withStop(summary)}`;
  return `${what}${at(findings, " Concerns ", ".")}`;
}

function listSentences(sentences: readonly string[]): string {
  return sentences.map(capital).join(" ");
}

function fixToShow(findings: readonly Finding[]): Finding["fix"] {
  const fixes = findings.flatMap(({ fix }) => (fix === undefined ? [] : [fix]));
  return fixes.find(({ code, edit }) => code !== undefined || edit !== undefined);
}

/** What is better afterwards: against which threats, and whether anything else is missing there. */
function effectOf({ control, judgement }: Judged, all: readonly Judged[]): string {
  const titles = control.threats.map((threat) => THREAT_TITLES[threat].toLowerCase());
  if (titles.length === 0) return withStop(control.title);
  if (judgement.verdict === "review") {
    return `Settles whether anything is missing here against ${listText(titles)}.`;
  }
  const last = control.threats.filter((threat) => isOnlyFailure(threat, control.id, all));
  const named = (threats: readonly Threat[]) =>
    listText(threats.map((threat) => THREAT_TITLES[threat].toLowerCase()));
  const others = control.threats.filter((threat) => !last.includes(threat));
  if (last.length === 0) return `Closes a gap against ${named(others)}.`;
  if (others.length === 0) return `Closes the last known gap against ${named(last)}.`;
  return `Closes a gap against ${named(others)}, and the last known one against ${named(last)}.`;
}

/** Where nothing else was judged against the threat, or nothing else holds, nobody knows what is missing. */
function isOnlyFailure(threat: Threat, id: string, all: readonly Judged[]): boolean {
  const others = all
    .filter(({ control }) => control.id !== id && control.threats.includes(threat))
    .map(({ judgement }) => judgement.verdict);
  return !others.includes("fail") && others.includes("pass");
}

/** The places of findings between two texts; `""` if there is none. */
function at(findings: readonly Finding[], before: string, after = ""): string {
  const places = unique(findings.map(({ place }) => placeText(place)));
  return places.length === 0 ? "" : `${before}${listText(places)}${after}`;
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
