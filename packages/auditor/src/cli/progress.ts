/**
 * Progress on standard error, for somebody who watches.
 * @module
 */
import { cleanLine } from "../report/clean-text.ts";
import type { CommandIo } from "./command.ts";

export interface Progress {
  tell(done: number, total: number, what: string): void;
  /** Takes the line away again. */
  end(): void;
}

/** Clears the line: CR, then EL, ECMA-48 8.3.41. */
const CLEAR = "\r\u001b[K";

export function progressOn({ err, errIsTerminal }: CommandIo, isQuiet: boolean): Progress {
  if (!errIsTerminal || isQuiet) return { tell: () => {}, end: () => {} };
  let isShown = false;
  return {
    tell(done, total, what) {
      isShown = true;
      const name = cleanLine(what).slice(0, 60);
      err(`${CLEAR}Auditing ${done} of ${total}${name === "" ? "" : `: ${name}`}`);
    },
    end() {
      if (isShown) err(CLEAR);
      isShown = false;
    },
  };
}
