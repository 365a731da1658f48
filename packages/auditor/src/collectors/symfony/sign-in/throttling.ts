/**
 * What slows down or stops repeated attempts to sign in: the firewall's own limiter, one of the application's, a
 * captcha, or an account that locks.
 * @module
 */
import type { Place, PresenceEvidence } from "../../../evidence.ts";
import { entryAt, type Scalar } from "../../config/config-node.ts";
import { placeOf } from "../../php/php-file.ts";
import type { PhpClass } from "../../php/php-walk.ts";
import { classesOf, isAuthenticator, runsOutsideRequests } from "../code/code-roles.ts";
import { codeTextOf } from "../code/code-text.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";
import { booleanOf } from "../configuration/env-processors.ts";
import { resolveEntry } from "../configuration/symfony-values.ts";
import { interactiveFirewalls, mainFirewall } from "./firewall-sign-ins.ts";

/** Bundles that count attempts by themselves. */
const BUNDLES = [
  "anyx/login-gate-bundle",
  "metaclass-nl/tarpit-bundle",
  "ccdnuser/security-bundle",
  "fastbill/brute-force-bundle",
] as const;

/** Bundles of captchas that a key of their own switches. */
const CAPTCHAS = [
  "beelab_recaptcha2",
  "ewz_recaptcha",
  "karser_recaptcha3",
  "gregwar_captcha",
  "pixel_open_cloudflare_turnstile",
  "huluti_altcha",
  "meteo_concept_h_captcha",
] as const;
/** `APP_RECAPTCHA_ENABLED`, `captcha.active`. */
const SWITCH = /captcha.*(enabled?|active|use)$|^(use|enable).*captcha$/i;
const CAPTCHA = /captcha|turnstile|altcha|friendlycaptcha/i;

const SIGNS_IN =
  /login|signin|sign_in|authenticat|security(Controller|Subscriber|Listener)|\bauth/i;
const FAILURE =
  /LoginFailureEvent|AuthenticationFailureEvent|CheckPassportEvent|security\.authentication\.failure|onAuthenticationFailure|BadCredentials/;
const COUNTS =
  /fail(ed|ure)?_?(login|attempt|count)|(login|bad)_?(attempt|fail)|attempts?\b|lock(ed|out|account)|brute|throttl|too_?many/i;

/** @param own Where code of the application signs in past every firewall. */
export function collectThrottling(
  app: SymfonyApplication,
  own?: Place,
): PresenceEvidence | undefined {
  const firewalls = interactiveFirewalls(app);
  const limited = firewalls.find(({ throttling }) => throttling !== undefined)?.throttling;
  if (limited !== undefined) {
    return {
      present: true,
      place: limited.place,
      why: "The firewall limits attempts: login_throttling is set.",
    };
  }
  const first = mainFirewall(app);
  const limiter = ownLimiter(app, first === undefined && own !== undefined);
  if (limiter !== undefined) return limiter;
  const bundle = BUNDLES.find((name) => app.application.versions[name] !== undefined);
  if (bundle !== undefined) {
    return {
      present: true,
      place: { file: app.application.manifest, line: 1, column: 1 },
      why: `${bundle} counts attempts.`,
    };
  }
  if (first === undefined) {
    const why = "The application signs in past every firewall, and nothing limits attempts.";
    return own === undefined ? undefined : { present: false, place: own, why };
  }
  return {
    present: false,
    place: first.place,
    why: `Firewall ${first.name} has no login_throttling, and nothing else limits attempts to sign in.`,
  };
}

function ownLimiter(
  app: SymfonyApplication,
  isPastFirewalls: boolean,
): PresenceEvidence | undefined {
  const { code } = app;
  const hasCaptcha = !isCaptchaOff(app);
  for (const each of classesOf(code)) {
    if (runsOutsideRequests(code, each)) continue;
    const text = codeTextOf(each.file, each.node);
    const isAboutSignIn =
      isAuthenticator(code, each) || SIGNS_IN.test(each.name ?? "") || FAILURE.test(text);
    if (!isAboutSignIn) continue;
    const why = limits(text, each, isPastFirewalls, hasCaptcha);
    if (why !== undefined)
      return { present: true, place: placeAt(each, why.pattern), why: why.text };
  }
  return undefined;
}

/** What committed configuration switches off asks nobody, until somebody switches it on. */
function isCaptchaOff({ config }: SymfonyApplication): boolean {
  const isOff = (value: Scalar | undefined): boolean =>
    value !== undefined && booleanOf(value) === false;
  const variables = [...config.env].some(([name, { value }]) => SWITCH.test(name) && isOff(value));
  const parameters = [...config.parameters].some(
    ([name, entry]) => SWITCH.test(name) && isOff(resolveEntry(config, entry).value),
  );
  return (
    variables ||
    parameters ||
    CAPTCHAS.some((name) => {
      const entry = entryAt(config.extension(name)?.node, "enabled");
      return entry !== undefined && isOff(resolveEntry(config, entry).value);
    })
  );
}

function limits(
  text: string,
  each: PhpClass,
  isPastFirewalls: boolean,
  hasCaptcha: boolean,
): { pattern: RegExp; text: string } | undefined {
  const name = each.name?.replace(/^.*\\/, "") ?? "";
  const asks = /->(consume|ensureAccepted|isAccepted)\(/;
  if (asks.test(text) && /RateLimiterFactory|LimiterInterface|limiter/i.test(text))
    return {
      pattern: /->(consume|ensureAccepted|isAccepted)\(/,
      text: `${name} asks a rate limiter.`,
    };
  if (hasCaptcha && CAPTCHA.test(text))
    return { pattern: CAPTCHA, text: `${name} asks for a captcha.` };
  // Counting alone is a record: something has to follow from the count.
  if (
    (isPastFirewalls || FAILURE.test(text)) &&
    COUNTS.test(text) &&
    /(attempts?|count|fail|lock)\w{0,40}\(?\)?\s*(>=?|<=?|===?)|lock|block|throw new/i.test(text) &&
    /increment|\+\+|\+ 1|setLocked|addAttempt|setFailed|setLoginAttempts|->lock/i.test(text)
  ) {
    return { pattern: COUNTS, text: `${name} counts failed attempts.` };
  }
  return undefined;
}

function placeAt(each: PhpClass, pattern: RegExp): Place {
  const start = each.node.loc?.start.offset ?? 0;
  const found = pattern.exec(each.file.text.slice(start));
  const before = each.file.text.slice(0, start + (found?.index ?? 0));
  const line = before.split("\n").length;
  if (found === null) return placeOf(each.file, each.node);
  return { file: each.file.file, line, column: before.length - before.lastIndexOf("\n") };
}
