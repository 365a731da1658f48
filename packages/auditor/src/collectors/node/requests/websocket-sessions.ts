/**
 * WebSocket servers that take the session's cookie, and whether they ask where a connection comes from.
 * @module
 */
import ts from "typescript";
import type { Observation, SessionEvidence } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bare, calleeName, chainOf } from "../../script/script-syntax.ts";
import { packageOf } from "../code/protections.ts";

const topic = "websocket-sessions";
const SERVERS = /^(?:Server|WebSocketServer)?$/;
/** The session, or the cookies that it is found by, of the request that opens a connection. */
const TAKES = /(?:^|\.)(?:handshake|request|upgradeReq)\.(?:session|sessionID|headers\.cookie)$/;
const ADAPTERS = /^(?:passport\.socketio|express-socket\.io-session|socket\.io-express-session)$/;
/** A check of the origin by any name, or options that bring one. */
const ASKS = /\borigin\b(?!al)|allowRequest|verifyClient|\borigins\b/i;

export function websocketSessions(
  project: ScriptProject,
  sessions: readonly SessionEvidence[],
): readonly Observation[] {
  const servers = serversOf(project);
  const [server, ...others] = servers;
  if (server === undefined || others.length > 0) return [];
  const { call, module } = server;
  const taken = takenAt(project);
  if (taken === undefined) return [];
  const check = checkOf(project, module, call);
  if (check !== undefined) {
    const what = `${textOf(check, 40)} asks where a connection comes from.`;
    return [{ topic, place: placeOf(check), kind: "good", what }];
  }
  // Whoever mentions origins elsewhere may check them in a way that is not followed.
  if (asksElsewhere(project, module)) return [];
  // A browser then sends the cookie from pages of the same site alone.
  const isOpen = sessions.some(({ cookie }) =>
    /^(?:none|unset)$/.test(cookie.sameSite.value ?? ""),
  );
  const what = isOpen
    ? `Connections to ${module} take the session from whatever site opens them: nothing compares the origin.`
    : `Connections to ${module} take the session, and at most SameSite keeps other sites out: nothing compares the origin.`;
  const remedy =
    module === "ws"
      ? "Compare request.headers.origin with the site's own origin when a connection is upgraded, and refuse others."
      : "Compare the origin in allowRequest: the option cors does not cover WebSockets.";
  return [{ topic, place: placeOf(call), kind: isOpen ? "fault" : "doubt", what, remedy }];
}

interface Server {
  readonly call: ts.CallExpression | ts.NewExpression;
  readonly module: "ws" | "socket.io";
}

function serversOf(project: ScriptProject): readonly Server[] {
  const found: Server[] = [];
  for (const source of project.filesWith(/socket\.io|["']ws["']/)) {
    for (const node of nodesOf(source)) {
      if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) continue;
      const callee = project.evaluator.evaluate(node.expression);
      if (callee.kind !== "external" || !SERVERS.test(callee.path.at(-1) ?? "")) continue;
      const { module } = callee;
      // The default export of ws is a client.
      const isWs = module === "ws" && callee.path.length > 0;
      if (isEngineOf(node)) continue;
      if (isWs || module === "socket.io")
        found.push({ call: node, module: isWs ? "ws" : "socket.io" });
    }
  }
  return found;
}

/** `io.engine.ws = new Server()`: what socket.io opens connections with is no server beside it. */
function isEngineOf({ parent }: ts.Node): boolean {
  return ts.isBinaryExpression(parent) && /\.engine\.ws$/.test(parent.left.getText());
}

function takenAt(project: ScriptProject): ts.Node | undefined {
  for (const source of project.filesWith(/socket|["']ws["']|upgrade/i)) {
    for (const node of nodesOf(source)) {
      if (ts.isPropertyAccessExpression(node)) {
        const chain = chainOf(node);
        if (
          chain !== undefined &&
          /^(?:socket|client|conn|ws)/i.test(chain[0] ?? "") &&
          TAKES.test(chain.join("."))
        )
          return node;
      }
      if (!ts.isCallExpression(node)) continue;
      const called = packageOf(project.evaluator.evaluate(node.expression));
      if (called !== undefined && ADAPTERS.test(called)) return node;
      if (isGivenSession(project, node)) return node;
    }
  }
  return undefined;
}

/** The middleware of the session is run for connections, or handed to what runs it. */
function isGivenSession(project: ScriptProject, node: ts.CallExpression): boolean {
  const isSessions = (one: ts.Expression | undefined): boolean => {
    const value = one && project.evaluator.evaluate(one);
    return value?.kind === "call" && value.module === "express-session";
  };
  const [first] = node.arguments;
  if (first === undefined) return false;
  const callee = bare(node.expression);
  // io.engine.use(session)
  if (ts.isPropertyAccessExpression(callee) && /\.engine$/.test(callee.expression.getText()))
    return calleeName(node) === "use" && isSessions(first);
  // io.use(wrap(session))
  const { parent } = node;
  if (ts.isCallExpression(parent) && calleeName(parent) === "use" && isSessions(first)) {
    const outer = bare(parent.expression);
    const owner = ts.isPropertyAccessExpression(outer) ? outer.expression : undefined;
    const value = owner && project.evaluator.evaluate(owner);
    return value !== undefined && packageOf(value) === "socket.io";
  }
  // session(socket.request, {}, next), and the same where a server upgrades
  const isOfSocket = /^(?:socket|client|conn\w*|ws)\.request$/.test(first.getText());
  return (isOfSocket || isUpgrade(node)) && isSessions(node.expression);
}

/** In the listener of a server's `upgrade`. */
function isUpgrade(node: ts.Node): boolean {
  for (let at = node.parent; at !== undefined; at = at.parent) {
    if (!ts.isCallExpression(at)) continue;
    const [event] = at.arguments;
    if (event !== undefined && ts.isStringLiteralLike(event) && event.text === "upgrade")
      return true;
  }
  return false;
}

/** The option of the server that checks, if it says anything of origins. */
function checkOf(
  project: ScriptProject,
  module: Server["module"],
  call: Server["call"],
): ts.Node | undefined {
  const name = module === "ws" ? "verifyClient" : "allowRequest";
  for (const argument of call.arguments ?? []) {
    const options = project.evaluator.evaluate(argument);
    if (options.kind !== "object") continue;
    const value = options.properties.get(name);
    if (value?.kind === "function" && /origin/i.test(value.node.getText())) return value.node;
  }
  return undefined;
}

function asksElsewhere(project: ScriptProject, module: Server["module"]): boolean {
  for (const source of project.filesWith(/origin|allowRequest|verifyClient/i)) {
    if (!/socket|["']ws["']|upgrade|\bio\b/i.test(source.text)) continue;
    for (const node of nodesOf(source)) {
      // The options of CORS are no check of connections that socket.io upgrades.
      const isCors =
        ts.isPropertyAssignment(node) &&
        module === "socket.io" &&
        ts.isPropertyAssignment(node.parent.parent) &&
        node.parent.parent.name.getText() === "cors";
      if (isCors) continue;
      const isNamed =
        (ts.isPropertyAccessExpression(node) &&
          ASKS.test(node.name.text) &&
          /(?:headers|info|req|request|handshake|query)$/i.test(node.expression.getText())) ||
        (ts.isPropertyAssignment(node) &&
          /^(?:allowRequest|verifyClient|origins)$/.test(node.name.getText())) ||
        (ts.isElementAccessExpression(node) && ASKS.test(node.argumentExpression.getText()));
      if (isNamed) return true;
    }
  }
  return false;
}
