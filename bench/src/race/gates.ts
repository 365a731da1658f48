/**
 * Gates hold requests inside their handler until the client lets them go, so that it decides what
 * overtakes what.
 * @module
 */

export interface Gates {
  /** For handlers: waits until the gate is opened. */
  pass(name: string): Promise<void>;
  /** Resolves once so many requests wait at the gate. */
  arrived(name: string, count: number): Promise<void>;
  /** Lets everybody go who waits at the gate, and whoever comes later. */
  open(name: string): void;
}

interface Gate {
  waiting: (() => void)[];
  watchers: { readonly count: number; readonly resolve: () => void }[];
  isOpen: boolean;
}

export function createGates(): Gates {
  const gates = new Map<string, Gate>();
  const gateOf = (name: string): Gate => {
    const gate = gates.get(name) ?? { waiting: [], watchers: [], isOpen: false };
    gates.set(name, gate);
    return gate;
  };
  return {
    pass: (name) =>
      new Promise<void>((resolve) => {
        const gate = gateOf(name);
        if (gate.isOpen) return resolve();
        gate.waiting.push(resolve);
        for (const { count, resolve: seen } of gate.watchers) {
          if (gate.waiting.length >= count) seen();
        }
      }),
    arrived: (name, count) =>
      new Promise<void>((resolve) => {
        const gate = gateOf(name);
        if (gate.waiting.length >= count) return resolve();
        gate.watchers.push({ count, resolve });
      }),
    open(name) {
      const gate = gateOf(name);
      gate.isOpen = true;
      for (const resolve of gate.waiting) resolve();
      gate.waiting = [];
    },
  };
}
