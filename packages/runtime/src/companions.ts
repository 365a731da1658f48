/**
 * What the engine asks of what may stand around it: remember-me and the anti-forgery token. Types alone,
 * so that an application that uses neither loads neither.
 * @module
 */
import type { StoreKey } from "./stores/store.ts";

/*
 * The engine's own things, handed through: `Core`, `RequestState`, `RequestView` and `SubjectSessions`, by which those who
 * implement the steps know them. Named here they would know this file, and this file them.
 */
type EngineCore = object;
type EngineState = object;
type EngineView = object;
type EngineSubject = object;

/** The remembered device that a session came from, as the session's meta box names it. */
export interface SeriesName {
  readonly handle: string;
  readonly key: StoreKey;
  /** When the device is forgotten, whatever happens. */
  readonly absoluteExpiresAt: number;
  /** Tells which of the device's secrets came with the session: the start of its hash, base64url. */
  readonly secretMark: string;
}

/** A device to be remembered, which no store knows yet. */
export interface SeriesDraft {
  readonly name: SeriesName;
}

/** Made by `rememberMe()`. */
export interface RememberMe {
  /** The level that a remembered session has. */
  readonly level: string;
  /** How long a device is remembered at most, in seconds. */
  readonly absoluteTimeoutSeconds: number;
  attach(core: EngineCore): RememberSteps;
}

/** What the engine leaves to remember-me, each where it happens. */
export interface RememberSteps {
  /** Nobody is signed in by the session's cookie: begins a session if the browser is remembered. */
  resume(state: EngineState): Promise<void>;
  /** @param absoluteExpiresAt Given where the device was remembered already: its time goes on. */
  draft(subjectKey: string, absoluteExpiresAt?: number): SeriesDraft;
  /** Whether the request has the device's secret that came with its session. Asks the store for nothing. */
  holds(state: EngineState, series: SeriesName): boolean;
  /**
   * The request's session has begun, or was rotated: what the browser was remembered by is over, and
   * `draft` takes its place.
   *
   * @param replaced The device of the session before, which its cookie may not have come with.
   * @returns `false` if the subject's sessions were revoked since the checkpoint, or the session is gone.
   */
  begin(
    state: EngineState,
    draft: SeriesDraft | undefined,
    replaced: SeriesName | undefined,
    checkpoint: string | undefined,
  ): Promise<boolean>;
  /**
   * A remembered session is presented for the first time: its browser has the device's new secret too.
   *
   * @returns `false` if the device is remembered no longer, so that the session must not be either.
   */
  presented(series: SeriesName): Promise<boolean>;
  /** Signed out: ends the device's series, and every session that came from it. */
  end(state: EngineState, series: SeriesName | undefined): Promise<void>;
  /** Before the head: a session that was handed out may have changed while the handler took its time. */
  recheck(state: EngineState): Promise<void>;
  /** A copied cookie of a session that came from this series was used. */
  reused(series: SeriesName, address: string | undefined): Promise<void>;
  /** The sessions of an account, with its remembered devices among them. */
  subject(subject: string, own: EngineSubject): EngineSubject;
}

/** Made by `csrf()`. */
export interface Csrf {
  attach(core: EngineCore): CsrfSteps;
}

/** What the engine leaves to the anti-forgery token. */
export interface CsrfSteps {
  /** Whether a page of a trusted origin sent the request, so that the first line lets it through. */
  trusts(request: EngineView): boolean;
  token(state: EngineState): string;
  /** Looks for a token in what is known of the request. @throws {SessionRefusal} `csrf` */
  check(state: EngineState): void;
  /** Takes the token, or the form that it came in, from the handler. @throws {SessionRefusal} `csrf` */
  verify(state: EngineState, form: string | object | null | undefined): void;
}
