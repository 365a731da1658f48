/**
 * Whether a sign-in by a provider is bound to the browser that asked for it: a state, a nonce or a verifier of
 * PKCE that is kept and compared.
 * @module
 */
import ts from "typescript";
import type { Observation, Origin } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bare, calleeName } from "../../script/script-syntax.ts";
import { property, shipped, truthOf, type Value } from "../../script/script-value.ts";
import { packageOf } from "../code/protections.ts";
import type { SetUp } from "../sessions/find-setups.ts";
import type { SignIn } from "./found-sign-in.ts";

const topic = "federated-sessions";
const REMEDY =
  "Make a random state for each sign-in, keep it in the session, and refuse the callback whose state is another.";

/** Strategies on passport-oauth2, whose state is off by default. */
const OAUTH2 =
  /^passport-(?:oauth2|google-oauth20?|google-oauth2|github2?|facebook|linkedin-oauth2|discord|gitlab2|spotify|twitch\S*|slack-oauth2|microsoft|azure-oauth2?|amazon|bitbucket-oauth2|dropbox-oauth2|instagram|yandex|vkontakte|kakao|naver-v2|line-auth)$/;
/** Those that keep and compare a state by themselves. */
const CHECKS =
  /^(?:passport-openidconnect|passport-azure-ad|passport-auth0|@fastify\/oauth2|fastify-oauth2)$/;
const BOUND = /state|nonce|verifier|pkce|challenge|csrf/i;

export function federatedSessions(
  project: ScriptProject,
  versions: Readonly<Record<string, string>>,
  setUps: readonly SetUp[],
  signIns: readonly SignIn[],
): readonly Observation[] {
  const found = [...setUps.flatMap(byLibrary)];
  for (const source of project.filesWith(/Strategy|oauth2|openid-client/)) {
    for (const node of nodesOf(source)) {
      if (ts.isNewExpression(node)) found.push(...atStrategy(project, versions, node));
      if (ts.isCallExpression(node)) {
        found.push(...atPlugin(project, versions, node), ...atClient(project, node));
      }
    }
  }
  if (found.length > 0) return found;
  return signIns.flatMap(byHand);
}

function good(node: ts.Node, what: string, origin?: Origin): Observation {
  return { topic, place: placeOf(node), kind: "good", what, ...(origin && { origin }) };
}

function labelOf(module: string, versions: Readonly<Record<string, string>>): string {
  const version = versions[module];
  return version === undefined ? module : `${module} ${version}`;
}

function atStrategy(
  project: ScriptProject,
  versions: Readonly<Record<string, string>>,
  node: ts.NewExpression,
): Observation[] {
  const module = packageOf(project.evaluator.evaluate(node.expression));
  const [given] = node.arguments ?? [];
  if (module === undefined || given === undefined) return [];
  const origin: Origin = { kind: "default", of: labelOf(module, versions), place: placeOf(node) };
  if (CHECKS.test(module)) {
    return [good(node, `${labelOf(module, versions)} keeps a state and compares it.`, origin)];
  }
  if (!OAUTH2.test(module)) return [];
  const options = project.evaluator.evaluate(given);
  const names = ["state", "pkce", "store"];
  const values = names.map((name) => property(options, name));
  const on = values.find((one) => truthOf(one) === true);
  if (on !== undefined)
    return [{ ...good(node, "The strategy keeps a state and compares it."), place: on.place }];
  // What cannot be followed may say it; a state given by hand is compared by hand.
  if (values.some((one) => shipped(one).kind !== "literal") || handsState(project)) return [];
  return [
    {
      topic,
      place: placeOf(node),
      kind: "fault",
      what: `${labelOf(module, versions)} sends no state unless it is told to, and takes any callback.`,
      value: "no state",
      origin,
      remedy:
        "Set state: true in the strategy's options (and pkce: true where the provider takes it).",
    },
  ];
}

/** `passport.authenticate("google", { state })` */
function handsState(project: ScriptProject): boolean {
  return project
    .filesWith(/\.authenticate\b/)
    .some((source) => /authenticate\s*\([^;]{0,300}\bstate\b/.test(source.text));
}

function atPlugin(
  project: ScriptProject,
  versions: Readonly<Record<string, string>>,
  node: ts.CallExpression,
): Observation[] {
  if (calleeName(node) !== "register") return [];
  const [plugin, given] = node.arguments;
  const module = plugin && packageOf(project.evaluator.evaluate(plugin));
  if (module === undefined || !/^(?:@fastify\/oauth2|fastify-oauth2)$/.test(module)) return [];
  const check = given && shipped(property(project.evaluator.evaluate(given), "checkStateFunction"));
  const own = check?.kind === "function" ? check.node : undefined;
  const isOff =
    own !== undefined &&
    /^(?:true|\{\s*(?:return\s+true|callback\(\s*\)|cb\(\s*\)|next\(\s*\))\s*;?\s*\})$/.test(
      own.body?.getText() ?? "",
    );
  if (isOff) {
    return [
      {
        topic,
        place: placeOf(own),
        kind: "fault",
        what: "checkStateFunction takes every state.",
        value: "no state",
        remedy: "Leave checkStateFunction out: the plug-in compares the state with its cookie.",
      },
    ];
  }
  const label = labelOf(module, versions);
  return [
    good(node, `${label} keeps a state and compares it.`, {
      kind: "default",
      of: label,
      place: placeOf(node),
    }),
  ];
}

/** openid-client: `client.callback(uri, params, checks)` and `authorizationCodeGrant(config, url, checks)`. */
function atClient(project: ScriptProject, node: ts.CallExpression): Observation[] {
  const name = calleeName(node) ?? "";
  if (!/^(?:callback|oauthCallback|authorizationCodeGrant)$/.test(name)) return [];
  if (!/openid-client/.test(node.getSourceFile().text)) return [];
  const checks = node.arguments[2];
  if (checks === undefined) return [unbound(node, `${textOf(node)} is given nothing to compare.`)];
  const value = shipped(project.evaluator.evaluate(checks));
  const object = bare(checks);
  const isListed = value.kind === "object" && !value.isOpen && ts.isObjectLiteralExpression(object);
  const isBound = BOUND.test(checks.getText());
  if (isBound) return [good(node, `${textOf(node)} compares what the session kept.`)];
  return isListed ? [unbound(node, `${textOf(node)} compares neither state nor nonce.`)] : [];
}

function unbound(node: ts.Node, what: string): Observation {
  return { topic, place: placeOf(node), kind: "fault", what, value: "no state", remedy: REMEDY };
}

/** A handler that exchanges the code itself. */
function byHand({ change, flow }: SignIn): Observation[] {
  if (change.kind !== "single-sign-on") return [];
  const exchange = flow.events.find(({ kind }) => kind === "single-sign-on");
  // Only where the code of the callback is seen to be taken.
  if (exchange === undefined || !flow.words.has("code")) return [];
  const isBound = [...flow.words].some((word) => BOUND.test(word));
  return isBound
    ? [good(exchange.node, "The callback compares what the sign-in began with.")]
    : [
        unbound(
          exchange.node,
          `${textOf(exchange.node)} takes a code from whoever brings it: nothing compares a state.`,
        ),
      ];
}

function byLibrary({ library, label, options, place }: SetUp): Observation[] {
  if (library !== "next-auth") return [];
  const providers = shipped(property(options, "providers"));
  const items = providers.kind === "array" ? providers.items : [];
  const outside = items.filter(
    (one) => one.kind === "call" && !/credentials|email|nodemailer|resend/i.test(one.module),
  );
  if (outside.length === 0) return [];
  const off = outside.map((one) => checksOf(one)).find((one) => one !== undefined);
  if (off !== undefined) {
    return [
      {
        topic,
        place: off.place,
        kind: "fault",
        what: "The provider's checks are switched off.",
        value: "no state",
        remedy: 'Leave checks out, or set ["pkce", "state"].',
      },
    ];
  }
  const origin: Origin = { kind: "default", of: label, place };
  return [{ topic, place, kind: "good", what: `${label} compares a state or a verifier.`, origin }];
}

/** `checks: []` and `checks: ["none"]` */
function checksOf(provider: Value): Value | undefined {
  if (provider.kind !== "call" || !provider.call.arguments?.[0]) return undefined;
  const given = bare(provider.call.arguments[0]);
  if (!ts.isObjectLiteralExpression(given)) return undefined;
  const checks = given.properties.find((item) => item.name?.getText() === "checks");
  if (checks === undefined || !ts.isPropertyAssignment(checks)) return undefined;
  const text = checks.initializer.getText().replace(/\s|'|"/g, "");
  return text === "[]" || text === "[none]" || text === "none"
    ? { kind: "literal", value: undefined, place: placeOf(checks) }
    : undefined;
}
