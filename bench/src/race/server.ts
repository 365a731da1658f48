/**
 * The process of one application under test. Arguments: the system's id and the mode.
 * @module
 */
import { type Order, serveOrders } from "../support/child.ts";
import { temporaryFolder } from "../support/sqlite.ts";
import { serverClock } from "./clock.ts";
import { createGates } from "./gates.ts";
import { subjects } from "./subjects/index.ts";
import type { Mode } from "./subjects/subject.ts";

/** What the client may order. */
export type RaceOrder = Order &
  (
    | { readonly order: "arrived"; readonly gate: string; readonly count: number }
    | { readonly order: "open"; readonly gate: string }
    | { readonly order: "advance"; readonly seconds: number }
  );

const [id, mode] = process.argv.slice(2);
const subject = subjects.find((known) => known.id === id);
if (subject === undefined) throw new Error(`There is no system ${id}`);

const clock = serverClock();
const gates = createGates();
const folder = temporaryFolder();
const { port, close } = await subject.start({
  mode: mode as Mode,
  clock,
  gates,
  folder: folder.path,
});

serveOrders(
  { port },
  async (order: RaceOrder) => {
    if (order.order === "arrived") await gates.arrived(order.gate, order.count);
    else if (order.order === "open") gates.open(order.gate);
    else clock.advance(order.seconds);
  },
  async () => {
    await close();
    folder.remove();
  },
);
