/**
 * How files of one application find each other: imports, requires, and what each module exports.
 * Nothing is resolved out of the tree; a package is only a name.
 * @module
 */
import { posix } from "node:path";
import ts from "typescript";
import type { Tree } from "../tree.ts";
import { nodesOf, parseScript } from "./script-file.ts";
import { bare, chainOf, propertyName } from "./script-syntax.ts";

const ENDINGS = ["", ".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json"];

/** What a module gives to others: by name, the expression or declaration behind it. */
export interface ModuleExports {
  readonly named: ReadonlyMap<string, ts.Node>;
  /** `export * from "./x"` and `module.exports = { ...require("./x") }`: where else a name may be. */
  readonly stars: readonly string[];
  /** Names handed on from another module: `export { a as b } from "./x"`. */
  readonly passed: ReadonlyMap<string, { readonly module: string; readonly name: string }>;
}

interface Aliases {
  readonly base: string;
  readonly paths: readonly {
    readonly prefix: string;
    readonly suffix: string;
    readonly targets: readonly string[];
  }[];
}

const exportsByFile = new WeakMap<ts.SourceFile, ModuleExports>();
const aliasesByTree = new WeakMap<Tree, Map<string, Aliases | undefined>>();

/** The file in the tree that a specifier names, or `undefined` for a package or a file that is not there. */
export function resolveModule(tree: Tree, from: string, specifier: string): string | undefined {
  const folder = posix.dirname(from);
  if (specifier.startsWith("."))
    return onDisk(tree, posix.normalize(posix.join(folder, specifier)));
  if (specifier.startsWith("/")) return onDisk(tree, specifier.slice(1));
  for (let at = folder; ; at = posix.dirname(at)) {
    const found = aliased(tree, at, specifier);
    if (found !== undefined) return found;
    if (at === "." || at === "") break;
  }
  // `#lib/x` of package.json's imports, and the usual short forms, tried where a project keeps its code.
  const short = /^(?:@|~|#|src)\/(.+)$/.exec(specifier) ?? /^#(.+)$/.exec(specifier);
  if (short?.[1] === undefined) return undefined;
  for (let at = folder; ; at = posix.dirname(at)) {
    for (const base of [at, posix.join(at, "src")]) {
      const found = onDisk(tree, posix.normalize(posix.join(base, short[1])));
      if (found !== undefined) return found;
    }
    if (at === "." || at === "") return undefined;
  }
}

function onDisk(tree: Tree, path: string): string | undefined {
  if (path.startsWith("..")) return undefined;
  const clean = path.replace(/^\.\//, "").replace(/\/$/, "");
  for (const ending of ENDINGS) if (tree.has(clean + ending)) return clean + ending;
  // TypeScript's sources name the output: "./x.js" is x.ts.
  const source = clean.replace(/\.([cm]?)jsx?$/, ".$1ts");
  if (source !== clean) {
    for (const candidate of [source, `${source}x`]) if (tree.has(candidate)) return candidate;
  }
  const index = clean === "." || clean === "" ? "index" : `${clean}/index`;
  for (const ending of ENDINGS.slice(1)) if (tree.has(index + ending)) return index + ending;
  return undefined;
}

function aliased(tree: Tree, folder: string, specifier: string): string | undefined {
  const aliases = aliasesOf(tree, folder);
  if (aliases === undefined) return undefined;
  for (const { prefix, suffix, targets } of aliases.paths) {
    if (!specifier.startsWith(prefix) || !specifier.endsWith(suffix)) continue;
    const middle = specifier.slice(prefix.length, specifier.length - suffix.length);
    for (const target of targets) {
      const path = posix.join(aliases.base, target.replace("*", middle));
      const found = onDisk(tree, posix.normalize(path));
      if (found !== undefined) return found;
    }
  }
  return onDisk(tree, posix.normalize(posix.join(aliases.base, specifier)));
}

/** `baseUrl` and `paths` of the folder's tsconfig.json or jsconfig.json. */
function aliasesOf(tree: Tree, folder: string): Aliases | undefined {
  let known = aliasesByTree.get(tree);
  if (known === undefined) {
    known = new Map();
    aliasesByTree.set(tree, known);
  }
  if (known.has(folder)) return known.get(folder);
  let aliases: Aliases | undefined;
  for (const name of [
    "tsconfig.json",
    "tsconfig.app.json",
    "tsconfig.base.json",
    "jsconfig.json",
  ]) {
    const text = tree.read(posix.normalize(posix.join(folder, name)));
    if (text === undefined) continue;
    const { config } = ts.parseConfigFileTextToJson(name, text) as {
      config?: { compilerOptions?: { baseUrl?: unknown; paths?: unknown } };
    };
    const { baseUrl, paths } = config?.compilerOptions ?? {};
    if (typeof baseUrl !== "string" && (typeof paths !== "object" || paths === null)) continue;
    aliases = {
      base: posix.join(folder, typeof baseUrl === "string" ? baseUrl : "."),
      paths: Object.entries(paths ?? {}).flatMap(([pattern, targets]) => {
        const [prefix = "", suffix = ""] = pattern.split("*");
        const list = Array.isArray(targets) ? targets.filter((one) => typeof one === "string") : [];
        return [{ prefix, suffix, targets: list }];
      }),
    };
    break;
  }
  known.set(folder, aliases);
  return aliases;
}

/** The string a `require` or dynamic `import` is called with, if it is written out. */
export function requiredModule(node: ts.Node): string | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const callee = bare(node.expression);
  const isRequire = ts.isIdentifier(callee) && callee.text === "require";
  if (!isRequire && callee.kind !== ts.SyntaxKind.ImportKeyword) return undefined;
  const [argument] = node.arguments;
  return argument !== undefined && ts.isStringLiteralLike(argument) ? argument.text : undefined;
}

/** A module that a file names, and where: an import declaration, or the call of `require` or `import`. */
export interface ModuleImport {
  readonly specifier: string;
  readonly node: ts.Node;
}

const importsByFile = new WeakMap<ts.SourceFile, readonly ModuleImport[]>();

/** Every module that a file imports or requires. */
export function importsOf(source: ts.SourceFile): readonly ModuleImport[] {
  let found = importsByFile.get(source);
  if (found === undefined) {
    found = [...nodesOf(source)].flatMap((node): ModuleImport[] => {
      const isImport = ts.isImportDeclaration(node) && ts.isStringLiteralLike(node.moduleSpecifier);
      const specifier = isImport
        ? (node.moduleSpecifier as ts.StringLiteralLike).text
        : requiredModule(node);
      return specifier === undefined ? [] : [{ specifier, node }];
    });
    importsByFile.set(source, found);
  }
  return found;
}

/** What a file exports, in either module system. */
export function exportsOf(source: ts.SourceFile): ModuleExports {
  const found = exportsByFile.get(source);
  if (found !== undefined) return found;
  const named = new Map<string, ts.Node>();
  const stars: string[] = [];
  const passed = new Map<string, { module: string; name: string }>();
  for (const statement of source.statements) exportStatement(statement, named, stars, passed);
  for (const node of nodesOf(source)) commonExport(node, named, stars);
  const made = { named, stars, passed };
  exportsByFile.set(source, made);
  return made;
}

function exportStatement(
  node: ts.Statement,
  named: Map<string, ts.Node>,
  stars: string[],
  passed: Map<string, { module: string; name: string }>,
): void {
  if (ts.isExportAssignment(node)) named.set("default", node.expression);
  else if (ts.isExportDeclaration(node)) {
    const from = node.moduleSpecifier;
    const module = from !== undefined && ts.isStringLiteralLike(from) ? from.text : undefined;
    if (node.exportClause === undefined) {
      if (module !== undefined) stars.push(module);
      return;
    }
    if (ts.isNamespaceExport(node.exportClause)) {
      if (module !== undefined) passed.set(node.exportClause.name.text, { module, name: "*" });
      return;
    }
    for (const element of node.exportClause.elements) {
      const inner = element.propertyName ?? element.name;
      if (module !== undefined) passed.set(element.name.text, { module, name: inner.text });
      else named.set(element.name.text, inner);
    }
  } else if (ts.canHaveModifiers(node) && isExported(node)) {
    const isDefault = ts
      .getModifiers(node)
      ?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);
    if (
      ts.isFunctionDeclaration(node) ||
      ts.isClassDeclaration(node) ||
      ts.isEnumDeclaration(node)
    ) {
      const name = isDefault ? "default" : node.name?.text;
      if (name !== undefined) named.set(name, node);
    } else if (ts.isVariableStatement(node)) {
      for (const { name } of node.declarationList.declarations) {
        if (ts.isIdentifier(name)) named.set(name.text, name);
        else {
          for (const element of name.elements) {
            if (!ts.isBindingElement(element) || !ts.isIdentifier(element.name)) continue;
            named.set(element.name.text, element.name);
          }
        }
      }
    }
  }
}

function isExported(node: ts.HasModifiers): boolean {
  return ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}

/** `module.exports = …`, `exports.x = …`, `module.exports.x = …`. */
function commonExport(node: ts.Node, named: Map<string, ts.Node>, stars: string[]): void {
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return;
  const chain = chainOf(node.left);
  if (chain === undefined) return;
  const rest = chain[0] === "module" && chain[1] === "exports" ? chain.slice(2) : chain.slice(1);
  if (chain[0] !== "exports" && !(chain[0] === "module" && chain[1] === "exports")) return;
  // exports = module.exports = …
  let value = bare(node.right);
  while (ts.isBinaryExpression(value) && value.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
    value = bare(value.right);
  }
  if (rest.length === 1 && rest[0] !== undefined) named.set(rest[0], value);
  if (rest.length > 0) return;
  named.set("default", value);
  if (!ts.isObjectLiteralExpression(value)) return;
  for (const property of value.properties) {
    const name = propertyName(property.name);
    if (ts.isPropertyAssignment(property) && name !== undefined)
      named.set(name, property.initializer);
    else if (ts.isShorthandPropertyAssignment(property))
      named.set(property.name.text, property.name);
    else if (ts.isMethodDeclaration(property) && name !== undefined) named.set(name, property);
    else if (ts.isSpreadAssignment(property)) {
      const module = requiredModule(bare(property.expression));
      if (module !== undefined) stars.push(module);
    }
  }
}

/** What is behind an exported name, followed through modules that only hand it on. */
export function findExport(
  tree: Tree,
  file: string,
  name: string,
  seen: Set<string> = new Set(),
):
  | { readonly node: ts.Node; readonly file: string }
  | { readonly module: string; readonly name: string }
  | undefined {
  const key = `${file}\n${name}`;
  if (seen.has(key) || seen.size > 50) return undefined;
  seen.add(key);
  const source = parseScript(tree, file);
  if (source === undefined) return undefined;
  const { named, stars, passed } = exportsOf(source);
  const node = named.get(name);
  if (node !== undefined) return { node, file };
  const handed = passed.get(name);
  if (handed !== undefined) {
    const target = resolveModule(tree, file, handed.module);
    if (target === undefined) return handed;
    if (handed.name === "*") return { module: target, name: "*" };
    return findExport(tree, target, handed.name, seen);
  }
  for (const module of stars) {
    const target = resolveModule(tree, file, module);
    const found = target === undefined ? undefined : findExport(tree, target, name, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}
