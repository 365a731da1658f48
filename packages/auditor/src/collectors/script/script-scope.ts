/**
 * What a name stands for where it is used: the declaration it is bound to, within one file.
 * @module
 */
import ts from "typescript";
import { nodesOf } from "./script-file.ts";
import { isFunctionNode, propertyName } from "./script-syntax.ts";

export type Binding =
  | {
      readonly kind: "variable";
      readonly node: ts.VariableDeclaration;
      /** Where in the initial value: `["cookie", "name"]` of `const { cookie: { name } } = …`. */
      readonly path: readonly string[];
      /** Default of the destructured name. */
      readonly fallback: ts.Expression | undefined;
    }
  | {
      readonly kind: "parameter";
      readonly node: ts.ParameterDeclaration;
      readonly path: readonly string[];
      readonly fallback: ts.Expression | undefined;
    }
  | { readonly kind: "function"; readonly node: ts.FunctionDeclaration }
  | { readonly kind: "class"; readonly node: ts.ClassLikeDeclaration }
  | { readonly kind: "enum"; readonly node: ts.EnumDeclaration }
  | {
      readonly kind: "import";
      readonly node: ts.Node;
      readonly module: string;
      /** `"default"`, `"*"`, or the exported name. */
      readonly name: string;
    };

interface FileScopes {
  readonly scopes: ReadonlyMap<ts.Node, ReadonlyMap<string, Binding>>;
  readonly uses: ReadonlyMap<string, readonly ts.Identifier[]>;
}

const known = new WeakMap<ts.SourceFile, FileScopes>();

function scopesOf(source: ts.SourceFile): FileScopes {
  const found = known.get(source);
  if (found !== undefined) return found;
  const scopes = new Map<ts.Node, Map<string, Binding>>();
  const uses = new Map<string, ts.Identifier[]>();
  const declare = (scope: ts.Node, name: string, binding: Binding): void => {
    const names = scopes.get(scope) ?? new Map<string, Binding>();
    if (!names.has(name)) names.set(name, binding);
    scopes.set(scope, names);
  };
  for (const node of nodesOf(source)) {
    if (ts.isIdentifier(node)) {
      const list = uses.get(node.text);
      if (list === undefined) uses.set(node.text, [node]);
      else list.push(node);
    } else declareNode(node, declare);
  }
  const made: FileScopes = { scopes, uses };
  known.set(source, made);
  return made;
}

type Declare = (scope: ts.Node, name: string, binding: Binding) => void;

function declareNode(node: ts.Node, declare: Declare): void {
  if (ts.isVariableDeclaration(node)) {
    const isBlock = (ts.getCombinedNodeFlags(node) & ts.NodeFlags.BlockScoped) !== 0;
    const scope = isBlock ? blockAround(node) : functionScopeAround(node);
    for (const { name, path, fallback } of namesOf(node.name, [])) {
      declare(scope, name, { kind: "variable", node, path, fallback });
    }
  } else if (ts.isParameter(node)) {
    for (const { name, path, fallback } of namesOf(node.name, [])) {
      declare(node.parent, name, { kind: "parameter", node, path, fallback });
    }
  } else if (ts.isFunctionDeclaration(node) && node.name !== undefined) {
    declare(blockAround(node), node.name.text, { kind: "function", node });
  } else if (ts.isClassDeclaration(node) && node.name !== undefined) {
    declare(blockAround(node), node.name.text, { kind: "class", node });
  } else if (ts.isEnumDeclaration(node)) {
    declare(blockAround(node), node.name.text, { kind: "enum", node });
  } else if (ts.isImportDeclaration(node)) declareImport(node, declare);
  else if (ts.isImportEqualsDeclaration(node)) {
    const reference = node.moduleReference;
    if (!ts.isExternalModuleReference(reference)) return;
    if (!ts.isStringLiteralLike(reference.expression)) return;
    const module = reference.expression.text;
    declare(node.getSourceFile(), node.name.text, {
      kind: "import",
      node,
      module,
      name: "default",
    });
  }
}

function declareImport(node: ts.ImportDeclaration, declare: Declare): void {
  if (!ts.isStringLiteralLike(node.moduleSpecifier)) return;
  const module = node.moduleSpecifier.text;
  const source = node.getSourceFile();
  const clause = node.importClause;
  if (clause?.name !== undefined) {
    declare(source, clause.name.text, { kind: "import", node: clause, module, name: "default" });
  }
  const bindings = clause?.namedBindings;
  if (bindings === undefined) return;
  if (ts.isNamespaceImport(bindings)) {
    declare(source, bindings.name.text, { kind: "import", node: bindings, module, name: "*" });
    return;
  }
  for (const element of bindings.elements) {
    const name = (element.propertyName ?? element.name).text;
    declare(source, element.name.text, { kind: "import", node: element, module, name });
  }
}

function* namesOf(
  name: ts.BindingName,
  path: readonly string[],
): Generator<{ name: string; path: readonly string[]; fallback: ts.Expression | undefined }> {
  if (ts.isIdentifier(name)) {
    const fallback = ts.isBindingElement(name.parent) ? name.parent.initializer : undefined;
    yield { name: name.text, path, fallback };
    return;
  }
  for (const [index, element] of name.elements.entries()) {
    if (ts.isOmittedExpression(element)) continue;
    if (element.dotDotDotToken !== undefined) {
      // What is left over is the whole as far as we are concerned.
      yield* namesOf(element.name, path);
      continue;
    }
    const key = ts.isArrayBindingPattern(name)
      ? String(index)
      : propertyName(element.propertyName ?? element.name);
    yield* namesOf(element.name, [...path, key ?? "[]"]);
  }
}

function blockAround(node: ts.Node): ts.Node {
  let at = node.parent;
  while (!isScope(at)) at = at.parent;
  return at;
}

function functionScopeAround(node: ts.Node): ts.Node {
  let at = node.parent;
  while (!ts.isSourceFile(at) && !isFunctionNode(at) && !ts.isModuleBlock(at)) at = at.parent;
  return at;
}

function isScope(node: ts.Node): boolean {
  return (
    ts.isSourceFile(node) ||
    ts.isBlock(node) ||
    ts.isModuleBlock(node) ||
    ts.isCaseBlock(node) ||
    ts.isForStatement(node) ||
    ts.isForInStatement(node) ||
    ts.isForOfStatement(node) ||
    ts.isCatchClause(node) ||
    isFunctionNode(node)
  );
}

/** What a name is bound to at a place; `undefined` for globals. */
export function bindingOf(name: ts.Identifier): Binding | undefined {
  return lookUp(name.text, name);
}

/** The same for a name that is not written there. */
function lookUp(name: string, from: ts.Node): Binding | undefined {
  const { scopes } = scopesOf(from.getSourceFile());
  for (let at: ts.Node | undefined = from; at !== undefined; at = at.parent) {
    const binding = scopes.get(at)?.get(name);
    if (binding !== undefined) return binding;
    // A named function expression knows itself.
    if (ts.isFunctionExpression(at) && at.name?.text === name) return undefined;
  }
  return undefined;
}

const usesByBinding = new WeakMap<Binding, Map<string, readonly ts.Identifier[]>>();

/** Every place in the file where the name of a binding is written, its declaration included. */
export function usesOf(name: string, binding: Binding): readonly ts.Identifier[] {
  const known = usesByBinding.get(binding) ?? new Map<string, readonly ts.Identifier[]>();
  usesByBinding.set(binding, known);
  let found = known.get(name);
  if (found === undefined) {
    const { uses } = scopesOf(binding.node.getSourceFile());
    found = (uses.get(name) ?? []).filter((use) => bindingOf(use) === binding);
    known.set(name, found);
  }
  return found;
}

/** Every identifier of that text in a file, whatever it stands for. */
export function identifiersOf(source: ts.SourceFile, name: string): readonly ts.Identifier[] {
  return scopesOf(source).uses.get(name) ?? [];
}
