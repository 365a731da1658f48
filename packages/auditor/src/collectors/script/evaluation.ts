/**
 * What evaluation asks and answers with: the words that its parts share.
 * @module
 */
import type ts from "typescript";
import type { Tree } from "../tree.ts";
import type { EnvironmentVariable } from "./script-environment.ts";
import type { Value } from "./script-value.ts";

/** Arguments of the call that a function's body is looked at for. */
export type Frame = ReadonlyMap<ts.ParameterDeclaration, Value>;

export const NO_FRAME: Frame = new Map();

/** What evaluation asks its application about. */
export interface Surroundings {
  readonly tree: Tree;
  /** Folder of the application, where it is started. */
  readonly root: string;
  /** The application's own scripts. */
  readonly files: readonly string[];
  readonly environment: ReadonlyMap<string, EnvironmentVariable>;
  /** What a checked environment calls a variable by default: `default` of its schema. */
  schemaDefault(name: string): Value | undefined;
  /** Whether a checked environment has no variable of that name, since its schema does not name it. */
  isLeftOut(name: string): boolean;
  /** A path in the configuration files of the `config` package or a Nest configuration. */
  setting(path: readonly string[]): Value | undefined;
  /** Functions of that name, wherever they are defined. */
  functionsNamed(name: string): readonly ts.Node[];
  /** Calls of a function, wherever they are. */
  callsOf(node: ts.Node): readonly (ts.CallExpression | ts.NewExpression)[];
}

export interface Evaluator {
  readonly surroundings: Surroundings;
  evaluate(node: ts.Expression, frame?: Frame): Value;
  /** The value behind a module's export; `"*"` is the module as a whole. */
  moduleValue(from: string, specifier: string, name: string, node: ts.Node): Value;
  /** The same for a file of the tree. */
  fileValue(file: string, name: string, node: ts.Node): Value;
  /** What a declaration or expression behind an export is worth. */
  declared(node: ts.Node, frame?: Frame): Value;
  /** Objects that are being put together: mutations are read in the light of what is there so far. */
  readonly partial: Map<ts.Node, Value>;
  /**
   * Computes what a node is worth, or tells what was computed before: an answer that needed nothing unfinished
   * holds for every question.
   */
  once(node: ts.Node, frame: Frame, compute: () => Value): Value;
  /** Says that the answer being computed rests on something unfinished: on a node, or on a limit. */
  restsOn(unfinished: ts.Node | "limit"): void;
}
