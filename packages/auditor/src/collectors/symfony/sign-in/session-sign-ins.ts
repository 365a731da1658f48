/**
 * Applications that sign people in without the Security component: an identity written into the session by a
 * method that checks a password, and log-outs by hand.
 * @module
 */
import type { PrivilegeChange, SignOut } from "../../../evidence.ts";
import { placeOf } from "../../php/php-file.ts";
import { evaluate, scalarOf } from "../../php/php-value.ts";
import {
  argumentOf,
  indexPhp,
  isInside,
  namedFunctionOf,
  type PhpCall,
  type PhpFunction,
} from "../../php/php-walk.ts";
import {
  calledMethod,
  classesOf,
  isAuthenticator,
  receiverOf,
  runsOutsideRequests,
  titleOf,
} from "../code/code-roles.ts";
import { callsOf, codeTextOf } from "../code/code-text.ts";
import { nameNode, rotationOf } from "../code/session-rotation.ts";
import { hasPackage, type SymfonyApplication } from "../code/symfony-application.ts";
import type { HandMade } from "./hand-made-sign-ins.ts";

const IDENTITY =
  /^(_?(current|logged)?_?(user|account|member|admin|customer|client|auth|identity|login|uid)|is_?logged|logged|authenticated)|(^|_)logged_?in$|(^|_)(logged_?in|oauth|oidc|openid|sso|cas|saml|ldap)_?(user|account|member|identity|name|id)/i;
const NO_IDENTITY =
  /error|last|name_?error|locale|redirect|target|path|flash|token|csrf|count|attempt/i;
const CHECKS: ReadonlySet<string> = new Set([
  "password_verify",
  "ispasswordvalid",
  "checkpassword",
  "verifypassword",
  "authenticate",
  "bind",
  "ldap_bind",
]);
const SIGNS_IN =
  /^(log_?in|sign_?in|authenticate|do_?login|connect|check_?login)(action|_?user|_?check)?$/i;
/** What a provider's answer is turned into a person with. */
const IDENTIFIES: ReadonlySet<string> = new Set([
  "identify",
  "getresourceowner",
  "fetchuser",
  "fetchuserfromtoken",
  "getuserinfo",
  "requestuserinfo",
  "userinfo",
  "validateticket",
  "forceauthentication",
  "processresponse",
  "verifyidtoken",
  "getverifiedclaims",
  "requestverifiedclaims",
]);
/** Hands a person whose password was right to a library. */
const HANDS_OVER = /^(log_?in|sign_?in|do_?login|login_?user|force_?login)$/i;
const SIGNS_OUT = /log_?out|sign_?out|log_?off|disconnect/i;

export function sessionSignIns(app: SymfonyApplication): HandMade {
  // Beside a firewall that signs out, a method of that name only listens to it.
  const signOuts = app.firewalls.some(({ logout }) => logout !== undefined) ? [] : ownSignOuts(app);
  if (app.firewalls.some(({ authenticators }) => authenticators.length > 0)) {
    return { privilegeChanges: [], signOuts };
  }
  const changes = new Map<PhpFunction["node"], PrivilegeChange>();
  for (const call of app.code.callsNamed("set")) {
    const method = namedFunctionOf(call.file, call.node);
    if (method === undefined || changes.has(method.node) || !writesIdentity(app, call)) continue;
    if (runsOutsideRequests(app.code, method.of)) continue;
    const calls = callsOf(method);
    if (calls.some(({ name }) => IDENTIFIES.has(name))) {
      changes.set(method.node, changeOf(call, method, "single-sign-on"));
    } else if (SIGNS_IN.test(method.name ?? "") || calls.some(({ name }) => CHECKS.has(name))) {
      changes.set(method.node, changeOf(call, method, "password"));
    } else if (calls.some(readsCookie)) {
      changes.set(method.node, changeOf(call, method, "remember-me"));
    }
  }
  if (changes.size === 0) {
    for (const each of handedOver(app)) changes.set(each.node, changeByLibrary(app, each));
  }
  return { privilegeChanges: [...changes.values()], signOuts };
}

/** Whoever has kept a cookie from last time is signed in by it. */
function readsCookie({ name, target, file }: PhpCall): boolean {
  return name === "get" && target !== undefined && /cookie/i.test(codeTextOf(file, target));
}

/** Sign-ins whose session a library writes: the password is checked here, and the person handed over. */
function handedOver(app: SymfonyApplication): readonly PhpCall[] {
  return [...CHECKS].flatMap((name) =>
    app.code.callsNamed(name).flatMap((check): PhpCall[] => {
      const method = namedFunctionOf(check.file, check.node);
      if (method === undefined || runsOutsideRequests(app.code, method.of)) return [];
      if (isAuthenticator(app.code, method.of)) return [];
      const handing = callsOf(method).find(
        (call) =>
          HANDS_OVER.test(call.name) &&
          call !== check &&
          call.form === "method" &&
          calledMethod(app.code, call, method) === undefined,
      );
      return handing === undefined ? [] : [handing];
    }),
  );
}

/** Libraries that write the identity into whichever session is open, and change no id. */
const KEEPS_ID = ["cartalyst/sentinel", "cartalyst/sentry"] as const;

function changeByLibrary(app: SymfonyApplication, call: PhpCall): PrivilegeChange {
  const method = namedFunctionOf(call.file, call.node);
  const { rotation, at } =
    method === undefined ? { rotation: "none" as const, at: undefined } : rotationOf(method, call);
  const title = titleOf(method).trim().replace(" ", "::");
  const library = KEEPS_ID.find((name) => hasPackage(app, name));
  const end =
    library === undefined
      ? "whether that gives the session a new id is not in the repository"
      : `${library} gives the session no new id`;
  return {
    kind: "password",
    place: placeOf(call.file, nameNode(call) ?? call.node),
    rotation: rotation === "none" && library === undefined ? "unknown" : rotation,
    ...(at === undefined ? {} : { rotationPlace: placeOf(at.file, nameNode(at) ?? at.node) }),
    why: `${title} hands the person to a library by ${call.name}(); ${end}.`,
  };
}

function writesIdentity(app: SymfonyApplication, call: PhpCall): boolean {
  if (!/session/i.test(receiverOf(call.file, call.target))) return false;
  return namesIdentity(app, call) && !isNothing(app, call);
}

function namesIdentity(app: SymfonyApplication, call: PhpCall): boolean {
  const key = argumentOf(call, 0);
  const name = key === undefined ? undefined : scalarOf(evaluate(app.code, call.file, key));
  return typeof name === "string" && IDENTITY.test(name) && !NO_IDENTITY.test(name);
}

/** Writing false, null or an empty text takes the identity away. */
function isNothing(app: SymfonyApplication, call: PhpCall): boolean {
  const given = argumentOf(call, 1);
  const value = given === undefined ? null : scalarOf(evaluate(app.code, call.file, given));
  return value === false || value === null || value === "" || value === 0;
}

function changeOf(
  call: PhpCall,
  method: PhpFunction,
  kind: PrivilegeChange["kind"],
): PrivilegeChange {
  const { rotation, at } = rotationOf(method, call);
  const title = titleOf(method).trim().replace(" ", "::");
  const end = rotation === "none" ? "nothing migrates the session" : "migrates the session";
  return {
    kind,
    place: placeOf(call.file, nameNode(call) ?? call.node),
    rotation,
    ...(at === undefined ? {} : { rotationPlace: placeOf(at.file, nameNode(at) ?? at.node) }),
    why: `${title} writes the identity into the session, and ${end}.`,
  };
}

/** Methods named after it that touch the session: what a firewall intercepts touches nothing. */
function ownSignOuts(app: SymfonyApplication): SignOut[] {
  const { code } = app;
  return classesOf(code).flatMap((each) =>
    [...each.methods.values()].flatMap((method): SignOut[] => {
      if (!SIGNS_OUT.test(method.name ?? "")) return [];
      if (callsOf(method).some(({ name }) => name === "settoken")) return [];
      return signOutOf(app, method);
    }),
  );
}

function signOutOf(app: SymfonyApplication, method: PhpFunction): SignOut[] {
  const title = titleOf(method).trim().replace(" ", "::");
  const calls = callsOf(method);
  const onSession = calls.filter(({ file, target }) => /session/i.test(receiverOf(file, target)));
  const destroys =
    onSession.find(({ name }) => name === "invalidate") ??
    calls.find(({ name, form }) => name === "session_destroy" && form === "function");
  if (destroys !== undefined) {
    const place = placeOf(destroys.file, nameNode(destroys) ?? destroys.node);
    return [{ place, effect: "destroyed", why: `${title} ends the session.` }];
  }
  const removes = onSession.find(
    (call) =>
      call.name === "remove" ||
      call.name === "clear" ||
      (call.name === "set" && namesIdentity(app, call) && isNothing(app, call)),
  );
  const moves = onSession.find(
    (call) => call.name === "migrate" && argumentOf(call, 0)?.value === true,
  );
  if (removes !== undefined && moves !== undefined) {
    const place = placeOf(moves.file, nameNode(moves) ?? moves.node);
    const why = `${title} removes the identity and gives up the old session id.`;
    return [{ place, effect: "destroyed", why }];
  }
  const unsets = indexPhp(method.file)
    .ofKind("unset")
    .find((node) => isInside(node, method.node) && /_SESSION/.test(codeTextOf(method.file, node)));
  const at = removes === undefined ? unsets : (nameNode(removes) ?? removes.node);
  if (at === undefined) return [];
  const why = `${title} removes what it put into the session; session and id live on.`;
  return [{ place: placeOf(method.file, at), effect: "key-removed", why }];
}
