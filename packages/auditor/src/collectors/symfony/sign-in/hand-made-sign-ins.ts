/**
 * Code that signs somebody in, out, or under other rights by itself: stores a token, writes the session's
 * security key, or asks the framework to. Who asks the framework gets a new session id; who stores a token does not.
 * @module
 */
import type { PrivilegeChange, SignOut } from "../../../evidence.ts";
import { child, nameOf, type PhpNode, placeOf, textOf } from "../../php/php-file.ts";
import { evaluate, scalarOf } from "../../php/php-value.ts";
import {
  ancestorsOf,
  argumentOf,
  indexPhp,
  isInside,
  namedFunctionOf,
  offsetOf,
  type PhpCall,
  type PhpFunction,
} from "../../php/php-walk.ts";
import { isAuthenticator, receiverOf, runsOutsideRequests, titleOf } from "../code/code-roles.ts";
import { callsOf, codeTextOf } from "../code/code-text.ts";
import { nameNode, rotationOf } from "../code/session-rotation.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";
import { sessionStrategy } from "./firewall-sign-ins.ts";

/** Calls that sign in through the framework, by their receiver. */
const THROUGH_FRAMEWORK: Readonly<Record<string, RegExp>> = {
  authenticateuser: /UserAuthenticator|authenticator/i,
  authenticateuserandhandlesuccess: /Guard|authenticator|handler/i,
  authenticatewithtoken: /Guard|authenticator|handler/i,
  login: /\\Security( |$)|^security(Helper)?$|LoginManager/i,
  loginuser: /LoginManager|loginManager/i,
  loguserin: /LoginManager|loginManager/i,
  loginuserin: /LoginManager/i,
};

const KINDS: readonly (readonly [RegExp, PrivilegeChange["kind"]])[] = [
  [/impersonat|switch|loginAs|log_in_as/i, "impersonation"],
  [/reset|forg[eo]t|recover|lost/i, "reset-link"],
  [
    /oauth|saml|sso|openid|google|facebook|github|azure|keycloak|(^|[^a-z])cas([^a-z]|$)|social|connect(?!ion)/i,
    "single-sign-on",
  ],
  [
    /regist|sign_?up|subscri|install|setup|invit|activat|confirm|first|onboard|verif|creat\w*(user|account|member|customer)/i,
    "registration",
  ],
];

const SIGNS_OUT = /log_?out|sign_?out|log_?off/i;
const TOKEN_STORE =
  /TokenStorage|tokenStorage|token_storage|security\.context|securityContext|SecurityContext/;

export interface HandMade {
  readonly privilegeChanges: readonly PrivilegeChange[];
  readonly signOuts: readonly SignOut[];
}

export function handMadeSignIns(app: SymfonyApplication): HandMade {
  const { code } = app;
  const privilegeChanges: PrivilegeChange[] = [];
  const signOuts: SignOut[] = [];
  const seen = new Set<PhpNode>();

  for (const call of storingCalls(app)) {
    const method = namedFunctionOf(call.file, call.node);
    if (method === undefined || seen.has(method.node) || !isOwnSignIn(app, method)) continue;
    const what = meaningOf(app, call, method);
    if (what === "nothing") continue;
    seen.add(method.node);
    if (what === "sign-out") signOuts.push(signOutOf(call, method));
    else privilegeChanges.push(changeOf(app, call, method, what));
  }
  for (const [name, receiver] of Object.entries(THROUGH_FRAMEWORK)) {
    for (const call of code.callsNamed(name)) {
      const method = namedFunctionOf(call.file, call.node);
      if (method === undefined || seen.has(method.node) || !isOwnSignIn(app, method)) continue;
      if (!receiver.test(receiverOf(call.file, call.target))) continue;
      seen.add(method.node);
      privilegeChanges.push(throughFramework(app, call, method));
    }
  }
  return { privilegeChanges, signOuts };
}

/** `setToken(…)` on a token storage, and writes of the session's key `_security_…`. */
function storingCalls({ code }: SymfonyApplication): PhpCall[] {
  const tokens = code
    .callsNamed("setToken")
    .filter(({ file, target }) =>
      TOKEN_STORE.test(textOf(file, target) + receiverOf(file, target)),
    );
  const keys = code.callsNamed("set").filter((call) => {
    const key = argumentOf(call, 0);
    if (key === undefined) return false;
    const written = scalarOf(evaluate(code, call.file, key));
    return String(written ?? textOf(call.file, key))
      .replace(/^['"]/, "")
      .startsWith("_security_");
  });
  return [...tokens, ...keys];
}

/** Not of a command or test, and not the storage or the firewall itself. */
function isOwnSignIn({ code }: SymfonyApplication, method: PhpFunction): boolean {
  if (runsOutsideRequests(code, method.of)) return false;
  const parents = [method.of?.parent, ...(method.of?.interfaces ?? [])].join(" ");
  // A token for nobody signs nobody in.
  if (/anonym/i.test(titleOf(method))) return false;
  return !/TokenStorageInterface|TestCase|KernelBrowser|\bContext\b/.test(parents);
}

type Meaning = "nothing" | "sign-out" | "sign-in" | "refresh";

function meaningOf(app: SymfonyApplication, call: PhpCall, method: PhpFunction): Meaning {
  if (call.name !== "settoken") return refreshes(method, call) ? "refresh" : "sign-in";
  const given = argumentOf(call, 0);
  if (given === undefined) return "nothing";
  const all = callsOf(method).filter(({ name }) => name === "settoken");
  const isRestored = all.some((each) => isTokenFromBefore(method, argumentOf(each, 0)));
  // Put back what was there: the rights were other ones for a moment, and nobody signed in.
  if (isRestored) return "nothing";
  if (scalarOf(evaluate(app.code, call.file, given)) === null) {
    return SIGNS_OUT.test(method.name ?? "") ? "sign-out" : "nothing";
  }
  const isGiven = method.parameters.some((parameter) => nameOf(parameter) === nameOf(given));
  if (isGiven && given.kind === "variable" && isAuthenticator(app.code, method.of))
    return "nothing";
  return refreshes(method, call) ? "refresh" : "sign-in";
}

/** The argument is a variable that holds what `getToken()` gave. */
function isTokenFromBefore(method: PhpFunction, given: PhpNode | undefined): boolean {
  if (given?.kind === "call") return calledName(given) === "gettoken";
  if (given?.kind !== "variable") return false;
  const assigned = lastAssignment(method, nameOf(given) ?? "", offsetOf(given));
  return assigned?.kind === "call" && calledName(assigned) === "gettoken";
}

/**
 * The person who is signed in already gets a token anew: the user comes from the current token, or the code asks
 * whether it is the same person.
 */
function refreshes(method: PhpFunction, call: PhpCall): boolean {
  const text = (node: PhpNode | undefined): string =>
    node === undefined ? "" : codeTextOf(method.file, node);
  const current = /getUser\(\s*\)|getToken\(\s*\)/;
  const guards = ancestorsOf(method.file, call.node).filter(
    (node) => node.kind === "if" && isInside(node, method.node),
  );
  // Whether there is anybody at all says nothing of who it is.
  const asksWhoItIs = guards
    .map((node) => text(child(node, "test")))
    .some(
      (test) =>
        /[=!]==?/.test(test) &&
        current.test(test) &&
        !/(null\s*[=!]==?|[=!]==?\s*null)/i.test(test),
    );
  if (asksWhoItIs) return true;
  const given = argumentOf(call, call.name === "settoken" ? 0 : 1);
  let made =
    given?.kind === "variable"
      ? lastAssignment(method, nameOf(given) ?? "", offsetOf(call.node))
      : given;
  if (made === undefined) return false;
  if (current.test(text(made))) return true;
  const user = (made.arguments as PhpNode[] | undefined)?.[0];
  if (user?.kind !== "variable") return false;
  made = lastAssignment(method, nameOf(user) ?? "", offsetOf(made));
  return made !== undefined && current.test(text(made));
}

function lastAssignment(method: PhpFunction, name: string, before: number): PhpNode | undefined {
  return indexPhp(method.file)
    .assignments.filter(
      (node) =>
        isInside(node, method.node) &&
        offsetOf(node) < before &&
        nameOf(child(node, "left")) === name,
    )
    .map((node) => child(node, "right"))
    .at(-1);
}

function changeOf(
  app: SymfonyApplication,
  call: PhpCall,
  method: PhpFunction,
  what: "sign-in" | "refresh",
): PrivilegeChange {
  const place = placeOf(call.file, nameNode(call) ?? call.node);
  const { rotation, at } = rotationOf(method, call);
  const rotationPlace =
    at === undefined ? {} : { rotationPlace: placeOf(at.file, nameNode(at) ?? at.node) };
  const stored =
    call.name === "settoken" ? "stores a token itself" : "writes the session's security key itself";
  const done =
    rotation === "none"
      ? `${stored}, past the firewall, and nothing migrates the session`
      : rotation === "rotated"
        ? `${stored} and migrates the session`
        : `${stored}, and migrates the session in the wrong order or without true`;
  const why = `${titleOf(method).trim().replace(" ", "::")} ${done}.`;
  if (what === "refresh") return { kind: "role-change", place, rotation, ...rotationPlace, why };
  return { kind: kindOf(app, method), place, rotation, ...rotationPlace, why };
}

function kindOf(app: SymfonyApplication, method: PhpFunction): PrivilegeChange["kind"] {
  const title = titleOf(method);
  const kind =
    KINDS.find(([pattern]) => pattern.test(method.name ?? ""))?.[1] ??
    KINDS.find(([pattern]) => pattern.test(title))?.[1];
  return kind ?? (isAuthenticator(app.code, method.of) ? "password" : "other");
}

function throughFramework(
  app: SymfonyApplication,
  call: PhpCall,
  method: PhpFunction,
): PrivilegeChange {
  const { rotates, entry, why } = sessionStrategy(app);
  return {
    kind: kindOf(app, method),
    place: placeOf(call.file, nameNode(call) ?? call.node),
    rotation: rotates === undefined ? "unknown" : rotates ? "rotated" : "none",
    ...(entry === undefined ? {} : { rotationPlace: entry.place }),
    why: `${titleOf(method).trim().replace(" ", "::")} signs in through the framework. ${why}`,
  };
}

function signOutOf(call: PhpCall, method: PhpFunction): SignOut {
  const calls = callsOf(method);
  const destroys = calls.some(({ name }) => name === "invalidate" || name === "session_destroy");
  const place = placeOf(call.file, nameNode(call) ?? call.node);
  return destroys
    ? {
        place,
        effect: "destroyed",
        why: `${titleOf(method).trim()} removes the token and invalidates the session.`,
      }
    : {
        place,
        effect: "key-removed",
        why: `${titleOf(method).trim()} removes the token; session and id live on.`,
      };
}

function calledName(node: PhpNode): string {
  return (nameOf(child(child(node, "what"), "offset")) ?? "").toLowerCase();
}
