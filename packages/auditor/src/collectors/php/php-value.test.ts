import { describe, expect, it } from "vitest";
import { withFiles } from "../testing.ts";
import { readPhp } from "./php-code.ts";
import { child, parsePhp } from "./php-file.ts";
import { evaluate, type PhpValue, scalarOf } from "./php-value.ts";
import { indexPhp } from "./php-walk.ts";

/** The value of the argument of the first call to `show()` in `index.php`. */
function shown(source: string, others: Record<string, string> = {}): PhpValue {
  using tree = withFiles({ "index.php": `<?php ${source}`, ...others });
  const code = readPhp(tree, tree.files);
  const [call] = code.callsNamed("show");
  const argument = call?.arguments[0];
  if (call === undefined || argument === undefined) throw new Error("nothing is shown");
  return evaluate(code, call.file, argument);
}

describe("evaluate", () => {
  const scalars: readonly (readonly [title: string, source: string, value: unknown])[] = [
    ["a product", "show(60 * 60 * 24);", 86_400],
    ["a concatenation", "show('a' . \"b\" . 1);", "ab1"],
    ["an interpolated variable", "$b = 'x'; show(\"a{$b}c\");", "axc"],
    ["a constant of the same file", "const LIFE = 3600; show(LIFE * 2);", 7200],
    ["a defined constant", "define('LIFE', 60); show(\\LIFE);", 60],
    ["a class constant", "class A { const LIFE = 5; } class B extends A {} show(B::LIFE);", 5],
    ["self inside a class", "class A { const L = 5; function f() { show(self::L); } }", 5],
    ["a variable assigned once", "$a = 3; show($a);", 3],
    ["a variable that a closure takes along", "$a = 3; f(function () use ($a) { show($a); });", 3],
    [
      "a property's default",
      "class A { private $n = 'sid'; function f() { show($this->n); } }",
      "sid",
    ],
    [
      "a property set in the constructor",
      "class A { private $n; function __construct() { $this->n = 'sid'; } function f() { show($this->n); } }",
      "sid",
    ],
    ["an entry of an array", "$a = ['x' => ['y' => true]]; show($a['x']['y']);", true],
    ["a key set later", "$a = ['x' => 1]; $a['x'] = 2; show($a['x']);", 2],
    ["a cast", "show((bool) '0');", false],
    ["a negation", "show(!1);", false],
    ["a fallback of what is null", "show(null ?? 'x');", "x"],
    ["a fallback of what is false", "show(false ?: 'x');", "x"],
    ["a condition on production", "show(APP_ENV === 'production' ? 'p' : 'd');", "p"],
    ["a condition on development", "show($env == 'dev' ? 'd' : 'p');", "p"],
    ["a function that returns it", "function life() { return 42; } show(life());", 42],
    ["a class name", "use A\\B; show(B::class);", "A\\B"],
    ["an octal", "show(0600);", 384],
    ["a merge of arrays", "$a = array_merge(['x' => 1], ['x' => 2]); show($a['x']);", 2],
  ];
  for (const [title, source, value] of scalars) {
    it(`knows ${title}`, () => {
      expect(shown(source)).toMatchObject({ kind: "known", value });
    });
  }

  it("names the variable of the environment and its default", () => {
    const value = shown("show(env('COOKIE_SECURE', true));");
    expect(value).toMatchObject({ kind: "environment", name: "COOKIE_SECURE" });
    expect(scalarOf(value)).toBe(true);
    expect(scalarOf(shown("show(getenv('COOKIE_SECURE', true));"))).toBeUndefined();
    expect(scalarOf(shown("show($_ENV['LIFE'] ?? 5);"))).toBe(5);
    expect(scalarOf(shown("show(getenv('LIFE') ?: 6);"))).toBe(6);
    expect(scalarOf(shown("show(getenv('LIFE') !== false ? getenv('LIFE') : 7);"))).toBe(7);
  });

  it("does not take a request's variable for configuration", () => {
    expect(shown("show($_SERVER['HTTP_HOST']);").kind).toBe("unknown");
    expect(shown("show($_SERVER['APP_KEY']);").kind).toBe("environment");
  });

  it("does not know parameters, nor variables set in branches", () => {
    expect(shown("function f($a) { show($a); }").kind).toBe("unknown");
    expect(shown("$a = 1; if (f()) { $a = 2; } show($a);").kind).toBe("unknown");
  });

  it("finds constants of other files, at their place", () => {
    const value = shown("use App\\Limits; show(Limits::LIFE);", {
      "src/Limits.php": "<?php\nnamespace App;\nclass Limits\n{\n    const LIFE = 900;\n}\n",
    });
    expect(value).toMatchObject({
      value: 900,
      place: { file: "src/Limits.php", line: 5, column: 18 },
    });
    expect(value.place.span).toEqual({ start: 53, end: 56 });
  });

  it("ends on values that depend on themselves", () => {
    expect(shown("const A = B; const B = A; show(A);").kind).toBe("unknown");
    const doubling = Array.from(
      { length: 60 },
      (_, at) => `const C${at} = C${at + 1} . C${at + 1};`,
    );
    expect(shown(`${doubling.join("")} show(C0);`).kind).toBe("unknown");
  });
});

describe("parsePhp", () => {
  it("keeps what stands around a broken statement, and says so", () => {
    using tree = withFiles({ "a.php": "<?php first(); $x = = 3; second();" });
    const file = parsePhp(tree, "a.php");
    expect(file?.isPartial).toBe(true);
    expect(file && indexPhp(file).calls.map(({ name }) => name)).toContain("first");
    expect(tree.unread).toEqual([expect.objectContaining({ file: "a.php" })]);
  });

  it("reads old and new syntax", () => {
    using tree = withFiles({
      "old.php":
        "<?php class A { var $x = array(1); function match() { return $this->list{0}; } } ?>",
      "short.php": "<? session_start(); ?><b><?= $x ?></b>",
      "xml.php": '<?xml version="1.0"?><?php session_start();',
      "new.php":
        "<?php enum A: string { case B = 'b'; } readonly class C { public function __construct(private string $a { get => 'x'; }) {} } $y = $x |> trim(...);",
      "attribute.php":
        "<?php #[Route(\n  '/login',\n  name: 'x'\n)]\nfunction f() { session_start(); }",
    });
    for (const name of ["old.php", "short.php", "xml.php", "new.php", "attribute.php"]) {
      expect(parsePhp(tree, name)?.isPartial, name).toBe(false);
    }
    for (const name of ["short.php", "xml.php", "attribute.php"]) {
      const file = parsePhp(tree, name);
      expect(file && indexPhp(file).calls.map((call) => call.name), name).toContain(
        "session_start",
      );
    }
  });

  it("survives nesting without end", () => {
    using tree = withFiles({
      "deep.php": `<?php $a = ${"[".repeat(50_000)}${"]".repeat(50_000)};`,
      "chain.php": `<?php show(${"'a' . ".repeat(20_000)}'b');`,
    });
    for (const name of ["deep.php", "chain.php"]) {
      const file = parsePhp(tree, name);
      if (file === undefined) expect(tree.unread.map((each) => each.file)).toContain(name);
      else
        expect(
          indexPhp(file).parentOf(child(file.program, "none") ?? file.program),
        ).toBeUndefined();
    }
  });
});
