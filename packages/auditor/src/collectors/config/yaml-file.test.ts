import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ConfigNode, entriesOf, entryAt, nodeAt } from "./config-node.ts";
import { parseYaml } from "./yaml-file.ts";

function parse(text: string): { node: ConfigNode | undefined; problems: string[] } {
  const problems: string[] = [];
  return { node: parseYaml(text, "a.yaml", (why) => problems.push(why)), problems };
}

function scalarAt(text: string, ...path: string[]): unknown {
  const node = nodeAt(parse(text).node, ...path);
  return node?.kind === "scalar" ? node.value : node?.kind;
}

describe("parseYaml", () => {
  it("says where a key stands and which text its value is", () => {
    const text = "framework:\n    session:\n        cookie_secure: auto # why\n";
    const entry = entryAt(parse(text).node, "framework", "session", "cookie_secure");
    expect(entry?.place).toMatchObject({ file: "a.yaml", line: 3, column: 9 });
    expect(text.slice(entry?.place.span?.start, entry?.place.span?.end)).toBe("auto");
  });

  it("counts lines that end as on Windows", () => {
    const entry = entryAt(parse("a: 1\r\nb:\r\n  c: true\r\n").node, "b", "c");
    expect(entry?.place).toMatchObject({ line: 3, column: 3 });
  });

  it("keeps what only Symfony's parser accepts, without a word", () => {
    const text = 'a: %secret%\nb: @service\nc: [ %x%, @y ]\nd: "App\\Entity"\ne: 1\ne: 2\n';
    const { problems } = parse(text);
    expect(problems).toEqual([]);
    expect(scalarAt(text, "a")).toBe("%secret%");
    expect(scalarAt(text, "b")).toBe("@service");
    expect(scalarAt(text, "e")).toBe(2);
  });

  it("reads on after a pattern with brackets in a flow map", () => {
    const text =
      "access:\n    - { path: ^/users/[^/]+/(a|b)(/|$), role: ROLE_USER }\nafter:\n    key: true\n";
    const { node, problems } = parse(text);
    expect(problems).toEqual([]);
    expect(scalarAt(text, "after", "key")).toBe(true);
    const list = nodeAt(node, "access");
    const first = list?.kind === "list" ? list.items[0] : undefined;
    expect(nodeAt(first, "path")).toMatchObject({ value: "^/users/[^/]+/(a|b)(/|$)" });
    expect(entryAt(node, "after", "key")?.place).toMatchObject({ line: 4, column: 5 });
  });

  it("reads on after a pattern with braces in a flow sequence", () => {
    const text = "a:\n    patterns: [ ^/api/{version}/.*$ ]\nb: 1\n";
    const { node, problems } = parse(text);
    expect(problems).toEqual([]);
    expect(scalarAt(text, "b")).toBe(1);
    const list = nodeAt(node, "a", "patterns");
    expect(list?.kind === "list" ? list.items[0] : list).toMatchObject({
      value: "^/api/{version}/.*$",
    });
  });

  it("says where it could not read on, and gives what came before", () => {
    const { node, problems } = parse("a: 1\nb: [1, 2\nc: }\n");
    expect(problems).toHaveLength(1);
    expect(nodeAt(node, "a")).toMatchObject({ value: 1 });
  });

  it("joins merge keys, own keys first", () => {
    const text = "base: &base { a: 1, b: 2 }\nown:\n    <<: *base\n    b: 3\n";
    expect(scalarAt(text, "own", "a")).toBe(1);
    expect(scalarAt(text, "own", "b")).toBe(3);
  });

  it("reads Symfony's tags, numbers with underscores, and null", () => {
    expect(scalarAt("a: !php/const App\\Foo::BAR", "a")).toBe("App\\Foo::BAR");
    expect(scalarAt("a: 86_400", "a")).toBe(86_400);
    expect(scalarAt("a: ~", "a")).toBeNull();
    expect(scalarAt("a: !tagged_iterator { tag: x }", "a", "tag")).toBe("x");
  });

  it("spends no more on aliases within aliases than on a long file", () => {
    const levels = Array.from({ length: 30 }, (_, level) =>
      level === 0 ? "l0: &l0 [x, x]" : `l${level}: &l${level} [*l${level - 1}, *l${level - 1}]`,
    );
    const { problems } = parse(levels.join("\n"));
    expect(problems.join()).toContain("more values");
  });

  it("ends where an alias leads back to itself", () => {
    expect(entriesOf(parse("a: &a { b: *a }").node)).toHaveLength(1);
  });

  it("refuses nesting that is there to exhaust it", () => {
    expect(parse(`a: ${"[".repeat(20_000)}`).problems).toEqual(["is nested too deeply to be read"]);
  });

  it("refuses a line that is there to keep it busy", () => {
    expect(parse("a: ".repeat(20_000)).problems.join()).toContain("line too long");
  });

  it("throws for no text at all", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ab:-[]{}&*!%@'\"\n #|>?,~<") }), (text) => {
        parse(text);
      }),
    );
  });
});
