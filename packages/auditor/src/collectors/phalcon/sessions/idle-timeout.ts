/**
 * What ends an unused session: a check of the application's own, the store's lifetime, or PHP's clean-up.
 * @module
 */
import type { IdleEvidence, Place } from "../../../evidence.ts";
import { child, type PhpFile, type PhpNode, placeOf } from "../../php/php-file.ts";
import type { PhpSessionSettings } from "../../php/php-settings.ts";
import { entryOf, scalarOf } from "../../php/php-value.ts";
import {
  ancestorsOf,
  callsInside,
  indexPhp,
  isInside,
  namedFunctionOf,
} from "../../php/php-walk.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { isSuperglobal, sessionOperations } from "../code/session-operations.ts";
import { signInPaths } from "../sign-in/collect-sign-ins.ts";
import type { SessionService } from "./session-services.ts";

/** Lifetimes that Phalcon's adapters take if none is given, in seconds. */
const STORE_DEFAULTS: Readonly<Record<string, number>> = { redis: 3600, memcached: 8600 };

export function idleEvidence(
  phalcon: PhalconApplication,
  service: SessionService,
  settings: PhpSessionSettings,
): IdleEvidence {
  const { adapter, place } = service;
  const storeDefault = STORE_DEFAULTS[adapter?.kind ?? ""];
  const written = storeDefault === undefined ? undefined : entryOf(adapter?.options, "lifetime");
  const checked = ownCheck(phalcon, written !== undefined);
  if (checked !== undefined) {
    return {
      seconds: {
        value: checked.seconds,
        origin:
          checked.seconds === undefined
            ? { kind: "unknown", why: "the limit is computed", place: checked.place }
            : { kind: "set", place: checked.place },
      },
      keptBy: "application",
    };
  }
  if (adapter !== undefined && storeDefault !== undefined) {
    const value = scalarOf(written);
    if (written !== undefined) {
      const seconds = typeof value === "number" ? value : Number.parseInt(String(value), 10);
      const isKnown = value !== undefined && !Number.isNaN(seconds);
      return {
        seconds: {
          value: isKnown ? seconds : undefined,
          origin: isKnown
            ? { kind: "set", place: written.place }
            : { kind: "unknown", why: "the lifetime is computed", place: written.place },
        },
        keptBy: "application",
      };
    }
    const of = `${adapter.className}: lifetime is ${storeDefault} seconds`;
    return {
      seconds: { value: storeDefault, origin: { kind: "default", of, place: adapter.place } },
      keptBy: "store-default",
    };
  }
  if (adapter?.kind === "memory") {
    const of = `${adapter.className}, which keeps nothing`;
    return {
      seconds: { value: "never", origin: { kind: "default", of, place } },
      keptBy: "nobody",
    };
  }
  return { seconds: settings.gcMaxLifetimeSeconds, keptBy: "garbage-collection" };
}

/** Where the store ends what is not used, a check against the time of the sign-in is another limit. */
function ownCheck(
  phalcon: PhalconApplication,
  storeEnds: boolean,
): { readonly seconds: number | undefined; readonly place: Place } | undefined {
  const [first] = timeChecks(phalcon).filter((check) => !storeEnds || !isFixed(phalcon, check));
  if (first === undefined) return undefined;
  const { file, comparison } = first;
  return { seconds: limitIn(phalcon, file, comparison), place: placeOf(file, comparison) };
}

/** A comparison of the time with one that the session holds, in a function that ends sessions. */
export interface TimeCheck {
  readonly file: PhpFile;
  readonly comparison: PhpNode;
  /** Of the session, as far as they are known. */
  readonly keys: ReadonlySet<string>;
}

/** `time() - $session->get("seen") > 1800`, in a function that then ends the session or turns people away. */
export function timeChecks(phalcon: PhalconApplication): readonly TimeCheck[] {
  const operations = sessionOperations(phalcon);
  return clockComparisons(phalcon).filter(({ file, comparison }) => {
    const branch = ancestorsOf(file, comparison).find(({ kind }) => kind === "if");
    const inBranch = operations.filter(
      ({ file: of, node }) => of === file && branch !== undefined && isInside(node, branch),
    );
    // A time that only gives the session a new id ends nothing.
    const rotates = inBranch.some(({ kind }) => kind === "regenerate");
    if (rotates && !inBranch.some(({ kind }) => kind === "destroy" || kind === "remove"))
      return false;
    const scope = namedFunctionOf(file, comparison);
    return operations.some(
      ({ kind, node, file: of }) =>
        of === file &&
        scope !== undefined &&
        (kind === "destroy" || kind === "remove") &&
        isInside(node, scope.node),
    );
  });
}

/** Comparisons of the time with one that the session holds, whatever follows from them. */
export function clockComparisons(phalcon: PhalconApplication): readonly TimeCheck[] {
  const operations = sessionOperations(phalcon);
  const files = phalcon.code.files.filter(({ text }) => /session/i.test(text) && TIME.test(text));
  return files.flatMap((file) =>
    indexPhp(file)
      .ofKind("bin")
      .flatMap((comparison): readonly TimeCheck[] => {
        if (!/^[<>]=?$/.test(String(comparison.type))) return [];
        const scope = namedFunctionOf(file, comparison);
        if (scope === undefined || !tellsTime(file, comparison)) return [];
        const inFile = operations.filter(({ file: of }) => of === file);
        if (!readsSession(file, comparison, scope.node, inFile)) return [];
        const read = inFile.filter(
          ({ kind, node }) => kind === "read" && isInside(node, scope.node),
        );
        const parts = [comparison, ...madeOf(file, comparison, scope.node)];
        const near = read.filter(({ node }) => parts.some((part) => isInside(node, part)));
        const keys = (near.length > 0 ? near : read).flatMap(({ key }) => key ?? []);
        return [{ file, comparison, keys: new Set(keys.filter(isTime)) }];
      }),
  );
}

/** Only signing in writes the time: it is not renewed by use. */
export function isFixed(phalcon: PhalconApplication, { keys }: TimeCheck): boolean {
  const signIns = new Set(
    signInPaths(phalcon).flatMap(({ steps }) => steps.map(({ within }) => within.node)),
  );
  const writes = sessionOperations(phalcon).filter(
    ({ kind, key }) => kind === "write" && key !== undefined && keys.has(key),
  );
  return (
    writes.length > 0 &&
    writes.every(({ file, node }) => {
      const within = namedFunctionOf(file, node);
      return within !== undefined && signIns.has(within.node);
    })
  );
}

const TIME = /\btime\(|REQUEST_TIME|getTimestamp\(/;

/** A key that holds a time, rather than who somebody is. */
function isTime(key: string): boolean {
  return /time|_?at$|seen|last|since|activ|start|creat|expir|stamp|login|signed|until/i.test(key);
}

function tellsTime(file: PhpFile, node: PhpNode): boolean {
  return (
    callsInside(file, node).some(({ name }) =>
      ["time", "microtime", "gettimestamp"].includes(name),
    ) ||
    /\$_SERVER\[['"]REQUEST_TIME/.test(
      file.text.slice(node.loc?.start.offset, node.loc?.end.offset),
    )
  );
}

/** In the comparison itself, or in a variable that it compares. */
function readsSession(
  file: PhpFile,
  comparison: PhpNode,
  scope: PhpNode,
  operations: ReturnType<typeof sessionOperations>,
): boolean {
  const read = operations.filter(({ kind, file: of }) => kind === "read" && of === file);
  if (read.some(({ node }) => isInside(node, comparison))) return true;
  const superglobals = indexPhp(file).ofKind("variable").filter(isSuperglobal);
  if (superglobals.some((node) => isInside(node, comparison))) return true;
  return madeOf(file, comparison, scope).some((assignment) =>
    [...read.map(({ node }) => node), ...superglobals].some((node) => isInside(node, assignment)),
  );
}

/** Assignments of the variables that are compared. */
function madeOf(file: PhpFile, comparison: PhpNode, scope: PhpNode): readonly PhpNode[] {
  const compared = new Set(
    indexPhp(file)
      .ofKind("variable")
      .filter((node) => isInside(node, comparison))
      .map(({ name }) => name),
  );
  return indexPhp(file).assignments.filter(
    (node) => isInside(node, scope) && compared.has(child(node, "left")?.name),
  );
}

/** The number of seconds that a time is compared with. */
export function limitIn(
  phalcon: PhalconApplication,
  file: PhpFile,
  comparison: PhpNode,
): number | undefined {
  for (const side of ["left", "right"]) {
    const node = child(comparison, side);
    const value = node === undefined ? undefined : scalarOf(phalcon.evaluate(file, node));
    if (typeof value === "number") return value;
    // `time() > $seen + 1800`
    for (const part of ["left", "right"]) {
      const inner = child(node, part);
      const seconds = inner === undefined ? undefined : scalarOf(phalcon.evaluate(file, inner));
      if (typeof seconds === "number") return seconds;
    }
  }
  return undefined;
}
