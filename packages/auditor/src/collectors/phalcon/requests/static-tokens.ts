/**
 * Fixed tokens that stand in for a session: a header or parameter that equals a constant, or a column of the account
 * that no sign-in renews.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { child, nameOf, type PhpFile, type PhpNode, placeOf, textOf } from "../../php/php-file.ts";
import { scalarOf } from "../../php/php-value.ts";
import { indexPhp, namedFunctionOf, type PhpCall, type PhpFunction } from "../../php/php-walk.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { signInPaths } from "../sign-in/collect-sign-ins.ts";

const MAX = 5;
const REMEDY =
  "Issue a token at each sign-in, keep a hash of it with an end, and delete it when the person signs out.";
const TOKEN =
  /^(authorization|(x[-_])?(auth|access|api|admin|user)?[-_]?(token|key)|secret|pass(word)?)$/i;
/** Calls between servers, and what signs links rather than people in. */
const OTHERS =
  /webhook|hook|notif|callback|ipn|cron|deploy|health|csrf|xsrf|captcha|reset|confirm|activat|verif|invit|unsubscribe|install|remember|payment|metrics|queue|worker/i;
const READS = /^(getheader|getquery|getpost|get|getput)$/;

export function staticTokens(phalcon: PhalconApplication): readonly Observation[] {
  if (signInPaths(phalcon).length === 0) return [];
  return [...constants(phalcon), ...columns(phalcon), ...guards(phalcon)].slice(0, MAX);
}

/** `$this->request->getHeader("X-Api-Key") === "…"` where people are let in. */
function constants(phalcon: PhalconApplication): readonly Observation[] {
  return phalcon.code.files.flatMap((file) => {
    if (!/getHeader|getQuery|getPost|_GET|_SERVER|->get\(/.test(file.text)) return [];
    const equalities = indexPhp(file)
      .ofKind("bin")
      .filter(({ type }) => /^[!=]==?$/.test(String(type)))
      .map((node) => ({ node, sides: [child(node, "left"), child(node, "right")] }));
    const compared = indexPhp(file)
      .calls.filter(({ form, name }) => form === "function" && name === "hash_equals")
      .map(({ node, arguments: [left, right] }) => ({ node, sides: [left, right] }));
    return [...equalities, ...compared].flatMap(({ node, sides }): readonly Observation[] => {
      const within = namedFunctionOf(file, node);
      if (within === undefined || !letsIn(within) || isOther(within)) return [];
      const given = sides.findIndex((side) => side !== undefined && isGiven(phalcon, file, side));
      const fixed = given === -1 ? undefined : sides[1 - given];
      const what = fixed === undefined ? undefined : fixedBy(phalcon, file, fixed);
      if (what === undefined) return [];
      return [
        {
          topic: "static-tokens",
          place: placeOf(file, node),
          kind: "fault",
          value: what,
          what: `A request is let in because what it sends equals ${what}, which is the same for everybody and for ever`,
          remedy: REMEDY,
        },
      ];
    });
  });
}

/** By its name, a function decides who may come in. */
function letsIn({ name = "" }: PhpFunction): boolean {
  return /^(beforeexecuteroute|beforedispatch|beforehandleroute|beforehandlerequest|call)$|auth|log_?in|sign_?in|identity|is_?(allowed|admin|logged)|check_?(access|token|key)|guard|permission/i.test(
    name,
  );
}

function isOther({ name = "", of, file }: PhpFunction): boolean {
  return OTHERS.test(
    `${name} ${of?.name?.replace(/^.*\\/, "") ?? ""} ${file.file.replace(/^.*\//, "")}`,
  );
}

function isGiven(phalcon: PhalconApplication, file: PhpFile, node: PhpNode, depth = 0): boolean {
  if (depth > 2) return false;
  if (node.kind === "variable") {
    const scope = namedFunctionOf(file, node);
    const assigned = indexPhp(file)
      .assignmentsTo(nameOf(node) ?? "")
      .filter((each) => namedFunctionOf(file, each) === scope);
    const right = assigned.length === 1 ? child(assigned[0], "right") : undefined;
    return right !== undefined && isGiven(phalcon, file, right, depth + 1);
  }
  const call = indexPhp(file).callAt(node);
  return call !== undefined && readsToken(phalcon, call);
}

function readsToken(phalcon: PhalconApplication, call: PhpCall): boolean {
  const [first] = call.arguments;
  const target = call.target === undefined ? "" : textOf(call.file, call.target);
  if (first === undefined || !READS.test(call.name) || !/request$|getRequest\(\)$/i.test(target))
    return false;
  const name = scalarOf(phalcon.evaluate(call.file, first));
  return typeof name === "string" && TOKEN.test(name);
}

function fixedBy(phalcon: PhalconApplication, file: PhpFile, node: PhpNode): string | undefined {
  const value = phalcon.evaluate(file, node);
  if (value.kind === "environment") return "a variable of the environment";
  return value.kind === "known" && typeof value.value === "string" && value.value.length >= 6
    ? "a constant"
    : undefined;
}

/** `Users::findFirstByApiToken($this->request->getHeader("X-Token"))`, and no sign-in gives the account another. */
function columns(phalcon: PhalconApplication): readonly Observation[] {
  return phalcon.code.calls.flatMap((call): readonly Observation[] => {
    if (call.form !== "static" || !/^findfirst/.test(call.name)) return [];
    if (
      !/user|account|member|customer|admin|people|person|client/i.test(
        (call.className ?? "").replace(/^.*\\/, ""),
      )
    )
      return [];
    if (/token|session|device/i.test((call.className ?? "").replace(/^.*\\/, ""))) return [];
    const within = namedFunctionOf(call.file, call.node);
    if (within === undefined || isOther(within)) return [];
    const text = call.arguments.map((argument) => textOf(call.file, argument)).join(" ");
    const column =
      /^findfirstby((?:api|access|auth)?_?(?:token|key))$/.exec(call.name)?.[1] ??
      /\b((?:api|access|auth)_?(?:token|key)|token)\s*=/i.exec(text)?.[1];
    if (column === undefined || isRenewed(phalcon, column)) return [];
    const isSent = call.arguments.some(
      (argument) => isGiven(phalcon, call.file, argument) || sendsToken(phalcon, call, argument),
    );
    if (!isSent) return [];
    return [
      {
        topic: "static-tokens",
        place: placeOf(call.file, call.node),
        kind: "fault",
        value: `the column "${column}"`,
        what: `A request is let in by a column of the account, "${column}", which no sign-in renews`,
        remedy: REMEDY,
      },
    ];
  });
}

/** A token from the request stands somewhere in the argument, or in a variable of it. */
function sendsToken(phalcon: PhalconApplication, { file }: PhpCall, argument: PhpNode): boolean {
  const start = argument.loc?.start.offset ?? 0;
  const end = argument.loc?.end.offset ?? 0;
  const within = ({ loc }: PhpNode): boolean =>
    (loc?.start.offset ?? -1) >= start && (loc?.end.offset ?? -1) <= end;
  const nodes = [
    ...indexPhp(file).ofKind("variable"),
    ...indexPhp(file).calls.map(({ node }) => node),
  ];
  return nodes.some((node) => within(node) && isGiven(phalcon, file, node));
}

function isRenewed(phalcon: PhalconApplication, column: string): boolean {
  const plain = column.replaceAll("_", "").toLowerCase();
  return signInPaths(phalcon).some(({ steps }) =>
    steps.some(({ node, call, file }) => {
      const left = node.kind === "assign" ? child(node, "left") : undefined;
      const field = nameOf(child(left, "offset")) ?? "";
      if (field.replaceAll("_", "").toLowerCase() === plain) return true;
      return (
        call !== undefined &&
        /^(assign|update|save|execute|query|set\w+)$/.test(call.name) &&
        textOf(file, node).replaceAll("_", "").toLowerCase().includes(plain)
      );
    }),
  );
}

/** The framework's guard of tokens looks an account up by a column. */
function guards(phalcon: PhalconApplication): readonly Observation[] {
  const [made] = phalcon.code
    .usesOfClass("Phalcon\\Auth\\Guard\\Token")
    .filter(({ form }) => form === "new");
  if (made === undefined || isRenewed(phalcon, "api_token")) return [];
  return [
    {
      topic: "static-tokens",
      place: placeOf(made.file, made.node),
      kind: "fault",
      value: "a column of the account",
      what: "Phalcon's token guard lets a request in by a column of the account, which no sign-in renews",
      origin: {
        kind: "default",
        of: "Phalcon\\Auth\\Guard\\Token",
        place: placeOf(made.file, made.node),
      },
      remedy: REMEDY,
    },
  ];
}
