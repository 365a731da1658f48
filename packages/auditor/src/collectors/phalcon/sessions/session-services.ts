/**
 * Where the application sets up its session: the manager, and the adapter that keeps it.
 * @module
 */
import type { Place } from "../../../evidence.ts";
import { placeOf } from "../../php/php-file.ts";
import type { PhpValue } from "../../php/php-value.ts";
import {
  argumentOf,
  functionOf,
  indexPhp,
  namedFunctionOf,
  type PhpCall,
} from "../../php/php-walk.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { sessionOperations } from "../code/session-operations.ts";
import {
  ADAPTER,
  adapterMadeAs,
  isLeftToEnvironment,
  isManager,
  MANAGER,
  namedInConfig,
  type SessionAdapter,
  sessionAdapters,
  storageKind,
} from "./session-adapters.ts";
import { agreesWithTemplates } from "./shipped-template.ts";

export interface SessionService {
  readonly library: "phalcon" | "native";
  readonly place: Place;
  /** `undefined` if there is none, or if it cannot be told which of several. */
  readonly adapter: SessionAdapter | undefined;
  readonly adapters: readonly SessionAdapter[];
  /** Options given to the manager, which it ignores. */
  readonly managerOptions: PhpValue | undefined;
}

export function sessionServices(phalcon: PhalconApplication): readonly SessionService[] {
  const { code } = phalcon;
  const created = code.calls.filter(
    ({ form, className }) => form === "new" && className !== undefined,
  );
  const managers = created.filter(({ className = "" }) => isManager(phalcon, className));
  const adapters = sessionAdapters(phalcon);
  const services: SessionService[] = managers.map((call) => {
    const near = adapters.filter((adapter) => isNear(adapter.call, call));
    const given = adaptersGiven(phalcon, call);
    const candidates = given.length > 0 ? given : near.length > 0 ? near : adapters;
    const options = argumentOf(call, 0, "options");
    return {
      library: "phalcon",
      place: placeOf(call.file, call.node),
      adapter: chosen(phalcon, candidates),
      adapters: candidates,
      managerOptions: options === undefined ? undefined : phalcon.evaluate(call.file, options),
    };
  });
  // Before version 4 the adapter is the session.
  if (managers.length === 0) {
    for (const group of inGroups(adapters)) {
      const adapter = chosen(phalcon, group);
      const [first] = group;
      if (first === undefined) continue;
      const managerOptions = adapter?.options;
      services.push({
        library: "phalcon",
        place: (adapter ?? first).place,
        adapter,
        adapters: group,
        managerOptions,
      });
    }
  }
  if (services.length === 0) services.push(...namedServices(phalcon));
  if (services.length === 0) services.push(...impliedServices(phalcon));
  return distinct(services);
}

/** What `setAdapter()` is given beside a manager: another that was made and is not given counts for nothing. */
function adaptersGiven(phalcon: PhalconApplication, manager: PhpCall): readonly SessionAdapter[] {
  const calls = phalcon.code.callsNamed("setAdapter").filter((call) => isNear(call, manager));
  const given = calls.map((call) => {
    const argument = argumentOf(call, 0, "adapter");
    return argument === undefined
      ? undefined
      : adapterMadeAs(phalcon, phalcon.evaluate(call.file, argument));
  });
  const known = given.filter((adapter) => adapter !== undefined);
  return known.length === given.length ? known : [];
}

function isNear(adapter: PhpCall | undefined, manager: PhpCall): boolean {
  if (adapter === undefined || adapter.file !== manager.file) return false;
  const scope = namedFunctionOf(manager.file, manager.node);
  if (scope !== undefined) return namedFunctionOf(adapter.file, adapter.node) === scope;
  return functionOf(adapter.file, adapter.node) === functionOf(manager.file, manager.node);
}

/** The only one, or the one that the configuration names. */
function chosen(
  phalcon: PhalconApplication,
  adapters: readonly SessionAdapter[],
): SessionAdapter | undefined {
  const kinds = new Set(adapters.map(({ kind }) => kind));
  if (kinds.size <= 1) return adapters[0];
  const name = namedInConfig(phalcon);
  const kind = name === undefined ? undefined : storageKind(name);
  if (kind !== undefined) return adapters.find((adapter) => adapter.kind === kind);
  // A variable that the repository gives no value leaves what the code makes without it.
  const written = adapters.filter((adapter) => adapter.kind !== undefined);
  const isOne = new Set(written.map((adapter) => adapter.kind)).size === 1;
  const [first] = written;
  if (!isOne || first?.kind === undefined) return undefined;
  const isMeant = isLeftToEnvironment(phalcon) || agreesWithTemplates(phalcon, first.kind);
  return isMeant ? first : undefined;
}

function inGroups(adapters: readonly SessionAdapter[]): readonly (readonly SessionAdapter[])[] {
  const groups: SessionAdapter[][] = [];
  for (const adapter of adapters) {
    const group = groups.find(([first]) => {
      const { call } = first ?? {};
      return call !== undefined && adapter.call !== undefined && isNear(adapter.call, call);
    });
    if (group === undefined) groups.push([adapter]);
    else group.push(adapter);
  }
  return groups;
}

/** `$di->set("session", "Phalcon\\Session\\Adapter\\Files")` and `["className" => "…"]`. */
function namedServices(phalcon: PhalconApplication): readonly SessionService[] {
  return phalcon.code.files.flatMap((file) =>
    indexPhp(file)
      .ofKind("string")
      .flatMap((node): readonly SessionService[] => {
        const name = String(node.value).replace(/^\\/, "");
        if (!MANAGER.test(name) && !/Adapter\\\w+$/.test(name.match(ADAPTER) ? name : ""))
          return [];
        const place = placeOf(file, node);
        const adapter: SessionAdapter | undefined = MANAGER.test(name)
          ? undefined
          : {
              className: name,
              kind: storageKind(name),
              call: undefined,
              place,
              options: undefined,
              isOwn: false,
            };
        const adapters = adapter === undefined ? [] : [adapter];
        return [{ library: "phalcon", place, adapter, adapters, managerOptions: undefined }];
      }),
  );
}

/**
 * Sessions that nothing sets up: `FactoryDefault` brought a session service until version 3, and PHP's own
 * functions need none.
 */
function impliedServices(phalcon: PhalconApplication): readonly SessionService[] {
  const operations = sessionOperations(phalcon);
  const native = operations.find(({ kind, isNative }) => isNative && kind === "start");
  const { major } = phalcon.version;
  const used =
    major !== undefined && major < 4
      ? operations.find(({ isNative, kind }) => !isNative && (kind === "write" || kind === "start"))
      : undefined;
  const service = (
    library: "phalcon" | "native",
    place: Place,
    className: string,
  ): SessionService => {
    const adapter: SessionAdapter = {
      className,
      kind: "files",
      call: undefined,
      place,
      options: undefined,
      isOwn: false,
    };
    return { library, place, adapter, adapters: [adapter], managerOptions: undefined };
  };
  if (used !== undefined)
    return [service("phalcon", used.place, "Phalcon\\Session\\Adapter\\Files")];
  return native === undefined ? [] : [service("native", native.place, "files")];
}

/** Modules that set up the same session again are one way to keep it. */
function distinct(services: readonly SessionService[]): readonly SessionService[] {
  const seen = new Set<string>();
  return services.filter(({ library, adapter }) => {
    const key = `${library} ${adapter?.className ?? ""}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
