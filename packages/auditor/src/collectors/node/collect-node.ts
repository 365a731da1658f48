/**
 * Evidence of one Node application.
 * @module
 */
import type { Evidence, PresenceEvidence, SessionEvidence } from "../../evidence.ts";
import type { Application, Collector } from "../application.ts";
import { SESSION_COOKIE_NAMES } from "../script/raw-session-cookie.ts";
import { placeOf } from "../script/script-file.ts";
import { createProject, type ScriptProject } from "../script/script-project.ts";
import type { Tree } from "../tree.ts";
import { accountDisabling } from "./account/account-disabling.ts";
import { concurrentSessions } from "./account/concurrent-sessions.ts";
import { credentialChangesOf } from "./account/credential-change.ts";
import { freshAuthentication } from "./account/fresh-authentication.ts";
import { sessionOverview } from "./account/session-overview.ts";
import { ownCookiesOf } from "./code/own-cookie.ts";
import { ownTokenCookie } from "./code/own-token.ts";
import { observationsOf } from "./observe.ts";
import { OTHER_SESSION_LIBRARIES } from "./packages/packages.ts";
import { oldVersions } from "./packages/weak-versions.ts";
import { csrfOf } from "./requests/csrf.ts";
import { deviceBinding } from "./requests/device-binding.ts";
import { withOpenGets } from "./requests/open-gets.ts";
import { rawIds } from "./requests/raw-ids.ts";
import { safeMethods } from "./requests/safe-methods.ts";
import { staticTokens } from "./requests/static-tokens.ts";
import { stolenSessionSignals } from "./requests/stolen-session-signals.ts";
import { tokenVerification } from "./requests/token-verification.ts";
import { websocketSessions } from "./requests/websocket-sessions.ts";
import { sessionsOf, stackOf } from "./sessions/collect-sessions.ts";
import { expiredRecords } from "./sessions/expired-records.ts";
import { findSetUps } from "./sessions/find-setups.ts";
import { ownCookieSession } from "./sessions/own-cookie-session.ts";
import { withOwnExpiry } from "./sessions/own-expiry.ts";
import { passportOf } from "./sessions/passport.ts";
import { periodicRotation } from "./sessions/periodic-rotation.ts";
import { prolongedCookies, withProlonged } from "./sessions/prolonged-cookie.ts";
import { absoluteTimeouts, eagerSessions } from "./sessions/session-lifetime.ts";
import { sessionReferences } from "./sessions/session-references.ts";
import { auditLogOf } from "./sign-in/audit-log.ts";
import { federatedSessions } from "./sign-in/federated-sessions.ts";
import type { SignIn } from "./sign-in/found-sign-in.ts";
import type { LibrarySignIn } from "./sign-in/library-events.ts";
import { librarySignIn } from "./sign-in/library-sign-in.ts";
import { otherSignIns } from "./sign-in/other-sign-in.ts";
import { ownCookieSignIns, withOwnCookie } from "./sign-in/own-cookie-sign-in.ts";
import { rememberMeOf } from "./sign-in/remember-me.ts";
import { sessionPuzzling } from "./sign-in/session-puzzling.ts";
import { signInsOf } from "./sign-in/sign-in.ts";
import { throttlingOf } from "./sign-in/throttling.ts";
import { clientCleanup } from "./sign-out/client-cleanup.ts";
import { logoutMethods } from "./sign-out/logout-method.ts";
import { ownCookieSignOuts } from "./sign-out/own-cookie-sign-out.ts";
import { signOutsOf } from "./sign-out/sign-out.ts";

export const collectNode: Collector = (tree: Tree, application: Application): Evidence => {
  const { root, versions, files, manifest } = application;
  const project = createProject(tree, root, files);
  const place = { file: manifest, line: 1, column: 1 };
  const setUps = findSetUps(project, versions);
  const prolonged = prolongedCookies(project);
  // A token beside the sessions of a library is for something else.
  const own = setUps.length === 0 ? ownCookiesOf(project, versions) : [];
  const sessions =
    own.length > 0
      ? own.map(ownCookieSession)
      : withOwnExpiry(project, withProlonged(sessionsOf(setUps), prolonged, placeOf));
  const base = {
    root,
    framework: "node" as const,
    stack: stackOf(setUps),
    versions,
    place,
    sessions,
  };
  const unread = tree.unread.filter(({ file }) => files.includes(file));
  if (sessions.length === 0) {
    return { ...base, ...NOTHING, unread, unsupported: unsupportedIn(project, versions, false) };
  }
  const passport = passportOf(versions);
  const isOwn = own.length > 0;
  const signIns = isOwn ? ownCookieSignIns(own) : signInsOf(project, passport);
  const asked = [...signIns, ...otherSignIns(project, signIns)];
  const changes = withOwnCookie(credentialChangesOf(project, passport), own);
  const signOuts = isOwn ? ownCookieSignOuts(own) : signOutsOf(project, passport, setUps, sessions);
  const library = librarySignIn(
    setUps,
    sessions.every(({ isStateless }) => isStateless),
  );
  const open = safeMethods(project);
  return {
    ...base,
    privilegeChanges: [
      ...(library?.changes ?? []),
      ...signIns.map(({ change }) => change),
      ...changes.map(({ change }) => change),
    ],
    signOuts: [...(library?.signOuts ?? []), ...signOuts.map(({ signOut }) => signOut)],
    rememberMe: library?.rememberMe ?? rememberMeOf(project, sessions, prolonged),
    csrf:
      library?.csrf ??
      withOpenGets(
        csrfOf(
          project,
          sessions,
          signIns.map(({ change }) => change),
        ),
        open,
      ),
    throttling: throttling(project, asked, library),
    auditLog: auditLogOf(project, asked) ?? library?.auditLog,
    observations: [
      ...oldVersions(versions, place),
      ...observationsOf(project, versions, cookieNames(isOwn ? [] : sessions)),
      ...setUps.flatMap(eagerSessions),
      ...absoluteTimeouts(project, setUps, sessions),
      ...logoutMethods(project, signOuts),
      ...freshAuthentication(project, changes),
      ...clientCleanup(project, sessions, signOuts),
      ...open,
      ...sessionOverview(project),
      ...accountDisabling(project, signIns),
      ...tokenVerification(project, versions),
      ...websocketSessions(project, sessions),
      ...sessionPuzzling(project),
      ...setUps.flatMap((setUp) => [
        ...sessionReferences(
          setUp,
          sessions.find(({ place: at }) => at === setUp.place),
        ),
        ...expiredRecords(project, setUp),
      ]),
      ...rawIds(project),
      ...staticTokens(project),
      ...periodicRotation(project, setUps),
      ...concurrentSessions(project, setUps),
      ...federatedSessions(project, versions, setUps, signIns),
      ...stolenSessionSignals(project),
      ...deviceBinding(project),
    ],
    unread,
    unsupported: unsupportedIn(project, versions, true),
  };
};

const NOTHING = {
  privilegeChanges: [],
  signOuts: [],
  rememberMe: undefined,
  csrf: undefined,
  throttling: undefined,
  auditLog: undefined,
  observations: [],
} as const;

function cookieNames(sessions: readonly SessionEvidence[]): ReadonlySet<string> {
  const own = sessions.flatMap(({ cookie }) => cookie.name.value || []);
  return new Set([...SESSION_COOKIE_NAMES, ...own]);
}

/** A limiter of the application's own counts for the library's sign-in too. */
function throttling(
  project: ScriptProject,
  signIns: readonly SignIn[],
  library: LibrarySignIn | undefined,
): PresenceEvidence | undefined {
  return throttlingOf(project, signIns) ?? library?.throttling;
}

function unsupportedIn(
  project: ScriptProject,
  versions: Readonly<Record<string, string>>,
  hasSessions: boolean,
): readonly string[] {
  const others = OTHER_SESSION_LIBRARIES.filter((name) => versions[name] !== undefined).map(
    (name) => `${name} ${versions[name] ?? ""} keeps sessions in a way that is not understood here`,
  );
  const token = hasSessions ? undefined : ownTokenCookie(project);
  return token === undefined ? others : [...others, token];
}
