/**
 * How the engine reports: an event without its instant.
 * @module
 */
import type { SessionEvent } from "../events.ts";

/** An event without its instant, which {@link Core.emit} adds. */
export type EventInput = SessionEvent extends infer Event
  ? Event extends SessionEvent
    ? Omit<Event, "at">
    : never
  : never;

export type Emit = (event: EventInput) => void;
