/**
 * A thief with a copy of one device cookie, taken at a random moment and used when it pleases: at once, hours
 * later, or days; again and again until it is worth nothing.
 * @module
 */
import { DEVICE, type Jar, type Reply, SID, type Site } from "./site.ts";
import type { User } from "./user.ts";

const DAY_SECONDS = 86_400;

/** What became of one stolen cookie. */
export interface Theft {
  /** `none`: it was worth nothing by the time it was used. */
  outcome: "found-out" | "inside" | "none";
  /** Whose presenting of an old secret gave it away. */
  by: "thief" | "owner" | undefined;
  /** How often the thief was served. */
  served: number;
  /** The owner presented a secret of the series after the thief had been served. */
  ownerCameAfter: boolean;
  /** Served after it was found out: must stay 0. */
  servedAfter: number;
}

const look = () => {};

export class Thief {
  readonly theft: Theft = {
    outcome: "none",
    by: undefined,
    served: 0,
    ownerCameAfter: false,
    servedAfter: 0,
  };
  readonly #site: Site;
  readonly #owner: User;
  readonly #name: string;
  readonly #jar: Jar = new Map();

  constructor(site: Site, owner: User, name: string) {
    this.#site = site;
    this.#owner = owner;
    this.#name = name;
  }

  async live(untilSeconds: number): Promise<void> {
    const { time, random, ledger } = this.#site;
    await time.sleep(DAY_SECONDS + random() * (untilSeconds - 5 * DAY_SECONDS));
    let cookie = this.#owner.jar.get(DEVICE);
    while (cookie === undefined && time.seconds < untilSeconds) {
      await time.sleep(3600);
      cookie = this.#owner.jar.get(DEVICE);
    }
    if (cookie === undefined) return;
    this.#owner.isRobbed = true;
    this.#jar.set(DEVICE, cookie);
    this.#owner.watch(ledger.deviceOf(cookie), (finding) => {
      if (this.theft.served > 0) this.theft.ownerCameAfter = true;
      if (finding === "found-out") this.#foundOut("owner");
    });
    await time.sleep(this.#wait());
    for (let visit = 0; visit < 3 && time.seconds < untilSeconds; visit++) {
      if (visit > 0) this.#jar.delete(SID);
      await this.#use(1 + Math.floor(random() * 4));
      await time.sleep(this.#wait());
    }
    // Whatever is left in the thief's hands, once more at the end.
    if (this.theft.outcome === "found-out") await this.#use(1);
  }

  #wait(): number {
    const { random } = this.#site;
    const kind = random();
    if (kind < 0.25) return random() * 90;
    return kind < 0.6 ? random() * DAY_SECONDS : random() * 3 * DAY_SECONDS;
  }

  async #use(requests: number): Promise<void> {
    const { time, random } = this.#site;
    for (let n = 0; n < requests; n++) {
      await this.#site.send(this.#jar, this.#name, look, undefined, (reply) => this.#judge(reply));
      await time.sleep(1 + random() * 300);
    }
  }

  #judge({ finding, who, wasOver }: Reply): void {
    if (finding === "found-out" && !wasOver) this.#foundOut("thief");
    if (who !== "alice") return;
    this.theft.served++;
    if (this.theft.outcome === "none") this.theft.outcome = "inside";
    if (wasOver) this.theft.servedAfter++;
  }

  #foundOut(by: "thief" | "owner"): void {
    if (this.theft.outcome === "found-out") return;
    this.theft.outcome = "found-out";
    this.theft.by = by;
  }
}
