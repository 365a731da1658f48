/**
 * The clock of an application under test. It moves only forward, and only when told.
 * @module
 */

export interface ServerClock {
  /** The current instant, in Unix epoch milliseconds. */
  now(): number;
  advance(seconds: number): void;
  /** Makes `Date.now` and `new Date()` tell this time, for systems that take no clock as an option. */
  install(): void;
}

export function serverClock(): ServerClock {
  const realNow = Date.now;
  let aheadMs = 0;
  const now = () => realNow() + aheadMs;
  return {
    now,
    advance: (seconds) => {
      aheadMs += seconds * 1000;
    },
    install: () => {
      Date.now = now;
      globalThis.Date = new Proxy(Date, {
        construct: (target, values: [], made) =>
          Reflect.construct(target, values.length === 0 ? [now()] : values, made),
      });
    },
  };
}
