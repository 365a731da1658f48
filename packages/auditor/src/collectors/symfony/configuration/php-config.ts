/**
 * Symfony's configuration in PHP: returned arrays, `$container->extension()`, `loadFromExtension()` and the
 * config builders, run through by reading alone.
 * @module
 */
import { type ConfigNode, scalarNode } from "../../config/config-node.ts";
import {
  child,
  children,
  nameOf,
  type PhpFile,
  type PhpNode,
  parsePhp,
  placeOf,
} from "../../php/php-file.ts";
import type { Tree } from "../../tree.ts";
import { BUILDER_KEYS, ConfigBuilder } from "./config-builder.ts";
import { extensionOf, isForProduction, serviceCall, textOf } from "./php-config-rules.ts";
import { configValue } from "./php-config-value.ts";

export function readPhpConfig(tree: Tree, file: string): ConfigNode | undefined {
  const php = parsePhp(tree, file);
  return php === undefined ? undefined : new PhpConfigReader(php).read();
}

/** What a variable or the result of a call is while the file is read. */
type Thing =
  | { readonly is: "value"; readonly node: ConfigNode }
  | { readonly is: "builder"; readonly builder: ConfigBuilder }
  | { readonly is: "container" }
  | { readonly is: "parameters" }
  | { readonly is: "services" }
  | { readonly is: "service"; readonly builder: ConfigBuilder }
  | { readonly is: "environment" };

const MAX_DEPTH = 500;

class PhpConfigReader {
  readonly #file: PhpFile;
  readonly #document: ConfigBuilder;
  readonly #things = new Map<string, Thing>();
  readonly #values = new Map<string, ConfigNode>();
  #depth = 0;

  constructor(file: PhpFile) {
    this.#file = file;
    this.#document = new ConfigBuilder("", { file: file.file, line: 1, column: 1 });
    // Variables that the loader gives a file.
    for (const name of ["container", "loader"]) this.#things.set(name, { is: "container" });
  }

  read(): ConfigNode {
    const { program } = this.#file;
    const statements = children(program, "children").flatMap((statement) =>
      statement.kind === "namespace" || statement.kind === "declare"
        ? [...children(statement, "children")]
        : [statement],
    );
    this.#run(statements);
    return this.#document.node;
  }

  #run(statements: readonly PhpNode[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  #statement(statement: PhpNode): void {
    switch (statement.kind) {
      case "return":
        this.#returned(child(statement, "expr"));
        break;
      case "expressionstatement":
        this.#expression(child(statement, "expression"));
        break;
      case "block":
        this.#run(children(statement, "children"));
        break;
      case "if": {
        const holds = this.#test(child(statement, "test"));
        const body = child(statement, "body");
        const alternate = child(statement, "alternate");
        // A condition that cannot be told may hold: what it sets is better known than not.
        if (holds !== false && body !== undefined) this.#statement(body);
        if (holds !== true && alternate !== undefined) this.#statement(alternate);
        break;
      }
      case "foreach":
      case "try": {
        const body = child(statement, "body");
        if (body !== undefined) this.#statement(body);
        break;
      }
    }
  }

  #returned(node: PhpNode | undefined): void {
    if (node === undefined) return;
    if (node.kind === "closure" || node.kind === "arrowfunc") {
      if (!isForProduction(this.#file, node)) return;
      for (const parameter of children(node, "arguments")) this.#declare(parameter);
      const body = child(node, "body");
      if (body?.kind === "block") this.#statement(body);
      else if (body !== undefined) this.#expression(body);
      return;
    }
    if (node.kind === "array") {
      this.#document.assign(this.#value(node));
      return;
    }
    // `App::config([...])`, or a configuration object of one extension: `new FrameworkConfig([...])`.
    const what = child(node, "what");
    const first = children(node, "arguments")[0];
    if (first === undefined) return;
    const lookup = what?.kind === "staticlookup" ? nameOf(child(what, "offset")) : undefined;
    if (node.kind === "call" && lookup === "config") {
      const on = nameOf(child(what, "what")) ?? "";
      const extension = extensionOf(on);
      if (extension === "app" || extension === undefined) this.#document.assign(this.#value(first));
      else this.#document.below(extension, placeOf(this.#file, node)).assign(this.#value(first));
    } else if (node.kind === "new" && what !== undefined) {
      const extension = extensionOf(nameOf(what) ?? "");
      if (extension !== undefined) {
        this.#document.below(extension, placeOf(this.#file, node)).assign(this.#value(first));
      }
    }
  }

  #declare(parameter: PhpNode): void {
    const name = nameOf(parameter) ?? "";
    const type = (nameOf(child(parameter, "type")) ?? "").replace(/^.*\\/, "");
    if (/^(Container(Configurator|Builder)|\w*Loader(Interface)?)$/.test(type))
      this.#things.set(name, { is: "container" });
    else if (type === "string" && name === "env") this.#things.set(name, { is: "environment" });
    else {
      const extension = extensionOf(type);
      if (extension === undefined) {
        if (type === "") this.#things.set(name, { is: "container" });
        return;
      }
      const builder = this.#document.lazily(extension, placeOf(this.#file, parameter));
      this.#things.set(name, { is: "builder", builder });
    }
  }

  #expression(node: PhpNode | undefined): Thing | undefined {
    // A chain of calls is as deep as it is long.
    if (this.#depth > MAX_DEPTH) return undefined;
    this.#depth += 1;
    try {
      return this.#thing(node);
    } finally {
      this.#depth -= 1;
    }
  }

  #thing(node: PhpNode | undefined): Thing | undefined {
    switch (node?.kind) {
      case "assign": {
        const thing = this.#expression(child(node, "right"));
        const name = nameOf(child(node, "left"));
        if (child(node, "left")?.kind === "variable" && name !== undefined && thing !== undefined) {
          if (thing.is === "value") this.#values.set(name, thing.node);
          else this.#things.set(name, thing);
        }
        return thing;
      }
      case "variable":
        return this.#things.get(nameOf(node) ?? "") ?? this.#valueThing(node);
      case "parenthesis":
        return this.#expression(child(node, "inner"));
      case "call":
        return this.#call(node) ?? this.#valueThing(node);
      case "closure":
      case "arrowfunc":
        return undefined;
      default:
        return node === undefined ? undefined : this.#valueThing(node);
    }
  }

  #valueThing(node: PhpNode): Thing {
    return { is: "value", node: this.#value(node) };
  }

  #value(node: PhpNode | undefined): ConfigNode {
    return configValue(this.#file, node, this.#values);
  }

  #call(node: PhpNode): Thing | undefined {
    const what = child(node, "what");
    if (what?.kind !== "propertylookup") return undefined;
    const on = this.#expression(child(what, "what"));
    const offset = child(what, "offset");
    const method = nameOf(offset) ?? "";
    const given = children(node, "arguments");
    // Where the method's name stands: a chain is one node that starts at its beginning.
    const place = this.#placeOfMethod(node, offset, given[0]);
    switch (on?.is) {
      case "container":
        return this.#container(method, given, place);
      case "parameters":
        this.#set("parameters", given, place);
        return on;
      case "services":
        return this.#services(method, given, place) ?? on;
      case "service":
        serviceCall(
          on.builder,
          method,
          given.map((each) => this.#value(each)),
          place,
        );
        return method === "set" ? this.#services(method, given, place) : on;
      case "builder": {
        const values = given.map((each) => this.#value(each));
        return { is: "builder", builder: on.builder.call(method, values, place, BUILDER_KEYS) };
      }
      default:
        return undefined;
    }
  }

  #placeOfMethod(
    node: PhpNode,
    offset: PhpNode | undefined,
    first: PhpNode | undefined,
  ): ConfigNode["place"] {
    const place = placeOf(this.#file, offset?.loc ? offset : node);
    const span = first === undefined ? undefined : placeOf(this.#file, first).span;
    return span === undefined ? place : { ...place, span };
  }

  #container(
    method: string,
    given: readonly PhpNode[],
    place: ConfigNode["place"],
  ): Thing | undefined {
    const name = textOf(this.#value(given[0]));
    switch (method) {
      case "extension":
      case "loadFromExtension":
      case "prependExtensionConfig":
        if (name !== undefined) this.#document.below(name, place).assign(this.#value(given[1]));
        return { is: "container" };
      case "setParameter":
        this.#set("parameters", given, place);
        return undefined;
      case "import":
      case "load":
        if (name !== undefined) this.#document.append("imports", scalarNode(name, place), place);
        return undefined;
      case "parameters":
        return { is: "parameters" };
      case "services":
        return { is: "services" };
      case "env":
        return { is: "environment" };
      case "register":
      case "setDefinition":
        return this.#services("set", given, place);
      default:
        return undefined;
    }
  }

  #services(
    method: string,
    given: readonly PhpNode[],
    place: ConfigNode["place"],
  ): Thing | undefined {
    const id = textOf(this.#value(given[0]));
    if (id === undefined || (method !== "set" && method !== "alias")) return undefined;
    const builder = this.#document.below("services", place).below(id, place);
    const target = textOf(this.#value(given[1]));
    if (method === "alias" && target !== undefined) {
      builder.put("alias", scalarNode(target, place), place);
    } else {
      builder.put("class", scalarNode(target ?? id, place), place);
    }
    return { is: "service", builder };
  }

  #set(section: string, given: readonly PhpNode[], place: ConfigNode["place"]): void {
    const name = textOf(this.#value(given[0]));
    if (name !== undefined)
      this.#document.below(section, place).put(name, this.#value(given[1]), place);
  }

  /** Whether a test on the environment holds in production; `undefined` if it is about something else. */
  #test(node: PhpNode | undefined): boolean | undefined {
    if (node?.kind !== "bin") return undefined;
    const sides = [child(node, "left"), child(node, "right")];
    const isAboutEnvironment = sides.some((side) => this.#expression(side)?.is === "environment");
    const other = sides.map((side) => textOf(this.#value(side))).find((text) => text !== undefined);
    if (!isAboutEnvironment || other === undefined) return undefined;
    if (node.type === "===" || node.type === "==") return other === "prod";
    return node.type === "!==" || node.type === "!=" ? other !== "prod" : undefined;
  }
}
