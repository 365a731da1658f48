/**
 * `holdfast-audit source`: audits a folder, and says by its exit code whether anything has to be done.
 * @module
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { AuditResult } from "../audit.ts";
import { AuditError, systemReason } from "../errors.ts";
import { buildReport } from "../report/build-report.ts";
import { cleanLine } from "../report/clean-text.ts";
import type { Report, ReportFinding } from "../report/report.ts";
import { countText, listText } from "../report/wording.ts";
import { type FailOn, readSourceArguments, type SourceArguments } from "./arguments.ts";
import { type AuditConfig, CONFIG_FILE, readConfig } from "./audit-config.ts";
import { baselineOf, readBaseline } from "./baseline.ts";
import { changedFiles } from "./changed-files.ts";
import type { Auditor, Command, CommandIo, ExitCode } from "./command.ts";
import { present, writeOutput } from "./format.ts";
import { SOURCE_HELP } from "./help.ts";
import { failuresOf, type MarkedReport, markKnown, restrict } from "./judged-report.ts";
import { type Edit, patchOf } from "./patch.ts";
import { progressOn } from "./progress.ts";

const DEFAULT_FAIL_ON: FailOn = "high";
/** What single files show is of low severity, and a commit is the time to mend it. */
const EVERYDAY_FAIL_ON: FailOn = "low";

export const sourceCommand: Command = {
  name: "source",
  summary: "reviews the session management of the applications in a folder",
  help: SOURCE_HELP,
  async run(args, io) {
    const read = readSourceArguments(args);
    requireFolder(read.folder);
    const config = readConfig(
      read.config === undefined
        ? { path: join(read.folder, CONFIG_FILE), isNamed: false }
        : { path: read.config, isNamed: true },
    );
    const baseline = read.baseline === undefined ? undefined : readBaseline(read.baseline);
    const changed =
      read.changes === undefined ? undefined : await changedFiles(read.folder, read.changes);
    if (changed !== undefined && ![...changed].some(isAudited)) return nothingChanged(read, io);
    const auditor = await io.loadAuditor();
    const everyday = changed !== undefined && read.changes === "staged";
    const only = onlyOf(read.only ?? config.only, everyday ? auditor.everydayIds : undefined);
    requireControls(auditor, read.only ?? [], "AUDIT_OPTION", "--only");
    requireControls(auditor, config.only ?? [], "AUDIT_CONFIG", '"only"');
    const accepted = config.accepted.map(({ control }) => control);
    requireControls(auditor, accepted, "AUDIT_CONFIG", '"accepted"');

    const result = await audit(auditor, read, { only, files: everyday ? changed : undefined }, io);
    const whole = buildReport(result, { now: io.now(), toolVersion: io.toolVersion });
    const narrowed = narrow(whole, config, changed, read);
    const marked = markKnown(narrowed, {
      baseline: rememberedBaseline(narrowed, read, baseline, io),
      accepted: config.accepted,
      now: io.now(),
    });
    tellAcceptances(marked, { isWhole: changed === undefined && only === undefined }, io);
    const failOn = read.failOn ?? config.failOn ?? (everyday ? EVERYDAY_FAIL_ON : DEFAULT_FAIL_ON);
    return read.fix
      ? fix(marked.report, read, failOn, io)
      : finish(marked.report, read, failOn, io);
  },
};

/** Of the controls that were asked for, those that can be judged; all of these if none was. */
function onlyOf(
  asked: readonly string[] | undefined,
  possible: readonly string[] | undefined,
): readonly string[] | undefined {
  if (possible === undefined) return asked;
  return asked === undefined ? possible : asked.filter((id) => possible.includes(id));
}

/** Texts for people, pictures and styles: no finding is ever in one. */
const UNAUDITED = /\.(md|rst|txt|png|jpe?g|gif|svg|webp|ico|css|scss|less|woff2?|ttf|pdf|mp4)$/i;

function isAudited(file: string): boolean {
  return !UNAUDITED.test(file);
}

/** The answer is known without reading anything: a commit hook should not be waited for. */
function nothingChanged(read: SourceArguments, io: CommandIo): ExitCode {
  if (read.fix) return 0;
  const none: AuditResult = { applications: [], unsupported: [], unread: [], files: 0 };
  const report = buildReport(none, { now: io.now(), toolVersion: io.toolVersion });
  present({ ...report, restriction: "changed files, of which none is audited" }, read, io);
  return 0;
}

/** @throws {AuditError} `AUDIT_FOLDER` */
function requireFolder(folder: string): void {
  const wrong = (what: string, cause?: unknown) =>
    new AuditError(
      "AUDIT_FOLDER",
      `"${folder}" ${what}; name the folder of the application.`,
      { folder },
      { cause },
    );
  let isFolder: boolean;
  try {
    isFolder = statSync(folder).isDirectory();
  } catch (error) {
    throw wrong(systemReason(error), error);
  }
  if (!isFolder) throw wrong("is no folder");
}

/** @throws {AuditError} For an id that no control has: it would judge, or accept, nothing. */
function requireControls(
  { controlIds }: Auditor,
  ids: readonly string[],
  code: "AUDIT_OPTION" | "AUDIT_CONFIG",
  where: string,
): void {
  const unknown = ids.find((id) => !controlIds.includes(id));
  if (unknown === undefined) return;
  throw new AuditError(
    code,
    `${where} names "${unknown}", which is no control. Controls are ${controlIds.join(", ")}.`,
    { control: unknown },
  );
}

async function audit(
  auditor: Auditor,
  { folder, quiet, isRemembered }: SourceArguments,
  {
    only,
    files,
  }: {
    readonly only: readonly string[] | undefined;
    readonly files: ReadonlySet<string> | undefined;
  },
  io: CommandIo,
): Promise<AuditResult> {
  const progress = progressOn(io, quiet);
  try {
    return await auditor.auditSource({
      folder,
      ...(only === undefined ? {} : { only }),
      ...(files === undefined ? {} : { files }),
      isRemembered,
      onProgress: progress.tell,
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // The system's codes are the folder's fault; anything else is ours, and shows as such.
    if (typeof code !== "string" || !/^E[A-Z]+$/.test(code)) throw error;
    throw new AuditError(
      "AUDIT_FOLDER",
      `"${folder}" ${systemReason(error)}; name a folder that this user may read.`,
      { folder },
      { cause: error },
    );
  } finally {
    progress.end();
  }
}

/** Leaves out what the configuration excludes, and what did not change if only changes were asked for. */
function narrow(
  report: Report,
  { exclude }: AuditConfig,
  changed: ReadonlySet<string> | undefined,
  { changes }: SourceArguments,
): Report {
  if (exclude.length === 0 && changed === undefined) return report;
  const isExcluded = (path: string) =>
    exclude.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
  const words = [
    changed === undefined || changes === undefined
      ? "the whole folder"
      : changes === "staged"
        ? countText(changed.size, "staged file")
        : `${countText(changed.size, "file")} changed since ${changes.since}`,
    ...(exclude.length === 0 ? [] : [`without ${listText(exclude)}`]),
  ];
  return restrict(report, {
    keepsFile: (file) => !isExcluded(file) && changed?.has(file) !== false,
    keepsApplication: (root) => !isExcluded(root),
    words: words.join(", "),
  });
}

/** What is found now is known from now on, if it is to be remembered. */
function rememberedBaseline(
  report: Report,
  { writeBaseline, quiet }: SourceArguments,
  baseline: ReadonlySet<string> | undefined,
  io: CommandIo,
): ReadonlySet<string> | undefined {
  if (writeBaseline === undefined) return baseline;
  writeOutput(writeBaseline, baselineOf(report));
  const known = readBaseline(writeBaseline);
  if (!quiet) io.err(`Wrote ${countText(known.size, "finding")} to "${writeBaseline}".\n`);
  return known;
}

function tellAcceptances(
  { expired, unused }: MarkedReport,
  { isWhole }: { readonly isWhole: boolean },
  io: CommandIo,
): void {
  for (const { control, owner, until } of expired) {
    io.err(
      `The acceptance of ${control} by ${cleanLine(owner)} ended on ${until}: mend it, or have it accepted anew.\n`,
    );
  }
  if (!isWhole) return;
  for (const { control, owner, until } of unused) {
    io.err(
      `Nothing is found any more of ${control} as ${cleanLine(owner)} accepted it until ${until}: take it out of the configuration.\n`,
    );
  }
}

function finish(report: Report, read: SourceArguments, failOn: FailOn, io: CommandIo): ExitCode {
  present(report, read, io);
  return failuresOf(report, failOn).length > 0 ? 1 : 0;
}

/** A patch on standard output and the rest in words, so that the patch can be piped. */
function fix(report: Report, read: SourceArguments, failOn: FailOn, io: CommandIo): ExitCode {
  const open = report.applications.flatMap(({ controls }) =>
    controls
      .filter(({ verdict }) => verdict === "fail")
      .flatMap(({ id, findings }) =>
        findings
          .filter(({ status }) => status !== "accepted")
          .map((finding) => ({ control: id, finding })),
      ),
  );
  const edits = open.flatMap(({ finding }) => finding.fix?.edit ?? []);
  const patch = patchOf(read.folder, edits);
  if (read.output === undefined) io.out(patch.text);
  else writeOutput(read.output, patch.text);

  // Two findings may ask for the same change, which is in the patch once.
  const made = new Set(patch.made.map(keyOf));
  const isMended = ({ fix }: ReportFinding) => fix?.edit !== undefined && made.has(keyOf(fix.edit));
  const left = open.filter(({ finding }) => !isMended(finding));
  if (!read.quiet) {
    io.err(
      `The patch mends ${open.length - left.length} of ${countText(open.length, "finding")}.\n`,
    );
    if (left.length > 0) io.err("Left to do by hand:\n");
    for (const { control, finding } of left) {
      const what = cleanLine(finding.fix?.text ?? finding.message);
      io.err(`  ${cleanLine(finding.file)}:${finding.line} ${control}: ${what}\n`);
    }
  }
  return failuresOf(report, failOn).every(isMended) ? 0 : 1;
}

function keyOf({ file, start, end, text }: Edit): string {
  return JSON.stringify([file, start, end, text]);
}
