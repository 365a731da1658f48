/**
 * Requests that change something and are answered by files in their place: route handlers and API pages of
 * Next, which no code registers.
 * @module
 */
import ts from "typescript";
import { nodesOf } from "../../script/script-file.ts";
import { functionIn, type ScriptProject } from "../../script/script-project.ts";
import type { FunctionNode } from "../../script/script-syntax.ts";
import { flowOf } from "../code/flow.ts";
import type { Route } from "../code/routes.ts";

const ROUTE_FILE = /(?:^|\/)app\/(?:.*\/)?route\.[cm]?[jt]sx?$/;
const API_PAGE = /(?:^|\/)pages\/api\/.*\.[cm]?[jt]sx?$/;
const UNSAFE = /^(?:POST|PUT|PATCH|DELETE)$/;
/** Answered by the library, or called by machines that carry no cookie. */
const NOT_OURS = /\[\.\.\.(?:nextauth|auth|all)\]|webhook|\/hooks?\/|\/cron\b|stripe|callback/i;
/** Opens the session that the cookie carries. */
const OPENS =
  /^(?:getServerSession|unstable_getServerSession|getServerAuthSession|getSession|getToken|getIronSession|withIronSession\w*|withSession\w*|auth|getAuth|currentUser|requireAuth|requireUser|getCurrentUser)$/;

export function unsafeFileRoutes(project: ScriptProject): readonly Route[] {
  const found: Route[] = [];
  for (const source of project.filesWith(
    /["'](?:POST|PUT|PATCH|DELETE)["']|\b(?:POST|PUT|PATCH|DELETE)\b/,
  )) {
    const { fileName: path } = source;
    if (NOT_OURS.test(path)) continue;
    const handlers = ROUTE_FILE.test(path)
      ? exportedMethods(source)
      : API_PAGE.test(path)
        ? apiPage(source)
        : [];
    for (const { method, node } of handlers) {
      if (opensSession(project, source, node)) found.push({ method, path, node, handlers: [] });
    }
  }
  return found;
}

interface Found {
  readonly method: string;
  readonly node: FunctionNode;
}

function exportedMethods(source: ts.SourceFile): readonly Found[] {
  return source.statements.flatMap((one): Found[] => {
    const isExported =
      ts.canHaveModifiers(one) &&
      (ts.getModifiers(one) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (!isExported) return [];
    if (ts.isFunctionDeclaration(one)) {
      const method = one.name?.text ?? "";
      return UNSAFE.test(method) ? [{ method, node: one }] : [];
    }
    if (!ts.isVariableStatement(one)) return [];
    return one.declarationList.declarations.flatMap(({ name, initializer }) => {
      const method = name.getText();
      const node = UNSAFE.test(method) ? functionIn(initializer) : undefined;
      return node === undefined ? [] : [{ method, node }];
    });
  });
}

/** One function answers every method, and asks which it is. */
function apiPage(source: ts.SourceFile): readonly Found[] {
  const method = /["'](POST|PUT|PATCH|DELETE)["']/.exec(source.text)?.[1];
  if (method === undefined) return [];
  for (const node of nodesOf(source)) {
    const isDefault =
      ts.isFunctionDeclaration(node) &&
      (node.modifiers ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);
    if (isDefault) return [{ method, node }];
    if (!ts.isExportAssignment(node)) continue;
    const own = functionIn(node.expression) ?? namedIn(source, node.expression);
    return own === undefined ? [] : [{ method, node: own }];
  }
  return [];
}

/** `export default withSession(handler)`: the function of the file by that name. */
function namedIn(source: ts.SourceFile, expression: ts.Expression): FunctionNode | undefined {
  const names = new Set(
    [expression, ...nodesOf(expression)].flatMap((one) => (ts.isIdentifier(one) ? [one.text] : [])),
  );
  for (const node of nodesOf(source)) {
    if (ts.isFunctionDeclaration(node) && names.has(node.name?.text ?? "")) return node;
    if (ts.isVariableDeclaration(node) && names.has(node.name.getText())) {
      const own = functionIn(node.initializer);
      if (own !== undefined) return own;
    }
  }
  return undefined;
}

function opensSession(project: ScriptProject, source: ts.SourceFile, node: FunctionNode): boolean {
  const { words } = flowOf(project, node);
  if ([...words].some((word) => OPENS.test(word))) return true;
  return /\b(?:withIronSession\w*|withSession\w*|withAuth\w*)\s*\(/.test(source.text);
}
