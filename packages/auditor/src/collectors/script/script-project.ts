/**
 * One application's scripts as a whole: who defines a function, who calls it, and what its configuration says.
 * @module
 */
import ts from "typescript";
import type { Tree } from "../tree.ts";
import { serverScripts } from "./browser-code.ts";
import { leavesOut, schemaDefaults } from "./checked-environment.ts";
import type { Evaluator } from "./evaluation.ts";
import { createEvaluator } from "./evaluator.ts";
import { createNameIndex, type NameIndex } from "./name-index.ts";
import { configurationsOf } from "./nest-configuration.ts";
import { environmentOf } from "./script-environment.ts";
import { isScript, parseScript } from "./script-file.ts";
import { importsOf, requiredModule, resolveModule } from "./script-modules.ts";
import { bindingOf, identifiersOf, usesOf } from "./script-scope.ts";
import { bare, type FunctionNode, functionName, isFunctionNode } from "./script-syntax.ts";
import { type ObjectValue, propertyAt, type Value } from "./script-value.ts";
import { settingsOf } from "./settings-files.ts";

/** A name used more often than this is not one function's. */
const MANY_USES = 200;

export interface ScriptProject {
  readonly tree: Tree;
  /** The application's own scripts that its server runs, without tests, in order of names. */
  readonly files: readonly string[];
  readonly evaluator: Evaluator;
  /** Files whose text matches, parsed. */
  filesWith(pattern: RegExp): readonly ts.SourceFile[];
  functionsNamed(name: string): readonly FunctionNode[];
  callsOf(node: ts.Node): readonly (ts.CallExpression | ts.NewExpression)[];
}

/** Code that never runs in production. */
const NOT_SHIPPED =
  /(?:^|\/)(?:tests?|__tests__|__mocks__|spec|e2e|cypress|playwright|fixtures?|mocks?|examples?|docs?|storybook|\.storybook|benchmarks?|node_modules|dist|build|out|\.output|public\/(?:[^/]+\/)*(?:libs?|vendors?|plugins?|components|third-?party))\/|[.-](?:test|spec|e2e|stories|mock|bench)\.[cm]?[jt]sx?$|(?:^|\/)(?:gulpfile|gruntfile|webpack\.[^/]*|rollup\.[^/]*|vite\.config|vitest\.config|jest\.config|karma\.[^/]*|cypress\.[^/]*)\.[cm]?[jt]s$/i;
/**
 * @param root Folder of the application; files below folders that only tests and builds use are left out.
 */
export function createProject(tree: Tree, root: string, all: readonly string[]): ScriptProject {
  const prefix = root === "." ? "" : `${root}/`;
  const files = serverScripts(
    tree,
    root,
    all.filter((file) => isScript(file) && !NOT_SHIPPED.test(file.slice(prefix.length))),
  );
  const names = createNameIndex(tree, files);
  const environment = environmentOf(tree, root, files);
  const named = new Map<string, readonly FunctionNode[]>();
  const callers = new Map<ts.Node, readonly (ts.CallExpression | ts.NewExpression)[]>();
  let defaults: ReadonlyMap<string, Value> | undefined;
  let settings: ObjectValue | "none" | undefined;
  let configurations: ReadonlyMap<string, Value> | undefined;

  const functionsNamed = (name: string): readonly FunctionNode[] => {
    let found = named.get(name);
    if (found === undefined) {
      found = definitionsOf(names, name);
      named.set(name, found);
    }
    return found;
  };
  const callsOf = (node: ts.Node): readonly (ts.CallExpression | ts.NewExpression)[] => {
    let found = callers.get(node);
    if (found === undefined) {
      found = isFunctionNode(node) ? findCalls(tree, names, node) : [];
      callers.set(node, found);
    }
    return found;
  };
  const evaluator = createEvaluator({
    tree,
    root,
    files,
    environment,
    functionsNamed,
    callsOf,
    schemaDefault(name) {
      defaults ??= schemaDefaults(evaluator, files);
      return defaults.get(name);
    },
    isLeftOut(name) {
      return leavesOut(tree, files, name);
    },
    setting(path) {
      if (settings === undefined) {
        settings = "none";
        settings = settingsOf(evaluator, root) ?? "none";
      }
      if (settings !== "none") return propertyAt(settings, path);
      configurations ??= configurationsOf(evaluator, tree, files);
      const [first, ...rest] = path;
      const own = first === undefined ? undefined : configurations.get(first);
      return own && propertyAt(own, rest);
    },
  });
  return {
    tree,
    files,
    evaluator,
    filesWith: (pattern) =>
      files.flatMap((file) => {
        const text = tree.read(file);
        const source =
          text !== undefined && pattern.test(text) ? parseScript(tree, file) : undefined;
        return source === undefined ? [] : [source];
      }),
    functionsNamed,
    callsOf,
  };
}

/** Text that may define a function of that name: cheaper to look for than to parse for. */
function definitionOf(name: string): RegExp {
  const word = name.replaceAll("$", "\\$");
  return new RegExp(
    `(?<![\\w$])${word}\\s*(?:[=:?!]|(?:<[^>]{0,80}>)?\\([^;]{0,400}?\\)\\s*(?::[^{;]{0,80})?\\{)|\\bfunction\\s*\\*?\\s*${word}\\b`,
  );
}

/** Every function that a name is given to, by declaration, method, property or assignment. */
function definitionsOf(names: NameIndex, name: string): FunctionNode[] {
  const found = new Set<FunctionNode>();
  for (const source of names.sourcesWith(name, definitionOf(name))) {
    for (const use of identifiersOf(source, name)) {
      const { parent } = use;
      const isNamed =
        (isFunctionNode(parent) && parent.name === use) ||
        ((ts.isPropertyAssignment(parent) ||
          ts.isPropertyDeclaration(parent) ||
          ts.isVariableDeclaration(parent)) &&
          parent.name === use);
      const made = isNamed
        ? isFunctionNode(parent)
          ? parent
          : functionIn((parent as ts.VariableDeclaration).initializer)
        : assignedTo(use);
      if (made?.body !== undefined) found.add(made);
    }
  }
  return [...found];
}

/** `x.name = function () {}` */
function assignedTo(use: ts.Identifier): FunctionNode | undefined {
  const { parent } = use;
  if (!ts.isPropertyAccessExpression(parent) || parent.name !== use) return undefined;
  const outer = parent.parent;
  if (!ts.isBinaryExpression(outer) || outer.left !== parent) return undefined;
  if (outer.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return undefined;
  return functionIn(outer.right);
}

/** The function in an initial value, also inside a wrapper: `asyncHandler(async (req, res) => …)`. */
export function functionIn(initial: ts.Expression | undefined): FunctionNode | undefined {
  let node = initial && bare(initial);
  for (let depth = 0; depth < 4 && node !== undefined; depth += 1) {
    if (isFunctionNode(node)) return node;
    if (!ts.isCallExpression(node)) return undefined;
    const inner: ts.Expression | undefined = node.arguments.find(
      (one) => isFunctionNode(bare(one)) || ts.isCallExpression(bare(one)),
    );
    node = inner && bare(inner);
  }
  return undefined;
}

function findCalls(
  tree: Tree,
  names: NameIndex,
  node: FunctionNode,
): (ts.CallExpression | ts.NewExpression)[] {
  const found = new Set<ts.CallExpression | ts.NewExpression>();
  const name = ts.isConstructorDeclaration(node)
    ? ts.isClassLike(node.parent)
      ? node.parent.name?.text
      : undefined
    : functionName(node);
  if (name !== undefined && name.length > 1) {
    const uses = names.sourcesWith(name).flatMap((source) => identifiersOf(source, name));
    for (const use of uses.length > MANY_USES ? [] : uses) {
      const call = callThrough(use);
      if (call !== undefined && mayBe(tree, use, node)) found.add(call);
      const other = otherName(use);
      if (other !== undefined && mayBe(tree, use, node)) {
        for (const one of callsOfName(other)) found.add(one);
      }
    }
  }
  for (const call of callsOfModule(tree, names, node)) found.add(call);
  return [...found];
}

/** `const loginAsync = promisify(login)`: the name under which it is called from then on. */
function otherName(use: ts.Identifier): ts.Identifier | undefined {
  const call = use.parent;
  if (!ts.isCallExpression(call) || call.arguments[0] !== use) return undefined;
  if (!/^(?:util\.)?(?:promisify|callbackify)\w*$/.test(call.expression.getText()))
    return undefined;
  const { parent } = call;
  return ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name) ? parent.name : undefined;
}

/** The call that a name is the callee of. */
function callThrough(use: ts.Identifier): ts.CallExpression | ts.NewExpression | undefined {
  const callee: ts.Node =
    ts.isPropertyAccessExpression(use.parent) && use.parent.name === use ? use.parent : use;
  const { parent } = callee;
  const isCall = ts.isCallExpression(parent) || ts.isNewExpression(parent);
  return isCall && parent.expression === callee ? parent : undefined;
}

/** Whether a plain name can be that function: a name declared in the same file must be its own. */
function mayBe(tree: Tree, use: ts.Identifier, node: FunctionNode): boolean {
  if (ts.isPropertyAccessExpression(use.parent)) return !isOfPackage(tree, use.parent);
  const binding = bindingOf(use);
  if (binding === undefined) return false;
  if (binding.kind === "import") return true;
  if (binding.kind === "class")
    return ts.isConstructorDeclaration(node) && binding.node === node.parent;
  if (binding.kind === "function") return binding.node === node;
  if (binding.kind !== "variable") return false;
  return (
    binding.path.length > 0 ||
    binding.node.initializer === undefined ||
    functionIn(binding.node.initializer) === node ||
    requiredModule(bare(binding.node.initializer)) !== undefined
  );
}

/** A method of something that a package exports is not one of ours. */
function isOfPackage(tree: Tree, member: ts.PropertyAccessExpression): boolean {
  const object = bare(member.expression);
  if (!ts.isIdentifier(object)) return false;
  const binding = bindingOf(object);
  const from = object.getSourceFile().fileName;
  const module =
    binding?.kind === "import"
      ? binding.module
      : binding?.kind === "variable" && binding.node.initializer !== undefined
        ? requiredModule(bare(binding.node.initializer))
        : undefined;
  return module !== undefined && resolveModule(tree, from, module) === undefined;
}

/** Calls of a module that is a function: `require("./setup")(app)`, or under the name it was imported by. */
function callsOfModule(
  tree: Tree,
  names: NameIndex,
  node: FunctionNode,
): (ts.CallExpression | ts.NewExpression)[] {
  const own = node.getSourceFile().fileName;
  if (!isWholeModule(node)) return [];
  const base = own.replace(/^.*\//, "").replace(/\.[^.]+$/, "");
  const word = base === "index" ? (own.split("/").at(-2) ?? "index") : base;
  const found: (ts.CallExpression | ts.NewExpression)[] = [];
  for (const source of names.sourcesWith(word)) {
    if (source.fileName === own) continue;
    for (const { specifier, node: at } of importsOf(source)) {
      if (resolveModule(tree, source.fileName, specifier) !== own) continue;
      if (ts.isImportDeclaration(at)) {
        const name = at.importClause?.name;
        if (name !== undefined) found.push(...callsOfName(name));
        continue;
      }
      const { parent } = at;
      if (ts.isCallExpression(parent) && parent.expression === at) found.push(parent);
      if (ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name)) {
        found.push(...callsOfName(parent.name));
      }
    }
  }
  return found;
}

function callsOfName(name: ts.Identifier): (ts.CallExpression | ts.NewExpression)[] {
  const binding = bindingOf(name);
  if (binding === undefined) return [];
  return usesOf(name.text, binding).flatMap((use) => {
    const { parent } = use;
    const isCall =
      (ts.isCallExpression(parent) || ts.isNewExpression(parent)) && parent.expression === use;
    return isCall ? [parent] : [];
  });
}

/** `module.exports = function`, `export default function`. */
function isWholeModule(node: FunctionNode): boolean {
  const { parent } = node;
  if (ts.isExportAssignment(parent)) return true;
  if (ts.isFunctionDeclaration(node)) {
    return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword) ?? false;
  }
  if (ts.isBinaryExpression(parent) && parent.right === node) {
    return /^(?:module\.)?exports\s*=/.test(parent.getText());
  }
  return false;
}
