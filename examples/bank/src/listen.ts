/**
 * Listens on loopback, on the port that was asked for or the next one that is free.
 * @module
 */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

const TRIED_PORTS = 20;

export interface Listening {
  readonly server: Server;
  readonly port: number;
}

/** @param onTaken Told each port that somebody else has. */
export async function listen(
  app: RequestListener,
  port: number,
  onTaken: (port: number) => void = () => {},
): Promise<Listening> {
  const last = Math.min(port + TRIED_PORTS, 65_535);
  for (let candidate = port; ; candidate++) {
    try {
      const server = await listenOn(app, candidate);
      return { server, port: (server.address() as AddressInfo).port };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || candidate >= last) throw error;
      onTaken(candidate);
    }
  }
}

function listenOn(app: RequestListener, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(app);
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}
