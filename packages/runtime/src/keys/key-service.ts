/**
 * The contract of a key service: it wraps master keys, and opens what it wrapped. It is asked when a
 * process starts and when a new key is in the file, never by a request.
 * @module
 */
import { setMaxListeners } from "node:events";
import { SessionError } from "../errors.ts";

/** Which key of which ring is wrapped. A service binds it, where it can: moved elsewhere, it does not open. */
export interface WrapContext {
  /** Names the wrapped file: 32 lower-case hex digits, random. */
  readonly ring: string;
  readonly purpose: "key" | "index";
  /** 0 to 15; absent for an index key. */
  readonly number?: number | undefined;
}

/**
 * Wraps and unwraps under one key that the service does not give away. Methods reject with a
 * `SessionError` that says what to do; of any other error only the name and the code are shown, since its
 * message may quote a token or what was wrapped.
 */
export interface KeyService {
  /** Names the kind of service in files and messages: `vault`. */
  readonly name: string;
  /** Names the service's key in files and messages: `transit/holdfast`. Not secret. */
  readonly key: string;
  /** @param bytes 32 to 64 bytes. @returns Up to 4096 printable characters of ASCII. */
  wrap(bytes: Uint8Array, context: WrapContext, signal: AbortSignal): Promise<string>;
  /** Rejects what it did not wrap, or wrapped with another context. */
  unwrap(wrapped: string, context: WrapContext, signal: AbortSignal): Promise<Uint8Array>;
  /**
   * Asked before a key is wrapped into a file that has some, with one of them: rejects if what is wrapped
   * now could not be opened together with it.
   */
  join?(wrapped: string, context: WrapContext, signal: AbortSignal): Promise<void>;
}

/** Ends the sentence `"service" must be …`. */
export const KEY_SERVICE_RULE =
  "a key service: an object with wrap, unwrap, a name of letters, digits, - and _, and a key of printable characters";

export function isKeyService(value: unknown): value is KeyService {
  const { name, key, wrap, unwrap } = (value ?? {}) as Partial<Record<keyof KeyService, unknown>>;
  const isNamed = typeof name === "string" && /^[\w-]{1,40}$/.test(name);
  const hasKey = typeof key === "string" && /^[ -~]{1,400}$/.test(key);
  return isNamed && hasKey && typeof wrap === "function" && typeof unwrap === "function";
}

/** One spelling of each context, for associated data: `holdfast/1/<ring>/key/3`. */
export function contextText({ ring, purpose, number }: WrapContext): string {
  return `holdfast/1/${ring}/${memberText({ purpose, number })}`;
}

/** `key/3`, `index` */
export function memberText({ purpose, number }: Pick<WrapContext, "purpose" | "number">): string {
  return number === undefined ? purpose : `${purpose}/${number}`;
}

/** `key 3`, `an index key` */
export function memberName({ purpose, number }: Pick<WrapContext, "purpose" | "number">): string {
  return purpose === "key" ? `key ${number}` : "an index key";
}

/** What a service failed at, and what to do. @param what Goes on after the service's name. */
export function serviceError(
  service: Pick<KeyService, "name" | "key">,
  what: string,
): SessionError {
  const fault = `The key service ${service.name} (${service.key}) ${what}`;
  return new SessionError("HOLDFAST_KEYRING", fault, { faults: [fault] });
}

/** Name and code of an error, without its message: that may quote what the service was sent. */
export function errorName(error: unknown): string {
  if (!(error instanceof Error)) return "no error object";
  const { code } = error as { readonly code?: unknown };
  const word = /^[\w.]{1,60}$/;
  const shown = [error.name, code].filter((part) => word.test(String(part ?? "")));
  return shown.join(" ") || "Error";
}

/**
 * Runs calls of a service within a deadline, also where it ignores the signal.
 *
 * @param signal Ends them early.
 * @throws {SessionError} `HOLDFAST_KEYRING`: what the service said, that it took too long, or the name of another error.
 */
export async function withinDeadline<T>(
  service: KeyService,
  deadlineSeconds: number,
  work: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const late = new AbortController();
  // One call for each key, and each listens: Node would take more than ten for a leak, and say so.
  setMaxListeners(0, late.signal);
  let timer: NodeJS.Timeout | undefined;
  let stop: (() => void) | undefined;
  const expired = new Promise<never>((_, reject) => {
    const what = `did not answer within ${deadlineSeconds} s; see that it runs and that this machine reaches it, then try again`;
    timer = setTimeout(() => reject(serviceError(service, what)), deadlineSeconds * 1000);
    stop = () => reject(serviceError(service, "was not waited for: the keyring was closed"));
    signal?.addEventListener("abort", stop);
  });
  try {
    return await Promise.race([work(late.signal), expired]);
  } catch (error) {
    if (error instanceof SessionError) throw error;
    throw serviceError(service, `failed (${errorName(error)}); see its own log`);
  } finally {
    clearTimeout(timer);
    if (stop !== undefined) signal?.removeEventListener("abort", stop);
    // Whatever is still under way is of no use to anybody.
    late.abort();
  }
}
