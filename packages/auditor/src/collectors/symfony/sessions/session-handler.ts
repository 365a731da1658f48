/**
 * The save handler behind Symfony's sessions: where it keeps them, whether it refuses ids that it did not issue,
 * whether it checks their age, and whether it seals them.
 * @module
 */
import type { Origin, Place, Setting, StorageKind } from "../../../evidence.ts";
import { type ConfigEntry, entryAt, itemsOf, nodeAt } from "../../config/config-node.ts";
import { isSubclassOf, methodOf, type PhpCode } from "../../php/php-code.ts";
import { placeOf } from "../../php/php-file.ts";
import type { PhpSessionSettings } from "../../php/php-settings.ts";
import type { PhpClass } from "../../php/php-walk.ts";
import { codeTextOf } from "../code/code-text.ts";
import { dependenciesOf, referencesOf, type Service, serviceOf } from "../code/services.ts";
import { isSince, type SymfonyApplication } from "../code/symfony-application.ts";
import type { Resolved } from "../configuration/resolved.ts";
import { numberOf, resolveEntry, settingOf } from "../configuration/symfony-values.ts";

export interface HandlerEvidence {
  readonly storage: Setting<StorageKind>;
  readonly strictIds: Setting<boolean>;
  readonly isEncrypted: Setting<boolean>;
  /** It compares a session's age when it reads it. */
  readonly checksAge: boolean;
  /** How long it keeps a session, if the application tells it. */
  readonly seconds?: Setting<number>;
  /** Classes of the application that an id goes through on its way to the store, the outermost first. */
  readonly own: readonly PhpClass[];
  /** Whether code outside the repository keeps the sessions that nothing is known of. */
  readonly isForeign?: boolean;
}

/** Schemes of a DSN as `handler_id`, and parts of class names, by what they keep sessions in. */
const STORES: readonly (readonly [RegExp, StorageKind])[] = [
  [/^rediss?:|^valkeys?:|redis|predis|relay|valkey/i, "redis"],
  [/^memcached:|memcache/i, "memcached"],
  [/^mongodb(\+srv)?:|mongo/i, "documents"],
  [
    /^(pdo_\w+|mysql2?|mariadb|postgres(ql)?|pgsql|sqlite3?|oci8?|mssql|sqlsrv):|pdo|doctrine|dbal|database|\bsql/i,
    "database",
  ],
  [/^file:|native_?file|filesystem|mockfile|session\.handler\.native/i, "files"],
];

const CHECKS_AGE: ReadonlySet<StorageKind> = new Set([
  "redis",
  "memcached",
  "documents",
  "database",
]);

/** Handlers of Symfony and of PHP that answer `validateId`. */
const STRICT =
  /(^|\\)(AbstractSessionHandler|StrictSessionHandler|PdoSessionHandler|RedisSessionHandler|MemcachedSessionHandler|MongoDbSessionHandler|MigratingSessionHandler|MarshallingSessionHandler|SessionUpdateTimestampHandlerInterface)$/;
const WRAPPER = /(Marshalling|Migrating|Strict)SessionHandler$/;
const OWN_STRICT = /^Symfony\\/;

export function readHandler(app: SymfonyApplication, php: PhpSessionSettings): HandlerEvidence {
  const session = app.config.extension("framework")?.node;
  const entry =
    entryAt(session, "session", "handler_id") ??
    entryAt(session, "session", "storage", "handler_id");
  const resolved = entry === undefined ? undefined : resolveEntry(app.config, entry);
  if (entry === undefined || resolved?.value === null || resolved?.value === "") {
    return nativeHandler(app, php, entry);
  }
  const { origin } = resolved as Resolved;
  if (resolved?.value === undefined) return handlerOfVariable(app, resolved as Resolved);
  return handlerOf(app, String(resolved.value), origin, 0);
}

/** PHP's own handler, or the framework's for files: whichever the version has. */
function nativeHandler(
  app: SymfonyApplication,
  php: PhpSessionSettings,
  entry: ConfigEntry | undefined,
): HandlerEvidence {
  const strictIds = defaultStrict(app, php);
  const isEncrypted = encryption(app, undefined);
  if (entry === undefined && !isSince(app, "7.0")) {
    const storage: Setting<StorageKind> = {
      value: "files",
      origin: { kind: "default", of: app.library, place: app.place },
      written: "session.handler.native_file",
    };
    return { storage, strictIds, isEncrypted, checksAge: false, own: [] };
  }
  const { value, origin } = php.saveHandler;
  const kind =
    value === undefined ? undefined : value === "files" ? "files" : (storeOf(value) ?? "custom");
  const isSet = origin.kind !== "platform";
  const storage: Setting<StorageKind> = {
    value: kind,
    origin:
      entry === undefined || isSet
        ? isSet
          ? origin
          : { kind: "default", of: app.library, place: app.place }
        : { kind: "set", place: entry.place },
    written: `PHP's save_handler, ${value ?? "not known"}`,
  };
  const checksAge = kind === "redis" || kind === "memcached";
  return { storage, strictIds, isEncrypted, checksAge, own: [] };
}

/** A variable without a value still says by its name what it connects to. */
function handlerOfVariable(
  app: SymfonyApplication,
  { origin, variable }: Resolved,
): HandlerEvidence {
  const kind = variable === undefined ? undefined : storeOf(variable);
  return {
    storage: { value: kind, origin },
    strictIds: { value: true, origin: libraryDefault(app) },
    isEncrypted: encryption(app, undefined),
    checksAge: kind !== undefined && CHECKS_AGE.has(kind),
    own: [],
  };
}

function handlerOf(
  app: SymfonyApplication,
  id: string,
  origin: Origin,
  depth: number,
): HandlerEvidence {
  if (/^[a-z][a-z0-9+_]*:\/?\/?/i.test(id) && !id.includes("\\")) {
    const kind = storeOf(id) ?? "custom";
    return {
      storage: { value: kind, origin, written: id.replace(/:.*/s, ":…") },
      strictIds: { value: true, origin: libraryDefault(app) },
      isEncrypted: encryption(app, undefined),
      checksAge: CHECKS_AGE.has(kind),
      own: [],
    };
  }
  const service = serviceOf(app.config, id);
  // A wrapper keeps nothing itself: what it wraps does.
  const isWrapper =
    WRAPPER.test(service.className) || isSubclassOf(app.code, service.className, WRAPPER);
  const own = app.code.classNamed(service.className);
  if (isWrapper && depth < 5) {
    const inner = dependenciesOf(app.code, service).find((each) => !/marshaller/i.test(each));
    if (inner !== undefined) {
      const found = handlerOf(app, inner, origin, depth + 1);
      return {
        ...found,
        strictIds: { value: true, origin: libraryDefault(app) },
        isEncrypted: encryption(app, service),
        own: own === undefined ? found.own : [own, ...found.own],
      };
    }
  }
  const wrapped = own === undefined || depth >= 5 ? undefined : wrappedBy(app, service, own);
  if (own !== undefined && wrapped !== undefined) {
    const found = handlerOf(app, wrapped, origin, depth + 1);
    const sealed = ownEncryption(app, own);
    return {
      ...found,
      strictIds: strictness(app, service, own),
      isEncrypted: sealed.value === true ? sealed : found.isEncrypted,
      own: [own, ...found.own],
    };
  }
  const kind = ownStore(app.code, own) ?? storeOf(`${service.className} ${id}`) ?? "custom";
  return {
    storage: { value: kind, origin, written: id },
    strictIds: strictness(app, service, own),
    isEncrypted: own === undefined ? encryption(app, service) : ownEncryption(app, own),
    checksAge: own === undefined && CHECKS_AGE.has(kind),
    own: own === undefined ? [] : [own],
    isForeign: own === undefined && !OF_FRAMEWORK.test(service.className),
    ...lifetimeOf(app, service),
  };
}

const OF_FRAMEWORK = /^Symfony\\|^session\.handler|^snc_redis\./;

/** The handler that one of the application's own hands everything on to. */
function wrappedBy(app: SymfonyApplication, service: Service, own: PhpClass): string | undefined {
  if (!isSubclassOf(app.code, own.name ?? "", /(^|\\)SessionHandlerInterface$/)) return undefined;
  return dependenciesOf(app.code, service).find((each) =>
    /[a-z]SessionHandler$/i.test(serviceOf(app.config, each).className),
  );
}

/** The option `ttl` among the definition's arguments. */
function lifetimeOf(app: SymfonyApplication, service: Service): { seconds?: Setting<number> } {
  for (const item of itemsOf(nodeAt(service.definition, "arguments"))) {
    const entry = entryAt(item, "ttl") ?? entryAt(item, "expiretime");
    if (entry !== undefined) {
      return { seconds: settingOf(resolveEntry(app.config, entry), numberOf) };
    }
  }
  return {};
}

function storeOf(text: string): StorageKind | undefined {
  return STORES.find(([pattern]) => pattern.test(text))?.[1];
}

/** What a handler of the application keeps sessions in: what it extends, or what its code speaks to. */
function ownStore(code: PhpCode, own: PhpClass | undefined): StorageKind | undefined {
  if (own === undefined) return undefined;
  const parents = [own.parent, ...own.interfaces].join(" ");
  return (
    storeOf(parents.replaceAll("SessionHandlerInterface", "")) ??
    storeOf(codeTextOf(own.file, own.node)) ??
    (own.parent === undefined ? undefined : ownStore(code, code.classNamed(own.parent)))
  );
}

/** Strict mode does nothing for a handler that cannot tell its ids from others'. */
function strictness(
  app: SymfonyApplication,
  service: Service,
  own: PhpClass | undefined,
): Setting<boolean> {
  const { className } = service;
  if (own === undefined) {
    const isKnown =
      STRICT.test(className) || OWN_STRICT.test(className) || /^session\.handler/.test(className);
    if (isKnown) return { value: true, origin: libraryDefault(app) };
    const place = app.place;
    return {
      value: undefined,
      origin: { kind: "unknown", why: `the handler ${service.id} is not in the repository`, place },
    };
  }
  const place: Place = placeOf(own.file, own.node);
  const isStrict =
    isSubclassOf(app.code, className, STRICT) ||
    methodOf(app.code, className, "validateId") !== undefined;
  return { value: isStrict, origin: { kind: "set", place }, written: className };
}

/** Hard-wired since 4.0; the default of an option in 3.4; PHP's before. */
function defaultStrict(app: SymfonyApplication, php: PhpSessionSettings): Setting<boolean> {
  if (isSince(app, "4.0")) return { value: true, origin: libraryDefault(app) };
  const entry = entryAt(app.config.extension("framework")?.node, "session", "use_strict_mode");
  if (entry !== undefined) {
    const { value, origin } = resolveEntry(app.config, entry);
    return { value: value === true || value === 1, origin };
  }
  return isSince(app, "3.4") ? { value: true, origin: libraryDefault(app) } : php.strictMode;
}

function encryption(app: SymfonyApplication, service: Service | undefined): Setting<boolean> {
  for (const [id, { place }] of app.config.services) {
    const { className } = serviceOf(app.config, id);
    if (!/(^|\\)SodiumMarshaller$/.test(className)) continue;
    const decorates = app.config.services.get(id);
    const target = entryAt(decorates?.node, "decorates")?.node;
    const isForSessions = target?.kind === "scalar" && target.value === "session.marshaller";
    const isUsed = service !== undefined && referencesOf(service).includes(id);
    if (isForSessions || isUsed) return { value: true, origin: { kind: "set", place } };
  }
  return { value: false, origin: libraryDefault(app) };
}

function ownEncryption(app: SymfonyApplication, own: PhpClass): Setting<boolean> {
  const text = codeTextOf(own.file, own.node);
  // A cipher alone hides and does not seal: what it hides can be changed, and often guessed, unnoticed.
  const isSealed =
    /\bsodium_crypto_(secretbox|box_seal|aead_\w+_encrypt)\b|->encrypt\(/.test(text) ||
    (/\bopenssl_encrypt\b/.test(text) && /gcm|ccm|poly1305|hash_hmac\(/i.test(text));
  const place = placeOf(own.file, own.node);
  return isSealed ? { value: true, origin: { kind: "set", place } } : encryption(app, undefined);
}

function libraryDefault(app: SymfonyApplication): Origin {
  return { kind: "default", of: app.library, place: app.place };
}
