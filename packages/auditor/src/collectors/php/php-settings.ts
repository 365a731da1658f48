/**
 * PHP's own session settings in effect in production: code before the start of the session, then what the
 * deployment's files say, then PHP's defaults.
 * @module
 */
import type {
  CookieEvidence,
  Observation,
  Origin,
  Place,
  SameSiteFlag,
  SecureFlag,
  Setting,
} from "../../evidence.ts";
import type { Application } from "../application.ts";
import type { Tree } from "../tree.ts";
import { alternativesOf, textBehind } from "./php-alternatives.ts";
import type { PhpCode } from "./php-code.ts";
import { type CodeSetting, codeSettings, dependsOnHttps } from "./php-code-settings.ts";
import { type IniRank, type IniSetting, iniSettings } from "./php-ini-sources.ts";
import { isTrue, textOf } from "./php-operators.ts";
import { cacheObservations, deadSettings, urlObservations } from "./php-settings-observations.ts";
import type { PhpResolver, PhpScalar } from "./php-value.ts";
import type { PhpCall } from "./php-walk.ts";

export interface PhpSessionSettings {
  readonly cookie: CookieEvidence;
  /** `session.use_strict_mode` alone; whether the save handler supports it is another question. */
  readonly strictMode: Setting<boolean>;
  readonly idBits: Setting<number>;
  readonly gcMaxLifetimeSeconds: Setting<number>;
  readonly gcProbability: Setting<number>;
  readonly saveHandler: Setting<string>;
  readonly savePath: Setting<string>;
  /** Settings that are gone, ids in URLs, and caching of pages with sessions. */
  readonly observations: readonly Observation[];
  /** A setting by its name without `session.`, as text. */
  setting(key: string): Setting<string>;
}

export interface PhpSettingsOptions {
  /** Calls of a framework that open a session. */
  readonly starts?: readonly PhpCall[];
  /** What only a framework's collector can follow. */
  readonly resolve?: PhpResolver;
  /** Where the session is set up, for settings that nothing sets. */
  readonly place?: Place;
  /** The session's name as a framework's own call sets it. */
  readonly name?: Setting<string>;
}

/** PHP's defaults, php.net "session.configuration"; Debian differs where {@link DEBIAN} says so. */
const DEFAULTS: Readonly<Record<string, string>> = {
  cache_limiter: "nocache",
  cookie_domain: "",
  cookie_httponly: "0",
  cookie_lifetime: "0",
  cookie_path: "/",
  cookie_samesite: "",
  cookie_secure: "0",
  gc_divisor: "100",
  gc_maxlifetime: "1440",
  gc_probability: "1",
  name: "PHPSESSID",
  save_handler: "files",
  save_path: "",
  sid_bits_per_character: "4",
  sid_length: "32",
  use_only_cookies: "1",
  use_strict_mode: "0",
  use_trans_sid: "0",
};

/** What Debian 12's php.ini makes of the defaults. */
const DEBIAN: Readonly<Record<string, string>> = {
  gc_divisor: "1000",
  gc_probability: "0",
  sid_bits_per_character: "5",
  sid_length: "26",
};

const RANKS: readonly IniRank[] = ["ini", "pool", "directory", "code", "admin"];

export function phpSessionSettings(
  tree: Tree,
  application: Application,
  code: PhpCode,
  options: PhpSettingsOptions = {},
): PhpSessionSettings {
  const fromFiles = iniSettings(tree, application);
  const fromCode = codeSettings(code, options.starts ?? [], options.resolve);
  const raw = (key: string): RawSetting => effective(key, fromFiles, fromCode, options.place);
  const as = <T>(key: string, read: (value: string) => T | undefined): Setting<T> =>
    converted(raw(key), read);
  const text = (key: string): Setting<string> => as(key, (value) => value);
  const flag = (key: string): Setting<boolean> => as(key, isOn);
  const number = (key: string): Setting<number> => as(key, wholeNumber);
  const name = text("name");

  return {
    cookie: {
      secure: secureSetting(code, raw("cookie_secure")),
      httpOnly: flag("cookie_httponly"),
      sameSite: sameSiteSetting(code, raw("cookie_samesite")),
      name: name.origin.kind === "platform" && options.name !== undefined ? options.name : name,
      defaultName: "PHPSESSID",
      lifetimeSeconds: as("cookie_lifetime", (value) => {
        const seconds = wholeNumber(value);
        return seconds === undefined ? undefined : seconds <= 0 ? "session" : seconds;
      }),
      domain: text("cookie_domain"),
      path: text("cookie_path"),
    },
    strictMode: flag("use_strict_mode"),
    idBits: idBits(number("sid_length"), number("sid_bits_per_character")),
    gcMaxLifetimeSeconds: number("gc_maxlifetime"),
    gcProbability: number("gc_probability"),
    saveHandler: text("save_handler"),
    savePath: text("save_path"),
    observations: [
      ...deadSettings(application.php, [...fromFiles, ...fromCode]),
      ...urlObservations(flag("use_only_cookies"), flag("use_trans_sid")),
      ...cacheObservations(text("cache_limiter")),
    ],
    setting: text,
  };
}

interface RawSetting {
  /** `undefined` if code sets it to what cannot be followed. */
  readonly value: PhpScalar | undefined;
  readonly origin: Origin;
  readonly withoutEffect?: { readonly place: Place; readonly why: string };
  readonly code?: CodeSetting;
}

function effective(
  key: string,
  fromFiles: readonly IniSetting[],
  fromCode: readonly CodeSetting[],
  place: Place | undefined,
): RawSetting {
  const written = fromCode.filter((setting) => setting.key === key);
  const inTime = written.filter((setting) => setting.withoutEffect === undefined).at(-1);
  const late = written.find((setting) => setting.withoutEffect !== undefined);
  const inFiles = fromFiles
    .filter((setting) => setting.key === key)
    .toSorted((left, right) => RANKS.indexOf(left.rank) - RANKS.indexOf(right.rank))
    .at(-1);
  const withoutEffect =
    inTime === undefined && late?.withoutEffect !== undefined
      ? { withoutEffect: { place: late.place, why: late.withoutEffect } }
      : {};
  if (inTime !== undefined && inFiles?.rank !== "admin") return { ...ofCode(inTime), code: inTime };
  if (inFiles !== undefined) {
    return {
      value: inFiles.value,
      origin: { kind: "set", place: inFiles.place },
      ...withoutEffect,
    };
  }
  const debian = DEBIAN[key];
  const value = DEFAULTS[key] ?? "";
  const of = `PHP: session.${key} is ${value === "" ? "empty" : value}${debian === undefined ? "" : ` (Debian 12: ${debian})`}`;
  return {
    value,
    origin: { kind: "platform", of, ...(place && { place }) },
    ...withoutEffect,
  };
}

function ofCode({ value, place }: CodeSetting): RawSetting {
  switch (value.kind) {
    case "known":
      return { value: value.value, origin: { kind: "set", place: value.place } };
    case "environment": {
      const fallback = value.fallback?.kind === "known" ? value.fallback : undefined;
      return fallback === undefined
        ? { value: undefined, origin: { kind: "environment", name: value.name, place } }
        : { value: fallback.value, origin: { kind: "set", place: fallback.place } };
    }
    default: {
      const why = value.kind === "unknown" ? value.why : "is computed";
      return { value: undefined, origin: { kind: "unknown", why, place } };
    }
  }
}

function converted<T>(raw: RawSetting, read: (value: string) => T | undefined): Setting<T> {
  const { origin, withoutEffect } = raw;
  const value = raw.value === undefined ? undefined : read(textOf(raw.value));
  const rest = withoutEffect === undefined ? {} : { withoutEffect };
  const written = raw.value === undefined ? {} : { written: textOf(raw.value) };
  return { value, origin, ...(origin.kind === "set" && written), ...rest };
}

function secureSetting(code: PhpCode, raw: RawSetting): Setting<SecureFlag> {
  const isComputed = raw.code !== undefined && raw.value === undefined;
  if (isComputed && (dependsOnHttps(raw.code) || followsScheme(code, raw.code))) {
    return { value: "when-https", origin: { kind: "set", place: raw.code.place } };
  }
  const { value, ...rest } = converted(raw, isOn);
  if (value === true && raw.code !== undefined && dependsOnHttps(raw.code)) {
    return { value: "when-https", ...rest };
  }
  return { value: value === undefined ? undefined : value ? "always" : "never", ...rest };
}

/** A function of the application that answers yes or no, and asks for the request's scheme. */
function followsScheme(code: PhpCode, { call, expression }: CodeSetting): boolean {
  const flags = alternativesOf(code, call.file, expression)?.map((each) => isOn(textOf(each)));
  return (
    flags?.includes(true) === true &&
    /https|is_?secure\(|is_?ssl\(|request_scheme/i.test(textBehind(code, call.file, expression))
  );
}

/** Computed, and still told where nothing that it can come to protects. */
function sameSiteSetting(code: PhpCode, raw: RawSetting): Setting<SameSiteFlag> {
  const setting = converted(raw, sameSiteFlag);
  if (setting.value !== undefined || raw.code === undefined) return setting;
  const { call, expression, place } = raw.code;
  const flags = alternativesOf(code, call.file, expression)?.map((each) =>
    sameSiteFlag(textOf(each)),
  );
  if (flags === undefined || flags.some((flag) => flag !== "none" && flag !== "unset")) {
    return setting;
  }
  return { value: flags.includes("none") ? "none" : "unset", origin: { kind: "set", place } };
}

/** As PHP reads a flag in an INI file. */
export function isOn(value: string): boolean {
  const word = value.trim().toLowerCase();
  if (["on", "yes", "true"].includes(word)) return true;
  if (["off", "no", "false", "none"].includes(word)) return false;
  return isTrue(value.trim());
}

function wholeNumber(value: string): number | undefined {
  const number = Number.parseInt(value.trim() === "" ? "0" : value, 10);
  return Number.isNaN(number) ? undefined : number;
}

function sameSiteFlag(value: string): SameSiteFlag | undefined {
  const word = value.trim().toLowerCase();
  if (word === "") return "unset";
  return word === "lax" || word === "strict" || word === "none" ? word : undefined;
}

function idBits(length: Setting<number>, bits: Setting<number>): Setting<number> {
  const { origin } = length.origin.kind === "platform" ? bits : length;
  if (length.value === undefined || bits.value === undefined) return { value: undefined, origin };
  if (origin.kind === "platform") {
    const of = "PHP: 32 characters of 4 bits (Debian 12: 26 of 5)";
    return { value: 128, origin: { ...origin, of } };
  }
  const written = `${length.value} characters of ${bits.value} bits`;
  return { value: length.value * bits.value, origin, written };
}
