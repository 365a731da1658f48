/**
 * One round of one cell: a browser, an account of its own, and the means to let one request overtake
 * another, by a gate or by chance.
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { type Answer, Browser, send } from "../support/browser.ts";
import type { Random } from "../support/random.ts";
import type { Fleet } from "./fleet.ts";
import type { Mode } from "./subjects/subject.ts";

/** What {@link Race} is made from. */
export interface RaceGround {
  readonly fleet: Fleet;
  readonly mode: Mode;
  /** Of this round alone: names its account and its gates. */
  readonly round: string;
  /** Present where chance decides; a gate does otherwise. */
  readonly random?: Random | undefined;
}

const LONGEST_DELAY_MS = 6;

export class Race {
  readonly browser: Browser;
  readonly account: string;
  readonly mode: Mode;
  /** The slow request waits at a gate until the action is over: the order is certain. */
  readonly isHeld: boolean;
  /** Status of the slow request, once it is answered: a system may refuse it. */
  slowStatus: number | undefined;
  readonly #ground: RaceGround;

  constructor(ground: RaceGround) {
    this.#ground = ground;
    this.browser = this.anotherBrowser();
    this.account = `account-${ground.round}`;
    this.mode = ground.mode;
    this.isHeld = ground.random === undefined;
  }

  anotherBrowser(): Browser {
    const { agent, port } = this.#ground.fleet;
    return new Browser(agent, port);
  }

  /** Sends once with these cookies, outside of every browser. */
  probe(path: string, cookies: string): Promise<Answer> {
    const { agent, port } = this.#ground.fleet;
    return send(agent, port, path, { cookies });
  }

  /** Moves the servers' clocks. */
  advance(seconds: number): Promise<void> {
    return this.#ground.fleet.advance(seconds);
  }

  /** @throws {Error} If the application did not do what the race is about. */
  expectOk({ status, body }: Answer): void {
    if (status !== 200) throw new Error(`An action was answered with ${status}: ${body}`);
  }

  /** The browser's request is under way, loaded, and not answered while the action runs from start to end. */
  async overtake(
    path: string,
    action: () => Promise<unknown>,
    method?: "GET" | "POST",
  ): Promise<Answer> {
    const answer = await this.#overtake(path, action, method);
    this.slowStatus = answer.status;
    return answer;
  }

  async #overtake(
    path: string,
    action: () => Promise<unknown>,
    method: "GET" | "POST" = path.startsWith("/read") ? "GET" : "POST",
  ): Promise<Answer> {
    const { random, round, fleet } = this.#ground;
    if (random !== undefined) {
      const slow = this.browser.send(withQuery(path, `delay=${pause(random)}`), { method });
      await delay(pause(random));
      await action();
      return slow;
    }
    const slow = this.browser.send(withQuery(path, `gate=${round}`), { method });
    await fleet.arrived(round);
    await action();
    await fleet.open(round);
    return slow;
  }

  /** The browser's request left before the action, with the cookies of then, and arrives when that is over. */
  async sendLate(path: string, action: () => Promise<unknown>): Promise<Answer> {
    const answer = await this.#sendLate(path, action);
    this.slowStatus = answer.status;
    return answer;
  }

  async #sendLate(path: string, action: () => Promise<unknown>): Promise<Answer> {
    const { random } = this.#ground;
    const { cookies } = this.browser;
    if (random === undefined) {
      await action();
      return this.browser.post(path, { cookies });
    }
    const late = delay(pause(random)).then(() => this.browser.post(path, { cookies }));
    await delay(pause(random));
    await action();
    return late;
  }

  /** Sends all at once with the present cookies; none goes on before all have read the session. */
  async together(paths: readonly string[]): Promise<readonly Answer[]> {
    const { random, round, fleet } = this.#ground;
    const { cookies } = this.browser;
    const wait = () => (random === undefined ? `gate=${round}` : `delay=${pause(random)}`);
    const answers = paths.map((path) => this.browser.post(withQuery(path, wait()), { cookies }));
    if (random === undefined) {
      await fleet.arrived(round);
      await fleet.open(round);
    }
    return Promise.all(answers);
  }
}

function pause(random: Random): number {
  return Math.floor(random() * (LONGEST_DELAY_MS + 1));
}

function withQuery(path: string, query: string): string {
  return `${path}${path.includes("?") ? "&" : "?"}${query}`;
}
