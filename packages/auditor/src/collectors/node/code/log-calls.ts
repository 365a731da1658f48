/**
 * Calls that write a log: of a logger, of an audit trail, of a table kept for the purpose.
 * @module
 */
import ts from "typescript";
import { bare } from "../../script/script-syntax.ts";
import { statementOf } from "./account-writes.ts";

const LOGGERS =
  /(?:^|\.)(?:console|\w*log(?:ger|ging|s)?|winston|pino|bunyan|log4js|debug|signale|audit\w*|\w*Audit\w*|\w*Logger|sentry|events?Log)$/i;
const LOG_METHODS =
  /^(?:log|info|warn|warning|error|debug|notice|audit|trace|verbose|success|logInfo|logWarn|logError|logEvent|write|record|emit)$/i;

/** Records of who signed in or did what, by what keeps them: `AuditLog.create(…)`, `auditLogHandler.promises.addEntry(…)`. */
const KEEPS_RECORDS =
  /(?:^|\.)\w*(?:audit\w*|(?:activity|login|sign_?in|access|security|event|auth)_?(?:logs?|history|records?|events?|entr(?:y|ies)|trail)(?:model|repository|repo|service|handler|collection|manager)?)(?:\(\))?(?:\.promises)?$/i;
const RECORDS = /^(?:create\w*|insert\w*|add\w*|save\w*|append\w*|push|put)$/i;

const STATES = /^(?:query|execute|run|raw|\$executeRaw)$/;
const INTO_LOG =
  /\binsert\s+into\s+\W?(?:\w*audit\w*|\w*_?logs?|\w*(?:login|sign_?in|security|auth|access)_?(?:history|events?|attempts?|records?))\b/i;

/** Whether a call writes into a log that is kept for the purpose. */
export function isRecordKept(node: ts.CallExpression | ts.NewExpression): boolean {
  const callee = bare(node.expression);
  if (ts.isPropertyAccessExpression(callee) && STATES.test(callee.name.text)) {
    return INTO_LOG.test(statementOf(node));
  }
  return (
    ts.isPropertyAccessExpression(callee) &&
    KEEPS_RECORDS.test(callee.expression.getText()) &&
    RECORDS.test(callee.name.text)
  );
}

export function isLogger(owner: string, name: string): boolean {
  if (/^log(?:Info|Warn|Error|Event|Notice|Audit|Security|Activity|Action|Debug)$/.test(name))
    return true;
  if (owner !== "") return LOGGERS.test(owner.replace(/\(.*\)$/, "")) && LOG_METHODS.test(name);
  return /^(?:log(?:Event|Audit|Login\w*|Security\w*|Activity|Info|Warn|Error)?|audit(?:Log)?|logger|createLog|addLog|writeLog|recordLogin\w*|saveLog\w*|debug)$/i.test(
    name,
  );
}
