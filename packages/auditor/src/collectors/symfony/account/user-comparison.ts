/**
 * What the firewall compares of a signed-in person on each request, and so which changes end sessions.
 * @module
 */
import type { Place } from "../../../evidence.ts";
import { entriesOf, entryAt, nodeAt } from "../../config/config-node.ts";
import { isSubclassOf, methodOf } from "../../php/php-code.ts";
import { placeOf } from "../../php/php-file.ts";
import type { PhpClass } from "../../php/php-walk.ts";
import { classesOf } from "../code/code-roles.ts";
import { codeTextOf } from "../code/code-text.ts";
import { isSince, type SymfonyApplication } from "../code/symfony-application.ts";
import { resolveEntry } from "../configuration/symfony-values.ts";

/** Whether a person's sessions end at the next request after this was changed. */
export interface Compared {
  readonly password: boolean;
  readonly roles: boolean;
  readonly place: Place | undefined;
  /** Of roles. */
  readonly why: string;
  /** Of the password. */
  readonly passwordWhy: string;
}

/** @param user Whom a firewall loads. */
export function comparedOnRequest(
  app: SymfonyApplication,
  user: PhpClass | undefined = userClass(app),
): Compared {
  const place = user === undefined ? undefined : placeOf(user.file, user.node);
  if (user?.name !== undefined) {
    const equals = methodOf(app.code, user.name, "isEqualTo");
    if (equals !== undefined && isSubclassOf(app.code, user.name, /(^|\\)EquatableInterface$/)) {
      const text = codeTextOf(equals.file, equals.node);
      const roles = /roles?\b/i.test(text);
      const password = /password/i.test(text);
      const ignored = [password ? "" : "password", roles ? "" : "roles"].filter(
        (each) => each !== "",
      );
      const why =
        ignored.length === 0
          ? "isEqualTo() compares password and roles, so sessions end when either changes."
          : `isEqualTo() decides whether a session goes on, and does not compare ${ignored.join(" and ")}.`;
      const passwordWhy = password
        ? "isEqualTo() compares the password."
        : "isEqualTo() decides whether a session goes on, and does not compare the password.";
      return { password, roles, place: placeOf(equals.file, equals.node), why, passwordWhy };
    }
    if (isSubclassOf(app.code, user.name, BUNDLE_USER)) {
      const why = "The bundle's isEqualTo() compares password and name, and no roles.";
      const passwordWhy = "The bundle's isEqualTo() compares the password.";
      return { password: true, roles: false, place, why, passwordWhy };
    }
  }
  const logsOut = isSince(app, "4.0") || app.firewalls.some(({ node }) => isOn(app, node));
  if (!logsOut) {
    const why = "Before 4.0 a changed user keeps the session unless logout_on_user_change is true.";
    return { password: false, roles: false, place, why, passwordWhy: why };
  }
  const roles = isSince(app, "4.4");
  const why = roles
    ? "The user is no EquatableInterface, so the firewall compares password and roles on each request and ends the session when they differ."
    : "The firewall compares the password on each request, and roles only since 4.4.";
  const passwordWhy =
    "The firewall compares the password on each request and ends sessions that have another.";
  return { password: true, roles, place, why, passwordWhy };
}

/** What bundles' users are made of; all of them leave roles out of `isEqualTo()`. */
const BUNDLE_USER = /^(FOS|Nucleos|Sonata)\\UserBundle\\(Model|Entity|Document)\\(Base)?User$/;

/** Every person has the same roles at all times: what the firewall compares never differs. */
export function hasFixedRoles(app: SymfonyApplication, user: PhpClass): boolean {
  const roles = user.name === undefined ? undefined : methodOf(app.code, user.name, "getRoles");
  if (roles === undefined || roles.node.isAbstract === true) return false;
  const text = codeTextOf(roles.file, roles.node);
  return (
    /\breturn\b/.test(text) && !/\$this|->|(self|static|parent|\$\w+)::\$?\w+\(|::\$/.test(text)
  );
}

function isOn(app: SymfonyApplication, node: Parameters<typeof entryAt>[0]): boolean {
  const entry = entryAt(node, "logout_on_user_change");
  return entry !== undefined && resolveEntry(app.config, entry).value === true;
}

/** The class that firewalls load users of: named by a provider, else the only one that can be a user. */
export function userClass(app: SymfonyApplication): PhpClass | undefined {
  return userClasses(app)[0];
}

/** Each class that a provider names; if providers are services, each that can be a user. */
export function userClasses(app: SymfonyApplication): readonly PhpClass[] {
  const security = app.config.extension("security")?.node;
  const named = entriesOf(nodeAt(security, "providers")).flatMap(([, { node }]) => {
    const entry = entryAt(node, "entity", "class") ?? entryAt(node, "doctrine", "class");
    const name = entry === undefined ? undefined : resolveEntry(app.config, entry).value;
    return (
      (typeof name === "string" ? app.code.classNamed(name.replace(/^.*:/, "")) : undefined) ?? []
    );
  });
  if (named.length > 0) return [...new Set(named)];
  return classesOf(app.code).filter(
    ({ name, node }) =>
      name !== undefined && node.isAbstract !== true && isSubclassOf(app.code, name, USER),
  );
}

const USER =
  /(^|\\)(UserInterface|AdvancedUserInterface)$|^(FOS|Nucleos|Sonata)\\UserBundle\\(Model|Entity|Document)\\(Base)?User$/;
