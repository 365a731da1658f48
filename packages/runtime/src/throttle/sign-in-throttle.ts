/**
 * signInThrottle: the way of one attempt to sign in, from counting it to answering it.
 * @module
 */
import { cookieValues } from "../cookie/cookie-header.ts";
import { type CookieForm, expireCookie, setCookie } from "../cookie/set-cookie.ts";
import type { Core } from "../engine/core.ts";
import { stateOf } from "../engine/request-session.ts";
import { type RequestState, raise } from "../engine/request-state.ts";
import type { Session } from "../engine/session.ts";
import { SessionError, SessionRefusal } from "../errors.ts";
import { attemptBudgets } from "./attempt-budgets.ts";
import {
  type Budget,
  giveBack,
  isSpent,
  type SpentBudget,
  spentBudget,
  type Taken,
  takeFrom,
} from "./budgets.ts";
import { type KnownDevice, knownDevice, type PassRules, withPass } from "./device-cookie.ts";
import { createFloodSignal } from "./flood-signal.ts";
import { type AttemptLimiter, makeLimiter } from "./limiter.ts";
import { guardLimiter, type LimiterGuard } from "./limiter-guard.ts";
import { createSignInGate, type SignInGate } from "./sign-in-gate.ts";
import { resolveThrottle, type ThrottleOptions } from "./throttle-options.ts";

/** What an attempt is counted by, beside the request's address. */
export interface SignInAttempt {
  /** The account as the request names it: it need not exist. */
  readonly account: string;
}

export interface SignInThrottle {
  /**
   * Checks a password, if there is anything left of the budgets for it. The attempt is counted before the
   * check, so that a thousand at once are counted too; a success gives back what it took and makes the
   * browser a known device of the account.
   *
   * @param check Answers `undefined`, `null` or `false` for a wrong password and for an unknown account,
   *   anything else for a success. If it throws, the attempt is not counted.
   * @returns What `check` answered; a failure not before `policy.failureSeconds` have passed.
   * @throws {SessionRefusal} `throttled`, without `check` having run; with `csrf`, also that.
   * @throws {SessionError} HOLDFAST_STORE if the limiter's store is away.
   * @see ASVS 5.0, 6.3.1; CWE-307
   */
  attempt<T, Data extends object, Level extends string>(
    session: Session<Data, Level>,
    attempt: SignInAttempt,
    check: () => T | Promise<T>,
  ): Promise<T>;
  /**
   * Makes the browser a known device of an account whose owner was proved in another way: by a link to
   * reset the password. So who is locked out by a stranger's guesses is let in without giving the
   * stranger new ones.
   *
   * @throws {SessionRefusal} `csrf`
   * @throws {SessionError} HOLDFAST_HEAD_SENT, HOLDFAST_NO_SESSION
   */
  recognize<Data extends object, Level extends string>(
    session: Session<Data, Level>,
    attempt: SignInAttempt,
  ): void;
  /**
   * Makes the browser unknown again, for every account: for "this is not my device".
   *
   * @throws {SessionRefusal} `csrf`
   * @throws {SessionError} HOLDFAST_HEAD_SENT, HOLDFAST_NO_SESSION
   */
  forget<Data extends object, Level extends string>(session: Session<Data, Level>): void;
  /** Whether failures are at flood level in the window that now runs: a reason to ask for more than a password. */
  readonly underAttack: boolean;
  /** Reports the refusals that were counted and not yet reported. */
  close(): void;
}

/** What the throttle keeps for one set of sessions. */
interface Attached {
  readonly guard: LimiterGuard;
  readonly gate: SignInGate;
  readonly deviceForm: CookieForm;
  missesAddress: boolean;
}

/** An account's name in the audit trail is no longer than this. */
const REPORTED_LENGTH = 256;

/**
 * Slows the guessing of passwords down. Made once per process, from limiters that all processes share.
 * Clock, keys and events are those of the sessions that it is used with.
 *
 * @throws {SessionError} HOLDFAST_OPTION, with every fault at once.
 * @example
 * const throttle = signInThrottle({
 *   limiter: (options) => new RateLimiterRedis({ storeClient: redis, ...options }),
 * });
 * const customer = await throttle.attempt(s, { account: login }, () => check(login, password));
 */
export function signInThrottle(options: ThrottleOptions): SignInThrottle {
  const { policy, normalizeAccount, unsafeAllowUncounted } = resolveThrottle(options);

  const limiterOf = (name: string, points: number, duration: number): AttemptLimiter => {
    const keyPrefix = `holdfast_${name}_${duration}`;
    return makeLimiter(options.limiter, { keyPrefix, points, duration });
  };
  const budgets = attemptBudgets(policy, limiterOf);
  const { failures, windowSeconds } = policy.flood;
  const flood = createFloodSignal(limiterOf("flood", failures, windowSeconds), policy.flood);

  const attachments = new Map<Core, Attached>();
  const attachedTo = (core: Core): Attached => {
    const known = attachments.get(core);
    if (known !== undefined) return known;
    const { name, attributes } = core.options.signedInCookie;
    const attached = {
      guard: guardLimiter(core),
      gate: createSignInGate(core.now, core.emit),
      deviceForm: { name: `${name}-device`, attributes },
      missesAddress: false,
    };
    attachments.set(core, attached);
    if (unsafeAllowUncounted) {
      const explanation = "while the limiter's store is away, passwords can be guessed freely";
      core.emit({ type: "option.unsafe", option: "unsafeAllowUncounted", explanation });
    }
    return attached;
  };

  /** Takes from budgets of which none is spent. */
  const tryTake = async (
    { core }: RequestState,
    from: readonly Budget[],
  ): Promise<readonly Taken[] | SpentBudget> => {
    const { guard } = attachedTo(core);
    return (await spentBudget(guard, from)) ?? takeFrom(guard, from, core.now);
  };

  /** What the attempt took; or the budget that refuses it, and would be the first to let it pass. */
  const admit = async (
    state: RequestState,
    account: string,
    device: KnownDevice | undefined,
  ): Promise<readonly Taken[] | SpentBudget> => {
    const { core, request } = state;
    const { throttle } = core.options.keyring.current;
    const asDevice = device && (await tryTake(state, budgets.ofDevice(throttle, device)));
    if (asDevice !== undefined && !isSpent(asDevice)) return asDevice;
    // A device that has spent its own budget is as good as unknown, and no better.
    const { address } = request;
    if (address === undefined) reportMissingAddress(core, attachedTo(core));
    const asStranger = await tryTake(state, budgets.ofStranger(throttle, account, address));
    if (!isSpent(asStranger) || asDevice === undefined) return asStranger;
    return asDevice.waitMs < asStranger.waitMs ? asDevice : asStranger;
  };

  const count = async (
    state: RequestState,
    account: string,
    device: KnownDevice | undefined,
  ): Promise<readonly Taken[] | SpentBudget> => {
    try {
      return await admit(state, account, device);
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
      return unsafeAllowUncounted ? [] : raise(state, error);
    }
  };

  const rulesOf = ({ core }: RequestState): PassRules => ({
    keyring: core.options.keyring,
    cookieName: attachedTo(core).deviceForm.name,
    deviceSeconds: policy.deviceSeconds,
    now: core.now(),
  });
  const valuesOf = ({ core, request }: RequestState): readonly string[] =>
    cookieValues(request.cookies, attachedTo(core).deviceForm.name);
  const giveDevice = (state: RequestState, account: string): void => {
    const { deviceForm } = attachedTo(state.core);
    const value = withPass(valuesOf(state), account, rulesOf(state));
    state.cookies.set(deviceForm, setCookie(deviceForm, value, policy.deviceSeconds));
  };
  const nameOf = (account: unknown): string =>
    // A form can hold a list where a name should be; it is nobody's.
    normalizeAccount(typeof account === "string" ? account : "");

  return {
    async attempt(session, { account: named }, check) {
      const state = verifiedState(session);
      const { core, request } = state;
      const { guard, gate } = attachedTo(core);
      const beganAt = core.now();
      const account = nameOf(named);

      const outcome = await count(
        state,
        account,
        knownDevice(valuesOf(state), account, rulesOf(state)),
      );
      if (isSpent(outcome)) {
        const { by, waitMs } = outcome;
        const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
        const { address } = request;
        gate.refused({ by, retryAfterSeconds, account: reported(named), address }, account);
        return raise(state, new SessionRefusal("throttled", retryAfterSeconds));
      }

      let result: Awaited<ReturnType<typeof check>>;
      try {
        result = await check();
      } catch (error) {
        await giveBack(guard, outcome, core.now);
        throw error;
      }
      if (result === undefined || result === null || result === false) {
        const spentMs = Math.max(0, core.now() - beganAt);
        await Promise.all([
          flood.failed(core, guard),
          wait(policy.failureSeconds * 1000 - spentMs),
        ]);
        return result;
      }
      await giveBack(guard, outcome, core.now);
      giveDevice(state, account);
      return result;
    },

    recognize(session, { account }) {
      const state = verifiedState(session);
      refuseLate(state);
      giveDevice(state, nameOf(account));
    },

    forget(session) {
      const state = verifiedState(session);
      refuseLate(state);
      const { deviceForm } = attachedTo(state.core);
      state.cookies.set(deviceForm, expireCookie(deviceForm));
    },

    get underAttack() {
      return flood.isOn;
    },

    close() {
      for (const { gate } of attachments.values()) gate.flush();
    },
  };
}

/** What a form without its token asks for is not done. */
function verifiedState(session: object): RequestState {
  const state = stateOf(session);
  state.touched = true;
  if (state.unverified) state.core.csrf?.check(state);
  return state;
}

/** Without an address, guesses from one place at many accounts go unnoticed: that must not stay unsaid. */
function reportMissingAddress({ emit }: Core, attached: Attached): void {
  if (attached.missesAddress) return;
  attached.missesAddress = true;
  const explanation = "the adapter tells no address, so sign-ins are throttled by account alone";
  emit({ type: "option.unsafe", option: "address", explanation });
}

function reported(account: unknown): string {
  return typeof account === "string" ? account.slice(0, REPORTED_LENGTH) : "";
}

function refuseLate({ headSent, readOnly }: RequestState): void {
  if (readOnly) {
    const why = "This session was opened by read(); it can set no cookie";
    throw new SessionError("HOLDFAST_NO_SESSION", why);
  }
  if (headSent) {
    const why = "The response head is out; change the device cookie before it";
    throw new SessionError("HOLDFAST_HEAD_SENT", why);
  }
}

/** An unanswered request is all that waits: no budget, no connection of a pool. */
function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    if (milliseconds > 0) setTimeout(resolve, milliseconds);
    else resolve();
  });
}
