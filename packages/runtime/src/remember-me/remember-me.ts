/**
 * Remember-me: a browser comes back without signing in, by a cookie of its own. A secret is used once and
 * then replaced; one that is used again later shows that two hold copies, and ends what came from it.
 * @module
 */
import type { RememberMe } from "../companions.ts";
import type { Core } from "../engine/core.ts";
import type { RememberMeOptions } from "./remember-options.ts";
import { resolveRememberMe } from "./remember-options.ts";
import { rememberSteps } from "./steps.ts";

export type { RememberMe } from "../companions.ts";
export type { DeviceNotice } from "./notice.ts";
export { NOTICE } from "./notice.ts";
export type { RememberMeOptions } from "./remember-options.ts";

/**
 * For `createSessions({ rememberMe: rememberMe({ level: "remembered" }) })`; then
 * `signIn(subject, { level, remember: true })` remembers the browser.
 *
 * @throws {SessionError} HOLDFAST_OPTION, with every fault at once.
 * @see ASVS 5.0, 7.1.1 and 7.4.3; CWE-613
 */
export function rememberMe(options: RememberMeOptions): RememberMe {
  const resolved = resolveRememberMe(options);
  const { level, absoluteTimeoutSeconds } = resolved;
  return Object.freeze({
    level,
    absoluteTimeoutSeconds,
    attach: (core: Core) => rememberSteps(core, resolved),
  } satisfies RememberMe);
}
