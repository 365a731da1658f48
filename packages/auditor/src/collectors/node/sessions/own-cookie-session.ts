/**
 * Sessions of the application's own: a signed token in a cookie, or a random one that it keeps.
 * Defaults of cookies read in express 5, @fastify/cookie 11, cookies 0.9 of Koa, next 15, hono 4 and h3 1.
 * @module
 */
import ts from "typescript";
import type {
  CookieEvidence,
  IdleEvidence,
  SecureFlag,
  SessionEvidence,
  StorageKind,
} from "../../../evidence.ts";
import { placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { literal, property, shipped, type Value } from "../../script/script-value.ts";
import type { OwnCookie, Token } from "../code/own-cookie.ts";
import type { CookieApi, CookieCall } from "../code/own-cookie-calls.ts";
import { bitsOf } from "../code/own-cookie-tokens.ts";
import { sourcesOf } from "../code/own-cookie-trace.ts";
import { expiryOf } from "./expiry.ts";
import { keptExpiry } from "./own-cookie-expiry.ts";
import { storageOfKept } from "./own-cookie-storage.ts";
import { tokenEvidence } from "./own-cookie-token.ts";
import {
  booleanSetting,
  byDefault,
  lifetimeSetting,
  sameSiteSetting,
  secureSetting,
  settingSet,
  settingUnknown,
  textSetting,
} from "./setting.ts";

interface Defaults {
  readonly secure: SecureFlag;
  readonly httpOnly: boolean;
  readonly path: string;
  /** What `maxAge` counts in. */
  readonly unitMs: number;
  readonly of: string;
}

const DEFAULTS: Readonly<Record<CookieApi, Defaults>> = {
  express: { secure: "never", httpOnly: false, path: "/", unitMs: 1, of: "express" },
  fastify: { secure: "never", httpOnly: false, path: "", unitMs: 1000, of: "@fastify/cookie" },
  koa: { secure: "when-https", httpOnly: true, path: "/", unitMs: 1, of: "koa" },
  next: { secure: "never", httpOnly: false, path: "/", unitMs: 1000, of: "next" },
  hono: { secure: "never", httpOnly: false, path: "/", unitMs: 1000, of: "hono" },
  h3: { secure: "never", httpOnly: false, path: "/", unitMs: 1000, of: "h3" },
  header: { secure: "never", httpOnly: false, path: "", unitMs: 1000, of: "cookie" },
};

export function ownCookieSession(cookie: OwnCookie): SessionEvidence {
  const { project, versions, write, token } = cookie;
  const place = placeOf(write.node);
  const library = `a cookie of the application's own${madeBy(token, versions)}`;
  const common = {
    library,
    place,
    cookie: cookieOf(project, write, versions),
  };
  if (token.kind === "kept") {
    const bits = bitsOf(token.call, token.amount);
    const at = placeOf(token.call);
    return {
      ...common,
      isStateless: false,
      strictIds: settingSet(true, placeOf(cookie.checked)),
      idBits:
        bits === undefined
          ? settingUnknown(`${textOf(token.call)} makes the tokens`, at)
          : settingSet(bits, at, textOf(token.call)),
      storage: storageOfKept(project, versions, token.kept),
      isEncrypted: settingSet(false, placeOf(token.kept.node)),
      idle: keptExpiry(cookie, token.kept),
      secrets: [],
    };
  }
  const at = <T>(value: T) => ({ value, of: library, place });
  const signed = tokenEvidence(project, token.module, token.call, labelOf(token.module, versions));
  const idle: IdleEvidence =
    signed.seconds.value === "never"
      ? { seconds: signed.seconds, keptBy: "nobody" }
      : { seconds: signed.seconds, keptBy: "application" };
  return {
    ...common,
    isStateless: true,
    strictIds: byDefault(at(true)),
    idBits: byDefault<number>({ value: undefined, of: library, place }),
    storage: byDefault(at<StorageKind>("cookie")),
    isEncrypted: settingSet(token.kind === "sealed", placeOf(token.call)),
    idle,
    secrets: signed.secrets,
  };
}

type Versions = Readonly<Record<string, string>>;

function madeBy(token: Token, versions: Versions): string {
  return token.kind === "kept" ? "" : ` (${labelOf(token.module, versions)})`;
}

function labelOf(module: string, versions: Versions): string {
  const name = module === "hono/jwt" ? "hono" : module;
  const version = versions[name];
  return version === undefined ? name : `${name} ${version}`;
}

function cookieOf(project: ScriptProject, write: CookieCall, versions: Versions): CookieEvidence {
  const { api, options: given, node, name, nameNode } = write;
  const defaults = DEFAULTS[api];
  const place = placeOf(node);
  const of = labelOf(defaults.of, versions);
  const at = <T>(value: T) => ({ value, of, place });
  const options = given === undefined ? literal(undefined, place) : optionsOf(project, given);
  const ends = expiryOf(project, options);
  return {
    secure: secureSetting(property(options, "secure"), at(defaults.secure)),
    httpOnly: booleanSetting(property(options, "httpOnly"), at(defaults.httpOnly)),
    sameSite: sameSiteSetting(property(options, "sameSite"), at("unset")),
    name: settingSet(name, placeOf(nameNode ?? node)),
    defaultName: "",
    lifetimeSeconds: lifetimeSetting(
      ends ?? property(options, "maxAge"),
      ends === undefined ? defaults.unitMs : 1,
      at<number | "session">("session"),
    ),
    domain: textSetting(property(options, "domain"), at("")),
    path: textSetting(property(options, "path"), at(defaults.path)),
  };
}

/** Options also where a function of the application hands them back beside the token. */
function optionsOf(project: ScriptProject, given: ts.Expression): Value {
  const direct = project.evaluator.evaluate(given);
  if (shipped(direct).kind === "object") return direct;
  const ends = sourcesOf(project, given, () => false);
  for (const { way } of ends) {
    // A name sees what is set on the object after it was made.
    const last = [...way].reverse();
    for (const node of [
      ...last.filter(ts.isIdentifier),
      ...last.filter(ts.isObjectLiteralExpression),
    ]) {
      const value = project.evaluator.evaluate(node);
      if (speaksOfCookie(value)) return value;
    }
  }
  return direct;
}

function speaksOfCookie(value: Value): boolean {
  const object = shipped(value);
  if (object.kind !== "object") return false;
  return ["httpOnly", "secure", "maxAge", "sameSite", "path", "expires"].some((name) =>
    object.properties.has(name),
  );
}
