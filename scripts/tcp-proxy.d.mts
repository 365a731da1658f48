/** Types of tcp-proxy.mjs, for the workspaces that are compiled. */

export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  /** Bytes in each direction, and what the clients sent, since the last {@link forget}. */
  readonly seen: {
    readonly up: number;
    readonly down: number;
    readonly connections: number;
    readonly chunksUp: readonly Buffer[];
  };
  forget(): void;
  /** Holds each piece of data for this long, in both directions. */
  delay(milliseconds: number): void;
  /** Nothing goes through any more, and nothing is closed. */
  stall(): void;
  /** Resets every connection; new ones are served. */
  cut(): void;
  /** Ends the server's direction of every connection. */
  halfClose(): void;
  /** Resets new connections. */
  refuse(): void;
  /** Undoes delay, stall and refuse. */
  heal(): void;
  close(): Promise<void>;
}

/** @param target The server's port on loopback. */
export function startTcpProxy(target: number): Promise<TcpProxy>;
