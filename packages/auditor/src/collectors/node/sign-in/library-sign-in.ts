/**
 * What libraries that bring sign-in themselves do at sign-in and sign-out.
 * @module
 */
import ts from "typescript";
import type {
  AuditLogEvidence,
  CsrfEvidence,
  PresenceEvidence,
  PrivilegeChange,
  SignOut,
} from "../../../evidence.ts";
import { nodesOf, placeOf } from "../../script/script-file.ts";
import { calleeName } from "../../script/script-syntax.ts";
import { property, propertyAt, shipped, truthOf, type Value } from "../../script/script-value.ts";
import type { SetUp } from "../sessions/find-setups.ts";

export interface LibrarySignIn {
  readonly changes: readonly PrivilegeChange[];
  readonly signOuts: readonly SignOut[];
  readonly csrf: CsrfEvidence | undefined;
  readonly throttling: PresenceEvidence | undefined;
  readonly auditLog: AuditLogEvidence | undefined;
}

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

function byAuthJs({ options, label, place }: SetUp, isStateless: boolean): LibrarySignIn {
  const providers = shipped(property(options, "providers"));
  const names =
    providers.kind === "array"
      ? providers.items.map((one) => (one.kind === "call" ? one.module : ""))
      : [];
  const hasPassword = names.some((name) => /credentials/i.test(name));
  return {
    changes: [
      {
        kind: hasPassword ? "password" : "single-sign-on",
        place,
        rotation: "rotated",
        rotationPlace: place,
        why: `${label} makes a new token at each sign-in.`,
      },
    ],
    signOuts: [
      {
        place,
        effect: isStateless ? "cookie-cleared" : "destroyed",
        why: isStateless
          ? `${label} clears the cookie; the server keeps nothing.`
          : `${label} deletes the session at sign-out.`,
      },
    ],
    csrf: undefined,
    throttling: hasPassword
      ? {
          present: false,
          place,
          why: `${label} limits no attempts, and nothing else was found that does.`,
        }
      : undefined,
    auditLog: hooks(options, place, ["events", "logger"]),
  };
}

/** Sign-in and sign-out wherever the application calls them; the engine does the rest. */
function byHoldfast({ project, label, options, place }: SetUp): LibrarySignIn {
  const changes: PrivilegeChange[] = [];
  const signOuts: SignOut[] = [];
  for (const source of project.filesWith(/\.sign(?:In|Out)\(/)) {
    for (const node of nodesOf(source)) {
      if (!ts.isCallExpression(node)) continue;
      const at = placeOf(node);
      if (calleeName(node) === "signIn") {
        changes.push({
          kind: "password",
          place: at,
          rotation: "rotated",
          rotationPlace: at,
          why: `${label} makes a new session in signIn.`,
        });
      } else if (calleeName(node) === "signOut") {
        signOuts.push({
          place: at,
          effect: "destroyed",
          why: `${label} ends the session in signOut.`,
        });
      }
    }
  }
  const refuses = shipped(propertyAt(options, ["policy", "withoutOrigin"]));
  const hasEvents = !isAbsent(property(options, "onEvent"));
  const event: PresenceEvidence = {
    present: hasEvents,
    place,
    why: hasEvents
      ? "onEvent is told of every sign-in and refusal."
      : "Nothing takes the events of the engine.",
  };
  return {
    changes,
    signOuts,
    csrf: {
      cover: "protected",
      place,
      why: `${label} refuses unsafe requests from other sites${refuses.kind === "literal" && refuses.value === "refuse" ? ", and those that do not say where they come from" : ""}.`,
      gaps: [],
    },
    throttling: undefined,
    auditLog: changes.length === 0 ? undefined : { success: event, failure: event },
  };
}

function hooks(options: Value, place: SetUp["place"], names: readonly string[]): AuditLogEvidence {
  const name = names.find((one) => !isAbsent(property(options, one)));
  const at = name === undefined ? place : property(options, name).place;
  const event: PresenceEvidence = {
    present: name === undefined ? false : undefined,
    place: at,
    why:
      name === undefined
        ? "Nothing takes the library's events."
        : `"${name}" takes events; whether it records them is to be seen there.`,
  };
  return { success: event, failure: event };
}

function isAbsent(value: Value): boolean {
  return value.kind === "literal" && value.value === undefined;
}
