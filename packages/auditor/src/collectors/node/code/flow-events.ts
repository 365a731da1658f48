/**
 * What single calls and expressions mean for signing in: a check of credentials, a new account, a sign-in by
 * Passport, a changed password, an entry in a log.
 * @module
 */
import ts from "typescript";
import type { Evaluator } from "../../script/evaluation.ts";
import { bindingOf } from "../../script/script-scope.ts";
import { bare, calleeName, chainOf } from "../../script/script-syntax.ts";
import { property, type Value } from "../../script/script-value.ts";
import {
  ACCOUNT,
  isLookupWithPassword,
  isPasswordSetter,
  isRoleSetter,
  ROLE_WORD,
  SECRET_WORD,
} from "./account-writes.ts";
import { isLogger, isRecordKept } from "./log-calls.ts";
import { keyOfSession } from "./session-access.ts";

export type FlowKind =
  | "check"
  | "lookup"
  | "single-sign-on"
  | "create"
  | "log-in"
  | "log-out"
  | "write"
  | "remove"
  | "empty"
  | "rotate"
  | "destroy"
  | "delete"
  | "read"
  | "password-set"
  | "role-set"
  | "end-others"
  | "clear-cookie"
  | "log";

const HASHERS =
  /^(?:bcrypt\w*|bcrypt-nodejs|@node-rs\/(?:bcrypt|argon2)|argon2|scrypt\w*|pbkdf2\w*|password-hash|phc-.*|oslo\/password|@phc\/.*|credential|secure-password|pbkdf2-password.*|bcrypt-.*|safe-compare|tsscmp|scmp)$/;
const CHECK_NAME =
  /^(?:(?:compare|verify|check|validate|match|matches|test|is|authenticate|valid)_?(?:user|encrypted|valid|correct|hashed?|the)?_?(?:pass|passwd|password|passwords|pwd|hash|credentials?|login|passwordhash)(?:_?(?:valid|correct|match|matches|hash|sync))?|(?:password|pass|passwd|pwd)_?(?:compare|verify|check|matches|valid|isvalid)|authenticate|authenticateUser|validateUser|signInWithEmailAndPassword|signInWithPassword|timingSafeEqual|simple_bind|bindUser)$/i;
/** A class of that name is no request. */
const ON_REQUEST = /^(?![A-Z])(?:\w*[rR]eq|\w*[rR]equest|\w*[cC]tx|\w*[cC]ontext|super|c|r)$/;
/** Names that speak of a password without being one. */
const NO_SECRET =
  /[cC]onfirm|[eE]rror|[oO]ld|[cC]urrent|^(?:has|is|needs?|requires?|shows?|can|must|no)(?=[A-Z_])/;
/** What a call is, beside what it does to the session itself. */
export function callKind(
  evaluator: Evaluator,
  node: ts.CallExpression | ts.NewExpression,
): FlowKind | undefined {
  const name = calleeName(node) ?? "";
  const callee = bare(node.expression);
  const owner = ts.isPropertyAccessExpression(callee) ? callee.expression.getText() : "";
  const ownerName = owner.split(".").at(-1) ?? "";
  const argumentCount = node.arguments?.length ?? 0;
  if (ts.isNewExpression(node)) {
    return ACCOUNT.test(name) &&
      /^[A-Z]/.test(name) &&
      !/Error|Service|DAO|Repository|Controller|Handler|Manager|Dto/i.test(name)
      ? "create"
      : undefined;
  }
  if (/^log_?in$/i.test(name) && ON_REQUEST.test(ownerName) && argumentCount > 0)
    return keepsNoSession(evaluator, node) ? "check" : "log-in";
  if (/^log_?out$/i.test(name) && ON_REQUEST.test(ownerName)) return "log-out";
  if (name === "clearCookie" || /^(?:delete|remove)Cookie$/.test(name)) return "clear-cookie";
  if (isLogger(owner, name) || isRecordKept(node)) return "log";
  if (
    name === "compare" ||
    name === "compareSync" ||
    name === "verify" ||
    name === "verifySync" ||
    name === "check"
  ) {
    const value = evaluator.evaluate(node.expression);
    if ((value.kind === "external" || value.kind === "call") && HASHERS.test(value.module))
      return "check";
    if (/bcrypt|argon|hash|passw|crypt/i.test(owner)) return "check";
  }
  if (CHECK_NAME.test(name) && !/^req|^ctx/.test(owner) && !/passport/i.test(owner)) return "check";
  if (isEndingOthers(name, owner)) return "end-others";
  if (name === "changeCredentials" && isOfHoldfast(evaluator.evaluate(node.expression))) {
    return "rotate";
  }
  if (isPasswordSetter(node, name)) return "password-set";
  if (isRoleSetter(node, name, owner)) return "role-set";
  if (isLookupWithPassword(node, name)) return "check";
  if (isSingleSignOn(name, owner)) return "single-sign-on";
  if (isCreation(name, owner)) return "create";
  if (
    /^(?:find|get|fetch|load|lookup|query|select)\w*/i.test(name) &&
    ACCOUNT.test(`${owner}.${name}`)
  )
    return "lookup";
  return undefined;
}

/** `req.login(user, { session: false })` is for this request alone. */
function keepsNoSession(evaluator: Evaluator, node: ts.CallExpression | ts.NewExpression): boolean {
  const [, options] = node.arguments ?? [];
  if (options === undefined || !ts.isObjectLiteralExpression(bare(options))) return false;
  const session = property(evaluator.evaluate(options), "session");
  return session.kind === "literal" && session.value === false;
}

/** Its one call for a changed password or address rotates this session and ends the others. */
function isOfHoldfast(value: Value): boolean {
  return value.kind === "external" && value.module.startsWith("holdfast");
}

/** `promisify(req.logIn)` and `req.logIn.bind(req)`: handed on, and called by another name. */
export function isLogInMention(node: ts.PropertyAccessExpression): boolean {
  if (!/^log_?in$/i.test(node.name.text)) return false;
  if (!ON_REQUEST.test(node.expression.getText().split(".").at(-1) ?? "")) return false;
  const { parent } = node;
  if (ts.isCallExpression(parent))
    return parent.expression !== node && /promisify/i.test(parent.expression.getText());
  return (
    ts.isPropertyAccessExpression(parent) &&
    parent.name.text === "bind" &&
    ts.isCallExpression(parent.parent)
  );
}

function isSingleSignOn(name: string, owner: string): boolean {
  if (
    /^(?:exchange\w*|authorizationCodeGrant|oauthCallback|callbackParams|getUserInfo|fetchUserInfo|fetchUserProfile|verifyIdToken|validateAuthorizationCode|getAccessTokenFrom\w+|getOAuthTokens|acquireTokenByCode|getTokenFromCode|requestAccessToken|processAuthorizationCode\w*|post_assert|validatePostResponse\w*)$/i.test(
      name,
    )
  ) {
    return true;
  }
  if (/^(?:callback|getToken|userinfo|userInfo|grant)$/.test(name))
    return /oauth|oidc|openid|client|google|github|auth/i.test(owner);
  return false;
}

function isCreation(name: string, owner: string): boolean {
  if (/^(?:create|insert|insertOne|add|register|store|signUp)$/.test(name))
    return ACCOUNT.test(owner);
  return (
    /^(?:create|insert|add|register|signUp|save)_?(?:new)?_?(?:user|account|member|customer|admin)\w*$/i.test(
      name,
    ) || /^registerUser|^signUp$/i.test(name)
  );
}

/** Sessions of an account are ended as a whole. */
function isEndingOthers(name: string, owner: string): boolean {
  if (
    /^(?:revoke|destroy|delete|remove|invalidate|end|clear|kill|logout)_?(?:all|other|others|user)\w*(?:sessions?|tokens?|devices?)\w*$/i.test(
      name,
    )
  )
    return true;
  return (
    /^(?:delete|deleteMany|destroy|remove|deleteAll)$/.test(name) &&
    /sessions?(?:Model|Repository|Store|Service|Collection)?$/i.test(owner) &&
    !/req|ctx|request/i.test(owner)
  );
}

/** What an assignment or comparison is. */
export function expressionKind(node: ts.BinaryExpression): FlowKind | undefined {
  const operator = node.operatorToken.kind;
  if (operator === ts.SyntaxKind.EqualsToken) {
    const chain = chainOf(node.left);
    const last = chain?.at(-1) ?? "";
    if (
      chain === undefined ||
      chain.length < 2 ||
      chain[0] === "this" ||
      chain[0] === "exports" ||
      chain[0] === "module"
    )
      return undefined;
    if (keyOfSession(node.left) !== undefined) return undefined;
    if (
      /^(?:errors?|err|values|state|res|locals|data|schema|body|config|options|query|where|params|self|req|request|ctx|process|form\w*|input)$/i.test(
        chain.at(-2) ?? "",
      )
    )
      return undefined;
    if (SECRET_WORD.test(last) && !NO_SECRET.test(last))
      return isMeantToKeep(node) ? "password-set" : undefined;
    if (ROLE_WORD.test(last) && ACCOUNT.test(chain.slice(0, -1).join("."))) return "role-set";
    if (
      /^(?:tokenVersion|sessionVersion|loginInvalidBefore|passwordChangedAt|sessionsValidFrom|securityStamp|credentialsChangedAt)$/i.test(
        last,
      )
    )
      return "end-others";
    return undefined;
  }
  const isEquality =
    operator === ts.SyntaxKind.EqualsEqualsToken ||
    operator === ts.SyntaxKind.EqualsEqualsEqualsToken ||
    operator === ts.SyntaxKind.ExclamationEqualsToken ||
    operator === ts.SyntaxKind.ExclamationEqualsEqualsToken;
  if (!isEquality) return undefined;
  const [left, right] = [bare(node.left), bare(node.right)];
  const isConstant = (one: ts.Expression): boolean =>
    (ts.isStringLiteralLike(one) && one.text === "") ||
    ts.isNumericLiteral(one) ||
    one.kind === ts.SyntaxKind.NullKeyword ||
    (ts.isIdentifier(one) && one.text === "undefined") ||
    one.kind === ts.SyntaxKind.TrueKeyword ||
    one.kind === ts.SyntaxKind.FalseKeyword ||
    ts.isTypeOfExpression(one);
  if (isConstant(left) || isConstant(right)) return undefined;
  const names = [left, right].map(
    (one) => chainOf(one)?.at(-1) ?? (ts.isCallExpression(one) ? (calleeName(one) ?? "") : ""),
  );
  const isSecret = names.some((one) => SECRET_WORD.test(one));
  const isRepeated =
    names.some((one) => /confirm|repeat|again|verify|retype|2$|new/i.test(one)) ||
    /confirm|repeat|retype|verif/i.test(node.getText());
  return isSecret && !isRepeated ? "check" : undefined;
}

/** `user.password = undefined` before it is sent out changes nobody's password. */
function isMeantToKeep(node: ts.BinaryExpression): boolean {
  const value = bare(node.right);
  if (
    value.kind === ts.SyntaxKind.NullKeyword ||
    ts.isVoidExpression(value) ||
    ts.isStringLiteralLike(value)
  )
    return false;
  if (ts.isIdentifier(value) && value.text === "undefined") return false;
  const root = chainOf(node.left)?.[0];
  const binding = ts.isIdentifier(node.left) ? undefined : root;
  return (
    binding !== undefined &&
    !/^(?:config|options|process|errors?|req|res|ctx|self|state|form)$/.test(binding)
  );
}

/** Whether a name is bound to something made by a class or function called like an account. */
export function isNewAccount(node: ts.Identifier): boolean {
  const binding = bindingOf(node);
  if (binding?.kind !== "variable") return false;
  const initial = binding.node.initializer && bare(binding.node.initializer);
  return initial !== undefined && ts.isNewExpression(initial);
}
