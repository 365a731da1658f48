/**
 * The conclusion: what state the application is in, what to do first, and what already holds.
 * @module
 */
import type { Control, Judgement } from "../../controls/control.ts";
import type { Evidence } from "../../evidence.ts";
import type { Recommendation, ThreatAnalysis } from "../report.ts";
import { capital, countText, listText, SEVERITIES, withoutStop } from "../wording.ts";
import { severityOf } from "./recommendations.ts";
import { nameOf } from "./scope.ts";

interface Judged {
  readonly control: Control;
  readonly judgement: Judgement;
}

export function conclusionOf(
  evidence: Evidence,
  judgements: readonly Judged[],
  threats: readonly ThreatAnalysis[],
  recommendations: readonly Recommendation[],
): string {
  const name = capital(nameOf(evidence));
  if (evidence.isFilesOnly === true) {
    const failed = countsOf(judgements).fail > 0;
    const found = failed ? "Some of" : "None of";
    return `${found} ${nameOf(evidence)} ${failed ? "use" : "uses"} sessions past the framework. ${unreadText(evidence)}`.trim();
  }
  if (evidence.sessions.length === 0) {
    return `${name} keeps no sessions that could be found, and nothing has to be changed. ${unreadText(evidence)}`.trim();
  }
  const counted = countsOf(judgements);
  const sentences = [
    stateText(name, counted, recommendations),
    firstStepText(recommendations.slice(0, counted.fail)),
    reviewText(judgements),
    soundText(threats, judgements),
    unreadText(evidence),
  ];
  return sentences.filter((text) => text !== "").join(" ");
}

function countsOf(judgements: readonly Judged[]) {
  const count = (verdict: Judgement["verdict"]) =>
    judgements.filter(({ judgement }) => judgement.verdict === verdict).length;
  const [pass, fail, review] = [count("pass"), count("fail"), count("review")];
  return { pass, fail, review, applicable: pass + fail + review };
}

function stateText(
  name: string,
  { fail, review, pass, applicable }: ReturnType<typeof countsOf>,
  recommendations: readonly Recommendation[],
): string {
  const of = `the ${countText(applicable, "control")} that ${applicable === 1 ? "applies" : "apply"}`;
  if (applicable === 0)
    return `${name} keeps sessions, but none of the controls that ran applies to them.`;
  if (fail === 0) {
    return review === 0
      ? `${name} meets ${applicable === 1 ? "" : "all of "}${of}. Nothing has to be changed.`
      : `Nothing is known to be wrong with ${name.charAt(0).toLowerCase()}${name.slice(1)}: ${pass} of ${of} are met.`;
  }
  const failing = recommendations.slice(0, fail);
  const bySeverity = SEVERITIES.flatMap((severity) => {
    const count = failing.filter((each) => each.severity === severity).length;
    return count === 0 ? [] : [`${count} of ${severity} severity`];
  });
  return `${name} fails ${fail} of ${of}: ${listText(bySeverity)}.`;
}

/** The first by severity; where something as grave is done in minutes, the order has it first already. */
function firstStepText(failing: readonly Recommendation[]): string {
  const [first] = failing;
  if (first === undefined) return "";
  const quick = failing.filter(({ effort }) => effort === "minutes").length;
  const rest =
    quick === failing.length && quick > 1
      ? " All of it is done in minutes each."
      : quick > 0 && failing.length > 1
        ? ` ${quick} of the ${failing.length} changes ${quick === 1 ? "takes" : "take"} minutes.`
        : "";
  return `Begin with ${first.control}, a matter of ${first.effort}: it ${first.effect.charAt(0).toLowerCase()}${withoutStop(first.effect.slice(1))}.${rest}`;
}

function reviewText(judgements: readonly Judged[]): string {
  const ids = judgements
    .filter(({ judgement }) => judgement.verdict === "review")
    .map(({ control }) => control.id);
  if (ids.length === 0) return "";
  return `A person has to look at ${listText(ids, 8)}, which the source alone does not settle.`;
}

/** A threat is open if a control of medium severity or above fails against it; below that, it is a small gap. */
function soundText(threats: readonly ThreatAnalysis[], judgements: readonly Judged[]): string {
  const grave = new Set(
    judgements
      .filter((judged) => !["low", "info"].includes(severityOf(judged)))
      .map(({ control }) => control.id),
  );
  const titles = (chosen: readonly ThreatAnalysis[]) =>
    listText(
      chosen.map(({ title }) => title.toLowerCase()),
      8,
    );
  const failing = threats.filter(({ missing }) => missing.length > 0);
  const open = failing.filter(({ missing }) => missing.some((id) => grave.has(id)));
  const small = failing.filter((threat) => !open.includes(threat));
  const sound = threats.filter(
    ({ missing, against }) => missing.length === 0 && against.length > 0,
  );
  if (failing.length === 0) return "";
  return [
    ...(open.length === 0 ? [] : [`Open as it stands: ${titles(open)}.`]),
    ...(small.length === 0 ? [] : [`Small gaps remain against ${titles(small)}.`]),
    ...(sound.length === 0 ? [] : [`No control fails against ${titles(sound)}.`]),
  ].join(" ");
}

function unreadText({ unread }: Evidence): string {
  if (unread.length === 0) return "";
  return `${countText(unread.length, "file")} could not be read in full: what ${unread.length === 1 ? "it does" : "they do"} is no part of this.`;
}
