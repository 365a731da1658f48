/**
 * What code does to accounts, recognised by what is called and assigned: creation, saving, cookies read.
 * @module
 */
import { child, nameOf, type PhpFile, type PhpNode, textOf } from "../../php/php-file.ts";
import { indexPhp, namedFunctionOf, type PhpCall } from "../../php/php-walk.ts";
import type { Step } from "./trace.ts";

const ACCOUNT = /user|account|member|customer|admin|client|person|profile|employee|staff/i;
const ROLE =
  /^((user|admin|member|staff|account|access|acl|main|primary|site|system|global|app|edu)_?)?roles?(_?(ids?|names?|slug|code|key))?$|^(profiles?_?id|(user_?)?groups?(_?ids?)?|(is_?)?(super_?)?admin|super_?user|is_?(staff|moderator|super_?user)|permissions?|access_?level|user_?(level|type|rank)|level|rank|privileges?)$/i;
const PASSWORD_FIELD =
  /^_?((user|usr|member|admin|account|customer|client|staff|employee|login|new|hashed|encrypted|crypted)_?)?(pass|passwd|passw|password|pwd|pword|passphrase|senha|clave|contrasena|parol|haslo|sifre|mot_?de_?passe)(_?(hash|digest|enc|encrypted|hashed|crypt))?$/i;
/** What holds other things than accounts. */
const NO_ACCOUNT =
  /^(view|tag|config|form|request|response|flash|session|validation|filter|options)$/i;

/** A routine of the database that says that it writes. */
const CHANGING_ROUTINE =
  /\b(?:SELECT|CALL|EXEC(?:UTE)?)\s+(?:[\w.]*_)?(?:change|set|update|reset|insert|delete|remove|create)_(\w+)\s*\(/i;

export function readsCookie({ call, node }: Step): boolean {
  if (call?.form === "method" && (call.name === "get" || call.name === "has")) {
    const target = call.target;
    return /^cookies?$/i.test(nameOf(child(target, "offset")) ?? nameOf(target) ?? "");
  }
  return node.kind === "offsetlookup" && nameOf(child(node, "what")) === "_COOKIE";
}

/** `save()`, `create()`, `update()`, `delete()` of a row; a query that writes. */
export function changesState({ call, file }: Step): boolean {
  if (call === undefined || call.form === "new") return false;
  if (/^(save|create|update|delete|insert|remove_?row|store|persist|flush)$/.test(call.name)) {
    return (
      call.form === "method" &&
      !/^(cookies?|session|cache|view|flash|request|response)$/i.test(holder(call.target))
    );
  }
  if (!/^(execute|executequery|query|exec|insertasdict|updateasdict|prepare)$/.test(call.name))
    return false;
  return call.arguments.some((argument) => {
    const text = textOf(file, argument);
    return /["'\s](INSERT|UPDATE|DELETE|REPLACE)\s/i.test(text) || CHANGING_ROUTINE.test(text);
  });
}

function holder(target: PhpNode | undefined): string {
  return nameOf(child(target, "offset")) ?? nameOf(target) ?? "";
}

/** `new Users([...])` of a model, for which nobody was looked up before. */
export function isUserCreation({ call }: Step): boolean {
  if (call?.form !== "new") return false;
  const short = (call.className ?? "").replace(/^.*\\/, "");
  return (
    ACCOUNT.test(short) &&
    !JOINED.test(short) &&
    !/form|controller|exception|validat|service|event|plugin|provider|repository|change|login|token|log$/i.test(
      short,
    )
  );
}

/** A field of an account is given a value: by assignment, a setter, an array of fields, or a query. */
function setsField(step: Step, field: RegExp): boolean {
  const { node, call } = step;
  if (node.kind === "assign") {
    const left = child(node, "left");
    const what = child(left, "what");
    if (left?.kind !== "propertylookup" || nameOf(what) === "this") return false;
    if (NO_ACCOUNT.test(nameOf(what) ?? holder(what))) return false;
    if (child(node, "right")?.kind === "nullkeyword") return false;
    return field.test(nameOf(child(left, "offset")) ?? "");
  }
  if (call === undefined) return false;
  if (call.form === "method" && call.name.startsWith("set") && call.arguments.length === 1) {
    return (
      field.test(call.name.slice(3)) &&
      call.target?.kind === "variable" &&
      nameOf(call.target) !== "this"
    );
  }
  if (call.form !== "method") return false;
  if (/^(execute\w*|query|exec|prepare|createquery)$/.test(call.name)) return isUpdate(call, field);
  if (!/^(assign|update|updateasdict|save|writeattribute)$/.test(call.name)) return false;
  if (NO_ACCOUNT.test(holder(call.target))) return false;
  return call.arguments.some((argument) =>
    fieldsIn(call.file, argument).some((key) => field.test(key)),
  );
}

/** Names of fields that an argument holds: its own text, keys of an array, or what a variable was filled with. */
function fieldsIn(file: PhpFile, argument: PhpNode): readonly string[] {
  if (argument.kind === "string") return [String(argument.value)];
  if (argument.kind === "array") {
    return [...textOf(file, argument).matchAll(/["'](\w+)["']\s*(?==>|[,\]])/g)].map(
      ([, key = ""]) => key,
    );
  }
  if (argument.kind !== "variable") return [];
  const scope = namedFunctionOf(file, argument);
  return indexPhp(file)
    .assignmentsTo(nameOf(argument) ?? "")
    .filter((each) => namedFunctionOf(file, each) === scope)
    .flatMap((each) => {
      const left = child(each, "left");
      const right = child(each, "right");
      if (left?.kind === "offsetlookup") return String(child(left, "offset")?.value ?? "");
      return right?.kind === "array" ? fieldsIn(file, right) : [];
    });
}

/** `UPDATE accounts SET password = …` */
function isUpdate({ file, arguments: [first] }: PhpCall, field: RegExp): boolean {
  if (first === undefined) return false;
  const made =
    first.kind === "variable"
      ? indexPhp(file)
          .assignmentsTo(nameOf(first) ?? "")
          .filter((each) => namedFunctionOf(file, each) === namedFunctionOf(file, first))
          .map((each) => textOf(file, each))
          .join(" ")
      : textOf(file, first);
  const [, routine] = CHANGING_ROUTINE.exec(made) ?? [];
  if (routine !== undefined && field.test(routine.replace(/^primary_/i, ""))) return true;
  const [, set] = /\bUPDATE\s[^;]{1,200}?\sSET\s([^;]{1,2000})/i.exec(made) ?? [];
  const fields = set?.replace(/\sWHERE\s.*/is, "").matchAll(/([\w.]+)[\]"`]?\s*=/g) ?? [];
  return [...fields].some(([, name = ""]) => field.test(name.replace(/^.*\./, "")));
}

export function setsPassword(step: Step): boolean {
  return setsField(step, PASSWORD_FIELD);
}

export function setsRole(step: Step): boolean {
  return setsField(step, ROLE) || joinsRole(step);
}

const JOINED =
  /^(users?|accounts?|members?|admins?|staff)_?roles?$|^roles?_?(users?|accounts?|members?)$/i;

/** `new UserRoles()` with the id of somebody: a row that joins people to roles, rather than a role. */
function joinsRole({ call, within }: Step): boolean {
  if (call?.form !== "new" || !JOINED.test((call.className ?? "").replace(/^.*\\/, "")))
    return false;
  return /(user|account|member|admin|staff)s?_?id\b/i.test(textOf(within.file, within.node));
}

/** Whether a form's field or a key of the session is somebody's role. */
export function isRoleField(name: string): boolean {
  return ROLE.test(name);
}
