/**
 * Whether a sign-in that another provider vouches for is bound to the browser that asked for it, and whether signing
 * out reaches the provider.
 * @module
 */
import type { Observation, Place } from "../../../evidence.ts";
import { type ConfigEntry, entriesOf, entryAt, nodeAt } from "../../config/config-node.ts";
import { child, placeOf } from "../../php/php-file.ts";
import { evaluate, scalarOf } from "../../php/php-value.ts";
import { argumentOf, classOf, indexPhp, type PhpClass } from "../../php/php-walk.ts";
import { runsOutsideRequests } from "../code/code-roles.ts";
import { codeTextOf } from "../code/code-text.ts";
import { nameNode } from "../code/session-rotation.ts";
import { hasPackage, type SymfonyApplication } from "../code/symfony-application.ts";
import { booleanOf } from "../configuration/env-processors.ts";
import { resolveEntry } from "../configuration/symfony-values.ts";

const topic = "federated-sessions";

export function federatedSessions(app: SymfonyApplication): Observation[] {
  const seen = [...byHwi(app), ...byKnp(app), ...byOidcBundle(app), ...byCode(app)];
  return seen.length === 0 ? [] : [...seen, ...signOutReachesProvider(app)];
}

/** Owners of resources that speak OAuth 1, whose request token binds the browser. */
const OAUTH_1 = /^(oauth1|bitbucket|discogs|flickr|jira|trello|twitter|xing|yahoo)$/;

/** hwi/oauth-bundle sends a state of its own only if it is told to. */
function byHwi(app: SymfonyApplication): Observation[] {
  const bundle = app.config.extension("hwi_oauth");
  const isUsed = app.firewalls.some(({ authenticators }) =>
    authenticators.some(({ key }) => key === "oauth"),
  );
  if (bundle === undefined || !isUsed) return [];
  return entriesOf(nodeAt(bundle.node, "resource_owners")).flatMap(
    ([name, entry]): Observation[] => {
      const type = valueAt(app, entryAt(entry.node, "type"));
      if (typeof type !== "string" || OAUTH_1.test(type)) return [];
      const csrf = entryAt(entry.node, "options", "csrf");
      const place = csrf?.place ?? entry.place;
      if (csrf !== undefined && valueAt(app, csrf) === undefined) return [];
      if (isTrue(app, csrf)) {
        const what = `${name} comes back with a state that the session holds: csrf is on.`;
        return [{ topic, place, kind: "good", what }];
      }
      const what = `${name} comes back without a state that is compared: csrf is off, the default of hwi/oauth-bundle.`;
      const remedy = `Set hwi_oauth.resource_owners.${name}.options.csrf: true.`;
      return [{ topic, place, kind: "fault", what, value: "no state", remedy }];
    },
  );
}

/** knpuniversity/oauth2-client-bundle compares a state unless it is told not to. */
function byKnp(app: SymfonyApplication): Observation[] {
  const bundle = app.config.extension("knpu_oauth2_client");
  if (bundle === undefined) return [];
  const clients = entriesOf(nodeAt(bundle.node, "clients"));
  const open = clients.find(([, { node }]) => isFalse(app, entryAt(node, "use_state")));
  const remedy = "Leave use_state at its default, true.";
  if (open !== undefined) {
    const place = entryAt(open[1].node, "use_state")?.place ?? open[1].place;
    const what = `${open[0]} comes back without a state that is compared: use_state is false.`;
    return [{ topic, place, kind: "fault", what, value: "no state", remedy }];
  }
  const stateless = app.code.callsNamed("setAsStateless")[0];
  if (stateless !== undefined) {
    const place = placeOf(stateless.file, nameNode(stateless) ?? stateless.node);
    const what = "setAsStateless() switches the comparison of the state off.";
    return [{ topic, place, kind: "fault", what, value: "no state", remedy: "Remove the call." }];
  }
  if (
    clients.length === 0 ||
    app.code.callsNamed("fetchUserFromToken").length + app.code.callsNamed("fetchUser").length === 0
  ) {
    return [];
  }
  const name = "knpuniversity/oauth2-client-bundle";
  const version = app.application.versions[name];
  const of = version === undefined ? name : `${name} ${version}`;
  const what = "Providers come back with a state that is compared with the session's.";
  const place = bundle.place;
  return [{ topic, place, kind: "good", what, origin: { kind: "default", of, place } }];
}

/** drenso/symfony-oidc-bundle compares state and nonce by itself. */
function byOidcBundle(app: SymfonyApplication): Observation[] {
  const name = "drenso/symfony-oidc-bundle";
  const bundle = app.config.extension("drenso_oidc");
  if (bundle === undefined || !hasPackage(app, name)) return [];
  const { place } = bundle;
  const of = `${name} ${app.application.versions[name]}`;
  const what = "The bundle compares state and nonce with those of the session.";
  return [{ topic, place, kind: "good", what, origin: { kind: "default", of, place } }];
}

/** A code that the application takes to the provider itself. */
function byCode(app: SymfonyApplication): Observation[] {
  const found = new Map<PhpClass, Place>();
  for (const call of app.code.callsNamed("getAccessToken")) {
    const grant = argumentOf(call, 0);
    const name = grant === undefined ? undefined : scalarOf(evaluate(app.code, call.file, grant));
    const of = classOf(call.file, call.node);
    if (name === "authorization_code" && of !== undefined && !found.has(of)) {
      found.set(of, placeOf(call.file, nameNode(call) ?? call.node));
    }
  }
  for (const file of app.code.files) {
    if (!file.text.includes("authorization_code")) continue;
    for (const entry of indexPhp(file).ofKind("entry")) {
      const isGrant =
        child(entry, "key")?.value === "grant_type" &&
        child(entry, "value")?.value === "authorization_code";
      const of = isGrant ? classOf(file, entry) : undefined;
      if (of !== undefined && !found.has(of)) found.set(of, placeOf(file, entry));
    }
  }
  return [...found].flatMap(([of, place]): Observation[] => {
    if (runsOutsideRequests(app.code, of)) return [];
    return [codeExchange(app, of, place)];
  });
}

const COMPARED = /(['"]\w*state['"]|\$\w*state\b|->getState\()/i;
const COMPARES = /hash_equals\(|[!=]==?/;
const OTHERWISE = /code_verifier|setPkceCode\(|getPkceCode\(|['"]nonce['"]/i;

function codeExchange(app: SymfonyApplication, of: PhpClass, place: Place): Observation {
  const name = of.name?.replace(/^.*\\/, "") ?? "a class";
  // A client that is a service of its own leaves the comparison to whoever calls it.
  const callers = app.code.files.filter(
    (file) => file === of.file || (of.name !== undefined && file.text.includes(`${name}`)),
  );
  const text = callers.map((file) => codeTextOf(file, file.program)).join("\n");
  if ((COMPARED.test(text) && COMPARES.test(text)) || OTHERWISE.test(text)) {
    const what = `${name} compares the state, or proves the request by PKCE or a nonce, before the code is taken.`;
    return { topic, place, kind: "good", what };
  }
  const what = `${name} takes a code to the provider, and nothing compares a state with what the session holds.`;
  const remedy =
    "Keep a random state in the session when the visitor is sent away, and refuse an answer with another.";
  return { topic, place, kind: "fault", what, value: "no state", remedy };
}

function signOutReachesProvider(app: SymfonyApplication): Observation[] {
  for (const file of app.code.files) {
    const found =
      /end_session_endpoint|post_logout_redirect_uri|backchannel[-_]?logout|logout_token/i.exec(
        file.text,
      );
    if (found === null || !codeTextOf(file, file.program).includes(found[0])) continue;
    const before = file.text.slice(0, found.index);
    const line = before.split("\n").length;
    const place = { file: file.file, line, column: before.length - before.lastIndexOf("\n") };
    const what = /end_session|post_logout/i.test(found[0])
      ? "Signing out goes on to the provider."
      : "A sign-out at the provider is taken notice of.";
    return [{ topic, place, kind: "good", what }];
  }
  return [];
}

function valueAt(app: SymfonyApplication, entry: ConfigEntry | undefined): unknown {
  return entry === undefined ? undefined : resolveEntry(app.config, entry).value;
}

function isTrue(app: SymfonyApplication, entry: ConfigEntry | undefined): boolean {
  const value = entry === undefined ? undefined : resolveEntry(app.config, entry).value;
  return value !== undefined && booleanOf(value) === true;
}

function isFalse(app: SymfonyApplication, entry: ConfigEntry | undefined): boolean {
  const value = entry === undefined ? undefined : resolveEntry(app.config, entry).value;
  return value !== undefined && value !== null && booleanOf(value) === false;
}
