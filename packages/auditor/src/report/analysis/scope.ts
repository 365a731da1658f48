/**
 * Objective, scope and methodology: what was asked of this application, what was looked at, and how.
 * @module
 */
import type { Control, Judgement } from "../../controls/control.ts";
import type { Evidence, Origin, SessionEvidence } from "../../evidence.ts";
import { countText, listText, placeText, withoutStop } from "../wording.ts";

export const FRAMEWORK_NAMES: Readonly<Record<Evidence["framework"], string>> = {
  symfony: "Symfony",
  phalcon: "Phalcon",
  node: "Node",
};

/** `the Symfony application in shop/` */
export function nameOf({ framework, root, isFilesOnly = false }: Evidence): string {
  if (isFilesOnly) return framework === "node" ? "the scripts" : "the PHP files";
  const where = root === "." ? "at the root of the folder" : `in ${root}/`;
  return `the ${FRAMEWORK_NAMES[framework]} application ${where}`;
}

export function objectiveOf(evidence: Evidence): string {
  const { sessions } = evidence;
  if (evidence.isFilesOnly === true) {
    return `To find out whether one of ${nameOf(evidence)} uses sessions past the framework, from what each file shows by itself.`;
  }
  if (sessions.length === 0) {
    return `To find out whether ${nameOf(evidence)} keeps sessions and, if it does, whether they stay with the people they belong to. It keeps none that could be found, so there is nothing to judge.`;
  }
  const kept = sessions.map(({ library, place }) => `${library}, set up in ${placeText(place)}`);
  const signIns = evidence.privilegeChanges.length;
  const stake =
    signIns === 0
      ? "Nobody was seen to sign in here, so a session holds at most what an anonymous visitor left in it."
      : `Sign-in and other changes of rights were found at ${countText(signIns, "place")}, so whoever holds a session acts as its owner.`;
  return `To find out, from source and configuration, whether the sessions of ${nameOf(evidence)} stay with the people they belong to once it runs in production. Sessions are kept by ${listText(kept)}. ${stake}`;
}

/** @param prose What is said of the application: only versions that it speaks of are named. */
export function scopeOf(
  evidence: Evidence,
  prose: string,
): {
  readonly covered: readonly string[];
  readonly notCovered: readonly string[];
} {
  return { covered: coveredBy(evidence, prose), notCovered: notCoveredBy(evidence) };
}

function coveredBy(evidence: Evidence, prose: string): string[] {
  const { sessions, privilegeChanges, signOuts, rememberMe, csrf, versions } = evidence;
  const covered = sessions.map(
    ({ library, place }) => `Sessions of ${library}: ${placeText(place)}`,
  );
  if (evidence.isFilesOnly === true) return [`What each of ${nameOf(evidence)} shows by itself`];
  if (sessions.length === 0) covered.push(`The application as a whole: ${evidence.place.file}`);
  const packages = Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .filter((name) => prose.includes(name));
  if (packages.length > 0) covered.push(`Defaults of the versions in use: ${listText(packages)}`);
  if (privilegeChanges.length > 0) {
    const places = privilegeChanges.map(({ place }) => placeText(place));
    covered.push(`Sign-in and other changes of rights: ${listText(unique(places))}`);
  }
  if (signOuts.length > 0) {
    covered.push(`Sign-out: ${listText(unique(signOuts.map(({ place }) => placeText(place))))}`);
  }
  if (rememberMe !== undefined) covered.push(`Remember-me: ${placeText(rememberMe.place)}`);
  if (csrf !== undefined) {
    covered.push(`Protection of requests that change state: ${placeText(csrf.place)}`);
  }
  return covered;
}

function notCoveredBy(evidence: Evidence): string[] {
  const left = evidence.unsupported.map((what) => `Not supported: ${withoutStop(what)}`);
  for (const { file, why } of evidence.unread) left.push(`${file}: ${withoutStop(why)}`);
  for (const { name, file, line } of deploymentVariables(evidence)) {
    left.push(`The value of ${name}, read in ${file}:${line} and given at deployment only`);
  }
  if (evidence.isFilesOnly === true) {
    return [...left, "Every other file, and with them all that only the whole application shows"];
  }
  left.push(
    "The running site: nothing was executed or requested, so proxies, TLS and server configuration outside of the repository were not seen",
    "How passwords are stored, and who may do what: they matter here only where they touch a session",
  );
  return left;
}

/** Variables that decide an effective value and that the repository gives no value. */
function deploymentVariables(evidence: Evidence) {
  const found = new Map<string, { name: string; file: string; line: number }>();
  for (const origin of evidence.sessions.flatMap(originsOf)) {
    if (origin.kind !== "environment" || found.has(origin.name)) continue;
    const { file, line } = origin.place;
    found.set(origin.name, { name: origin.name, file, line });
  }
  return [...found.values()];
}

function originsOf(session: SessionEvidence): Origin[] {
  const { cookie, strictIds, idBits, storage, isEncrypted, idle } = session;
  const { secure, httpOnly, sameSite, name, lifetimeSeconds, domain, path } = cookie;
  const settings = [secure, httpOnly, sameSite, name, lifetimeSeconds, domain, path];
  return [...settings, strictIds, idBits, storage, isEncrypted, idle.seconds].map(
    ({ origin }) => origin,
  );
}

/** How effective values come about, which differs by framework. */
const MERGING: Readonly<Record<Evidence["framework"], string>> = {
  symfony:
    "Configuration was merged as the framework merges it for the environment `prod`: packages, their `prod` overrides, parameters and `.env` files. Where nothing sets a value, the default of the installed version counts, and below it PHP's own.",
  phalcon:
    "Phalcon's session manager sets no cookie attribute itself, whatever options it is given. Effective values are therefore those of `ini_set`, `session_set_cookie_params` and the PHP configuration files of the repository, in the order in which they take effect before the session starts; else PHP's own defaults.",
  node: "The options of the session library were followed from the call through variables, imports, spreads and conditions on the environment, with production assumed. Where nothing sets a value, the default of the installed version counts.",
};

export function methodologyOf(
  evidence: Evidence,
  judgements: readonly { readonly control: Control; readonly judgement: Judgement }[],
  files: number,
): string[] {
  const unread = evidence.unread.length;
  const gaps = unread === 0 ? "" : `; ${countText(unread, "file")} could not be read in full`;
  const reading = `Code review: ${countText(files, "file")} of the folder were listed, and those that bear on sessions parsed${gaps}. Nothing was executed.`;
  if (evidence.isFilesOnly === true) return [reading];
  if (evidence.sessions.length === 0) {
    return [
      reading,
      `Session libraries and the platform's own session functions were looked for in the application's dependencies and in its code. None was found, and ${countText(judgements.length, "control")} had nothing to judge but the code itself.`,
    ];
  }
  return [
    reading,
    `Configuration analysis: ${MERGING[evidence.framework]}`,
    `Judgement: ${countText(judgements.length, "control")} were held against what was found. One passes or fails on evidence with a place in a file. What only a person or the deployment can settle is left for review, with the reason. Severity says what a failure costs, confidence how sure the evidence makes it.`,
    "Threat model and gap analysis follow from the verdicts: a threat is met as far as the controls against it pass, and each control that fails is a gap.",
  ];
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
