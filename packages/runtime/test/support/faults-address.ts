/**
 * An address that moves from one server to another, as a virtual one does in a failover, and whose
 * connections can be left without an answer or an end, as by a firewall that forgot them.
 * @module
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface MovingAddress {
  readonly port: number;
  /** Resets every connection; new ones lead to this port. */
  moveTo(target: number): void;
  /** Nothing comes back on the present connections, ever; new ones are served. */
  strand(): void;
  close(): Promise<void>;
}

/** @param target Port on loopback that it leads to at first. */
export async function startMovingAddress(target: number): Promise<MovingAddress> {
  let present = target;
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((client) => {
    const upstream = connect(present, "127.0.0.1");
    const pair = [client, upstream] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [upstream, client]] as const) {
      from.setNoDelay(true);
      // The other side learns of it by the close that follows.
      from.on("error", () => {});
      from.on("close", () => {
        pairs.delete(pair);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const reset = () => {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    moveTo(next) {
      present = next;
      reset();
    },
    strand() {
      for (const [client, upstream] of pairs) {
        client.unpipe(upstream);
        upstream.unpipe(client);
        // What still comes is read and thrown away.
        for (const socket of [client, upstream]) socket.resume();
      }
    },
    async close() {
      reset();
      server.close();
      await once(server, "close");
    },
  };
}
