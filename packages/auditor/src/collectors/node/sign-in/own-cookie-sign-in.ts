/**
 * Sign-ins that write a cookie of the application's own, and changed passwords that write it anew.
 * @module
 */
import type { PrivilegeChange } from "../../../evidence.ts";
import { placeOf, textOf } from "../../script/script-file.ts";
import type { FunctionNode } from "../../script/script-syntax.ts";
import type { OwnCookie } from "../code/own-cookie.ts";
import { isDeletion } from "../code/own-cookie-store.ts";
import { reachedFrom } from "../code/own-cookie-targets.ts";
import type { FoundRotation, SignIn } from "./found-sign-in.ts";

export function ownCookieSignIns(cookies: readonly OwnCookie[]): readonly SignIn[] {
  const found: SignIn[] = [];
  for (const cookie of cookies) {
    for (const { handler, at, kind, flow, theme } of cookie.signIns) {
      const place = placeOf(at);
      const isKnown = found.some(
        ({ change, handler: other }) =>
          (other === handler && change.kind === kind) ||
          (change.place.file === place.file && change.place.line === place.line),
      );
      if (isKnown) continue;
      found.push({ change: { kind, place, ...rotationOf(cookie) }, flow, handler, theme });
    }
  }
  return found;
}

function rotationOf({ token, name }: OwnCookie): FoundRotation {
  if (token.kind === "kept") {
    const what = textOf(token.call, 40);
    return {
      rotation: "rotated",
      rotationPlace: placeOf(token.call),
      why: `${what} makes a new token for each sign-in, and it is kept with the account.`,
    };
  }
  return {
    rotation: "none",
    why: `A new token goes out in the cookie ${name}; the server keeps none that could be ended.`,
  };
}

/** Somebody's other tokens alone: the one that came with the request is left out. */
const LEAVES_OUT = /\$ne\b|Op\.ne|\bnot\b|\bne\(|<>|!=/i;

/** Where a change deletes the tokens that are kept for an account, or makes a new one, the session has changed. */
export function withOwnCookie<
  Change extends { readonly change: PrivilegeChange; readonly handler: FunctionNode },
>(changes: readonly Change[], cookies: readonly OwnCookie[]): readonly Change[] {
  return cookies.reduce((all, cookie) => all.map((one) => afterChange(one, cookie)), changes);
}

function afterChange<
  Change extends { readonly change: PrivilegeChange; readonly handler: FunctionNode },
>(one: Change, { project, token }: OwnCookie): Change {
  if (token.kind !== "kept" || one.change.rotation !== "none") return one;
  for (const node of reachedFrom(project, one.handler)) {
    if (!isDeletion(node, token.kept)) continue;
    const others = "ended" as const;
    if (LEAVES_OUT.test(node.getText())) return { ...one, change: { ...one.change, others } };
    const why = `${textOf(node, 40)} deletes the tokens that are kept.`;
    const rotationPlace = placeOf(node);
    return { ...one, change: { ...one.change, rotation: "rotated", rotationPlace, why, others } };
  }
  return one;
}
