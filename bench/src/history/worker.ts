/**
 * One process of the application whose history is taken. Arguments: the store's description as JSON,
 * and the shared master key in hex.
 * @module
 */
import { type Order, serveOrders } from "../support/child.ts";
import { openStore, type StoreDescription } from "../support/stores.ts";
import { createPerformer, type Request } from "./perform.ts";

/** What the client may order. */
export type HistoryOrder = Order &
  ({ readonly order: "perform"; readonly request: Request } | { readonly order: "conflicts" });

const [description = "", key = ""] = process.argv.slice(2);
const { store, close } = await openStore(JSON.parse(description) as StoreDescription);
const performer = createPerformer(store, Buffer.from(key, "hex"));

serveOrders(
  {},
  (order: HistoryOrder) =>
    order.order === "perform" ? performer.perform(order.request) : performer.conflicts(),
  async () => {
    await performer.close();
    await close();
  },
);
