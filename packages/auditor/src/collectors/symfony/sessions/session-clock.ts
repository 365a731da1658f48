/**
 * Listeners of the application's own that end a session by the time: since it was last used, or since somebody
 * signed in, which a session that is used ends by too.
 * @module
 */
import type { IdleEvidence, Observation, Place } from "../../../evidence.ts";
import { child, nameOf, type PhpNode, placeOf } from "../../php/php-file.ts";
import { evaluate, scalarOf } from "../../php/php-value.ts";
import {
  ancestorsOf,
  argumentOf,
  indexPhp,
  isInside,
  namedFunctionOf,
  type PhpCall,
  type PhpFunction,
} from "../../php/php-walk.ts";
import { receiverOf } from "../code/code-roles.ts";
import { callsAny, codeTextOf } from "../code/code-text.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";

/** Calls that end what the session is good for. A new id alone ends nothing. */
const ENDS = ["invalidate", "clear", "settoken", "logout"] as const;
const COMPARISONS: ReadonlySet<unknown> = new Set([">", ">=", "<", "<="]);

interface Clock {
  readonly place: Place;
  readonly seconds: number | undefined;
  /** `request`: each request sets it anew. `sign-in`: set once. */
  readonly startsAt: "request" | "sign-in";
}

const known = new WeakMap<SymfonyApplication, readonly Clock[]>();

export function idleListener(app: SymfonyApplication): IdleEvidence | undefined {
  const clock = clocksOf(app).find(({ startsAt }) => startsAt === "request");
  if (clock === undefined) return undefined;
  const { seconds, place } = clock;
  return { seconds: { value: seconds, origin: { kind: "set", place } }, keptBy: "application" };
}

/** `getCreated()` is no such time: it starts anew with each migration. */
export function absoluteTimeouts(app: SymfonyApplication): Observation[] {
  return clocksOf(app)
    .filter(({ startsAt }) => startsAt === "sign-in")
    .map(({ place }) => ({
      topic: "absolute-timeout",
      place,
      kind: "good",
      what: "The application ends a session some time after the sign-in, however much it is used.",
    }));
}

function clocksOf(app: SymfonyApplication): readonly Clock[] {
  const found = known.get(app) ?? [...lastUsedClocks(app), ...ownClocks(app)];
  known.set(app, found);
  return found;
}

function lastUsedClocks({ code }: SymfonyApplication): Clock[] {
  return code.callsNamed("getLastUsed").flatMap((call): Clock[] => {
    const method = namedFunctionOf(call.file, call.node);
    if (method === undefined || !callsAny(method, ...ENDS)) return [];
    const comparison = comparisonsIn(method)[0];
    const place = placeOf(method.file, comparison ?? call.node);
    return [{ place, seconds: secondsOf(code, method, comparison), startsAt: "request" }];
  });
}

/** A time of the application's own, kept in the session or the token and compared with now. */
function ownClocks(app: SymfonyApplication): Clock[] {
  const writes = writesOfNow(app);
  if (writes.size === 0) return [];
  return ["get", "getAttribute"].flatMap((name) =>
    app.code.callsNamed(name).flatMap((call): Clock[] => {
      const written = writes.get(keyOf(app, call) ?? "");
      const method = written === undefined ? undefined : namedFunctionOf(call.file, call.node);
      if (written === undefined || method === undefined || !callsAny(method, ...ENDS)) return [];
      const comparison = comparisonsIn(method).find((node) => isPartOf(call, node, method));
      if (comparison === undefined) return [];
      const isRenewed = written.some(
        (write) =>
          write.file === method.file &&
          isInside(write.node, method.node) &&
          !isFirst(write, method),
      );
      const place = placeOf(method.file, comparison);
      const seconds = secondsOf(app.code, method, comparison);
      return [{ place, seconds, startsAt: isRenewed ? "request" : "sign-in" }];
    }),
  );
}

/** Where the time is written into the session or the token, by the key. */
function writesOfNow(app: SymfonyApplication): ReadonlyMap<string, readonly PhpCall[]> {
  const writes = new Map<string, PhpCall[]>();
  for (const name of ["set", "setAttribute"]) {
    for (const call of app.code.callsNamed(name)) {
      const key = isNow(call) ? keyOf(app, call) : undefined;
      if (key === undefined) continue;
      const same = writes.get(key);
      if (same === undefined) writes.set(key, [call]);
      else if (same.length < MAX_WRITES) same.push(call);
    }
  }
  return writes;
}

/** No person writes one time in more places. */
const MAX_WRITES = 50;

function keyOf(app: SymfonyApplication, call: PhpCall): string | undefined {
  if (!/session|token/i.test(receiverOf(call.file, call.target))) return undefined;
  const given = argumentOf(call, 0);
  const value = given === undefined ? undefined : scalarOf(evaluate(app.code, call.file, given));
  return typeof value === "string" ? value : undefined;
}

function isNow(write: PhpCall): boolean {
  const value = argumentOf(write, 1);
  return (
    value !== undefined &&
    /\b(micro)?time\(|new \\?DateTime|->now\(|->getTimestamp\(|\$(now|time)\b/.test(
      codeTextOf(write.file, value),
    )
  );
}

/** Written only where there is none yet: below an `if` that asks whether there is one. */
function isFirst(write: PhpCall, method: PhpFunction): boolean {
  return ancestorsOf(write.file, write.node).some((node) => {
    const test =
      node.kind === "if" && isInside(node, method.node) ? child(node, "test") : undefined;
    return (
      test !== undefined &&
      /^!|->has\(|null\s*===?|===?\s*null|is_null|empty\(/.test(codeTextOf(write.file, test))
    );
  });
}

/** Where one value is compared with another by size. */
export function comparisonsIn(method: PhpFunction): PhpNode[] {
  return indexPhp(method.file)
    .ofKind("bin")
    .filter((node) => isInside(node, method.node) && COMPARISONS.has(node.type));
}

/** The call stands in the comparison, or a variable that holds its result does. */
function isPartOf(call: PhpCall, comparison: PhpNode, method: PhpFunction): boolean {
  if (isInside(call.node, comparison)) return true;
  const assignment = ancestorsOf(call.file, call.node).find(({ kind }) => kind === "assign");
  const name = nameOf(child(assignment, "left"));
  return (
    name !== undefined &&
    indexPhp(method.file)
      .ofKind("variable")
      .some((node) => nameOf(node) === name && isInside(node, comparison))
  );
}

/** The number in a comparison. */
export function secondsOf(
  code: SymfonyApplication["code"],
  { file }: PhpFunction,
  comparison: PhpNode | undefined,
): number | undefined {
  return ["left", "right"]
    .map((side) => child(comparison, side))
    .map((node) => (node === undefined ? undefined : scalarOf(evaluate(code, file, node))))
    .find((value): value is number => typeof value === "number");
}
