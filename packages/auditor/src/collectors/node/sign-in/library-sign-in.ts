/**
 * What libraries that bring sign-in themselves do at sign-in and sign-out.
 * @module
 */
import type { PrivilegeChange } from "../../../evidence.ts";
import { property, propertyAt, shipped, truthOf } from "../../script/script-value.ts";
import type { SetUp } from "../sessions/find-setups.ts";
import { byAuthJs } from "./auth-js-sign-in.ts";
import { byHoldfast } from "./holdfast-sign-in.ts";
import { hooks, isAbsent, type LibrarySignIn } from "./library-events.ts";

/** `undefined` if no such library is set up. */
export function librarySignIn(
  setUps: readonly SetUp[],
  isStateless: boolean,
): LibrarySignIn | undefined {
  const setUp = setUps.find(({ library }) => /^(?:next-auth|better-auth|holdfast)$/.test(library));
  if (setUp === undefined) return undefined;
  if (setUp.library === "better-auth") return byBetterAuth(setUp);
  return setUp.library === "next-auth" ? byAuthJs(setUp, isStateless) : byHoldfast(setUp);
}

function byBetterAuth({ options, label, place }: SetUp): LibrarySignIn {
  const limit = property(options, "rateLimit");
  const isOff =
    truthOf(property(limit, "enabled")) === false &&
    shipped(property(limit, "enabled")).kind === "literal" &&
    !isAbsent(property(limit, "enabled"));
  const revokes =
    truthOf(propertyAt(options, ["emailAndPassword", "revokeSessionsOnPasswordReset"])) === true;
  const hasPassword = truthOf(propertyAt(options, ["emailAndPassword", "enabled"])) === true;
  const check = propertyAt(options, ["advanced", "disableCSRFCheck"]);
  const isUnchecked = truthOf(check) === true;
  const why = `${label} makes a new session at each sign-in.`;
  const passwordChange: PrivilegeChange = {
    kind: "password-change",
    place,
    rotation: revokes ? "rotated" : "none",
    why: revokes
      ? "revokeSessionsOnPasswordReset ends every session."
      : `${label} keeps sessions when a password is reset, since revokeSessionsOnPasswordReset is not set.`,
    others: revokes ? "ended" : "kept",
  };
  return {
    changes: [
      {
        kind: hasPassword ? "password" : "single-sign-on",
        place,
        rotation: "rotated",
        rotationPlace: place,
        why,
      },
      ...(hasPassword ? [passwordChange] : []),
    ],
    signOuts: [{ place, effect: "destroyed", why: `${label} deletes the session at sign-out.` }],
    csrf: {
      cover: isUnchecked ? "none" : "protected",
      place: isUnchecked ? check.place : place,
      why: isUnchecked
        ? "disableCSRFCheck switches the check of Origin off."
        : `${label} checks Origin.`,
      gaps: [],
    },
    throttling: {
      present: !isOff,
      place: isOff ? limit.place : place,
      why: isOff ? "rateLimit.enabled is false." : `${label} limits sign-in in production.`,
    },
    auditLog: hooks(options, place, ["hooks", "databaseHooks", "logger"]),
  };
}
