/**
 * The site of the simulation: a few processes over one store, restarted now and then, and a network that delays
 * requests and loses answers.
 * @module
 */
import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  createKeyring,
  createSessions,
  type Session,
  SessionRefusal,
  type Sessions,
} from "holdfast";
import { rememberMe } from "holdfast/remember-me";
import { memoryStore } from "holdfast/stores/memory";
import type { SessionStore } from "holdfast/stores/store";
import type { Random } from "../support/random.ts";
import { type Finding, Ledger } from "./ledger.ts";
import type { VirtualTime } from "./virtual-time.ts";

type Data = Record<string, unknown>;
export type Level = "remembered" | "password" | "passkey";
export type Handler = (session: Session<Data, Level>, sessions: Sessions<Data, Level>) => unknown;

export const SID = "__Host-sid";
export const DEVICE = "__Host-sid-remember";
const GRACE_SECONDS = 60;
const PROCESSES = 3;
const RESTART_EVERY_SECONDS = 1200;
const LOST_SHARE = 0.05;
const SLOW_SHARE = 0.03;
/** Slow ways take up to this long; there and back, well within the grace. */
const SLOWEST_SECONDS = 20;

/** Cookies by name. */
export type Jar = Map<string, string>;

export interface Reply {
  /** `repeat`: the adapters would answer 409, and the page asks again. */
  readonly who: "alice" | "nobody" | "repeat";
  readonly level: string | undefined;
  readonly finding: Finding;
  /** The device that the request's cookie is of had ended before the request came. */
  readonly wasOver: boolean;
  readonly setCookies: readonly string[];
}

export class Site {
  readonly ledger: Ledger = new Ledger(GRACE_SECONDS);
  readonly time: VirtualTime;
  readonly random: Random;
  readonly #store = memoryStore({ maxSessions: 10_000_000 });
  readonly #processes: Sessions<Data, Level>[] = [];
  #restartAt = 0;
  requests = 0;
  lost = 0;
  restarts = 0;

  constructor(time: VirtualTime, random: Random) {
    this.time = time;
    this.random = random;
  }

  /** Sweeps, and restarts a process where one is due. */
  upkeep(): void {
    this.#store.sweep(this.time.now(), 1_000_000);
    while (this.#processes.length < PROCESSES) this.#processes.push(this.#start());
    if (this.time.seconds < this.#restartAt) return;
    this.#restartAt = this.time.seconds + RESTART_EVERY_SECONDS;
    this.#processes[Math.floor(this.random() * PROCESSES)] = this.#start();
    this.restarts++;
  }

  #start(): Sessions<Data, Level> {
    const bytes = createHash("sha256").update("key of the simulation").digest();
    return createSessions({
      keyring: createKeyring({ bytes }),
      store: promising(this.#store),
      levels: ["remembered", "password", "passkey"],
      rememberMe: rememberMe({ level: "remembered", graceSeconds: GRACE_SECONDS }),
      policy: { storeDeadlineSeconds: 30 },
      now: this.time.now,
      sweep: false,
      onEvent: this.ledger.note,
    });
  }

  /** How long a request or an answer is under way, in seconds. */
  #way(): number {
    const { random } = this;
    return random() < SLOW_SHARE ? random() * SLOWEST_SECONDS : 0.02 + random() * 0.3;
  }

  /**
   * Sends a request with the jar as it is now, and takes the answer's cookies when it comes.
   *
   * @param isOpen Whether the browser is still there to take the answer.
   * @param tell Is told what the server found, also if the answer is lost.
   * @returns `undefined` if the answer was lost.
   */
  async send(
    jar: Jar,
    user: string,
    handler: Handler,
    isOpen: () => boolean = () => true,
    tell: (reply: Reply) => void = () => {},
  ): Promise<Reply | undefined> {
    const sent: Jar = new Map(jar);
    await this.time.sleep(this.#way());
    const reply = await this.time.during(() => this.#answer(sent, user, handler));
    this.requests++;
    tell(reply);
    const isLost = this.random() < LOST_SHARE;
    await this.time.sleep(this.#way());
    if (isLost) {
      this.lost++;
      return undefined;
    }
    if (isOpen()) receive(jar, reply.setCookies);
    return reply;
  }

  async #answer(jar: Jar, user: string, handler: Handler): Promise<Reply> {
    const at = this.time.now();
    const wasOver = this.ledger.hasEnded(this.ledger.deviceOf(jar.get(DEVICE)) ?? "");
    const sessions = this.#processes[Math.floor(this.random() * PROCESSES)] as Sessions<
      Data,
      Level
    >;
    const cookies = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers: Readonly<Record<string, string>> = { host: "app.test", "user-agent": user };
    const exchange = await sessions.open({
      method: "GET",
      cookies: cookies === "" ? undefined : cookies,
      address: "192.0.2.1",
      scheme: "https",
      header: (name) => headers[name],
    });
    const { session } = exchange;
    let who: Reply["who"] = "nobody";
    let handle: string | undefined;
    let level: string | undefined;
    try {
      await handler(session, sessions);
      if (session.subject !== undefined) {
        if (session.subject !== user) throw new Error("somebody else's session was served");
        who = "alice";
        ({ handle, level } = session);
      }
    } catch (error) {
      if (!(error instanceof SessionRefusal)) throw error;
      who = error.reason === "superseded" ? "repeat" : "nobody";
    }
    const head = await exchange.settle({
      cacheControl: undefined,
      contentType: undefined,
      failed: false,
    });
    if (head.failure !== undefined) throw head.failure;
    const { setCookies } = head;
    let finding = this.ledger.observe({
      at,
      sid: jar.get(SID),
      device: jar.get(DEVICE),
      handle,
      newSid: cookieIn(setCookies, SID),
      newDevice: cookieIn(setCookies, DEVICE),
    });
    const device = jar.get(DEVICE);
    if (finding === "missed" && handle === undefined && device !== undefined) {
      // A parallel tab was first, and is not done with ending the series.
      await nextTurn();
      finding = this.ledger.judge(device);
    }
    if (finding === "missed") this.ledger.missed++;
    return { who, level, finding, wasOver, setCookies };
  }
}

/** A store that answers later, as one over a network does: parallel requests meet in it. */
function promising(store: SessionStore): SessionStore {
  return new Proxy(store, {
    get(target, name: keyof SessionStore) {
      const member = target[name];
      if (typeof member !== "function") return member;
      return async (...values: unknown[]) => {
        await undefined;
        return Reflect.apply(member, target, values);
      };
    },
  });
}

function cookieIn(lines: readonly string[], name: string): string | undefined {
  const line = lines.find((each) => each.startsWith(`${name}=`));
  const value = line?.slice(name.length + 1).split(";")[0];
  return value === "" ? undefined : value;
}

function receive(jar: Jar, lines: readonly string[]): void {
  for (const line of lines) {
    const [name = "", value = ""] = (line.split(";")[0] ?? "").split("=");
    if (line.endsWith("; Max-Age=0")) jar.delete(name);
    else jar.set(name, value);
  }
}
