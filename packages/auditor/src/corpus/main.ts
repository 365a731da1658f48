/**
 * Runs the auditor on checkouts of labelled applications and compares: `npm run corpus -- DIR [LABELS]`.
 * DIR holds each repository as `owner+name`.
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type AuditedApplication, auditSource } from "../audit.ts";
import { readLabels } from "./labels.ts";
import { type Comparison, controlsWithBothClasses, isCounted, majority, score } from "./score.ts";

const [folder, labels = join(folder ?? ".", "labels.jsonl")] = process.argv.slice(2);
if (folder === undefined || !existsSync(labels)) {
  process.stderr.write(
    "usage: npm run corpus -- DIR [LABELS]\nDIR holds each labelled repository as owner+name; LABELS is DIR/labels.jsonl unless given.\n",
  );
  process.exit(2);
}

const comparisons: Comparison[] = [];
const notes: string[] = [];
for (const application of readLabels(labels)) {
  const checkout = join(folder, application.repo.replace("/", "+"));
  if (!existsSync(checkout)) {
    notes.push(`${application.repo}: no checkout`);
    continue;
  }
  const root = application.root ?? ".";
  const startedAt = performance.now();
  const { applications } = await auditSource({ folder: checkout });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stderr.write(`${application.repo}: ${applications.length} applications, ${seconds} s\n`);
  const judged = judgedOf(applications, application.framework, root);
  for (const { control, verdict: label, note } of application.labels) {
    const judgement = judged?.judgements.find(
      (candidate) => candidate.control.id === control,
    )?.judgement;
    const verdict = judgement?.verdict ?? "not-applicable";
    const comparison = {
      framework: application.framework,
      application: application.repo,
      control,
      label,
      verdict,
    };
    comparisons.push(comparison);
    const agrees = (label === "missing") === (verdict === "fail");
    if (!isCounted(comparison) || agrees) continue;
    const seen = judgement?.findings
      .slice(0, 3)
      .map(({ place, value, message }) => `      ${place.file}:${place.line} ${value}: ${message}`);
    notes.push(
      [
        `${application.repo} ${control}: labelled ${label}, said ${verdict}${note ? ` (${note})` : ""}`,
        ...(seen ?? []),
      ].join("\n"),
    );
  }
}

/** The application that the labels speak of: of that folder, else with sessions and nearest to it. */
function judgedOf(applications: readonly AuditedApplication[], framework: string, root: string) {
  const rank = ({ evidence }: AuditedApplication) => {
    if (evidence.root === root) return 0;
    const isBelow = root === "." || evidence.root.startsWith(`${root}/`);
    const depth = evidence.root.split("/").length;
    return (isBelow ? 0 : 1000) + (evidence.sessions.length > 0 ? 1 : 100) + depth;
  };
  return applications
    .filter(({ evidence }) => evidence.framework === framework)
    .toSorted((left, right) => rank(left) - rank(right))[0];
}

const percent = (share: number) => share.toFixed(3);

function line(title: string, some: readonly Comparison[]): string {
  const { labelled, truePositives, falsePositives, falseNegatives, reviews, precision, recall } =
    score(some);
  return `| ${title} | ${labelled} | ${truePositives} | ${falsePositives} | ${falseNegatives} | ${percent(precision)} | ${percent(recall)} | ${percent(reviews / Math.max(1, labelled))} |`;
}

const head = "| labelled | right | false alarms | missed | precision | recall | review |";
const table = (title: string, rows: readonly string[]) =>
  [
    `| ${title} ${head}`,
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows,
    "",
  ].join("\n");
const frameworks = [...new Set(comparisons.map(({ framework }) => framework))];
const ids = [...new Set(comparisons.map(({ control }) => control))];
const both = controlsWithBothClasses(comparisons);
const mean = (value: (some: readonly Comparison[]) => number, all: readonly Comparison[]) =>
  both.reduce((sum, id) => sum + value(all.filter(({ control }) => control === id)), 0) /
  Math.max(1, both.length);
const always = majority(comparisons);

process.stdout.write(
  [
    table("framework", [
      ...frameworks.map((name) =>
        line(
          name,
          comparisons.filter(({ framework }) => framework === name),
        ),
      ),
      line("all", comparisons),
      line("always the majority", always),
    ]),
    table(
      "control",
      ids.map((id) =>
        line(
          id,
          comparisons.filter(({ control }) => control === id),
        ),
      ),
    ),
    `Averaged over the ${both.length} controls that have both classes: precision ${percent(mean((some) => score(some).precision, comparisons))}, recall ${percent(mean((some) => score(some).recall, comparisons))}; always the majority: ${percent(mean((some) => score(some).precision, always))}, ${percent(mean((some) => score(some).recall, always))}.`,
    "",
    ...notes,
    "",
  ].join("\n"),
);
