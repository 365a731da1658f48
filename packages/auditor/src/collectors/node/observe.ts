/**
 * Single things worth saying that no other field of the evidence holds.
 * @module
 */
import ts from "typescript";
import type { Observation } from "../../evidence.ts";
import { rawSessionCookies } from "../script/raw-session-cookie.ts";
import { nodesOf, placeOf, textOf } from "../script/script-file.ts";
import type { ScriptProject } from "../script/script-project.ts";
import { bare, calleeName, chainOf } from "../script/script-syntax.ts";
import { property } from "../script/script-value.ts";
import { callKind } from "./code/flow-events.ts";
import { packageOf } from "./code/protections.ts";
import { isSession } from "./code/session-access.ts";
import { crossOriginReads } from "./requests/cross-origin-reads.ts";
import { proxyTrust } from "./requests/proxy-trust.ts";
import { sessionData } from "./sessions/session-data.ts";

const OTHER_FILES =
  /trust proxy|trustProxy|\.proxy\b|new Koa|helmet|hsts|sess(?:ion)?\b|localStorage|sessionStorage|headers|serialize|cors\b|enableCors/i;

/** @param cookies Names of the application's session cookies. */
export function observationsOf(
  project: ScriptProject,
  versions: Readonly<Record<string, string>>,
  cookies: ReadonlySet<string>,
): readonly Observation[] {
  const found: Observation[] = [];
  for (const source of project.filesWith(OTHER_FILES)) {
    for (const node of nodesOf(source)) {
      if (ts.isCallExpression(node)) {
        found.push(...atCall(project, node), ...crossOriginReads(project, versions, node));
      }
      found.push(...proxyTrust(project, node), ...sessionData(project, node));
    }
  }
  const names = [...cookies].filter((name) => name !== "");
  for (const source of project.filesWith(/cookie/i)) {
    if (names.some((name) => source.text.includes(name)))
      found.push(...rawSessionCookies(source, cookies));
  }
  return found;
}

function atCall(project: ScriptProject, node: ts.CallExpression): readonly Observation[] {
  return [
    ...transport(project, node),
    ...webStorage(node),
    ...tokenInLog(project, node),
    ...deserialization(project, node),
    ...tokenExposure(node),
  ];
}

function transport(project: ScriptProject, node: ts.CallExpression): Observation[] {
  const [first] = node.arguments;
  const called = packageOf(project.evaluator.evaluate(node.expression));
  const member = called === undefined ? "" : (calleeName(node) ?? "");
  // helmet.referrerPolicy() sends one header, and that is another.
  const isOther =
    /^(?!hsts$|strictTransportSecurity$|helmet$)[a-z]+[A-Z]\w*$|^frameguard$|^noCache$/.test(
      member,
    );
  const isOwn = !isOther && (called === "helmet" || called === "koa-helmet" || called === "hsts");
  const registered =
    first !== undefined && calleeName(node) === "register"
      ? packageOf(project.evaluator.evaluate(first))
      : undefined;
  const isPlugin = registered === "@fastify/helmet" || registered === "fastify-helmet";
  if (!isOwn && !isPlugin) return [];
  const options = isPlugin ? node.arguments[1] : first;
  const hsts = options && property(project.evaluator.evaluate(options), "hsts");
  const isOff = hsts?.kind === "literal" && hsts.value === false;
  return [
    {
      topic: "transport-security",
      place: placeOf(node),
      kind: isOff ? "fault" : "good",
      what: isOff
        ? "Helmet is told to send no Strict-Transport-Security."
        : `${textOf(node)} sends Strict-Transport-Security.`,
      ...(isOff && { remedy: "Leave hsts on in production." }),
    },
  ];
}

const TOKEN_KEY = /token|jwt|auth|session|credential|apikey/i;

function webStorage(node: ts.CallExpression): Observation[] {
  const callee = bare(node.expression);
  if (!ts.isPropertyAccessExpression(callee) || callee.name.text !== "setItem") return [];
  if (!/(?:local|session)Storage$/.test(callee.expression.getText())) return [];
  const [key] = node.arguments;
  if (key === undefined || !TOKEN_KEY.test(key.getText())) return [];
  return [
    {
      topic: "web-storage",
      place: placeOf(node),
      kind: "fault",
      what: `${textOf(node)} keeps a token where every script of the page reads it.`,
      remedy: "Keep it in a cookie with HttpOnly.",
    },
  ];
}

const TELLS =
  /(?:^|\.)(?:headers(?:\.(?:cookie|authorization))?|cookies|signedCookies|sessionID|session)$/;

function tokenInLog(project: ScriptProject, node: ts.CallExpression): Observation[] {
  if (callKind(project.evaluator, node) !== "log") return [];
  for (const argument of node.arguments) {
    const text = chainOf(argument)?.join(".");
    if (text === undefined || !/^(?:req|request|ctx|this)\b/.test(text) || !TELLS.test(text))
      continue;
    return [
      {
        topic: "token-in-log",
        place: placeOf(node),
        kind: "fault",
        what: `${textOf(node)} writes cookies or the session to the log.`,
        remedy: "Log single fields, never headers, cookies or the session as a whole.",
      },
    ];
  }
  return [];
}

function deserialization(project: ScriptProject, node: ts.CallExpression): Observation[] {
  const name = calleeName(node) ?? "";
  const [target, ...rest] = node.arguments;
  const merges = /^(?:assign|merge|extend|defaults|defaultsDeep)$/.test(name);
  const isInput = (one: ts.Expression): boolean =>
    /^(?:req|request|ctx(?:\.request)?)\.(?:body|query|params)$/.test(one.getText());
  if (merges && target !== undefined && isSession(target) && rest.some(isInput)) {
    return [
      {
        topic: "deserialization",
        place: placeOf(node),
        kind: "fault",
        what: `${textOf(node)} lets the sender choose what the session holds.`,
        remedy: "Copy the fields that are meant, one by one, after checking each.",
      },
    ];
  }
  const module =
    name === "unserialize" ? packageOf(project.evaluator.evaluate(node.expression)) : undefined;
  if (module !== "node-serialize" && module !== "serialize-to-js") return [];
  return [
    {
      topic: "deserialization",
      place: placeOf(node),
      kind: "fault",
      what: `${module} runs functions found in what it reads.`,
    },
  ];
}

/** The id itself in an answer: a script reads what HttpOnly keeps from it. */
function tokenExposure(node: ts.CallExpression): Observation[] {
  const name = calleeName(node) ?? "";
  const callee = bare(node.expression);
  const owner = ts.isPropertyAccessExpression(callee) ? callee.expression.getText() : "";
  if (!/^(?:json|send|render|end|jsonp)$/.test(name) || !/^(?:res|response|reply)\b/.test(owner))
    return [];
  const leak = node.arguments.find((one) =>
    /\b(?:req|request)\.sessionID\b|\breq\.cookies\[['"]connect\.sid/.test(one.getText()),
  );
  if (leak === undefined) return [];
  return [
    {
      topic: "token-exposure",
      place: placeOf(leak),
      kind: "fault",
      what: `${textOf(node)} gives the session's id to scripts.`,
    },
  ];
}
