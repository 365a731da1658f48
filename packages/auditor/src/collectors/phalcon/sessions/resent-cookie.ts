/**
 * The session's cookie, sent once more by the application itself: browsers keep the last, with the flags of that one.
 * @module
 */

import type { CookieEvidence, Setting } from "../../../evidence.ts";
import { textOf } from "../../php/php-file.ts";
import { argumentOf } from "../../php/php-walk.ts";
import { type CookieWrite, cookieWrites } from "../code/cookie-writes.ts";
import { isDeletion } from "../code/identity-cookies.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";

/** What PHP sends and what is sent again, the weaker of each; a page may send the first alone. */
export function withResent(phalcon: PhalconApplication, cookie: CookieEvidence): CookieEvidence {
  const again = cookieWrites(phalcon).find(
    (write) => isResent(write, cookie) && !isDeletion(write),
  );
  if (again === undefined) return cookie;
  return {
    ...cookie,
    secure: weaker(cookie.secure, again.secure, "never"),
    httpOnly: weaker(cookie.httpOnly, again.httpOnly, false),
    sameSite: weaker(cookie.sameSite, again.sameSite, "unset"),
    lifetimeSeconds: again.lifetimeSeconds,
  };
}

/** `setcookie(session_name(), session_id(), …)` */
function isResent({ call, name, value }: CookieWrite, cookie: CookieEvidence): boolean {
  const named = argumentOf(call, 0, "name");
  if (named === undefined || value === undefined) return false;
  const isNamed =
    /\bsession_name\(|session->getName\(/i.test(textOf(call.file, named)) ||
    (name !== undefined && name === cookie.name.value);
  return isNamed && /\bsession_id\(|session->getId\(/i.test(textOf(call.file, value));
}

function weaker<T>(first: Setting<T>, second: Setting<T>, weak: T): Setting<T> {
  return second.value === weak && first.value !== weak ? second : first;
}
