/**
 * Cookies of the application's own that keep people signed in: written where somebody signs in, and read,
 * verified or looked up by code that runs before requests.
 * @module
 */
import ts from "typescript";
import type { PrivilegeChange } from "../../../evidence.ts";
import { isReached } from "../../script/evaluate-variable.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { type FunctionNode, functionAround } from "../../script/script-syntax.ts";
import { OTHER_SESSION_LIBRARIES } from "../packages/packages.ts";
import type { Flow } from "./flow.ts";
import { requestFlow } from "./handlers.ts";
import { type CookieCall, cookieCallsOf } from "./own-cookie-calls.ts";
import { guardAround, isExtractor, namedToLibrary } from "./own-cookie-guards.ts";
import { cookieRoots, kindOfCookieSignIn } from "./own-cookie-roots.ts";
import { carriedBy, isLookup, type Kept, keptOf, mentionsOf } from "./own-cookie-store.ts";
import { reachedFrom } from "./own-cookie-targets.ts";
import { isGenerator, isSealer, isVerifier, signerOf } from "./own-cookie-tokens.ts";
import { type Source, sourcesOf } from "./own-cookie-trace.ts";
import { themeOf } from "./routes.ts";

/** What the cookie carries. */
export type Token =
  | {
      readonly kind: "signed" | "sealed";
      readonly module: string;
      readonly call: ts.CallExpression | ts.NewExpression;
    }
  | {
      readonly kind: "kept";
      readonly call: ts.CallExpression | ts.NewExpression;
      readonly amount: number | undefined;
      readonly kept: Kept;
    };

/** A handler that signs somebody in by writing the cookie. */
export interface CookieSignIn {
  readonly handler: FunctionNode;
  /** The writing call, or the handler's own call that leads to it. */
  readonly at: ts.Node;
  readonly kind: PrivilegeChange["kind"];
  readonly flow: Flow;
  readonly theme: string;
}

export interface OwnCookie {
  readonly project: ScriptProject;
  readonly versions: Readonly<Record<string, string>>;
  readonly name: string;
  /** The writing call that a reader is shown. */
  readonly write: CookieCall;
  readonly writes: readonly CookieCall[];
  readonly clears: readonly CookieCall[];
  readonly token: Token;
  /** Where the token is verified or looked up. */
  readonly checked: ts.Node;
  readonly guards: readonly FunctionNode[];
  readonly signIns: readonly CookieSignIn[];
}

type Versions = Readonly<Record<string, string>>;

/** Nobody has more cookies, or touches one at more places; who does wants us to be busy. */
const MAX_NAMES = 40;
const MAX_PLACES = 40;

/** Ask only where no session library is set up: a token beside sessions is something else. */
export function ownCookiesOf(project: ScriptProject, versions: Versions): readonly OwnCookie[] {
  if (OTHER_SESSION_LIBRARIES.some((name) => versions[name] !== undefined)) return [];
  const calls = cookieCallsOf(project, versions);
  const byName = new Map<string, CookieCall[]>();
  for (const call of calls) byName.set(call.name, [...(byName.get(call.name) ?? []), call]);
  return [...byName]
    .slice(0, MAX_NAMES)
    .flatMap(([name, all]) => cookieAt(project, versions, name, all) ?? []);
}

function cookieAt(
  project: ScriptProject,
  versions: Versions,
  name: string,
  all: readonly CookieCall[],
): OwnCookie | undefined {
  const written = all
    .filter(({ act, node }) => act === "write" && isReached(project.evaluator, node))
    .slice(0, MAX_PLACES);
  const reads = all
    .filter(({ act }) => act === "read")
    .slice(0, MAX_PLACES)
    .map(({ node }) => node);
  const library = written.length === 0 ? undefined : namedToLibrary(project, name);
  if (written.length === 0 || (reads.length === 0 && library === undefined)) return undefined;
  const made = written.flatMap((write) => {
    const token = tokenOf(project, write);
    return token === undefined ? [] : [{ write, token }];
  });
  const [first] = made;
  if (first === undefined) return undefined;
  const check = checkOf(project, reads, first.token, library);
  if (check === undefined) return undefined;
  const writes = made.map(({ write }) => write);
  const signIns = writes.flatMap((write) => signInsAt(project, write, reads));
  const shown = signIns.find(({ kind }) => kind === "password") ?? signIns[0];
  if (shown === undefined) return undefined;
  const write = writes.find(({ node }) =>
    cookieRoots(project, node).some(({ at }) => at === shown.at),
  );
  const token = made.find((one) => one.write === write)?.token ?? first.token;
  const clears = all.filter(({ act }) => act === "clear");
  return {
    project,
    versions,
    name,
    write: write ?? first.write,
    writes,
    clears,
    token,
    signIns,
    ...check,
  };
}

/** What the value of a cookie is made by, if every hint of it is of one kind. */
function tokenOf(project: ScriptProject, write: CookieCall): Token | undefined {
  if (write.value === undefined) return undefined;
  const sources = sourcesOf(
    project,
    write.value,
    (call) => signerOf(project, call) !== undefined || isSealer(project, call) || isGenerator(call),
  );
  for (const source of sources) {
    const token = tokenFrom(project, source);
    if (token !== undefined) return token;
  }
  return undefined;
}

function tokenFrom(project: ScriptProject, { node, way, kept, amount }: Source): Token | undefined {
  if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return undefined;
  const module = signerOf(project, node);
  if (module !== undefined) return { kind: "signed", module, call: node };
  if (isSealer(project, node)) return { kind: "sealed", module: "jose", call: node };
  if (!isGenerator(node)) return undefined;
  const store = keptOf(project, way, kept);
  return store === undefined ? undefined : { kind: "kept", call: node, amount, kept: store };
}

interface Check {
  readonly checked: ts.Node;
  readonly guards: readonly FunctionNode[];
}

/** Where code before requests verifies the token, or looks it up. */
function checkOf(
  project: ScriptProject,
  reads: readonly ts.Node[],
  token: Token,
  library: ts.Node | undefined,
): Check | undefined {
  if (token.kind !== "kept" && library !== undefined) return { checked: library, guards: [] };
  for (const read of reads) {
    const around = functionAround(read);
    if (token.kind !== "kept" && around !== undefined && isExtractor(project, read))
      return { checked: read, guards: [around] };
    const guard = guardAround(project, read);
    if (guard === undefined) continue;
    const others = [...carriers(project, read)];
    for (const one of [guard, ...others]) {
      const checked = checkIn(project, one, token);
      if (checked !== undefined) return { checked, guards: [guard, ...others] };
    }
  }
  return undefined;
}

/** What was read goes on with the request, and others look it up. */
function* carriers(project: ScriptProject, read: ts.Node): Generator<FunctionNode> {
  const name = carriedBy(read);
  if (name === undefined) return;
  const seen = new Set<FunctionNode>();
  for (const node of mentionsOf(project, name)) {
    const guard = guardAround(project, node);
    if (guard !== undefined && !seen.has(guard)) {
      seen.add(guard);
      yield guard;
    }
  }
}

function checkIn(project: ScriptProject, guard: FunctionNode, token: Token): ts.Node | undefined {
  for (const node of reachedFrom(project, guard)) {
    const isCheck =
      token.kind === "kept"
        ? isLookup(node, token.kept)
        : ts.isCallExpression(node) && isVerifier(project, node);
    if (isCheck) return node;
  }
  return undefined;
}

function signInsAt(
  project: ScriptProject,
  { node }: CookieCall,
  reads: readonly ts.Node[],
): readonly CookieSignIn[] {
  return cookieRoots(project, node).flatMap(({ handler, at }) => {
    const flow = requestFlow(project, handler);
    const theme = themeOf(project, handler);
    const readsIt = reads.some((read) => functionAround(read) === handler);
    const kind = kindOfCookieSignIn(flow, theme, readsIt);
    return kind === undefined ? [] : [{ handler, at, kind, flow, theme }];
  });
}
