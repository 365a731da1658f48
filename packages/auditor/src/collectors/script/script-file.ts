/**
 * JavaScript and TypeScript files as syntax trees: parsed once, tolerant of errors, never type-checked or run.
 * @module
 */
import ts from "typescript";
import type { Place } from "../../evidence.ts";
import type { Tree } from "../tree.ts";

const SCRIPT = /\.(?:[cm]?[jt]s|[jt]sx)$/;
const DECLARATIONS = /\.d\.[cm]?ts$/;
/** Text with lines this long on average was made by a program and is nobody's own code. */
const LONGEST_MEAN_LINE = 400;

/** Nodes by file by tree: an audit asks for the same file many times. */
const parsed = new WeakMap<Tree, Map<string, ts.SourceFile | undefined>>();

/** Whether a path names a script that people write. */
export function isScript(file: string): boolean {
  return SCRIPT.test(file) && !DECLARATIONS.test(file) && !/[.-]min\.[cm]?js$/.test(file);
}

/**
 * The syntax tree of a file, with parents. Its `fileName` is the path in the tree.
 *
 * @returns `undefined` if there is no such file, or it cannot be read, or nobody wrote it by hand.
 */
export function parseScript(tree: Tree, file: string): ts.SourceFile | undefined {
  let files = parsed.get(tree);
  if (files === undefined) {
    files = new Map();
    parsed.set(tree, files);
  }
  if (files.has(file)) return files.get(file);
  const source = parse(tree, file);
  files.set(file, source);
  return source;
}

function parse(tree: Tree, file: string): ts.SourceFile | undefined {
  const text = tree.read(file);
  if (text === undefined || isGenerated(text)) return undefined;
  try {
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, kindOf(file));
    const [error] =
      (source as { parseDiagnostics?: readonly ts.Diagnostic[] }).parseDiagnostics ?? [];
    if (error !== undefined) {
      const at = source.getLineAndCharacterOfPosition(error.start ?? 0);
      tree.report({ file, why: `does not parse at line ${at.line + 1}; the rest was read` });
    }
    if (text.length > SHALLOW_LENGTH && isTooDeep(source)) {
      tree.report({ file, why: "is nested too deeply to be read" });
      return undefined;
    }
    return source;
  } catch (error) {
    // The parser recurses: brackets nested without end exhaust the stack, and nothing else makes it throw.
    tree.report({
      file,
      why: `cannot be parsed (${error instanceof Error ? error.name : "error"})`,
    });
    return undefined;
  }
}

/** Nobody nests, chains or adds up further; each question from there up to the top would take that many steps. */
const MAX_DEPTH = 2000;
/** Shorter text cannot be deep enough to matter. */
const SHALLOW_LENGTH = 8000;

function isTooDeep(root: ts.Node): boolean {
  let level: ts.Node[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return true;
    const below: ts.Node[] = [];
    for (const node of level) ts.forEachChild(node, (child) => void below.push(child));
    level = below;
  }
  return false;
}

function isGenerated(text: string): boolean {
  if (text.length < 20_000) return false;
  let lines = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines += 1;
  return text.length / lines > LONGEST_MEAN_LINE;
}

function kindOf(file: string): ts.ScriptKind {
  if (file.endsWith(".tsx")) return ts.ScriptKind.TSX;
  if (/\.[cm]?ts$/.test(file)) return ts.ScriptKind.TS;
  // Elements of JSX are written in plain .js as well.
  return ts.ScriptKind.JSX;
}

/** Where a node starts; with the span of its text if that text alone can be replaced. */
export function placeOf(node: ts.Node, isReplaceable = false): Place {
  const source = node.getSourceFile();
  const start = node.getStart(source);
  const { line, character } = source.getLineAndCharacterOfPosition(start);
  const place = { file: source.fileName, line: line + 1, column: character + 1 };
  return isReplaceable ? { ...place, span: { start, end: node.getEnd() } } : place;
}

/** Every node below, and itself, in the order of the text. Holds no stack of its own: trees may be deep. */
export function* nodesOf(root: ts.Node): Generator<ts.Node> {
  const waiting: ts.Node[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield node;
    const children: ts.Node[] = [];
    ts.forEachChild(node, (child) => void children.push(child));
    for (let at = children.length - 1; at >= 0; at -= 1) waiting.push(children[at] as ts.Node);
  }
}

/** Code that may hold a secret as a constant: what is quoted there is nobody's to read. */
const MAY_HOLD_SECRET = /pass|pwd|secret|token|key|credential/i;

/** Text of a node on one line, cut to what a person reads at a glance, without constants that may be secrets. */
export function textOf(node: ts.Node, limit = 60): string {
  const whole = node.getText().replace(/\s+/g, " ");
  const text = MAY_HOLD_SECRET.test(whole)
    ? whole.replace(
        /(["'`])(?:(?!\1).){5,}\1/g,
        (quoted) => `${quoted.slice(0, 3)}…${quoted.at(-1)}`,
      )
    : whole;
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}
