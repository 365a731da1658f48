/**
 * One process of an application under test. Argument: the ground that it shares with the others, as JSON.
 * @module
 */
import { type Order, serveOrders } from "../support/child.ts";
import { serverClock } from "./clock.ts";
import { createGates } from "./gates.ts";
import { subjects } from "./subjects/index.ts";
import type { SharedGround } from "./subjects/subject.ts";

/** What the client may order. */
export type RaceOrder = Order &
  (
    | { readonly order: "arrived"; readonly gate: string; readonly count: number }
    | { readonly order: "open"; readonly gate: string }
    | { readonly order: "advance"; readonly seconds: number }
    /** To one process of them all, once every clock was moved. */
    | { readonly order: "age"; readonly seconds: number }
  );

const ground = JSON.parse(process.argv[2] ?? "") as SharedGround;
const subject = subjects.find(({ id }) => id === ground.subject);
if (subject === undefined) throw new Error(`There is no system ${ground.subject}`);

const clock = serverClock();
const gates = createGates();
const { port, age, close } = await subject.start({ ...ground, clock, gates });

serveOrders(
  { port },
  async (order: RaceOrder) => {
    if (order.order === "arrived") await gates.arrived(order.gate, order.count);
    else if (order.order === "open") gates.open(order.gate);
    else if (order.order === "advance") clock.advance(order.seconds);
    else await age?.(order.seconds);
  },
  close,
);
