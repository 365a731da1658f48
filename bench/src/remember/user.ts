/**
 * One user's days: signing in, coming back with some tabs, reading on, stepping up, changing the password,
 * signing out. Knows when it ought to be signed in, and counts when it is not.
 * @module
 */
import { changeCredentials } from "holdfast/credentials";
import type { Finding } from "./ledger.ts";
import { DEVICE, type Handler, type Jar, type Reply, SID, type Site } from "./site.ts";

const DAY_SECONDS = 86_400;

/** What happened to all users of a run. */
export interface Tally {
  visits: number;
  stepUps: number;
  passwordChanges: number;
  signOuts: number;
  /** Signed out although nobody had done anything to that end. */
  falseSignOuts: number;
  /** Signed out because the answer to a step-up or a password change was lost. */
  excused: number;
}

export function newTally(): Tally {
  return {
    visits: 0,
    stepUps: 0,
    passwordChanges: 0,
    signOuts: 0,
    falseSignOuts: 0,
    excused: 0,
  };
}

const look: Handler = () => {};

export class User {
  readonly jar: Jar = new Map();
  /** Somebody has a copy of a cookie: being signed out may be right. */
  isRobbed = false;
  readonly #site: Site;
  readonly #name: string;
  readonly #tally: Tally;
  /** The browser is remembered, and nothing has changed that. */
  #isRemembered = false;
  /** The answer to a step-up or a password change was lost. */
  #isInDoubt = false;
  #opened = 0;
  #watched: string | undefined;
  #tell: (finding: Finding) => void = () => {};

  constructor(site: Site, name: string, tally: Tally) {
    this.#site = site;
    this.#name = name;
    this.#tally = tally;
  }

  async live(untilSeconds: number): Promise<void> {
    const { time, random } = this.#site;
    await time.sleep(random() * DAY_SECONDS);
    while (time.seconds < untilSeconds) {
      await this.#visit();
      await time.sleep(this.#absence());
    }
  }

  /** Has somebody told whenever this browser presents a cookie of that device. */
  watch(device: string | undefined, tell: (finding: Finding) => void): void {
    this.#watched = device;
    this.#tell = tell;
  }

  /** Seconds until the next visit: at once, the same day, or some days. */
  #absence(): number {
    const { random } = this.#site;
    const kind = random();
    if (kind < 0.1) return 2 + random() * 60;
    return kind < 0.4 ? 600 + random() * DAY_SECONDS : random() * 4 * DAY_SECONDS;
  }

  async #visit(): Promise<void> {
    const { time, random } = this.#site;
    this.#tally.visits++;
    const opened = ++this.#opened;
    if (random() < 0.7) this.jar.delete(SID); // The browser was closed meanwhile.
    if (!this.#isRemembered) await this.#signIn();
    const count = 1 + Math.floor(random() * 6);
    const tabs = Array.from({ length: count }, async () => {
      await time.sleep(random() * 0.5);
      return this.#load(look, opened);
    });
    await Promise.all(tabs);
    const reading = Math.floor(random() * 4);
    for (let page = 0; page < reading; page++) {
      await time.sleep(5 + random() * 400);
      await this.#load(look, opened);
    }
    await this.#act(opened);
  }

  /** Loads a page, and again if no answer comes, or if it is told to repeat. */
  async #load(handler: Handler, opened: number): Promise<Reply | undefined> {
    const { time, random } = this.#site;
    for (let attempt = 0; attempt < 200; attempt++) {
      const isOpen = () => this.#opened === opened;
      const device = this.jar.has(SID) ? undefined : this.jar.get(DEVICE);
      const isWatched =
        device !== undefined && this.#site.ledger.deviceOf(device) === this.#watched;
      const reply = await this.#site.send(this.jar, this.#name, handler, isOpen, ({ finding }) => {
        if (isWatched) this.#tell(finding);
      });
      if (reply === undefined) {
        if (handler !== look) return undefined;
        // Some users try again, some close the browser and come back some other day.
        if (random() < 0.3) return undefined;
        await time.sleep(1 + random() * 20);
        continue;
      }
      if (reply.who === "repeat") {
        await time.sleep(1);
        continue;
      }
      if (reply.who === "nobody") this.#signedOut();
      return reply;
    }
    this.#signedOut();
    return undefined;
  }

  #signedOut(): void {
    if (this.#isRemembered && !this.isRobbed) {
      if (this.#isInDoubt) this.#tally.excused++;
      else this.#tally.falseSignOuts++;
    }
    this.#isRemembered = false;
    this.#isInDoubt = false;
  }

  async #signIn(): Promise<void> {
    const options = { level: "password", remember: true } as const;
    for (;;) {
      const reply = await this.#site.send(this.jar, this.#name, (session) =>
        session.signIn(this.#name, options),
      );
      if (reply?.who === "alice") break;
      await this.#site.time.sleep(2);
    }
    this.#isRemembered = true;
    this.#isInDoubt = false;
  }

  async #act(opened: number): Promise<void> {
    if (!this.#isRemembered) return;
    const { time, random } = this.#site;
    const kind = random();
    if (kind > 0.2) return;
    await time.sleep(10 + random() * 50); // Typing a password, or looking for the button.
    if (kind < 0.1) {
      this.#tally.stepUps++;
      await this.#change((session) => session.stepUp("passkey"), opened);
    } else if (kind < 0.15) {
      this.#tally.passwordChanges++;
      await this.#change(
        (session, sessions) => changeCredentials(sessions, { change: "password-changed", session }),
        opened,
      );
    } else {
      this.#tally.signOuts++;
      this.#isRemembered = false;
      await this.#site.send(this.jar, this.#name, (session) => session.signOut());
      // Also if the answer was lost: the user sees to it that the cookie is gone.
      this.jar.delete(SID);
      this.jar.delete(DEVICE);
    }
  }

  async #change(handler: Handler, opened: number): Promise<void> {
    const reply = await this.#load(handler, opened);
    if (reply === undefined) this.#isInDoubt = true;
    await this.#load(look, opened);
  }
}
