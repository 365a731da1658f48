/**
 * Calls that write or look up what an account is let in by and what it may do: passwords and roles.
 * @module
 */
import ts from "typescript";
import { bindingOf } from "../../script/script-scope.ts";
import { bare, propertyName } from "../../script/script-syntax.ts";

export const ACCOUNT: RegExp =
  /user|account|member|admin|customer|player|student|person|profile|employee/i;
export const SECRET_WORD: RegExp =
  /^(?:\w*pass(?:word|wd|phrase)?(?:_?(?:hash|digest))?|pwd|(?:pwd|pw)_?hash|hash(?:ed\w*)?|\w*_pass(?:word)?|pin)$/i;
/** The text of a statement, also where a variable holds it. */
export function statementOf(node: ts.CallExpression | ts.NewExpression): string {
  const [first] = node.arguments ?? [];
  if (first === undefined) return "";
  const given = bare(first);
  const binding = ts.isIdentifier(given) ? bindingOf(given) : undefined;
  const made = binding?.kind === "variable" ? binding.node.initializer : undefined;
  return (made ?? given).getText();
}

const SETTER =
  /^(?:(?:update|set|change|reset|save|replace|modify|edit)\w*(?:password|passwd|pwd|credentials)\w*|setPassword|changePassword)$/i;
const UPDATER = /^(?:update\w*|findOneAndUpdate|findByIdAndUpdate|set|upsert|\$?set|patch|merge)$/i;

export function isPasswordSetter(node: ts.CallExpression, name: string): boolean {
  if (
    SETTER.test(name) &&
    // Of clients for others' services: these are tokens.
    name !== "setCredentials" &&
    !/email|mail|link|token|request|page|form|render|error|state|view|schema|valid|visib|show/i.test(
      name,
    )
  )
    return true;
  if (/^(?:query|execute|run|raw|\$executeRaw|exec)$/.test(name)) {
    const text = statementOf(node);
    return /\bupdate\b[\s\S]{0,200}\bset\b[\s\S]{0,200}\bpass/i.test(text);
  }
  if (!UPDATER.test(name)) return false;
  return node.arguments.some((one) => hasKey(bare(one), SECRET_WORD, 0));
}

export const ROLE_WORD: RegExp =
  /^(?:(?:user|account|global|system)?_?roles?|(?:is|has)?_?(?:super)?_?admin|roles?_?ids?|permissions?|permission_?level|access_?level|privileges?|user_?type|account_?type)$/i;

const ROLE_SETTER =
  /^(?:(?:set|add|remove|assign|grant|revoke|update|change|toggle)_?(?:user|member|account)?_?(?:roles?|admin)(?:To(?:User|Member|Account)|Of(?:User|Member))?|(?:promote|demote)_?(?:user|member|account|to_?admin)?|make_?admin)$/i;

/** `User.findByIdAndUpdate(id, { role })`: the first argument of some only says who is meant. */
export function isRoleSetter(node: ts.CallExpression, name: string, owner: string): boolean {
  if (/^(?:query|execute|run|raw|\$executeRaw|exec)$/.test(name)) {
    const text = statementOf(node);
    return /\bupdate\s+\W?\w*(?:user|account|member|admin|customer|employee)s?\b[\s\S]{0,200}\bset\b[^;]{0,200}?\b(?:role|is_?admin|permissions)\w*\W?\s*=/i.test(
      text.replace(/\bwhere\b[\s\S]*/i, ""),
    );
  }
  if (ROLE_SETTER.test(name)) return true;
  if (!UPDATER.test(name) || !ACCOUNT.test(`${owner}.${name}`)) return false;
  const isFiltered = /^(?:findOneAndUpdate|findByIdAndUpdate|updateOne|updateMany)$/.test(name);
  const given = isFiltered ? node.arguments.slice(1) : node.arguments;
  return given.some((one) => hasKey(bare(one), ROLE_WORD, 0, true));
}

/** An account is fetched by name and password in one: whoever finds it has checked both. */
export function isLookupWithPassword(node: ts.CallExpression, name: string): boolean {
  if (/^(?:query|execute|all|get|each|raw|prepare|\$queryRaw)$/.test(name)) {
    const text = statementOf(node);
    return /\bselect\b[\s\S]*\bwhere\b[\s\S]*\bpass/i.test(text);
  }
  if (!/^(?:find|findOne|findFirst|get|where|findUnique|count|first)\w*$/.test(name)) return false;
  return node.arguments.some(
    (one) =>
      hasKey(bare(one), /^(?:password|passwd|pass|pwd)$/i, 0) &&
      !/select|attributes/.test(one.getText().slice(0, 12)),
  );
}

/** Whether an object names a key with a value of its own, here or one or two levels down. */
function hasKey(node: ts.Expression, key: RegExp, depth: number, isFlag = false): boolean {
  if (depth > 3 || !ts.isObjectLiteralExpression(node)) return false;
  return node.properties.some((item) => {
    const name = propertyName(item.name) ?? "";
    if (key.test(name)) {
      if (ts.isShorthandPropertyAssignment(item)) return true;
      if (!ts.isPropertyAssignment(item)) return false;
      const { kind } = bare(item.initializer);
      if (isFlag) return kind !== ts.SyntaxKind.NumericLiteral;
      // { password: false } and { password: 0 } choose columns.
      return (
        kind !== ts.SyntaxKind.FalseKeyword &&
        kind !== ts.SyntaxKind.TrueKeyword &&
        kind !== ts.SyntaxKind.NumericLiteral
      );
    }
    if (/^(?:select|attributes|include|projection|fields)$/.test(name)) return false;
    if (isFlag && /^(?:where|filter|orderBy)$/.test(name)) return false;
    return ts.isPropertyAssignment(item) && hasKey(bare(item.initializer), key, depth + 1, isFlag);
  });
}
