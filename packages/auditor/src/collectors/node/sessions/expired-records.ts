/**
 * What removes expired sessions from the store: the store itself, a timer of its package, or nobody.
 * Read in connect-redis 8, connect-mongo 5, connect-pg-simple 10, session-file-store 1, memorystore 1,
 * connect-session-sequelize 7, express-mysql-session 3 and prisma-session-store 3.
 * @module
 */
import type { Observation, Origin } from "../../../evidence.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { type CallValue, property, shipped, type Value } from "../../script/script-value.ts";
import type { SetUp } from "./find-setups.ts";
import { storeOf } from "./stores.ts";

const topic = "expired-data";

/** How one package cleans up. */
interface Cleaner {
  readonly module: RegExp;
  /** Option that says it; `undefined` if none does. */
  readonly option?: string;
  /** It cleans up unless the option says otherwise. */
  readonly byDefault: boolean;
  readonly isOff?: (value: unknown) => boolean;
  /** What it does, in words that stand after "the store". */
  readonly does: string;
  readonly remedy: string;
}

const isFalse = (value: unknown): boolean => value === false;
const isNegative = (value: unknown): boolean => typeof value === "number" && value < 0;
const isNone = (value: unknown): boolean => value === 0 || value === false || value === null;

const CLEANERS: readonly Cleaner[] = [
  {
    module: /^(?:connect-redis|connect-valkey|koa-redis)$/,
    option: "disableTTL",
    byDefault: true,
    isOff: (value) => value === true,
    does: "keeps each record with a time to live",
    remedy: "Leave disableTTL off.",
  },
  {
    module: /^connect-mongo$/,
    option: "autoRemove",
    byDefault: true,
    isOff: (value) => value === "disabled",
    does: "removes expired records by an index of MongoDB or on a timer",
    remedy: 'Leave autoRemove at "native".',
  },
  {
    module: /^connect-pg-simple$/,
    option: "pruneSessionInterval",
    byDefault: true,
    isOff: isFalse,
    does: "deletes expired rows on a timer",
    remedy: "Leave pruneSessionInterval on, or delete expired rows by a job of the database.",
  },
  {
    module: /^session-file-store$/,
    option: "reapInterval",
    byDefault: true,
    isOff: isNegative,
    does: "deletes expired files on a timer",
    remedy: "Leave reapInterval on.",
  },
  {
    module: /^memorystore$/,
    option: "checkPeriod",
    byDefault: false,
    isOff: isNone,
    does: "drops expired entries on a timer",
    remedy: "Set checkPeriod, or keep sessions in Redis.",
  },
  {
    module: /^connect-session-sequelize$/,
    option: "checkExpirationInterval",
    byDefault: true,
    isOff: (value) => isNone(value) || isNegative(value),
    does: "deletes expired rows on a timer",
    remedy: "Leave checkExpirationInterval on.",
  },
  {
    module: /^express-mysql-session$/,
    option: "clearExpired",
    byDefault: true,
    isOff: isFalse,
    does: "deletes expired rows on a timer",
    remedy: "Leave clearExpired on.",
  },
  {
    module: /^@quixo3\/prisma-session-store$/,
    option: "checkPeriod",
    byDefault: false,
    isOff: isNone,
    does: "deletes expired rows on a timer",
    remedy: "Set checkPeriod: 2 * 60 * 1000.",
  },
];

export function expiredRecords(project: ScriptProject, setUp: SetUp): readonly Observation[] {
  const { library, label, options, place } = setUp;
  if (library === "holdfast") return byHoldfast(setUp);
  if (library !== "express-session" && library !== "@fastify/session") return [];
  const store = property(options, "store");
  const effective = shipped(store);
  const isOwnMemory = effective.kind === "literal" && effective.value === undefined;
  if (isOwnMemory) {
    return [
      {
        topic,
        place,
        kind: "fault",
        what: `${label} keeps sessions in the process, and nothing removes one that nobody asks for again.`,
        value: "never removed",
        origin: { kind: "default", of: label, place },
        remedy:
          "Keep sessions in a store that expires records by itself, such as Redis by connect-redis.",
      },
    ];
  }
  const { made } = storeOf(project, store, { value: undefined, of: label, place });
  const cleaner = made && CLEANERS.find(({ module }) => module.test(made.module));
  return made === undefined || cleaner === undefined ? [] : byPackage(project, made, cleaner);
}

function byPackage(project: ScriptProject, made: CallValue, cleaner: Cleaner): Observation[] {
  const { place, module } = made;
  const given = cleaner.option === undefined ? undefined : optionOf(project, made, cleaner.option);
  const value = given && shipped(given);
  const origin: Origin = { kind: "default", of: module, place };
  if (value === undefined || (value.kind === "literal" && value.value === undefined)) {
    return cleaner.byDefault
      ? [
          {
            topic,
            place,
            kind: "good",
            what: `${module} ${cleaner.does}.`,
            value: "removed",
            origin,
          },
        ]
      : [
          {
            topic,
            place,
            kind: "fault",
            what: `${module} removes expired sessions only if "${cleaner.option}" is set, and it is not.`,
            value: "never removed",
            origin,
            remedy: cleaner.remedy,
          },
        ];
  }
  if (value.kind !== "literal") return [];
  if (cleaner.isOff?.(value.value) === true) {
    return [
      {
        topic,
        place: value.place,
        kind: "fault",
        what: `"${cleaner.option}" switches off what removes expired sessions.`,
        value: "never removed",
        remedy: cleaner.remedy,
      },
    ];
  }
  return [
    {
      topic,
      place: value.place,
      kind: "good",
      what: `${module} ${cleaner.does}.`,
      value: "removed",
    },
  ];
}

/** Of whichever argument is the object of options; nothing if it may be among what cannot be followed. */
function optionOf(project: ScriptProject, { call }: CallValue, name: string): Value | undefined {
  for (const argument of call.arguments ?? []) {
    const found = shipped(project.evaluator.evaluate(argument));
    if (found.kind === "object") return property(found, name);
    if (found.kind === "unknown") return found;
  }
  return undefined;
}

/** Stores of Holdfast remove what has expired by themselves. */
function byHoldfast({ label, options, place }: SetUp): Observation[] {
  const sweep = shipped(property(options, "sweep"));
  if (sweep.kind === "literal" && sweep.value === false) {
    return [
      {
        topic,
        place: sweep.place,
        kind: "fault",
        what: '"sweep" is off: dead records stay in stores that do not expire them by themselves.',
        value: "never removed",
        remedy: "Leave sweep on.",
      },
    ];
  }
  return [
    {
      topic,
      place,
      kind: "good",
      what: `Each store of ${label} removes what has expired.`,
      value: "removed",
      origin: { kind: "default", of: label, place },
    },
  ];
}
