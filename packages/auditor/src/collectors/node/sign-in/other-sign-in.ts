/**
 * Ways in that write nobody's name into a session: a second factor, and a cookie of the application's own.
 * What slows guessing down and what is recorded matters there as well.
 * @module
 */

import ts from "typescript";
import { placeOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import type { FunctionNode } from "../../script/script-syntax.ts";
import { handlerOf } from "../code/call-targets.ts";
import type { Flow } from "../code/flow.ts";
import { requestFlow } from "../code/handlers.ts";
import { wordsOf } from "../code/identity.ts";
import { routesOf, themeOf } from "../code/routes.ts";
import type { SignIn } from "./found-sign-in.ts";

const CODE_LIBRARY = /^(?:totp|hotp|otplib|authenticator|speakeasy|otpauth)$/i;
const COMPARES = /^(?:verify\w*|check\w*|validate\w*|isValid)$/i;
/** Keys of a session that say that a code was right. */
const PASSED = /tfa|2fa|mfa|two_?factor|otp|second|verified|authenticated/i;
const SIGNS_IN = /\b(?:log ?in|sign ?in|log ?on)\b/;
const SETS_COOKIE = /^(?:cookie|setCookie)$/;

/** @param known Ways in that were found otherwise. */
export function otherSignIns(project: ScriptProject, known: readonly SignIn[]): readonly SignIn[] {
  const found = new Map<FunctionNode, SignIn>();
  const hasPassword = known.some(({ change }) => change.kind === "password");
  for (const { method, handlers, node } of routesOf(project)) {
    const last = handlers.at(-1);
    const handler = ts.isMethodDeclaration(node) ? node : last && handlerOf(project, last);
    if (handler === undefined || found.has(handler)) continue;
    const theme = themeOf(project, handler);
    const isAsked = method === "post" && !hasPassword && SIGNS_IN.test(wordsOf(theme));
    const mayBe =
      isAsked || SAYS_CODE.test(wordsOf(`${theme} ${handler.getSourceFile().fileName}`));
    if (!mayBe || known.some((one) => one.handler === handler)) continue;
    const flow = requestFlow(project, handler);
    const isOwnCookie = isAsked && [...flow.words].some((word) => SETS_COOKIE.test(word));
    if (!isOwnCookie && !isSecondFactor(flow)) continue;
    found.set(handler, {
      change: {
        kind: "password",
        place: placeOf(handler),
        rotation: "unknown",
        why: isOwnCookie ? "A cookie of its own signs in." : "A code is the second factor.",
      },
      flow,
      handler,
      theme,
    });
  }
  return [...found.values()];
}

const SAYS_CODE =
  /\b(?:2 ?fa|tfa|mfa|totp|otp|two factor|second factor|code|verify|authenticator)\b/;

function isSecondFactor({ events, words }: Flow): boolean {
  const isPassed = events.some(({ kind, key }) => kind === "write" && PASSED.test(key ?? ""));
  const said = isPassed ? [...words] : [];
  return said.some((word) => CODE_LIBRARY.test(word)) && said.some((word) => COMPARES.test(word));
}
