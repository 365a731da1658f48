/**
 * The command line of `holdfast keys <verb>`: what each verb takes, and what is wrong with it.
 * @module
 */
import { type ParseArgsConfig, parseArgs } from "node:util";
import {
  DEFAULT_LONGEST_SESSION_SECONDS,
  MAX_LONGEST_SESSION_SECONDS,
} from "../crypto/key-file.ts";
import { shellQuote } from "./key-file-write.ts";
import type { Verb } from "./keys-help.ts";

/** Where the keys are when the command line does not say. */
const DEFAULT_FILE = "holdfast.keys";

/** A command line, read. */
export interface KeysArguments {
  readonly path: string;
  /** Where `wrap` puts the wrapped file. */
  readonly newPath: string;
  /** The key number, for the verbs that take one. */
  readonly number: number;
  readonly index: boolean;
  readonly now: boolean;
  readonly print: boolean;
  readonly longestSessionSeconds: number;
  /** Path of the module that exports the key service. */
  readonly service: string | undefined;
  /** Path of the module that exports the key service of the file that is wrapped anew. */
  readonly from: string | undefined;
  /** Path of the module that exports the store. */
  readonly sessions: string | undefined;
}

const COMMON = { json: { type: "boolean" }, service: { type: "string" } } as const;
const optionsOf: Readonly<Record<Verb, NonNullable<ParseArgsConfig["options"]>>> = {
  generate: {
    ...COMMON,
    print: { type: "boolean" },
    "longest-session-seconds": { type: "string" },
  },
  list: COMMON,
  status: { ...COMMON, sessions: { type: "string" } },
  rotate: { ...COMMON, index: { type: "boolean" } },
  promote: { ...COMMON, now: { type: "boolean" } },
  revoke: { ...COMMON, now: { type: "boolean" } },
  remove: { ...COMMON, index: { type: "boolean" } },
  wrap: { ...COMMON, from: { type: "string" } },
};

/** @returns The arguments, or what is wrong with them. */
export function readKeysArguments(verb: Verb, args: readonly string[]): KeysArguments | string {
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
  const { service, sessions, from } = values as Readonly<Record<string, string | undefined>>;

  let number = 0;
  if (verb === "revoke" || (verb === "remove" && !index)) {
    const text = positionals.shift();
    if (text === undefined || !/^\d{1,2}$/.test(text)) {
      return `\`holdfast keys ${verb}\` needs the number of a key first; \`holdfast keys list\` shows them.`;
    }
    number = Number(text);
  }
  if (print && positionals.length > 0) return "--print writes no file; leave FILE out.";
  if (print && service !== undefined) {
    return "--print is for plain keys; a wrapped file is not secret by itself: leave --print out.";
  }
  for (const [name, value] of Object.entries({ service, sessions, from })) {
    if (value === "") return `--${name} is empty; is a variable missing?`;
  }
  if (positionals.includes("")) return "FILE is empty; is a variable missing?";
  if (verb === "wrap") {
    if (positionals.length !== 2) {
      return "`holdfast keys wrap` needs two files: the one that is there, and the wrapped one to write.";
    }
    if (service === undefined) {
      return "--service is missing: a module that exports the key service as `keyService`.";
    }
  } else if (positionals.length > 1) {
    return `There are too many arguments: only one FILE can be given.`;
  }

  const longest = Number(values["longest-session-seconds"] ?? DEFAULT_LONGEST_SESSION_SECONDS);
  if (!Number.isInteger(longest) || longest < 1 || longest > MAX_LONGEST_SESSION_SECONDS) {
    return `--longest-session-seconds must be a whole number from 1 to ${MAX_LONGEST_SESSION_SECONDS}.`;
  }
  return {
    path: positionals[0] ?? DEFAULT_FILE,
    newPath: positionals[1] ?? "",
    number,
    index,
    now: values.now === true,
    print,
    longestSessionSeconds: longest,
    service,
    from,
    sessions,
  };
}

/** The command line of another verb on the same file, for advice. */
export function commandFor({ path, service }: KeysArguments, isWrapped: boolean) {
  const file = path === DEFAULT_FILE ? "" : ` ${shellQuote(path)}`;
  return (verb: string): string => {
    const needsService = isWrapped && verb.startsWith("rotate");
    const module = service === undefined ? "MODULE" : shellQuote(service);
    return `npx holdfast keys ${verb}${file}${needsService ? ` --service ${module}` : ""}`;
  };
}
