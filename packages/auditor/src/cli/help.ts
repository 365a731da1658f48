/**
 * What `--help` prints.
 * @module
 */

const EXIT_CODES = `Exit codes: 0 clean, 1 findings at or above --fail-on, 2 could not run.`;

const FORMAT = `  --format FORMAT       terminal, json, sarif, markdown or html. Default: terminal
  --json                the same as --format json
  --output FILE         write the report into FILE instead of standard output
  --color, --no-color   colours on the terminal, whatever it says of itself
  --quiet               failures alone, and no progress`;

export const SOURCE_HELP: string = `Usage: holdfast-audit source DIR [options]

Reads the source and configuration of the Symfony, Phalcon and Node applications below
DIR and writes the review of their session management. Nothing of them is executed, no
link is followed, and nothing is sent anywhere.

${FORMAT}

  --fail-on SEVERITY    info, low, medium, high, critical or never: the exit code is 1 if a
                        control of that severity or above fails. Default: high, for --staged low
  --only ID,ID          judge these controls alone
  --baseline FILE       what FILE holds is known, and fails nothing
  --write-baseline FILE remember what is found now in FILE, and fail nothing
  --config FILE         accepted risks and defaults of these options.
                        Default: holdfast-audit.config.json in DIR, if it is there

  --diff REV            only findings in files that changed since the branch left REV
  --staged              only files that are staged for the next commit, and only what they show
                        by themselves: native-session-functions and session-api
  --fix                 print a patch of every change that is safe to make mechanically, to
                        be applied in DIR by \`git apply\` or \`patch -p1\`; changes nothing

  --no-cache            read everything anew. What was found out is remembered in the user's
                        cache folder until a file changes

  --help                print this

${EXIT_CODES}`;

export const REPORT_HELP: string = `Usage: holdfast-audit report FILE [options]

Renders a report that was stored with --format json.

${FORMAT}
  --help                print this

Exit codes: 0 rendered, 2 could not run.`;

/** @param commands Each with its line for the list. */
export function programHelp(
  commands: readonly { readonly name: string; readonly summary: string }[],
): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `Usage: holdfast-audit <command> [options]

Commands:
${list.join("\n")}

\`holdfast-audit <command> --help\` tells more; \`holdfast-audit --version\` prints the version.
${EXIT_CODES}`;
}
