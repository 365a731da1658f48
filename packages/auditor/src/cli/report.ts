/**
 * `holdfast-audit report`: renders a report that was stored as JSON.
 * @module
 */
import { AuditError, systemReason } from "../errors.ts";
import { parseReport } from "../report/read-report.ts";
import { readReportArguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import { present } from "./format.ts";
import { REPORT_HELP } from "./help.ts";
import { readFileBounded } from "./read-file.ts";

const LIMIT_BYTES = 256 * 1024 * 1024;

export const reportCommand: Command = {
  name: "report",
  summary: "renders a stored report in another format",
  help: REPORT_HELP,
  async run(args, io) {
    const read = readReportArguments(args);
    let text: string;
    try {
      text = readFileBounded(read.file, { limitBytes: LIMIT_BYTES }).toString("utf8");
    } catch (error) {
      throw new AuditError(
        "AUDIT_REPORT",
        `"${read.file}" ${systemReason(error)}; name a report stored with --format json.`,
        { path: read.file },
        { cause: error },
      );
    }
    present(parseReport(text, read.file), read, io);
    return 0;
  },
};
