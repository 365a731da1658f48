/**
 * `holdfast keys`: makes, shows and changes a key file. What each change does is in key-changes.ts.
 * @module
 */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { fingerprint } from "../crypto/derive.ts";
import {
  DEFAULT_LONGEST_SESSION_SECONDS,
  formatKeyFile,
  type KeyFile,
  MAX_LONGEST_SESSION_SECONDS,
  parseKeyFile,
} from "../crypto/key-file.ts";
import { accessFault, type KeyFileOnDisk, readKeyFile } from "../crypto/key-file-disk.ts";
import { type Command, type CommandIo, done, failed, type Outcome, refused } from "./command.ts";
import {
  type Change,
  type ChangeContext,
  newKeyFile,
  promote,
  remove,
  removeIndex,
  revoke,
  rotate,
  rotateIndex,
} from "./key-changes.ts";
import { shellQuote, withKeyFileLock, writeKeyFile } from "./key-file-write.ts";
import { listKeys, statusOf } from "./key-report.ts";
import { keysHelp, keysOverview, type Verb } from "./keys-help.ts";

/** Where the keys are when the command line does not say. */
const DEFAULT_FILE = "holdfast.keys";

export const keysCommand: Command = {
  name: "keys",
  summary: "make, list, rotate and remove the keys that sessions are sealed with",
  run(args, io) {
    const [verb, ...rest] = args;
    if (verb === "--help" || verb === "-h") return { exitCode: 0, text: keysOverview, isRaw: true };
    if (verb === undefined) return failed(keysOverview);
    if (!Object.hasOwn(keysHelp, verb)) {
      return failed(`There is no \`holdfast keys ${verb}\`.\n\n${keysOverview}`);
    }
    return runVerb(verb as Verb, rest, io);
  },
};

interface Arguments {
  readonly path: string;
  /** The key number, for the verbs that take one. */
  readonly number: number | undefined;
  readonly index: boolean;
  readonly now: boolean;
  readonly print: boolean;
  readonly longestSessionSeconds: number;
}

function runVerb(verb: Verb, args: readonly string[], io: CommandIo): Outcome {
  if (args.includes("--help") || args.includes("-h")) {
    return { exitCode: 0, text: keysHelp[verb], isRaw: true };
  }
  const read = readArguments(verb, args);
  if (typeof read === "string") return failed(`${read}\n\n${keysHelp[verb]}`);
  const { path } = read;
  const context: ChangeContext = {
    now: io.now(),
    force: read.now,
    command: (other) =>
      `npx holdfast keys ${other}${path === DEFAULT_FILE ? "" : ` ${shellQuote(path)}`}`,
  };
  const number = read.number ?? 0;
  switch (verb) {
    case "generate":
      return generate(read, context);
    case "list":
      return list(path, context);
    case "status":
      return status(path, context);
    case "rotate":
      return change(path, context, read.index ? rotateIndex : rotate);
    case "promote":
      return change(path, context, promote);
    case "revoke":
      return change(path, context, (file) => revoke(file, number, context));
    case "remove":
      return change(path, context, (file) =>
        read.index ? removeIndex(file, context) : remove(file, number, context),
      );
  }
}

const JSON_OPTION = { json: { type: "boolean" } } as const;
const optionsOf: Readonly<Record<Verb, NonNullable<ParseArgsConfig["options"]>>> = {
  generate: {
    ...JSON_OPTION,
    print: { type: "boolean" },
    "longest-session-seconds": { type: "string" },
  },
  list: JSON_OPTION,
  status: JSON_OPTION,
  rotate: { ...JSON_OPTION, index: { type: "boolean" } },
  promote: { ...JSON_OPTION, now: { type: "boolean" } },
  revoke: { ...JSON_OPTION, now: { type: "boolean" } },
  remove: { ...JSON_OPTION, index: { type: "boolean" } },
};

/** The arguments, or what is wrong with them. */
function readArguments(verb: Verb, args: readonly string[]): Arguments | string {
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...args], options: optionsOf[verb], allowPositionals: true });
  } catch (error) {
    return (error as Error).message;
  }
  const { values } = parsed;
  const positionals = [...parsed.positionals];
  const index = values.index === true;
  const print = values.print === true;

  let number: number | undefined;
  if (verb === "revoke" || (verb === "remove" && !index)) {
    const text = positionals.shift();
    if (text === undefined || !/^\d{1,2}$/.test(text)) {
      return `\`holdfast keys ${verb}\` needs the number of a key first; \`holdfast keys list\` shows them.`;
    }
    number = Number(text);
  }
  if (print && positionals.length > 0) return "--print writes no file; leave FILE out.";
  if (positionals.length > 1) return `There are too many arguments: only one FILE can be given.`;
  if (positionals[0] === "") return "FILE is empty; is a variable missing?";

  const longest = Number(values["longest-session-seconds"] ?? DEFAULT_LONGEST_SESSION_SECONDS);
  if (!Number.isInteger(longest) || longest < 1 || longest > MAX_LONGEST_SESSION_SECONDS) {
    return `--longest-session-seconds must be a whole number from 1 to ${MAX_LONGEST_SESSION_SECONDS}.`;
  }
  return {
    path: positionals[0] ?? DEFAULT_FILE,
    number,
    index,
    now: values.now === true,
    print,
    longestSessionSeconds: longest,
  };
}

function generate(args: Arguments, { now, command }: ChangeContext): Outcome {
  const file = newKeyFile(args.longestSessionSeconds, now);
  if (args.print) return { exitCode: 0, text: formatKeyFile(file, true).trimEnd(), isRaw: true };
  const { path } = args;
  try {
    withKeyFileLock(path, () => writeKeyFile(path, formatKeyFile(file)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      return refused(
        `"${path}" exists and is not overwritten: that would sign everybody out. To change keys without that, \`${command("rotate")}\`.`,
      );
    }
    return failed(writeProblem(path, error));
  }
  const [key] = file.keys;
  const text = `Wrote ${path} with key 0 (current) and an index key, readable by this user alone.
Use it: createKeyring({ file: ${JSON.stringify(path)} }), as the user that the server runs as.
Keep it out of version control and images. Every process needs the same file; keep a backup.`;
  return done(text, {
    file: path,
    longestSessionSeconds: file.longestSessionSeconds,
    number: 0,
    fingerprint: key?.bytes === undefined ? null : fingerprint(key.bytes),
  });
}

function list(path: string, { now }: ChangeContext): Outcome {
  const disk = readKeyFile(path);
  const fault = accessFaultFor(path, disk);
  const { text, json } = listKeys(parseKeyFile(disk.text, path), now);
  const warning = fault === undefined ? "" : `\n\n${fault}.`;
  const exitCode = fault === undefined ? 0 : 1;
  const attention = fault === undefined ? [] : [fault];
  return {
    exitCode,
    text: text + warning,
    json: { file: path, ...json, attention },
    isReport: true,
  };
}

function status(path: string, context: ChangeContext): Outcome {
  const disk = readKeyFile(path);
  const fault = accessFaultFor(path, disk);
  const { attention, advice } = statusOf(parseKeyFile(disk.text, path), context);
  const all = fault === undefined ? attention : [`${fault}.`, ...attention];
  const json = { file: path, attention: all, advice };
  const text = [...all, ...advice].join("\n");
  return { exitCode: all.length > 0 ? 1 : 0, text, json, isReport: true };
}

function change(
  path: string,
  context: ChangeContext,
  step: (file: KeyFile, context: ChangeContext) => Change,
): Outcome {
  // Before the lock, so that a wrong path is told as such.
  readKeyFile(path);
  try {
    return withKeyFileLock(path, () => {
      const disk = readKeyFile(path);
      const fault = accessFaultFor(path, disk);
      if (fault !== undefined) return refused(`${fault}. Nothing was changed.`);
      const result = step(parseKeyFile(disk.text, path), context);
      if ("refused" in result) return refused(result.refused);
      writeKeyFile(path, formatKeyFile(result.file), { replaces: disk });
      return done(result.done, { file: path, ...listKeys(result.file, context.now).json });
    });
  } catch (error) {
    return failed(writeProblem(path, error));
  }
}

// An administrator may work on the file of the user that the server runs as.
function accessFaultFor(path: string, { stats }: KeyFileOnDisk): string | undefined {
  const userId = process.geteuid?.();
  return accessFault(path, stats, userId === 0 ? stats.uid : userId);
}

function writeProblem(path: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return `The folder of "${path}" does not exist; make it, then try again.`;
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return `"${path}" cannot be written (${code}); run the command as a user who may write its folder.`;
  }
  return code?.startsWith("HOLDFAST_") ? message : `"${path}" cannot be written: ${message}`;
}
