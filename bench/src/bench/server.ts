/**
 * The process of one system under load. Arguments: the system's id, how many sessions its file holds
 * beforehand, `count` if store operations are to be counted, and the URLs of servers as JSON.
 * @module
 */
import { type Order, serveOrders } from "../support/child.ts";
import { temporaryFolder } from "../support/sqlite.ts";
import { loadSystem } from "./systems/load.ts";

/** Starts a measurement, or answers what was used since the last start. */
export type BenchOrder = Order & { readonly order: "begin" | "end" };

/** What the process used between two orders. */
export interface Usage {
  /** User and system time of the whole process, in microseconds. */
  readonly cpuMicroseconds: number;
  readonly operations: number;
  /** Resident memory now, in bytes. */
  readonly residentBytes: number;
}

const [id = "", fileSessions, counting, urls = "{}"] = process.argv.slice(2);
const system = await loadSystem(id);

const folder = temporaryFolder();
const { port, operations, close } = await system.start({
  folder: folder.path,
  urls: JSON.parse(urls),
  fileSessions: Number(fileSessions),
  counting: counting === "count",
});

let cpu = process.cpuUsage();
let before = 0;
serveOrders(
  { port },
  ({ order }: BenchOrder): Usage | undefined => {
    if (order === "begin") {
      before = operations();
      cpu = process.cpuUsage();
      return undefined;
    }
    const { user, system: kernel } = process.cpuUsage(cpu);
    return {
      cpuMicroseconds: user + kernel,
      operations: operations() - before,
      residentBytes: process.memoryUsage().rss,
    };
  },
  async () => {
    await close();
    folder.remove();
  },
);
