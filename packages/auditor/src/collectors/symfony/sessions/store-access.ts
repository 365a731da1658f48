/**
 * How the session store is reached: with credentials or without, and through TLS or in clear, as far as a DSN or
 * the definition of a client says it.
 * @module
 */
import type { Observation, Place } from "../../../evidence.ts";
import {
  type ConfigEntry,
  type ConfigNode,
  entriesOf,
  entryAt,
  itemsOf,
  nodeAt,
} from "../../config/config-node.ts";
import { dependenciesOf, type Service, serviceOf } from "../code/services.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";
import type { Resolved } from "../configuration/resolved.ts";
import { resolveEntry } from "../configuration/symfony-values.ts";

const topic = "store-access";
const REMEDY =
  "Give the store a user and a password that only the application knows, and reach it through TLS.";

/** Where a store is, and what is shown there. */
interface Access {
  readonly place: Place;
  readonly scheme: string;
  /** `undefined` if the deployment decides. */
  readonly host: string | undefined;
  readonly hasPassword: boolean;
}

export function storeAccess(app: SymfonyApplication): Observation[] {
  const framework = app.config.extension("framework")?.node;
  const entry =
    entryAt(framework, "session", "handler_id") ??
    entryAt(framework, "session", "storage", "handler_id");
  if (entry === undefined) return [];
  return accessesOf(app, resolveEntry(app.config, entry), entry.place).flatMap(
    (access) => judged(access) ?? [],
  );
}

function accessesOf(app: SymfonyApplication, resolved: Resolved, place: Place): Access[] {
  if (typeof resolved.value !== "string") return [];
  const dsn = dsnAccess(resolved.value, resolved.origin.place ?? place);
  return dsn === undefined ? accessesOfService(app, resolved.value, 0) : [dsn];
}

const DSN =
  /^(rediss?|valkeys?|memcached|mongodb(?:\+srv)?|mysql2?|mariadb|postgres(?:ql)?|pgsql|tcp|tls):\/{0,2}/i;

/** `scheme://user:password@host:port/…?auth=…`. Sockets are reached on the machine alone. */
function dsnAccess(text: string, place: Place): Access | undefined {
  const scheme = DSN.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return undefined;
  const [authority = "", query = ""] = text.replace(DSN, "").split("?", 2);
  const at = authority.lastIndexOf("@");
  const user = at === -1 ? "" : authority.slice(0, at);
  const host = authority
    .slice(at + 1)
    .replace(/\/.*$/s, "")
    .replace(/:\d+$/, "");
  const fromQuery = /(?:^|[&[])host\[?([^\]&=:]+)/.exec(query)?.[1];
  return {
    place,
    scheme,
    // Without a host it is a socket's path, or the query names the hosts.
    host: host === "" ? (fromQuery ?? authority) : host,
    hasPassword: /[^:]/.test(user) || /(^|&)(auth|password)=[^&]/.test(query),
  };
}

/** Handlers, and the clients among their arguments. */
function accessesOfService(app: SymfonyApplication, id: string, depth: number): Access[] {
  if (depth > 4) return [];
  const service = serviceOf(app.config, id);
  const written = itemsOf(nodeAt(service.definition, "arguments"));
  const direct = written.flatMap((node) => dsnOf(app, node) ?? []);
  const client = clientAccess(app, service);
  const bundled = bundleClient(app, id);
  const own = [...direct, ...(client === undefined ? [] : [client]), ...bundled];
  if (own.length > 0) return own;
  return dependenciesOf(app.code, service).flatMap((each) =>
    accessesOfService(app, each, depth + 1),
  );
}

/** A DSN, or Predis's `{ host, password }`. */
function dsnOf(app: SymfonyApplication, node: ConfigNode): Access | undefined {
  if (node.kind === "map") {
    const host = entryAt(node, "host");
    return host === undefined
      ? undefined
      : hostAccess(app, host, nodeAt(node, "password") !== undefined, schemeOf(app, node));
  }
  const { value, origin } = resolveEntry(app.config, { node, place: node.place });
  return typeof value === "string" ? dsnAccess(value, origin.place ?? node.place) : undefined;
}

function schemeOf(app: SymfonyApplication, node: ConfigNode): string {
  const entry = entryAt(node, "scheme");
  const value = entry === undefined ? undefined : resolveEntry(app.config, entry).value;
  return typeof value === "string" ? value : "redis";
}

/** A client that is told where to connect by calls: `connect(host, port)`, then `auth(password)`. */
function clientAccess(app: SymfonyApplication, service: Service): Access | undefined {
  if (!/redis|memcache|valkey|relay/i.test(service.className)) return undefined;
  const calls = itemsOf(nodeAt(service.definition, "calls")).map((call) => callOf(call));
  const connects = calls.find(({ name }) => /^p?connect$|^addserver$/i.test(name));
  const host = connects?.given[0];
  if (host === undefined) return undefined;
  const hasPassword = calls.some(({ name }) => /^(auth|setSaslAuthData)$/i.test(name));
  const scheme = /memcache/i.test(service.className) ? "memcached" : "redis";
  return hostAccess(app, { node: host, place: host.place }, hasPassword, scheme);
}

/** `[connect, [host]]`, `{ method: connect, arguments: [host] }` or `connect: [host]`. */
function callOf(call: ConfigNode): {
  readonly name: string;
  readonly given: readonly ConfigNode[];
} {
  const text = (node: ConfigNode | undefined): string =>
    node?.kind === "scalar" ? String(node.value) : "";
  if (call.kind === "list") {
    return { name: text(call.items[0]), given: itemsOf(call.items[1]) };
  }
  const method = nodeAt(call, "method");
  if (method !== undefined)
    return { name: text(method), given: itemsOf(nodeAt(call, "arguments")) };
  const [first] = entriesOf(call);
  return { name: first?.[0] ?? "", given: itemsOf(first?.[1].node) };
}

function hostAccess(
  app: SymfonyApplication,
  entry: ConfigEntry,
  hasPassword: boolean,
  scheme: string,
): Access {
  const { value, origin } = resolveEntry(app.config, entry);
  const text = typeof value === "string" ? value : undefined;
  const tls = text === undefined ? null : /^(tls|ssl|rediss):\/\//.exec(text);
  return {
    place: origin.place ?? entry.place,
    scheme: tls?.[1] ?? scheme,
    host: text?.replace(/^\w+:\/\//, "").replace(/:\d+$/, ""),
    hasPassword,
  };
}

/** `snc_redis.default` and `snc_redis.session.handler` stand for clients of that bundle's configuration. */
function bundleClient(app: SymfonyApplication, id: string): Access[] {
  const root = app.config.extension("snc_redis")?.node;
  const named = /^@?snc_redis\.(.+)$/.exec(id)?.[1];
  if (root === undefined || named === undefined) return [];
  const session = nodeAt(root, "session", "client");
  const alias =
    named === "session.handler"
      ? String(session?.kind === "scalar" ? session.value : "default")
      : named;
  for (const [name, { node }] of entriesOf(nodeAt(root, "clients"))) {
    if (name !== alias) continue;
    const dsn = nodeAt(node, "dsn") ?? nodeAt(node, "dsns");
    const password = entryAt(node, "options", "parameters", "password");
    return itemsOf(dsn).flatMap((item): Access[] => {
      const access = dsnOf(app, item);
      if (access === undefined) return [];
      return [{ ...access, hasPassword: access.hasPassword || password !== undefined }];
    });
  }
  return [];
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[?::1\]?|)$/i;
const SEALED: ReadonlySet<string> = new Set(["rediss", "valkeys", "tls", "ssl", "mongodb+srv"]);
/** Their clients negotiate TLS by themselves, or by options that a DSN does not show. */
const NEGOTIATES = /^(mysql2?|mariadb|postgres(ql)?|pgsql|mongodb)$/;

function judged({ place, scheme, host, hasPassword }: Access): Observation | undefined {
  // On the machine itself, or by a socket, the network is no way in.
  if (host !== undefined && (LOOPBACK.test(host) || host.startsWith("/"))) return undefined;
  const where = host === undefined ? "a host that the deployment names" : "another host";
  if (!hasPassword) {
    const what = `The session store is on ${where} and is reached without a password: whoever reaches it reads and writes every session.`;
    const kind = host === undefined ? "doubt" : "fault";
    return { topic, place, kind, what, remedy: REMEDY };
  }
  if (SEALED.has(scheme)) {
    const what = "The session store asks for a password and is reached through TLS.";
    return { topic, place, kind: "good", what };
  }
  if (NEGOTIATES.test(scheme)) {
    return { topic, place, kind: "good", what: "The session store asks for a password." };
  }
  const what = `The session store is on ${where} and is reached without TLS: password and sessions cross the network in clear.`;
  return { topic, place, kind: "doubt", what, remedy: REMEDY };
}
