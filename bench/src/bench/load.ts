/**
 * The load: a few keep-alive connections, each with one request on its way at a time. Written on bare
 * sockets, so that the client needs less than the servers it measures.
 * @module
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface LoadOptions {
  readonly port: number;
  /** One whole request per connection, as bytes on the wire. */
  readonly requests: readonly string[];
  /** No request begins after this many milliseconds. */
  readonly milliseconds: number;
  /** At most so many requests in all. */
  readonly count: number;
  /** Awaited when the connections stand, before the first request. */
  readonly onConnected?: () => Promise<unknown>;
  /** Receives how long each request took, in microseconds. */
  readonly latencies?: number[];
}

/** @returns How many requests were answered with 200. @throws {Error} At any other answer. */
export async function applyLoad(options: LoadOptions): Promise<number> {
  const { port, requests, milliseconds, count, onConnected, latencies } = options;
  const sockets = requests.map(() => connect({ port, host: "127.0.0.1", noDelay: true }));
  try {
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    await onConnected?.();
    const stopSpinning = spin();
    const until = performance.now() + milliseconds;
    let begun = 0;
    const mayBegin = () => {
      if (begun >= count || performance.now() >= until) return false;
      begun += 1;
      return true;
    };
    try {
      await Promise.all(
        sockets.map((socket, n) => drive(socket, requests[n] as string, mayBegin, latencies)),
      );
    } finally {
      stopSpinning();
    }
    return begun;
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

/**
 * Keeps this process awake. Waking a sleeping client costs the server more time than many a request, and
 * only the fastest servers would be spared it: they would look better than they are.
 */
function spin(): () => void {
  let spinning = true;
  const turn = () => {
    if (spinning) setImmediate(turn);
  };
  turn();
  return () => {
    spinning = false;
  };
}

/** Sends the request again and again, for as long as `mayBegin` says so. */
function drive(
  socket: Socket,
  request: string,
  mayBegin: () => boolean,
  latencies: number[] | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = "";
    let sentAt = 0;
    const next = () => {
      if (!mayBegin()) return resolve();
      sentAt = performance.now();
      socket.write(request, "latin1");
    };
    socket.setEncoding("latin1");
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("The server closed a connection under load")));
    socket.on("data", (text: string) => {
      received += text;
      const bodyAt = received.indexOf("\r\n\r\n") + 4;
      if (bodyAt < 4) return;
      const [, length] = /\r\ncontent-length: (\d+)\r\n/i.exec(received) ?? [];
      if (length === undefined || !received.startsWith("HTTP/1.1 200")) {
        reject(new Error(`An answer that the load cannot use:\n${received.slice(0, bodyAt)}`));
        return;
      }
      if (received.length < bodyAt + Number(length)) return;
      received = "";
      latencies?.push((performance.now() - sentAt) * 1000);
      next();
    });
    next();
  });
}

/** The bytes of a request as a browser of few words would send it. */
export function requestText(
  { method, path }: { readonly method: string; readonly path: string },
  port: number,
  cookies: string,
): string {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) bench",
    "Accept: application/json",
    "Accept-Language: en",
    ...(method === "POST" ? ["Content-Length: 0"] : []),
    ...(cookies === "" ? [] : [`Cookie: ${cookies}`]),
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}
