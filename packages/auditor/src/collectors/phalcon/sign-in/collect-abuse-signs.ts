/**
 * What slows down guessing at the sign-in, and what is recorded of it.
 * @module
 */
import type { AuditLogEvidence, Place, PresenceEvidence } from "../../../evidence.ts";
import { child, nameOf, type PhpFile, type PhpNode, textOf } from "../../php/php-file.ts";
import { scalarOf } from "../../php/php-value.ts";
import { ancestorsOf, isInside, type PhpCall, walkPhp } from "../../php/php-walk.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import type { Step } from "../code/trace.ts";
import { placeOfStep, signInPaths } from "./collect-sign-ins.ts";
import type { SignInPath } from "./sign-in-path.ts";

const LIMITS =
  /throttl|rate_?limit|limiter|captcha|brute_?force|too_?many|max_?(login_?)?(attempt|tries|trial)|(login|failed|wrong|bad)_?(login_?)?(attempt|tries|trial|count)|attempts?_?(left|remaining|count)|block(ed)?_?until|lock(ed)?_?(until|out)|account_?lock|ban_?ip|ip_?ban/i;
const WAITS: ReadonlySet<string> = new Set(["sleep", "usleep", "time_nanosleep"]);

export function collectThrottling(phalcon: PhalconApplication): PresenceEvidence | undefined {
  const paths = passwordPaths(phalcon);
  const [first] = paths.length > 0 ? paths : signInPaths(phalcon);
  if (first === undefined) return undefined;
  // Somebody else asks for the password, and counts.
  if (signInPaths(phalcon).every(({ change }) => change.kind === "single-sign-on"))
    return undefined;
  for (const { steps, entry } of paths) {
    const waits = steps.find(({ call }) => call?.form === "function" && WAITS.has(call.name));
    if (waits !== undefined) {
      return {
        present: true,
        place: placeOfStep(waits),
        why: "Failed sign-ins are answered later and later.",
      };
    }
    const named = steps.find((step) => mentionsLimit(step) || refuses(phalcon, step));
    if (named !== undefined) {
      return {
        present: true,
        place: placeOfStep(named),
        why: "The sign-in counts attempts or asks for proof of a person.",
      };
    }
    const inForm = steps.find(
      ({ call }) => call?.form === "new" && formMentionsLimit(phalcon, call.className),
    );
    if (inForm !== undefined) {
      return {
        present: true,
        place: placeOfStep(inForm),
        why: `The form of ${entry.name ?? "the sign-in"} asks for a captcha.`,
      };
    }
  }
  const server = serverLimit(phalcon);
  if (server !== undefined)
    return { present: true, place: server, why: "The web server limits requests." };
  const { place } = first.change;
  return { present: false, place, why: "Nothing counts, slows or blocks repeated sign-ins." };
}

function passwordPaths(phalcon: PhalconApplication): readonly SignInPath[] {
  return signInPaths(phalcon).filter(({ change }) => change.kind === "password");
}

/** Names in code, not in comments: what is called, made, read or assigned. */
function mentionsLimit({ call, node, file, within, operation }: Step): boolean {
  if (operation?.key !== undefined && LIMITS.test(operation.key)) return true;
  if (LIMITS.test(within.name ?? "")) return true;
  if (call !== undefined) {
    return (
      LIMITS.test(call.name) ||
      LIMITS.test((call.className ?? "").replace(/^.*\\/, "")) ||
      LIMITS.test(nameOf(child(call.target, "offset")) ?? "") ||
      countsUnderKey(call)
    );
  }
  if (node.kind === "assign")
    return LIMITS.test(nameOf(child(child(node, "left"), "offset")) ?? "");
  return (
    node.kind === "bin" &&
    namesIn(node).some((name) => LIMITS.test(name)) &&
    textOf(file, node).length < 300
  );
}

/** `$redis->incr("wrong_logins:" . $address)`: what is counted stands in the key. */
function countsUnderKey({ name, form, file, arguments: [key] }: PhpCall): boolean {
  if (form !== "method" || key === undefined) return false;
  if (!/^(incr(by|ement)?|hincrby|get|exists|has|set|setex|save|expire)$/.test(name)) return false;
  const words = [...textOf(file, key).matchAll(/["']([^"']*)["']/g)].map(([, word = ""]) => word);
  return words.some((word) => LIMITS.test(word.replaceAll(/[-.:\s]/g, "_")));
}

/** The answer "too many requests", or a count of attempts that is held against a number. */
function refuses(phalcon: PhalconApplication, { call, node, file }: Step): boolean {
  if (call !== undefined) {
    const [first] = call.arguments;
    const isStatus = /^(setstatuscode|http_response_code)$/.test(call.name);
    return isStatus && first !== undefined && scalarOf(phalcon.evaluate(file, first)) === 429;
  }
  if (node.kind !== "bin" || !/^[<>]=?$/.test(String(node.type))) return false;
  const sides = [child(node, "left"), child(node, "right")].flatMap((side) => side ?? []);
  const limit = sides.findIndex(
    (side) => typeof scalarOf(phalcon.evaluate(file, side)) === "number",
  );
  const counted = limit === -1 ? undefined : sides[1 - limit];
  return counted !== undefined && namesIn(counted).some((name) => COUNTED.test(name));
}

const COUNTED = /attempt|tries$|fail(ed|ure)|strikes/i;

function namesIn(node: PhpNode): readonly string[] {
  const names: string[] = [];
  walkPhp(node, (below) => {
    if (below.kind === "identifier" || below.kind === "variable") names.push(nameOf(below) ?? "");
    return undefined;
  });
  return names;
}

function formMentionsLimit(phalcon: PhalconApplication, className: string | undefined): boolean {
  const form = className === undefined ? undefined : phalcon.code.classNamed(className);
  if (form?.parent === undefined || !/form/i.test(form.parent)) return false;
  return namesIn(form.node).some((name) => /captcha/i.test(name));
}

function serverLimit(phalcon: PhalconApplication): Place | undefined {
  for (const file of phalcon.application.files) {
    if (!/\.conf$/.test(file)) continue;
    for (const [index, line] of (phalcon.tree.read(file) ?? "").split("\n").entries()) {
      if (/^\s*limit_req\s/.test(line)) return { file, line: index + 1, column: 1 };
    }
  }
  return undefined;
}

const LOGS =
  /^(log|info|notice|warning|warn|error|alert|critical|debug|emergency|write|record|audit|track\w*|log\w+)$/;
const LOGGERS = /log(ger)?$|audit|syslog|monolog|activity/i;
const RECORDS =
  /(success|fail(ed|ure)?|login|auth|audit|activity|access|sign_?in).*(log|login|attempt|history|record|event|trail|entr)|(log|history|audit|attempt).*(login|auth|user|sign_?in)|success_?logins?|failed_?logins?|audit_?(log|trail)?s?$|login_?(log|histor|attempt|record|event)|^(user_?)?logins?$|^(access|auth|security)_?logs?$/i;
const FAILURE =
  /fail|wrong|invalid|incorrect|denied|bad|throttl|attempt|unknown|not_?found|reject|brute|falha/i;
const SUCCESS = /success|logged_?in|signed_?in|login_?ok|authenticated|last_?login|sucesso/i;

export function collectAuditLog(phalcon: PhalconApplication): AuditLogEvidence | undefined {
  const all = signInPaths(phalcon);
  const paths = passwordPaths(phalcon);
  const [first] = paths.length > 0 ? paths : all;
  if (first === undefined) return undefined;
  const records = paths.flatMap((path) =>
    path.steps.filter(isRecord).map((step) => ({ step, isFailure: isFailure(path, step), path })),
  );
  const failure = records.find(({ isFailure: failed }) => failed);
  const success = records.find(({ isFailure: failed }) => !failed);
  const { place } = first.change;
  return {
    success:
      success === undefined
        ? { present: false, place, why: "A sign-in that succeeds leaves no record." }
        : {
            present: true,
            place: placeOfStep(success.step),
            why: "A sign-in that succeeds is recorded.",
          },
    failure:
      failure === undefined
        ? { present: false, place, why: "A sign-in that fails leaves no record." }
        : {
            present: true,
            place: placeOfStep(failure.step),
            why: "A sign-in that fails is recorded.",
          },
  };
}

/** A line to a log, or a row of its own; flashing a message to the visitor is none. */
function isRecord({ call }: Step): boolean {
  if (call === undefined) return false;
  if (call.form === "new")
    return (
      RECORDS.test((call.className ?? "").replace(/^.*\\/, "")) &&
      !/form$/i.test(call.className ?? "")
    );
  // A line about something else, on the way, is no record of the sign-in.
  const isAboutIt =
    /log_?in|log_?on|sign|auth|user|attempt|passw|credential|account|\bip\b|senha/i.test(
      textOf(call.file, call.node).replace(/^.*?->/, ""),
    );
  if (call.form === "function")
    return isAboutIt && (call.name === "error_log" || call.name === "syslog");
  const holder =
    nameOf(child(call.target, "offset")) ??
    nameOf(call.target) ??
    String((call.target?.arguments as readonly PhpNode[] | undefined)?.[0]?.value ?? "");
  const short = holder.replace(/^.*\\/, "");
  if (
    /^(add|save|create|insert|store|record|register|track|write|log|count_?up|increment)\w*$/.test(
      call.name,
    ) &&
    RECORDS.test(short)
  )
    return true;
  return isAboutIt && LOGS.test(call.name) && LOGGERS.test(holder.replace(/^.*\\/, ""));
}

/** By what it says, else by whether it stands where the sign-in does not lead. */
function isFailure({ write }: SignInPath, step: Step): boolean {
  const { call, within, file, node } = step;
  const isApart = within.node !== write.within.node;
  const said = [
    (call?.className ?? "").replace(/^.*\\/, ""),
    isApart ? (within.name ?? "") : "",
    call?.form === "new" ? "" : textOf(file, node).slice(0, 300),
    // `createOrFail()` says what becomes of the record, and not of the sign-in.
  ]
    .join(" ")
    .replaceAll(/or_?fail\b/gi, "");
  if (FAILURE.test(said)) return true;
  if (SUCCESS.test(said)) return false;
  const level = step.trail.findIndex((at, index) => at.node !== write.trail[index]?.node);
  const at = step.trail[level];
  const other = write.trail[level];
  if (at === undefined || other === undefined) return false;
  return branchesOf(at.file, at.node).some((branch) => !isInside(other.node, branch));
}

/** Branches around a node: bodies of conditions, and what follows an exception. */
function branchesOf(file: PhpFile, node: PhpNode): readonly PhpNode[] {
  let below = node;
  const branches: PhpNode[] = [];
  for (const above of ancestorsOf(file, node)) {
    if (["function", "method"].includes(above.kind)) break;
    if (above.kind === "if" && below !== child(above, "test")) branches.push(below);
    if (above.kind === "catch") branches.push(above);
    below = above;
  }
  return branches;
}
