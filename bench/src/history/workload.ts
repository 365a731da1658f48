/**
 * Chooses the operations and hands them to the processes, many at once. It knows whose turn it is by
 * what was answered so far, as browsers do.
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../support/random.ts";
import { COUNTER, type Entry, type Kind, type Operation } from "./operation.ts";
import type { Performed, Request } from "./perform.ts";

export interface WorkloadOptions {
  readonly operations: number;
  /** Sessions alive at a time, about. */
  readonly sessions: number;
  readonly subjects: number;
  /** Requests under way at a time. */
  readonly concurrency: number;
  readonly random: Random;
  /** The processes. */
  readonly targets: readonly ((request: Request) => Promise<Performed>)[];
}

/** A token that a browser holds, or held. */
interface Held {
  readonly subject: string;
  readonly session: string;
  readonly token: number;
  readonly cookies: string;
}

/** One browser: signed in, signed out, or waiting for the answer to a sign-in. */
interface Slot {
  readonly subject: string;
  held: Held | undefined;
  isSigningIn: boolean;
}

const KEYS = ["colour", "size"] as const;
/** Tokens of sessions that are over, and tokens that were replaced: kept to be presented once more. */
const REMEMBERED = 200;
const LONGEST_PAUSE_MS = 4;
const LONGEST_PASSWORD_CHECK_MS = 12;

/** Parts of a thousand requests with a session that is alive, as far as its browser knows. */
const shares: readonly (readonly [Kind, number])[] = [
  ["get", 380],
  ["set", 300],
  ["update", 240],
  ["rotate", 40],
  ["sign-out", 20],
  ["sign-in", 20],
];
/** Parts of a thousand requests. */
const REVOCATIONS = 4;
const LATE_REQUESTS = 80;

/** @throws {Error} If a process ends, or answers what no session answers. */
export async function runWorkload(options: WorkloadOptions): Promise<readonly Entry[]> {
  const { operations, sessions, subjects, concurrency, random, targets } = options;
  const history: Entry[] = [];
  const ended: Held[] = [];
  const replaced: Held[] = [];
  const slots = Array.from({ length: sessions }, (_, n): Slot => {
    const subject = `subject-${n % subjects}`;
    return { subject, held: undefined, isSigningIn: false };
  });
  let asked = 0;

  type Asked = Omit<Operation, "id"> & Omit<Request, keyof Operation>;
  async function ask(request: Asked): Promise<Entry & Performed> {
    const id = asked++;
    const pauseMs = random() < 0.3 ? Math.floor(random() * (LONGEST_PAUSE_MS + 1)) : 0;
    const target = targets[id % targets.length] as (typeof targets)[number];
    const performed = await target({ ...request, id, pauseMs });
    const { cookies: _, checkpointValue: __, pauseMs: ___, ...operation } = request as Request;
    const { start, end, result } = performed;
    const entry: Entry = { ...operation, id, start, end, result };
    history.push(entry);
    return { ...performed, ...entry };
  }

  function remember(list: Held[], held: Held | undefined): void {
    if (held === undefined) return;
    list.push(held);
    if (list.length > REMEMBERED) list.shift();
  }

  /** Whoever was told that the session is over forgets it. */
  function leave(slot: Slot, held: Held | undefined): void {
    if (held === undefined || slot.held?.session !== held.session) return;
    remember(ended, slot.held);
    slot.held = undefined;
  }

  async function signIn(slot: Slot): Promise<void> {
    const { subject, held } = slot;
    slot.isSigningIn = true;
    try {
      let checkpoint: Pick<Request, "checkpoint" | "checkpointValue"> = {};
      if (random() < 0.7) {
        const { id, checkpointValue } = await ask({ kind: "checkpoint", subject });
        if (checkpointValue !== undefined) checkpoint = { checkpoint: id, checkpointValue };
        await delay(random() * LONGEST_PASSWORD_CHECK_MS);
      }
      // Others may have rotated the token meanwhile, or ended the session.
      const from = slot.held?.session === held?.session ? slot.held : undefined;
      const makes = `session-${asked}`;
      const { result, cookie } = await ask({
        ...(from === undefined ? {} : presenting(from)),
        ...checkpoint,
        kind: "sign-in",
        subject,
        makes,
      });
      if (result.outcome === "refused") return;
      leave(slot, from);
      if (result.outcome === "ok" && cookie !== undefined) {
        slot.held = { subject, session: makes, token: 0, cookies: cookie };
      }
    } finally {
      slot.isSigningIn = false;
    }
  }

  async function use(slot: Slot, held: Held): Promise<void> {
    const kind = pickKind(random);
    if (kind === "sign-in") return signIn(slot);
    const { result, cookie } = await ask({ ...presenting(held), ...workOf(kind) });
    const isGone = result.outcome === "refused" && result.reason === "gone";
    if (isGone || (kind === "sign-out" && result.outcome !== "refused")) return leave(slot, held);
    if (kind !== "rotate" || slot.held?.session !== held.session) return;
    // After a failure nobody knows which token is good: the browser gives up.
    if (result.outcome === "unknown") return leave(slot, held);
    if (result.outcome === "ok" && cookie !== undefined) {
      remember(replaced, held);
      slot.held = { ...held, token: held.token + 1, cookies: cookie };
    }
  }

  function workOf(kind: Kind): Pick<Operation, "kind" | "key" | "value"> {
    const key = random() < 0.3 ? COUNTER : pick(KEYS, random);
    if (kind === "get") return { kind, key };
    // The number that this request will have: no other one writes it.
    if (kind === "set") return { kind, key: pick(KEYS, random), value: asked };
    return { kind };
  }

  async function next(): Promise<void> {
    const dice = random() * 1000;
    if (dice < REVOCATIONS) {
      const subject = `subject-${Math.floor(random() * subjects)}`;
      await ask({ kind: "revoke-all", subject });
      return;
    }
    if (dice < REVOCATIONS + LATE_REQUESTS) {
      const isOver = random() < 0.8;
      const list = isOver ? ended : replaced;
      const late = list[Math.floor(random() * list.length)];
      // A read with a token replaced long ago would count as theft and end the session.
      const kind = isOver ? pick(["get", "set", "update"] as const, random) : "set";
      if (late !== undefined) await ask({ ...presenting(late), ...workOf(kind) });
      return;
    }
    // Some browsers do more than others.
    const slot = slots[Math.floor(random() ** 2 * slots.length)] as Slot;
    if (slot.held !== undefined) return use(slot, slot.held);
    if (!slot.isSigningIn) return signIn(slot);
    await delay(1);
  }

  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (asked < operations) await next();
    }),
  );
  // What is left is looked at when nothing moves any more.
  for (const { held } of slots) {
    for (const key of held === undefined ? [] : [...KEYS, COUNTER]) {
      await ask({ ...presenting(held as Held), kind: "get", key });
    }
  }
  for (const held of ended) await ask({ ...presenting(held), kind: "get", key: COUNTER });
  return history;
}

function presenting({ subject, session, token, cookies }: Held) {
  return { subject, session, token, cookies };
}

function pickKind(random: Random): Kind {
  let dice = random() * 1000;
  for (const [kind, share] of shares) {
    dice -= share;
    if (dice < 0) return kind;
  }
  return "get";
}

function pick<T>(from: readonly T[], random: Random): T {
  return from[Math.floor(random() * from.length)] as T;
}
