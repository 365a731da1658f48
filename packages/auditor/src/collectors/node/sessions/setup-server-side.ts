/**
 * express-session and @fastify/session: a random id in the cookie, the contents in a store.
 * Defaults read in express-session 1.19 and @fastify/session 11.
 * @module
 */
import type { IdleEvidence, SessionEvidence } from "../../../evidence.ts";
import { property, shipped, type Value } from "../../script/script-value.ts";
import { expiryOf } from "./expiry.ts";
import { option, type SetUp } from "./find-setups.ts";
import { idBitsOf } from "./id-bits.ts";
import { secretsOf } from "./secrets.ts";
import {
  booleanSetting,
  byDefault,
  lifetimeSetting,
  sameSiteSetting,
  secureSetting,
  settingOf,
  settingSet,
  settingUnknown,
  textSetting,
} from "./setting.ts";
import { encryptionIn, type StoreEvidence, storeOf } from "./stores.ts";

export function serverSideSession(setUp: SetUp): SessionEvidence {
  const { project, library, label: of, options, place } = setUp;
  const isFastify = library === "@fastify/session";
  const defaultName = isFastify ? "sessionId" : "connect.sid";
  const cookie = property(options, "cookie");
  const at = <T>(value: T | undefined) => ({ value, of, place });
  const names = isFastify ? ["cookieName"] : ["name", "key"];
  const lifetime = expiryOf(project, cookie) ?? property(cookie, "maxAge");
  const store = storeOf(project, property(options, "store"), at("memory" as const));
  const lifetimeSeconds = lifetimeSetting(lifetime, 1, at<number | "session">("session"));
  return {
    library: of,
    place,
    cookie: {
      secure: secureSetting(property(cookie, "secure"), at(isFastify ? "always" : "never")),
      httpOnly: booleanSetting(property(cookie, "httpOnly"), at(true)),
      sameSite: sameSiteSetting(property(cookie, "sameSite"), at("unset")),
      name: textSetting(option(options, ...names), at(defaultName)),
      defaultName,
      lifetimeSeconds,
      domain: textSetting(property(cookie, "domain"), at("")),
      path: textSetting(property(cookie, "path"), at("/")),
    },
    isStateless: false,
    strictIds: byDefault(at(true)),
    idBits: idBitsOf(project, option(options, "genid", "idGenerator"), at(192)),
    storage: store.storage,
    isEncrypted: encryptionIn(store, at(false)),
    idle: idleOf(setUp, lifetime, store),
    secrets: secretsOf(project, property(options, "secret"), `${library} secret`),
  };
}

/** The cookie's lifetime is the record's too; without one, the store decides. */
function idleOf({ label: of, place }: SetUp, lifetime: Value, store: StoreEvidence): IdleEvidence {
  const fromCookie = lifetimeSetting(lifetime, 1, { value: undefined, of, place });
  if (typeof fromCookie.value === "number") {
    return { seconds: settingSet(fromCookie.value, lifetime.place), keptBy: "application" };
  }
  if (store.ttl !== undefined) return fromStore(store.ttl, store);
  const effective = shipped(lifetime);
  if (effective.kind === "unknown") {
    return { seconds: settingUnknown(effective.why, effective.place), keptBy: "application" };
  }
  const { storage, defaultSeconds } = store;
  const where = storage.origin.place ?? place;
  const isBare = storage.value === "memory" && defaultSeconds === undefined;
  if (isBare) return { seconds: byDefault({ value: "never", of, place }), keptBy: "nobody" };
  const name = store.made?.module ?? "the store";
  return {
    seconds: byDefault({ value: defaultSeconds, of: name, place: where }),
    keptBy: "store-default",
  };
}

function fromStore(ttl: Value, store: StoreEvidence): IdleEvidence {
  const seconds = settingOf<number | "never">(
    ttl,
    (time) => (Number.isFinite(Number(time)) ? Number(time) : undefined),
    { value: undefined, of: store.made?.module ?? "the store", place: ttl.place },
  );
  return { seconds, keptBy: "application" };
}
