/**
 * What code does to accounts, recognised by what is called and assigned: creation, saving, cookies read.
 * @module
 */
import { child, nameOf, type PhpNode } from "../../php/php-file.ts";
import { type Step, textOf } from "./trace.ts";

const ACCOUNT = /user|account|member|customer|admin|client|person|profile|employee|staff/i;
const ROLE =
  /^(roles?|role_?id|roles_?id|profiles?_?id|user_?role|groups?|group_?id|groups_?id|is_?admin|admin|permissions?|access_?level|user_?level|level|user_?type|privileges?)$/i;
const PASSWORD_FIELD = /^(user_?)?(pass|passwd|password|pwd|password_?hash|senha)$/i;

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
  return call.arguments.some((argument) =>
    /["'\s](INSERT|UPDATE|DELETE|REPLACE)\s/i.test(textOf(file, argument)),
  );
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
    !/form|controller|exception|validat|service|event|plugin|provider|repository|change|login|token|log$/i.test(
      short,
    )
  );
}

/** A field of an account is given a value: by assignment, a setter, `assign([...])` or `update([...])`. */
function setsField(step: Step, field: RegExp): boolean {
  const { node, call, file } = step;
  if (node.kind === "assign") {
    const left = child(node, "left");
    if (left?.kind !== "propertylookup" || nameOf(child(left, "what")) === "this") return false;
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
  if (!["assign", "update", "save", "writeattribute"].includes(call.name) || call.form !== "method")
    return false;
  return call.arguments.some((argument) => {
    if (argument.kind === "string") return field.test(String(argument.value));
    return (
      argument.kind === "array" &&
      [...textOf(file, argument).matchAll(/["'](\w+)["']\s*(=>|[,\]])/g)].some((match) =>
        field.test(match[1] ?? ""),
      )
    );
  });
}

export function setsPassword(step: Step): boolean {
  return setsField(step, PASSWORD_FIELD);
}

export function setsRole(step: Step): boolean {
  return setsField(step, ROLE);
}
