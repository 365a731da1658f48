/**
 * A world for commands under test: an auditor that answers what the test says, and output to look at.
 * @module
 */
import type { AuditResult } from "../audit.ts";
import { main } from "../cli.ts";
import { SAMPLE_TIME, sampleResult } from "../report/testing.ts";
import type { Auditor, CommandIo, ExitCode } from "./command.ts";

export interface Ran {
  readonly exitCode: ExitCode;
  readonly out: string;
  readonly err: string;
  /** What the auditor was asked for, if it was. */
  readonly asked: Parameters<Auditor["auditSource"]>[0] | undefined;
}

/** Runs `holdfast-audit` with these arguments. */
export async function run(
  args: readonly string[],
  world: Partial<CommandIo> & { readonly result?: AuditResult; readonly failure?: Error } = {},
): Promise<Ran> {
  const { result = sampleResult(), failure, ...io } = world;
  let [out, err] = ["", ""];
  let asked: Ran["asked"];
  const exitCode = await main(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    now: () => SAMPLE_TIME,
    outHasColors: false,
    columns: undefined,
    errIsTerminal: false,
    toolVersion: "0.1.0",
    loadAuditor: async () => ({
      async auditSource(options) {
        asked = options;
        options.onProgress?.(0, 1, "shop");
        if (failure !== undefined) throw failure;
        return result;
      },
      everydayIds: ["cookie-secure"],
      controlIds: [
        "cookie-samesite",
        "cookie-secure",
        "strict-mode",
        "regenerate-login",
        "regenerate-role-change",
      ],
    }),
    ...io,
  });
  return { exitCode, out, err, asked };
}
