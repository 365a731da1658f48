/**
 * All evidence of one Phalcon application.
 * @module
 */
import type { Evidence } from "../../evidence.ts";
import type { Application, Collector } from "../application.ts";
import type { Tree } from "../tree.ts";
import { collectAuditLog, collectThrottling } from "./collect-abuse-signs.ts";
import { collectAccountChanges } from "./collect-account-changes.ts";
import { collectCsrf } from "./collect-csrf.ts";
import { collectObservations } from "./collect-observations.ts";
import { collectRememberMe } from "./collect-remember-me.ts";
import { collectSecrets } from "./collect-secrets.ts";
import { collectSessions } from "./collect-sessions.ts";
import { signInChanges } from "./collect-sign-ins.ts";
import { collectSignOuts } from "./collect-sign-outs.ts";
import { openPhalcon } from "./phalcon-application.ts";

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
