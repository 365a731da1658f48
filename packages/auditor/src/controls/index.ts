/**
 * Every control, in the order in which reports show them. Folder, id and entry have one name; a test compares.
 * @module
 */

import { absoluteTimeout } from "./absolute-timeout/absolute-timeout.ts";
import { accountDisabling } from "./account-disabling/account-disabling.ts";
import { auditLogging } from "./audit-logging/audit-logging.ts";
import { clientCleanup } from "./client-cleanup/client-cleanup.ts";
import { concurrentSessions } from "./concurrent-sessions/concurrent-sessions.ts";
import type { Control } from "./control.ts";
import { cookieHttpOnly } from "./cookie-httponly/cookie-httponly.ts";
import { cookieLifetime } from "./cookie-lifetime/cookie-lifetime.ts";
import { cookieName } from "./cookie-name/cookie-name.ts";
import { cookiePrefix } from "./cookie-prefix/cookie-prefix.ts";
import { cookieSameSite } from "./cookie-samesite/cookie-samesite.ts";
import { cookieScope } from "./cookie-scope/cookie-scope.ts";
import { cookieSecure } from "./cookie-secure/cookie-secure.ts";
import { crossOriginReads } from "./cross-origin-reads/cross-origin-reads.ts";
import { csrf } from "./csrf/csrf.ts";
import { deadSetting } from "./dead-setting/dead-setting.ts";
import { debugInProduction } from "./debug-in-production/debug-in-production.ts";
import { deserialization } from "./deserialization/deserialization.ts";
import { deviceBinding } from "./device-binding/device-binding.ts";
import { eagerSessions } from "./eager-sessions/eager-sessions.ts";
import { encryptionAtRest } from "./encryption-at-rest/encryption-at-rest.ts";
import { expiredData } from "./expired-data/expired-data.ts";
import { federatedSessions } from "./federated-sessions/federated-sessions.ts";
import { freshAuthentication } from "./fresh-authentication/fresh-authentication.ts";
import { gcTimeout } from "./gc-timeout/gc-timeout.ts";
import { hardcodedSecret } from "./hardcoded-secret/hardcoded-secret.ts";
import { idEntropy } from "./id-entropy/id-entropy.ts";
import { idInUrl } from "./id-in-url/id-in-url.ts";
import { idValidation } from "./id-validation/id-validation.ts";
import { idsAtRest } from "./ids-at-rest/ids-at-rest.ts";
import { loginThrottling } from "./login-throttling/login-throttling.ts";
import { logoutDestroy } from "./logout-destroy/logout-destroy.ts";
import { logoutMethod } from "./logout-method/logout-method.ts";
import { nativeSessionFunctions } from "./native-session-functions/native-session-functions.ts";
import { periodicRotation } from "./periodic-rotation/periodic-rotation.ts";
import { proxyTrust } from "./proxy-trust/proxy-trust.ts";
import { regenerateLogin } from "./regenerate-login/regenerate-login.ts";
import { regenerateLoginOrder } from "./regenerate-login-order/regenerate-login-order.ts";
import { regeneratePasswordChange } from "./regenerate-password-change/regenerate-password-change.ts";
import { regenerateRoleChange } from "./regenerate-role-change/regenerate-role-change.ts";
import { rememberMe } from "./remember-me/remember-me.ts";
import { rememberMeCookie } from "./remember-me-cookie/remember-me-cookie.ts";
import { resurrection } from "./resurrection/resurrection.ts";
import { safeMethods } from "./safe-methods/safe-methods.ts";
import { sessionApi } from "./session-api/session-api.ts";
import { sessionCaching } from "./session-caching/session-caching.ts";
import { sessionData } from "./session-data/session-data.ts";
import { sessionOverview } from "./session-overview/session-overview.ts";
import { sessionPolicy } from "./session-policy/session-policy.ts";
import { sessionPuzzling } from "./session-puzzling/session-puzzling.ts";
import { staticTokens } from "./static-tokens/static-tokens.ts";
import { stolenSessionSignals } from "./stolen-session-signals/stolen-session-signals.ts";
import { storageHandler } from "./storage-handler/storage-handler.ts";
import { storeAccess } from "./store-access/store-access.ts";
import { strictMode } from "./strict-mode/strict-mode.ts";
import { supportedVersion } from "./supported-version/supported-version.ts";
import { tokenExposure } from "./token-exposure/token-exposure.ts";
import { tokenInLog } from "./token-in-log/token-in-log.ts";
import { tokenVerification } from "./token-verification/token-verification.ts";
import { transportSecurity } from "./transport-security/transport-security.ts";
import { webStorage } from "./web-storage/web-storage.ts";
import { websocketSessions } from "./websocket-sessions/websocket-sessions.ts";

export const controls: readonly Control[] = [
  cookieSecure,
  cookieHttpOnly,
  cookieSameSite,
  cookieName,
  cookieLifetime,
  cookiePrefix,
  cookieScope,
  strictMode,
  idEntropy,
  idValidation,
  regenerateLogin,
  regenerateLoginOrder,
  regeneratePasswordChange,
  regenerateRoleChange,
  periodicRotation,
  freshAuthentication,
  accountDisabling,
  sessionPuzzling,
  federatedSessions,
  logoutDestroy,
  logoutMethod,
  clientCleanup,
  resurrection,
  storageHandler,
  encryptionAtRest,
  idsAtRest,
  gcTimeout,
  absoluteTimeout,
  expiredData,
  sessionPolicy,
  hardcodedSecret,
  tokenVerification,
  staticTokens,
  rememberMe,
  rememberMeCookie,
  csrf,
  crossOriginReads,
  safeMethods,
  websocketSessions,
  loginThrottling,
  auditLogging,
  sessionOverview,
  concurrentSessions,
  stolenSessionSignals,
  nativeSessionFunctions,
  sessionApi,
  eagerSessions,
  proxyTrust,
  idInUrl,
  transportSecurity,
  tokenExposure,
  tokenInLog,
  debugInProduction,
  webStorage,
  sessionData,
  sessionCaching,
  supportedVersion,
  deadSetting,
  storeAccess,
  deserialization,
  deviceBinding,
];

/** What single files show, whatever the others say: the check for every commit. */
export const everydayControls: readonly Control[] = [nativeSessionFunctions, sessionApi];
