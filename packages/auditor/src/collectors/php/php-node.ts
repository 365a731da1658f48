/**
 * A node of PHP's syntax tree, and how its fields are read without trusting them.
 * @module
 */

/** A position in the text; lines from 1, columns and offsets from 0. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** A node of the syntax tree. Fields depend on `kind`: read them with {@link child} and {@link children}. */
export interface PhpNode {
  readonly kind: string;
  readonly loc?: { readonly start: Position; readonly end: Pick<Position, "offset"> } | null;
  readonly [field: string]: unknown;
}

export function isNode(value: unknown): value is PhpNode {
  return typeof value === "object" && value !== null && typeof (value as PhpNode).kind === "string";
}

/** The node in this field, if there is one. */
export function child(node: PhpNode | undefined, field: string): PhpNode | undefined {
  const value = node?.[field];
  return isNode(value) ? value : undefined;
}

const NONE: readonly PhpNode[] = [];

/** The nodes in this field, which holds a list. */
export function children(node: PhpNode | undefined, field: string): readonly PhpNode[] {
  const value = node?.[field];
  if (!Array.isArray(value)) return NONE;
  return value.every(isNode) ? value : value.filter(isNode);
}

/** The name that a node is or has: of an identifier, a variable without its `$`, a class, a parameter. */
export function nameOf(node: PhpNode | undefined): string | undefined {
  const name = node?.name;
  if (typeof name === "string") return name;
  return isNode(name) ? nameOf(name) : undefined;
}

/** A node's source, comments included; `""` of one that stands nowhere. */
export function textOf({ text }: { readonly text: string }, node: PhpNode | undefined): string {
  return text.slice(node?.loc?.start.offset ?? 0, node?.loc?.end.offset ?? 0);
}

/**
 * Where a node stands, and what encloses it. The parser keeps three objects for that, and the nodes of a large
 * application are counted in millions: this is one.
 */
export class NodeRange {
  readonly line: number;
  readonly column: number;
  readonly from: number;
  readonly to: number;
  readonly parent: PhpNode | undefined;

  constructor(start: Position, to: number, parent: PhpNode | undefined) {
    this.line = start.line;
    this.column = start.column;
    this.from = start.offset;
    this.to = to;
    this.parent = parent;
  }

  get start(): Position {
    return { line: this.line, column: this.column, offset: this.from };
  }

  get end(): Pick<Position, "offset"> {
    return { offset: this.to };
  }
}
