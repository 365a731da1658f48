/**
 * Updates of an account by everything that a request carries: whatever its validators or its DTO let through
 * is changed, the password and the role among it.
 * @module
 */
import ts from "typescript";
import { nodesOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bindingOf, identifiersOf } from "../../script/script-scope.ts";
import {
  bare,
  calleeName,
  chainOf,
  type FunctionNode,
  functionAround,
} from "../../script/script-syntax.ts";
import { ACCOUNT } from "../code/account-writes.ts";
import { handlerOf } from "../code/call-targets.ts";
import { routesTo } from "../code/routes.ts";

const UPDATES = /^(?:update|patch|edit|save|modify|change|findByIdAndUpdate|findOneAndUpdate)\w*$/i;
const BODY = /^(?:(?:req|request|ctx(?:\.request)?|event)\.)?body$/;
const PASSWORD = /^(?:password|passwd|pwd|passwordHash|newPassword|hashedPassword)$/i;
const ROLE = /^(?:roles?|isAdmin|is_admin|userRole|roleId|permissions)$/i;

/** What an update by a whole body may change of an account; nothing if it is no such update. */
export function wholeUpdate(
  project: ScriptProject,
  node: ts.CallExpression,
): "password-set" | "role-set" | undefined {
  const name = calleeName(node) ?? "";
  if (!UPDATES.test(name) || !ACCOUNT.test(node.expression.getText())) return undefined;
  const handler = functionAround(node);
  if (handler === undefined) return undefined;
  const body = node.arguments.map((one) => bare(one)).find((one) => isBody(one, 0));
  if (body === undefined) return undefined;
  const taken = takenBy(project, handler, body);
  if (taken.some((word) => PASSWORD.test(word))) return "password-set";
  return taken.some((word) => ROLE.test(word)) ? "role-set" : undefined;
}

/** `req.body`, a variable that is it, `{ $set: req.body }`, `{ ...req.body }`, and a parameter with `@Body()`. */
function isBody(node: ts.Expression, depth: number): boolean {
  const text = chainOf(node)?.join(".");
  if (text !== undefined && text !== "body" && BODY.test(text)) return true;
  if (ts.isObjectLiteralExpression(node)) {
    return node.properties.some((item) =>
      ts.isSpreadAssignment(item)
        ? isBody(bare(item.expression), depth + 1)
        : ts.isPropertyAssignment(item) &&
          /^["']?(?:\$set|data)["']?$/.test(item.name.getText()) &&
          isBody(bare(item.initializer), depth + 1),
    );
  }
  if (!ts.isIdentifier(node) || depth > 3) return false;
  const binding = bindingOf(node);
  if (binding?.kind === "parameter") return /@Body\(\s*\)/.test(binding.node.getText());
  if (binding?.kind !== "variable") return false;
  const { initializer } = binding.node;
  if (initializer === undefined) return false;
  return binding.path.length === 0
    ? isBody(bare(initializer), depth + 1)
    : binding.path.length === 1 &&
        binding.path[0] === "body" &&
        /^(?:req|request|ctx)/.test(initializer.getText());
}

/** Names of what the body may hold, as validators, DTOs and the handler itself name them. */
function takenBy(
  project: ScriptProject,
  handler: FunctionNode,
  body: ts.Expression,
): readonly string[] {
  const dto = ts.isIdentifier(body) ? bindingOf(body) : undefined;
  if (dto?.kind === "parameter" && dto.node.type !== undefined) {
    return fieldsOfClass(project, dto.node.type.getText(), 0);
  }
  const before = routesTo(project, handler)
    .flatMap(({ handlers }) => handlers)
    .filter((one) => handlerOf(project, one) !== handler);
  return [...before.flatMap((one) => validatedBy(project, one)), ...setInBody(handler)];
}

/** Texts in a validator: `[body("password").optional()]`, `validate(schema)`. */
function validatedBy(project: ScriptProject, argument: ts.Expression): readonly string[] {
  const words: string[] = [];
  const seen = new Set<ts.Node>();
  const visit = (node: ts.Node, depth: number): void => {
    if (depth > 3 || seen.has(node)) return;
    seen.add(node);
    for (const inner of nodesOf(node)) {
      if (ts.isStringLiteralLike(inner)) words.push(inner.text);
      if (ts.isPropertyAssignment(inner)) words.push(inner.name.getText().replace(/["']/g, ""));
      if (ts.isIdentifier(inner) && !ts.isPropertyAccessExpression(inner.parent)) {
        const made = initialOf(project, inner);
        if (made !== undefined) visit(made, depth + 1);
      }
    }
  };
  visit(argument, 0);
  return words;
}

/** What a variable is made from, here or in the file that it comes from. */
function initialOf(project: ScriptProject, use: ts.Identifier): ts.Node | undefined {
  const binding = bindingOf(use);
  if (binding?.kind === "variable") return binding.node.initializer;
  if (binding?.kind !== "import" || !/valid|schema|fields|rules|check/i.test(use.text)) {
    return undefined;
  }
  for (const source of project.filesWith(new RegExp(`\\b${use.text}\\b\\s*[=:]`))) {
    for (const one of identifiersOf(source, use.text)) {
      const { parent } = one;
      if (ts.isVariableDeclaration(parent) && parent.name === one) return parent.initializer;
    }
  }
  return undefined;
}

/** `req.body.password = await hash(req.body.password)` before the update: it is meant to change. */
function setInBody(handler: FunctionNode): readonly string[] {
  const words: string[] = [];
  for (const node of nodesOf(handler)) {
    if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.EqualsToken) {
      continue;
    }
    const left = bare(node.left);
    if (!ts.isPropertyAccessExpression(left) || !isBody(bare(left.expression), 0)) continue;
    const isRemoved = /^(?:undefined|null|""|'')$/.test(node.right.getText());
    if (!isRemoved) words.push(left.name.text);
  }
  return words;
}

/** Fields of a class of the application, those of its parents included: `PartialType(CreateUserDto)`. */
function fieldsOfClass(project: ScriptProject, type: string, depth: number): readonly string[] {
  const name = /^(?:Partial<)?([A-Z]\w*)>?$/.exec(type)?.[1];
  if (name === undefined || depth > 4) return [];
  for (const source of project.filesWith(new RegExp(`\\bclass ${name}\\b`))) {
    for (const use of identifiersOf(source, name)) {
      const around = use.parent;
      if (!ts.isClassDeclaration(around) || around.name !== use) continue;
      const own = around.members.flatMap((one) =>
        ts.isPropertyDeclaration(one) ? [one.name.getText()] : [],
      );
      const heritage = around.heritageClauses?.[0]?.getText() ?? "";
      // OmitType(CreateUserDto, ["password"] as const) takes fields away.
      const omitted = /OmitType\([^[]*\[([^\]]*)\]/.exec(heritage)?.[1] ?? "";
      const picked = /PickType\([^[]*\[([^\]]*)\]/.exec(heritage)?.[1];
      const parents = [...heritage.matchAll(/\b([A-Z]\w*)\b/g)].map(([, one]) => one ?? "");
      const inherited = parents
        .filter((one) => !/Type$/.test(one) && one !== name)
        .flatMap((one) => fieldsOfClass(project, one, depth + 1))
        .filter((one) => !omitted.includes(one) && (picked === undefined || picked.includes(one)));
      return [...own, ...inherited];
    }
  }
  return [];
}

/** Files that may hold such an update. */
export const MAY_TAKE_WHOLE: RegExp = /\bbody\b|@Body\(/;
