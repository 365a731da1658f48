/**
 * Holds a Node response until its head may go out: `writeHead`, `write`, `end` and `flushHeaders` wait
 * in order for the commit, with back-pressure. Where there is nothing to wait for, nothing is held.
 * @module
 */
import type { ServerResponse } from "node:http";
import type { HeadChange, PlainAnswer } from "./adapter.ts";
import { withCookie } from "./adapter.ts";

/** What the commit decided about a response. */
export interface HeadDecision {
  readonly change: HeadChange;
  /** Sent instead of what the handler wrote. */
  readonly instead: PlainAnswer | undefined;
}

/** Called once, when the head is about to go out. */
export type DecideHead = (response: ServerResponse) => HeadDecision | Promise<HeadDecision>;

interface Hold {
  readonly decide: DecideHead;
  readonly writeHead: ServerResponse["writeHead"];
  readonly write: ServerResponse["write"];
  readonly end: ServerResponse["end"];
  readonly flushHeaders: ServerResponse["flushHeaders"];
  /** `replaced`: our answer went out, and what the handler writes goes nowhere. */
  phase: "open" | "deciding" | "released" | "replaced";
  queue: (() => void)[];
  ended: boolean;
}

const HOLD = Symbol("holdfast");
type HeldResponse = ServerResponse & { [HOLD]?: Hold };

/** Puts the hold on a response. The functions are shared by all responses: a request makes no closures for them. */
export function holdHead(response: ServerResponse, decide: DecideHead): void {
  const held = response as HeldResponse;
  const { writeHead, write, end, flushHeaders } = held;
  held[HOLD] = {
    decide,
    writeHead,
    write,
    end,
    flushHeaders,
    phase: "open",
    queue: [],
    ended: false,
  };
  held.writeHead = heldWriteHead as ServerResponse["writeHead"];
  held.write = heldWrite as ServerResponse["write"];
  held.end = heldEnd as ServerResponse["end"];
  held.flushHeaders = heldFlushHeaders;
}

/** Whether the handler began a response, also one that is still held. */
export function hasBegun(response: ServerResponse): boolean {
  const hold = (response as HeldResponse)[HOLD];
  return response.headersSent || (hold !== undefined && hold.phase !== "open");
}

function holdOf(response: HeldResponse): Hold {
  return response[HOLD] as Hold;
}

type HeaderArguments = [status: number, reason?: unknown, headers?: unknown];

function heldWriteHead(this: HeldResponse, ...args: HeaderArguments): ServerResponse {
  const hold = holdOf(this);
  if (hold.phase === "released") return hold.writeHead.apply(this, args as never);
  if (hold.phase === "replaced") return this;
  if (hold.phase === "deciding") throw headersSent();
  takeHead(this, args);
  begin(this, hold);
  return this;
}

function heldWrite(this: HeldResponse, ...args: unknown[]): boolean {
  const hold = holdOf(this);
  if (hold.phase === "open") begin(this, hold);
  if (hold.phase === "released") return hold.write.apply(this, args as never);
  if (hold.phase === "replaced") {
    discard(args);
    return true;
  }
  hold.queue.push(() => void hold.write.apply(this, args as never));
  return false;
}

function heldEnd(this: HeldResponse, ...args: unknown[]): ServerResponse {
  const hold = holdOf(this);
  if (hold.phase === "open") begin(this, hold);
  if (hold.phase === "released") return hold.end.apply(this, args as never);
  if (hold.phase === "replaced") {
    discard(args);
    return this;
  }
  if (!hold.ended) hold.queue.push(() => void hold.end.apply(this, args as never));
  hold.ended = true;
  return this;
}

function heldFlushHeaders(this: HeldResponse): void {
  const hold = holdOf(this);
  if (hold.phase === "open") begin(this, hold);
  if (hold.phase === "released") hold.flushHeaders.call(this);
  else if (hold.phase === "deciding") hold.queue.push(() => hold.flushHeaders.call(this));
}

/** Puts what `writeHead` was given where the commit can see and change it. */
function takeHead(response: ServerResponse, [status, reason, given]: HeaderArguments): void {
  response.statusCode = status;
  if (typeof reason === "string") response.statusMessage = reason;
  const headers = typeof reason === "string" ? given : (reason ?? given);
  if (Array.isArray(headers)) {
    const pairs = headers.every(Array.isArray) ? headers.flat() : headers;
    const values = new Map<string, string[]>();
    for (let at = 0; at + 1 < pairs.length; at += 2) {
      const name = String(pairs[at]);
      const list = values.get(name.toLowerCase()) ?? [];
      values.set(name.toLowerCase(), [...list, ...[pairs[at + 1]].flat().map(String)]);
      response.setHeader(name, values.get(name.toLowerCase()) as string[]);
    }
  } else if (typeof headers === "object" && headers !== null) {
    for (const [name, value] of Object.entries(headers as Record<string, string>)) {
      if (value !== undefined) response.setHeader(name, value);
    }
  }
}

function begin(response: HeldResponse, hold: Hold): void {
  const decision = hold.decide(response);
  if (!(decision instanceof Promise)) {
    release(response, hold, decision);
    return;
  }
  hold.phase = "deciding";
  // Frameworks ask this before they write an error page: the head is spoken for.
  Object.defineProperty(response, "headersSent", { configurable: true, value: true });
  decision.then(
    (decided) => {
      Reflect.deleteProperty(response, "headersSent");
      release(response, hold, decided);
    },
    (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
  );
}

function release(response: HeldResponse, hold: Hold, { change, instead }: HeadDecision): void {
  const { queue } = hold;
  hold.queue = [];
  if (instead !== undefined) {
    replace(response, hold, change, instead);
    return;
  }
  applyHead(response, change);
  const isLate = hold.phase === "deciding";
  hold.phase = "released";
  for (const step of queue) step();
  // Whoever was told to wait by `write` goes on, unless the socket itself is full.
  if (isLate && !response.writableNeedDrain && !hold.ended) response.emit("drain");
}

/** Headers that describe the handler's content, and have no place on ours. */
const CONTENT_HEADERS = [
  "content-type",
  "content-length",
  "content-encoding",
  "content-range",
  "content-disposition",
  "accept-ranges",
  "cache-control",
  "etag",
  "last-modified",
  "location",
  "trailer",
  "transfer-encoding",
];

function replace(response: HeldResponse, hold: Hold, change: HeadChange, answer: PlainAnswer) {
  for (const name of CONTENT_HEADERS) response.removeHeader(name);
  sendAnswer(response, hold, change, answer);
  hold.phase = "replaced";
}

function sendAnswer(response: HeldResponse, hold: Hold, change: HeadChange, answer: PlainAnswer) {
  hold.phase = "released";
  applyHead(response, change);
  response.statusCode = answer.status;
  response.statusMessage = "";
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  hold.end.call(response, answer.body, "utf8");
}

function applyHead(response: ServerResponse, change: HeadChange): void {
  const { setCookies, cacheControl, varies, clearSiteData } = change;
  if (setCookies.length > 0) {
    const present = response.getHeader("set-cookie");
    const others = present === undefined ? [] : [present].flat().map(String);
    response.setHeader("Set-Cookie", [...others, ...setCookies]);
  }
  if (cacheControl !== undefined) response.setHeader("Cache-Control", cacheControl);
  if (clearSiteData !== undefined) response.setHeader("Clear-Site-Data", clearSiteData);
  if (varies) response.setHeader("Vary", withCookie(response.getHeader("vary")));
}

/** Calls back as a finished write would, so that a stream piped in comes to its end. */
function discard(args: readonly unknown[]): void {
  const callback = args.findLast((argument) => typeof argument === "function");
  if (callback !== undefined) process.nextTick(callback as () => void);
}

function headersSent(): Error {
  const error = new Error("Cannot write headers after they are sent to the client");
  return Object.assign(error, { code: "ERR_HTTP_HEADERS_SENT" });
}
