/**
 * Which session adapters each version of Phalcon brings, and what its classes do about ids that nobody issued.
 * @module
 */
import type { Observation, Setting } from "../../../evidence.ts";
import { isSubclassOf, methodOf } from "../../php/php-code.ts";
import { child, children } from "../../php/php-file.ts";
import { callsInside, walkPhp } from "../../php/php-walk.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { adaptersCheckIds } from "../configuration/phalcon-version.ts";
import type { SessionAdapter } from "./session-adapters.ts";
import type { SessionService } from "./session-services.ts";

const OF_VERSION_3 = ["Files", "Redis", "Libmemcached", "Memcache"] as const;
const SINCE_VERSION_4 = ["Noop", "Stream", "Redis", "Libmemcached"] as const;

/** @returns The adapters of the version, if it has none of that name and nothing installed brings it. */
export function missingFrom(
  { version, application, tree }: PhalconApplication,
  { className, isOwn }: SessionAdapter,
): readonly string[] | undefined {
  const short = /^Phalcon\\Session\\Adapter\\(\w+)$/i.exec(className)?.[1];
  if (isOwn || short === undefined || version.major === undefined) return undefined;
  const isOld = version.major < 4;
  const known: readonly string[] = isOld ? OF_VERSION_3 : SINCE_VERSION_4;
  if (known.some((name) => name.toLowerCase() === short.toLowerCase())) return undefined;
  // The incubator of version 3 put its adapters into the framework's own namespace.
  if (isOld && application.versions["phalcon/incubator"] !== undefined) return undefined;
  const copy = new RegExp(`(^|/)Session/Adapter/${short}\\.php$`, "i");
  return tree.files.some((file) => copy.test(file)) ? undefined : known;
}

export function missingAdapters(
  phalcon: PhalconApplication,
  { adapters }: SessionService,
): readonly Observation[] {
  return adapters.flatMap((adapter): readonly Observation[] => {
    const known = missingFrom(phalcon, adapter);
    if (known === undefined) return [];
    const { major } = phalcon.version;
    return [
      {
        topic: "dead-setting",
        place: adapter.place,
        kind: "fault",
        what: `${adapter.className} does not exist in Phalcon ${major}, which has ${known.join(", ")}.`,
        remedy: "Use one of these, or write an adapter of your own and test it.",
      },
    ];
  });
}

export interface IdCheck {
  /** `undefined` if the version decides, and is not known exactly. */
  readonly checks: boolean | undefined;
  /** Why not. */
  readonly why: string;
}

const BY_VERSION =
  "Phalcon's adapters have validateId() from 5.14.2 on only; before, PHP adopts any id in spite of strict mode";

/** Whether whoever keeps the sessions refuses ids that it did not issue, once strict mode is on. */
export function idCheck(phalcon: PhalconApplication, service: SessionService): IdCheck {
  const { adapter } = service;
  if (service.library === "native") return { checks: true, why: "" };
  if (adapter === undefined) return { checks: adaptersCheckIds(phalcon.version), why: BY_VERSION };
  return checkOf(phalcon, adapter);
}

function checkOf(phalcon: PhalconApplication, adapter: SessionAdapter): IdCheck {
  const { className, isOwn, kind, wraps } = adapter;
  if (!isOwn) {
    // Before version 4, the files adapter is PHP's own handler, which does check.
    const isPhps = kind === "files" && (phalcon.version.major ?? 4) < 4;
    return { checks: isPhps ? true : adaptersCheckIds(phalcon.version), why: BY_VERSION };
  }
  const own = methodOf(phalcon.code, className, "validateId");
  if (own === undefined) {
    return extendsAdapter(phalcon, className)
      ? { checks: adaptersCheckIds(phalcon.version), why: BY_VERSION }
      : {
          checks: false,
          why: `${className} has no validateId(), so PHP adopts any id in spite of strict mode`,
        };
  }
  if (!isAsked(phalcon, className)) {
    return {
      checks: false,
      why: `${className} has a validateId() that PHP never calls, since the class does not implement SessionUpdateTimestampHandlerInterface`,
    };
  }
  const delegates = callsInside(own.file, own.node).some(({ name }) => name === "validateid");
  if (delegates && wraps !== undefined) return checkOf(phalcon, wraps);
  if (delegates && extendsAdapter(phalcon, className))
    return { checks: adaptersCheckIds(phalcon.version), why: BY_VERSION };
  return returnsTrueAlone(own.node)
    ? { checks: false, why: `the validateId() of ${className} accepts every id` }
    : { checks: true, why: "" };
}

function extendsAdapter(phalcon: PhalconApplication, className: string): boolean {
  return isSubclassOf(phalcon.code, className, /^Phalcon\\Session\\Adapter\\/i);
}

/** PHP asks only classes that implement the interface, which Phalcon's own adapters do once they can. */
function isAsked(phalcon: PhalconApplication, className: string): boolean {
  if (isSubclassOf(phalcon.code, className, /^SessionUpdateTimestampHandlerInterface$/i))
    return true;
  return extendsAdapter(phalcon, className) && adaptersCheckIds(phalcon.version) !== false;
}

function returnsTrueAlone(method: Parameters<typeof child>[0]): boolean {
  const body = child(method, "body");
  const [only, ...more] = children(body, "children");
  if (only === undefined || more.length > 0) return false;
  let isTrue = false;
  walkPhp(only, (node) => {
    if (node.kind === "return") {
      const value = child(node, "expr");
      isTrue = value?.kind === "boolean" && value.value === true;
    }
    return undefined;
  });
  return isTrue;
}

/** What strict mode comes to with this adapter. */
export function strictIds(
  phalcon: PhalconApplication,
  service: SessionService,
  mode: Setting<boolean>,
  library: string,
): Setting<boolean> {
  if (mode.value !== true) return mode;
  const { checks, why } = idCheck(phalcon, service);
  if (checks === true) return mode;
  const place = mode.origin.kind === "set" ? mode.origin.place : service.place;
  if (checks === undefined) return { value: undefined, origin: { kind: "unknown", why, place } };
  return {
    value: false,
    origin: { kind: "default", of: library, place },
    withoutEffect: { place, why },
  };
}
