/**
 * What must be so, told from cookies and events alone: which device secrets are past their window, and whether
 * whoever presented one was found out at that moment.
 * @module
 */
import type { SessionEvent } from "holdfast";

/** A request as the server answered it. */
export interface Observed {
  readonly at: number;
  readonly sid: string | undefined;
  readonly device: string | undefined;
  /** Of the session that served it; `undefined` for nobody. */
  readonly handle: string | undefined;
  readonly newSid: string | undefined;
  readonly newDevice: string | undefined;
}

/** `found-out`: the secret was past its window, and its series has ended with this request, or before. */
export type Finding = "inside" | "found-out" | "missed";

export class Ledger {
  readonly #graceMs: number;
  /** Handles: of a session's device; devices that have ended. */
  readonly #deviceOf = new Map<string, string>();
  readonly #ended = new Set<string>();
  /** Of a session's cookie: its handle. Of a device's cookie: its device's handle. */
  readonly #handleOf = new Map<string, string>();
  /** Of a session's handle, or of a device's cookie: the device's cookie that was presented for it. */
  readonly #cameFrom = new Map<string, string>();
  readonly #closesAt = new Map<string, number>();
  readonly alarms: Set<string> = new Set();
  resumed = 0;
  /** Findings of that name. */
  missed = 0;

  constructor(graceSeconds: number) {
    this.#graceMs = graceSeconds * 1000;
  }

  readonly note = (event: SessionEvent): void => {
    if (event.type === "device.remembered") this.#deviceOf.set(event.session, event.handle);
    if (event.type === "device.resumed") {
      this.resumed++;
      this.#deviceOf.set(event.session, event.handle);
    }
    if (event.type === "device.theft-detected") this.alarms.add(event.handle);
    if (event.type === "device.theft-detected" || event.type === "device.forgotten") {
      this.#ended.add(event.handle);
    }
  };

  /** The device that a cookie is of. */
  deviceOf(cookie: string | undefined): string | undefined {
    return cookie === undefined ? undefined : this.#handleOf.get(cookie);
  }

  hasEnded(device: string): boolean {
    return this.#ended.has(device);
  }

  observe({ at, sid, device, handle, newSid, newDevice }: Observed): Finding {
    const bySid = sid !== undefined && handle !== undefined && this.#handleOf.get(sid) === handle;
    let finding: Finding = "inside";
    if (!bySid && device !== undefined && at > (this.#closesAt.get(device) ?? at)) {
      finding = handle === undefined ? this.judge(device) : "missed";
    }
    // A session that is presented shows that the device's secret, which came with it, has arrived.
    if (bySid) this.#close(this.#cameFrom.get(handle), at);
    if (handle === undefined) return finding;
    const ofDevice = this.#deviceOf.get(handle);
    if (newSid !== undefined) this.#handleOf.set(newSid, handle);
    if (newDevice === undefined || ofDevice === undefined) return finding;
    this.#handleOf.set(newDevice, ofDevice);
    if (device !== undefined && this.#handleOf.get(device) === ofDevice) {
      this.#cameFrom.set(handle, device);
      this.#cameFrom.set(newDevice, device);
      this.#close(this.#cameFrom.get(device), at);
    }
    return finding;
  }

  /** Whether a series that nobody is served by has ended. */
  judge(device: string): Finding {
    return this.hasEnded(this.#handleOf.get(device) ?? "") ? "found-out" : "missed";
  }

  #close(device: string | undefined, at: number): void {
    if (device !== undefined && !this.#closesAt.has(device)) {
      this.#closesAt.set(device, at + this.#graceMs);
    }
  }
}
