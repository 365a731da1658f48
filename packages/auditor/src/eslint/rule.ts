/**
 * The part of ESLint's and Oxlint's rule interface that these rules use, typed by shape.
 * @module
 */

/** A node of the ESTree; fields by its type. */
export interface Node {
  readonly type: string;
  /** `null` above the program. */
  readonly parent?: Node | null;
  readonly [field: string]: unknown;
}

interface Variable {
  readonly name: string;
  readonly defs: readonly {
    readonly type: string;
    readonly node: Node;
    readonly parent?: Node | null;
  }[];
}

export interface Scope {
  readonly set: ReadonlyMap<string, Variable>;
  readonly upper: Scope | null;
}

export interface Fixer {
  replaceText(node: Node, text: string): unknown;
}

export interface Report {
  readonly node: Node;
  readonly messageId: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly suggest?: readonly {
    readonly messageId: string;
    readonly data?: Readonly<Record<string, string>>;
    fix(fixer: Fixer): unknown;
  }[];
}

export interface RuleContext {
  readonly options: readonly unknown[];
  readonly sourceCode: { getScope(node: Node): Scope };
  report(report: Report): void;
}

export interface Rule {
  readonly meta: {
    readonly type: "problem";
    readonly docs: { readonly description: string };
    readonly hasSuggestions?: boolean;
    readonly schema: readonly object[];
    readonly messages: Readonly<Record<string, string>>;
  };
  create(context: RuleContext): Readonly<Record<string, (node: Node) => void>>;
}

/** A field that holds one node. */
export function child(node: Node | undefined, field: string): Node | undefined {
  const value = node?.[field];
  return typeof value === "object" && value !== null && "type" in value
    ? (value as Node)
    : undefined;
}

/** A field that holds a list of nodes; holes are left out. */
export function children(node: Node | undefined, field: string): readonly Node[] {
  const value = node?.[field];
  return Array.isArray(value) ? value.filter((item): item is Node => item !== null) : [];
}

/** The text of a string literal, or of a template without expressions. */
export function stringOf(node: Node | undefined): string | undefined {
  if (node?.type === "Literal" && typeof node.value === "string") return node.value;
  if (node?.type !== "TemplateLiteral" || children(node, "expressions").length > 0)
    return undefined;
  const [quasi] = children(node, "quasis");
  return (quasi?.value as { cooked?: string } | undefined)?.cooked;
}

/** The name of a property, written `a.b`, `a["b"]`, `{ b: … }` or `{ "b": … }`. */
export function nameOf(node: Node | undefined): string | undefined {
  const key = child(node, "property") ?? child(node, "key");
  if (key === undefined) return undefined;
  return node?.computed !== true && key.type === "Identifier" ? String(key.name) : stringOf(key);
}

/** What a local name was given where it was declared: its initial value, or the module it is imported from. */
export function definitionOf(context: RuleContext, identifier: Node): Node | undefined {
  for (
    let scope: Scope | null = context.sourceCode.getScope(identifier);
    scope !== null;
    scope = scope.upper
  ) {
    const variable = scope.set.get(String(identifier.name));
    if (variable !== undefined) {
      const definition = variable.defs[0];
      return definition?.type === "ImportBinding"
        ? (definition.parent ?? undefined)
        : child(definition?.node, "init");
    }
  }
  return undefined;
}
