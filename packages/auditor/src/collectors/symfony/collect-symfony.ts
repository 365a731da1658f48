/**
 * Gathers everything that source and configuration of one Symfony application say about its sessions.
 * @module
 */
import type { Evidence } from "../../evidence.ts";
import type { Application, Collector } from "../application.ts";
import { phpSessionSettings } from "../php/php-settings.ts";
import type { Tree } from "../tree.ts";
import { userChanges } from "./account/user-changes.ts";
import { openApplication, type SymfonyApplication } from "./code/symfony-application.ts";
import { collectObservations } from "./observations.ts";
import { collectCsrf } from "./requests/csrf.ts";
import { nativeSession } from "./sessions/native-session.ts";
import { collectSession, keepsSessions } from "./sessions/session-settings.ts";
import { collectAuditLog } from "./sign-in/audit-log.ts";
import {
  firewallRememberMe,
  firewallSignIns,
  firewallSignOuts,
} from "./sign-in/firewall-sign-ins.ts";
import { handMadeSignIns } from "./sign-in/hand-made-sign-ins.ts";
import { sessionSignIns } from "./sign-in/session-sign-ins.ts";
import { collectThrottling } from "./sign-in/throttling.ts";
import { clientCleanup } from "./sign-out/client-cleanup.ts";

export const collectSymfony: Collector = (tree: Tree, application: Application): Evidence => {
  const app = openApplication(tree, application);
  const found = keepsSessions(app) ? evidenceOf(app) : NOTHING;
  return {
    root: application.root,
    framework: "symfony",
    stack: "symfony",
    versions: versionsOf(application),
    place: { file: application.manifest, line: 1, column: 1 },
    ...found,
    // Last, since reading is what fills it.
    unread: tree.unread.filter(
      ({ file }) => application.root === "." || file.startsWith(`${application.root}/`),
    ),
    unsupported: unsupported(app),
  };
};

type Found = Omit<
  Evidence,
  "root" | "framework" | "stack" | "versions" | "place" | "unread" | "unsupported"
>;

const NOTHING: Found = {
  sessions: [],
  privilegeChanges: [],
  signOuts: [],
  rememberMe: undefined,
  csrf: undefined,
  throttling: undefined,
  auditLog: undefined,
  observations: [],
};

function evidenceOf(app: SymfonyApplication): Found {
  const php = phpSessionSettings(app.tree, app.application, app.code, { place: app.place });
  const session = collectSession(app, php);
  const native = nativeSession(app, php);
  const handMade = handMadeSignIns(app);
  const bySession = sessionSignIns(app);
  const pastFirewalls = bySession.privilegeChanges[0]?.place;
  // Where a provider takes the password, guessing it is not stopped here.
  const byPassword = bySession.privilegeChanges.find(({ kind }) => kind === "password")?.place;
  return {
    sessions: native === undefined ? [session] : [session, native],
    privilegeChanges: [
      ...firewallSignIns(app),
      ...handMade.privilegeChanges,
      ...bySession.privilegeChanges,
      ...userChanges(app, bySession.privilegeChanges.length > 0),
    ],
    signOuts: [...firewallSignOuts(app), ...handMade.signOuts, ...bySession.signOuts],
    rememberMe: firewallRememberMe(app),
    csrf: collectCsrf(app, session.cookie.sameSite.value),
    throttling: collectThrottling(app, byPassword),
    auditLog: collectAuditLog(app, pastFirewalls),
    observations: [...collectObservations(app, php), ...clientCleanup(app, session.cookie)],
  };
}

/** Packages that decide something about sessions. */
const RELEVANT =
  /^(symfony\/(symfony|framework-bundle|security-bundle|security-csrf|security-http|security-guard|http-foundation|form|monolog-bundle|rate-limiter|dotenv)|friendsofsymfony\/user-bundle|lexik\/jwt-authentication-bundle|hwi\/oauth-bundle|nelmio\/security-bundle|snc\/redis-bundle)$/;

function versionsOf({ versions, php }: Application): Record<string, string> {
  const relevant = Object.entries(versions).filter(([name]) => RELEVANT.test(name));
  return { ...Object.fromEntries(relevant), ...(php === undefined ? {} : { php }) };
}

function unsupported({ config, application }: SymfonyApplication): string[] {
  const texts: string[] = [];
  if (config.extension("framework") === undefined) {
    texts.push(
      `${application.root}: no configuration of the framework was found where Symfony looks for it`,
    );
  }
  return texts;
}
