/**
 * What keeps sessions: Phalcon's adapters of every version, the incubator's, and the application's own.
 * @module
 */
import type { Place, StorageKind } from "../../../evidence.ts";
import { isSubclassOf } from "../../php/php-code.ts";
import { child, nameOf, placeOf, textOf } from "../../php/php-file.ts";
import { entryOf, type PhpValue, scalarOf } from "../../php/php-value.ts";
import { callsInside, indexPhp, type PhpCall, type PhpClass } from "../../php/php-walk.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";

export interface SessionAdapter {
  /** In full. */
  readonly className: string;
  /** `undefined` if the class is computed. */
  readonly kind: StorageKind | undefined;
  readonly call: PhpCall | undefined;
  readonly place: Place;
  /** The array of options. */
  readonly options: PhpValue | undefined;
  /** A class of the application's own. */
  readonly isOwn: boolean;
  /** The adapter that it hands everything on to: given to its constructor. */
  readonly wraps?: SessionAdapter;
}

export const MANAGER: RegExp = /^Phalcon\\Session\\Manager$/i;
export const ADAPTER: RegExp = /^Phalcon\\(Incubator\\)?Session\\Adapter\\(?!Factory$)/i;
const FACTORY = /^Phalcon\\Session\\(Adapter\\)?Factory$/i;
const BASE =
  /^(Phalcon\\(Incubator\\)?Session\\(Manager|Adapter|AdapterInterface|ManagerInterface)\b|SessionHandlerInterface$|SessionHandler$)/i;

/** Adapters around adapters, or classes above classes. */
const MAX_WRAPPED = 5;

/** Storage by the adapter's name, in every version and in the incubator. */
const KINDS: readonly (readonly [pattern: RegExp, kind: StorageKind])[] = [
  [/^(files?|stream)$/i, "files"],
  [/redis/i, "redis"],
  [/memcached?$/i, "memcached"],
  [/^(noop|memory)$/i, "memory"],
  [/mongo/i, "documents"],
  [/database|pdo|mysql|postgres|sqlite|db$|handlersocket/i, "database"],
  [/cookie/i, "cookie"],
];

export function storageKind(className: string): StorageKind {
  const short = className.replace(/^.*\\/, "");
  return KINDS.find(([pattern]) => pattern.test(short))?.[1] ?? "custom";
}

export function isManager(phalcon: PhalconApplication, className: string): boolean {
  if (MANAGER.test(className)) return true;
  return (
    phalcon.code.classNamed(className) !== undefined &&
    isSubclassOf(phalcon.code, className, MANAGER)
  );
}

function ownOrKnown(
  phalcon: PhalconApplication,
  call: PhpCall,
  depth: number,
): SessionAdapter | undefined {
  const { className = "" } = call;
  const isOwn = phalcon.code.classNamed(className) !== undefined;
  const isAdapter =
    ADAPTER.test(className) ||
    (isOwn && !isManager(phalcon, className) && isSubclassOf(phalcon.code, className, BASE));
  if (!isAdapter) return undefined;
  const values = call.arguments.map((argument) => phalcon.evaluate(call.file, argument));
  const wraps = isOwn && depth < MAX_WRAPPED ? wrappedIn(phalcon, values, depth) : undefined;
  return {
    className,
    kind: wraps?.kind ?? (isOwn ? ownKind(phalcon, className, 0) : storageKind(className)),
    call,
    place: placeOf(call.file, call.node),
    options: values.find(({ kind }) => kind === "array") ?? wraps?.options,
    isOwn,
    ...(wraps && { wraps }),
  };
}

/** The first argument that is an adapter itself. */
function wrappedIn(
  phalcon: PhalconApplication,
  values: readonly PhpValue[],
  depth: number,
): SessionAdapter | undefined {
  for (const value of values) {
    const adapter = adapterMadeAs(phalcon, value, depth + 1);
    if (adapter !== undefined) return adapter;
  }
  return undefined;
}

/** The adapter that a value is, where it can be followed to its `new`. */
export function adapterMadeAs(
  phalcon: PhalconApplication,
  value: PhpValue,
  depth = 0,
): SessionAdapter | undefined {
  if (value.kind !== "object") return undefined;
  const call = indexPhp(value.file).callAt(value.node);
  return call?.form === "new" ? ownOrKnown(phalcon, call, depth) : undefined;
}

/** What is stored in, by its name, else by what it extends, else by what its code speaks to. */
function ownKind(phalcon: PhalconApplication, className: string, depth: number): StorageKind {
  const declared = phalcon.code.classNamed(className);
  if (declared === undefined || depth > MAX_WRAPPED) return storageKind(className);
  const { parent } = declared;
  const inherited =
    parent === undefined || !declaresWrite(declared)
      ? parent
      : callsParentsWrite(declared)
        ? parent
        : undefined;
  const kind = inherited === undefined ? "custom" : ownKind(phalcon, inherited, depth + 1);
  if (kind !== "custom") return kind;
  const named = storageKind(className);
  if (named !== "custom") return named;
  const text = textOf(declared.file, declared.node);
  if (/\bredis\b/i.test(text)) return "redis";
  if (/memcache/i.test(text)) return "memcached";
  if (/mongo/i.test(text)) return "documents";
  if (/findFirst|\bPDO\b|->(db|getDb)\b|\b(INSERT|SELECT)\s/i.test(text)) return "database";
  if (/file_put_contents|fopen\(/.test(text)) return "files";
  return "custom";
}

function declaresWrite({ methods }: PhpClass): boolean {
  return methods.has("write");
}

function callsParentsWrite({ methods, file }: PhpClass): boolean {
  const write = methods.get("write");
  return (
    write !== undefined &&
    callsInside(file, write.node).some(
      ({ form, name, target }) =>
        form === "static" && name === "write" && target?.kind === "parentreference",
    )
  );
}

/** `Factory::load(["adapter" => "redis"])` */
function factoryAdapters(phalcon: PhalconApplication): readonly SessionAdapter[] {
  return phalcon.code.calls.flatMap((call) => {
    if (!FACTORY.test(call.className ?? "") || call.name !== "load") return [];
    const [first] = call.arguments;
    const options = first === undefined ? undefined : phalcon.evaluate(call.file, first);
    const name = scalarOf(entryOf(options, "adapter"));
    const className = `Phalcon\\Session\\Adapter\\${typeof name === "string" ? name : "unknown"}`;
    const place = placeOf(call.file, call.node);
    return [{ className, kind: storageKind(className), call, place, options, isOwn: false }];
  });
}

/** `$class = "Phalcon\\Session\\Adapter\\" . $config->session->adapter; new $class(…)` */
function computedAdapters(phalcon: PhalconApplication): readonly SessionAdapter[] {
  return phalcon.code.calls.flatMap((call): readonly SessionAdapter[] => {
    if (call.form !== "new" || call.className !== undefined) return [];
    const what = child(call.node, "what");
    if (what?.kind !== "variable") return [];
    const value = phalcon.evaluate(call.file, what);
    const known = scalarOf(value);
    const made = indexPhp(call.file)
      .assignmentsTo(nameOf(what) ?? "")
      .map((node) => textOf(call.file, node))
      .join(" ");
    const isAdapter =
      typeof known === "string"
        ? ADAPTER.test(known.replace(/^\\+/, ""))
        : /Session\\+Adapter\\/.test(made);
    if (!isAdapter) return [];
    const named = typeof known === "string" ? known.replace(/^\\+/, "") : namedInConfig(phalcon);
    const [first] = call.arguments;
    return [
      {
        className: named ?? "Phalcon\\Session\\Adapter",
        kind: named === undefined ? undefined : storageKind(named),
        call,
        place: placeOf(call.file, call.node),
        options: first === undefined ? undefined : phalcon.evaluate(call.file, first),
        isOwn: false,
      },
    ];
  });
}

const CONFIGURED = [
  ["session", "adapter"],
  ["session", "driver"],
  ["session", "handler"],
  ["session", "default"],
];

/** The adapter that the configuration names. */
export function namedInConfig(phalcon: PhalconApplication): string | undefined {
  for (const path of CONFIGURED) {
    const name = scalarOf(phalcon.config.lookUp(path));
    if (typeof name !== "string" || storageKind(name) === "custom") continue;
    return `Phalcon\\Session\\Adapter\\${name.replace(/^.*\\/, "")}`;
  }
  return undefined;
}

/** The adapter is for a variable to name, which has no value here. */
export function isLeftToEnvironment(phalcon: PhalconApplication): boolean {
  return CONFIGURED.some((path) => {
    const value = phalcon.config.lookUp(path);
    return value?.kind === "environment" && scalarOf(value) === undefined;
  });
}

/** Every adapter that code makes, in whichever way. */
export function sessionAdapters(phalcon: PhalconApplication): readonly SessionAdapter[] {
  const created = phalcon.code.calls.filter(
    ({ form, className }) => form === "new" && className !== undefined,
  );
  const adapters = [
    ...created.flatMap((call) => ownOrKnown(phalcon, call, 0) ?? []),
    ...factoryAdapters(phalcon),
    ...computedAdapters(phalcon),
  ];
  // What another adapter wraps is kept through that one.
  const wrapped = new Set(adapters.map(({ wraps }) => wraps?.call?.node));
  return adapters.filter(({ call }) => call === undefined || !wrapped.has(call.node));
}
