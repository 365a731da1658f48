/**
 * A TCP proxy on loopback that behaves as bad networks do, and sees what goes over the wire.
 * @module
 */
import { once } from "node:events";
import { connect, createServer } from "node:net";

const HOST = "127.0.0.1";

/**
 * @param {number} target The server's port on loopback.
 * @returns {Promise<import("./tcp-proxy.d.mts").TcpProxy>}
 */
export async function startTcpProxy(target) {
  const pairs = new Set();
  let delayMilliseconds = 0;
  let isStalled = false;
  let refuses = false;
  const seen = { up: 0, down: 0, connections: 0, chunksUp: [] };

  const server = createServer((client) => {
    if (refuses) {
      client.resetAndDestroy();
      return;
    }
    seen.connections += 1;
    const upstream = connect(target, HOST);
    const pair = { client, upstream };
    pairs.add(pair);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      // The other side learns of it by the close that follows.
      socket.on("error", () => {});
      socket.on("close", () => {
        pairs.delete(pair);
        client.destroy();
        upstream.destroy();
      });
    }
    forward(client, upstream, "up");
    forward(upstream, client, "down");
    if (isStalled) stallPair(pair);
  });

  function forward(from, to, direction) {
    // What comes after delayed bytes waits for them, also when the delay is over.
    let delayed = 0;
    from.on("data", (chunk) => {
      seen[direction] += chunk.length;
      if (direction === "up") seen.chunksUp.push(chunk);
      if (delayMilliseconds === 0 && delayed === 0) {
        if (!to.destroyed && !to.write(chunk)) pauseUntilDrained(from, to);
        return;
      }
      delayed += 1;
      sendLater(chunk);
    });
    let lastDue = 0;
    function sendLater(chunk) {
      lastDue = Math.max(lastDue, performance.now() + delayMilliseconds);
      setTimeout(() => {
        delayed -= 1;
        if (!to.destroyed) to.write(chunk);
      }, lastDue - performance.now());
    }
    from.on("end", () => to.end());
  }

  function pauseUntilDrained(from, to) {
    from.pause();
    to.once("drain", () => {
      if (!isStalled) from.resume();
    });
  }

  function stallPair({ client, upstream }) {
    client.pause();
    upstream.pause();
  }

  server.listen(0, HOST);
  await once(server, "listening");

  return {
    host: HOST,
    port: server.address().port,
    seen,
    forget() {
      Object.assign(seen, { up: 0, down: 0, connections: 0, chunksUp: [] });
    },
    delay(milliseconds) {
      delayMilliseconds = milliseconds;
    },
    stall() {
      isStalled = true;
      for (const pair of pairs) stallPair(pair);
    },
    cut() {
      for (const { client, upstream } of pairs) {
        client.resetAndDestroy();
        upstream.resetAndDestroy();
      }
    },
    halfClose() {
      // The server's answers end while the client can still send.
      for (const { client } of pairs) client.end();
    },
    refuse() {
      refuses = true;
    },
    heal() {
      delayMilliseconds = 0;
      refuses = false;
      isStalled = false;
      for (const { client, upstream } of pairs) {
        client.resume();
        upstream.resume();
      }
    },
    async close() {
      this.cut();
      server.close();
      await once(server, "close");
    },
  };
}
