/**
 * The processes of one application under test, which share its store: requests are spread over them in
 * turn, and orders reach whom they concern.
 * @module
 */
import { Agent, type ClientRequest } from "node:http";
import { type ServerProcess, startServer } from "../support/child.ts";
import type { RaceOrder } from "./server.ts";
import type { SharedGround } from "./subjects/subject.ts";

/** @see startFleet */
export interface Fleet {
  readonly agent: Agent;
  /** Where a client sends to: the agent spreads what is sent there. */
  readonly port: number;
  /** Resolves once every request that was sent with this gate waits at it, in whatever process. */
  arrived(gate: string): Promise<void>;
  /** Lets go who waits at the gate, in every process. */
  open(gate: string): Promise<void>;
  /** Moves the clocks of all processes, and of the store where it keeps time by itself. */
  advance(seconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** @param ground What the processes have in common. */
export async function startFleet(ground: SharedGround, processes: number): Promise<Fleet> {
  const servers: ServerProcess<{ readonly port: number }>[] = [];
  const stop = async () => {
    agent?.destroy();
    await Promise.all(servers.map((server) => server.stop()));
  };
  let agent: SpreadAgent | undefined;
  try {
    const args = [JSON.stringify(ground)];
    const starting = Array.from({ length: processes }, () =>
      startServer<{ readonly port: number }>("race/server.js", args),
    );
    // Those that did start must not outlive one that did not.
    for (const start of await Promise.allSettled(starting)) {
      if (start.status === "rejected") throw start.reason;
      servers.push(start.value);
    }
    agent = new SpreadAgent(servers.map(({ ready }) => ready.port));
  } catch (error) {
    await stop();
    throw error;
  }

  const spread = agent;
  const orderAll = async (orderOf: (index: number) => RaceOrder) => {
    await Promise.all(servers.map((server, index) => server.ask(orderOf(index))));
  };
  return {
    agent,
    port: servers[0]?.ready.port ?? 0,
    arrived: (gate) => {
      const counts = spread.sentWith(gate);
      return orderAll((index) => ({ order: "arrived", gate, count: counts[index] ?? 0 }));
    },
    async open(gate) {
      await orderAll(() => ({ order: "open", gate }));
      spread.forget(gate);
    },
    async advance(seconds) {
      await orderAll(() => ({ order: "advance", seconds }));
      await servers[0]?.ask({ order: "age", seconds } as RaceOrder);
    },
    stop,
  };
}

/** What Node hands to {@link Agent} for a request: the same since its first versions, and in no type. */
interface AgentMethods {
  addRequest(request: ClientRequest, options: { readonly port: number }): void;
}

/** Sends each request to the next process, whatever port it was made for. */
class SpreadAgent extends Agent {
  readonly #ports: readonly number[];
  readonly #sent = new Map<string, number[]>();
  #next = 0;

  constructor(ports: readonly number[]) {
    super({ keepAlive: true, maxSockets: 128 });
    this.#ports = ports;
  }

  addRequest(request: ClientRequest, options: { readonly port: number }): void {
    const index = this.#next;
    this.#next = (index + 1) % this.#ports.length;
    const gate = /[?&]gate=([^&]+)/.exec(request.path)?.[1];
    if (gate !== undefined) {
      const counts = this.#sent.get(gate) ?? this.#ports.map(() => 0);
      counts[index] = (counts[index] ?? 0) + 1;
      this.#sent.set(gate, counts);
    }
    const { addRequest } = Agent.prototype as unknown as AgentMethods;
    addRequest.call(this, request, { ...options, port: this.#ports[index] as number });
  }

  /** How many requests with this gate went to each process. */
  sentWith(gate: string): readonly number[] {
    return this.#sent.get(gate) ?? [];
  }

  forget(gate: string): void {
    this.#sent.delete(gate);
  }
}
