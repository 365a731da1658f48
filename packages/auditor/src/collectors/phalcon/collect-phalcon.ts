/**
 * All evidence of one Phalcon application.
 * @module
 */
import type { Evidence } from "../../evidence.ts";
import type { Application, Collector } from "../application.ts";
import type { Tree } from "../tree.ts";
import { collectAccountChanges } from "./account/collect-account-changes.ts";
import { openPhalcon } from "./code/phalcon-application.ts";
import { collectObservations } from "./collect-observations.ts";
import { collectCsrf } from "./requests/collect-csrf.ts";
import { collectSecrets } from "./sessions/collect-secrets.ts";
import { collectSessions } from "./sessions/collect-sessions.ts";
import { collectAuditLog, collectThrottling } from "./sign-in/collect-abuse-signs.ts";
import { collectRememberMe } from "./sign-in/collect-remember-me.ts";
import { signInChanges } from "./sign-in/collect-sign-ins.ts";
import { collectSignOuts } from "./sign-out/collect-sign-outs.ts";

export const collectPhalcon: Collector = (tree: Tree, application: Application): Evidence => {
  const phalcon = openPhalcon(tree, application);
  const { sessions, observations, unsupported } = collectSessions(phalcon, collectSecrets(phalcon));
  const known = {
    root: application.root,
    framework: "phalcon",
    stack: "phalcon",
    versions: application.versions,
    place: phalcon.place,
    sessions,
    unsupported,
    unread: tree.unread,
  } as const;
  // An application that keeps no sessions has nothing to be judged by.
  if (sessions.length === 0) {
    return {
      ...known,
      privilegeChanges: [],
      signOuts: [],
      rememberMe: undefined,
      csrf: undefined,
      throttling: undefined,
      auditLog: undefined,
      observations: [],
    };
  }
  return {
    ...known,
    privilegeChanges: [...signInChanges(phalcon), ...collectAccountChanges(phalcon)],
    signOuts: collectSignOuts(phalcon),
    rememberMe: collectRememberMe(phalcon),
    csrf: collectCsrf(phalcon),
    throttling: collectThrottling(phalcon),
    auditLog: collectAuditLog(phalcon),
    observations: [...observations, ...collectObservations(phalcon)],
  };
};
