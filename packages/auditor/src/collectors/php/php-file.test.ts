import { describe, expect, it } from "vitest";
import { withFiles } from "../testing.ts";
import { parsePhp } from "./php-file.ts";
import { indexPhp } from "./php-walk.ts";

/** What each version of PHP brought, before a call that has to be found all the same. */
const SYNTAX: readonly (readonly [version: string, code: string])[] = [
  ["5.6", "function sum(...$numbers) { return $numbers[0] ** 2; } use function strlen;"],
  ["7.0", "$f = $_GET['x'] ?? 'y'; $o = new class { function a(): int { return 1 <=> 2; } };"],
  [
    "7.1",
    "[$a, [, $b]] = [1, [2, 3]]; try { f(); } catch (A | B $e) {} function g(?int $x): void {}",
  ],
  ["7.3", "$text = <<<END\n    indented\n    END;\n f($text,);"],
  ["7.4", "class T { private ?int $x = 1_000; } $f = fn($x) => $x; $a = [...$f]; $n ??= 1;"],
  [
    "8.0",
    "#[A(1)] class C { function __construct(private int|string $x, ) {} } $x?->y(); match(1) { 1, 2 => f(named: 1), default => throw new E };",
  ],
  [
    "8.1",
    "enum S: string { case A = 'a'; const B = self::A; } $f = strlen(...); class R { public readonly int $x; function n(): never { exit; } } function i(A&B $x) {}",
  ],
  ["8.2", "readonly class P { function x((A&B)|null $y): true { return true; } }"],
  [
    "8.3",
    "class K { const string NAME = 'x'; #[\\Override] function z() { return static::{$name}; } }",
  ],
  [
    "8.4",
    "class H { public private(set) string $a = ''; public string $b { get => $this->a; set(string $v) { $this->a = $v; } } } $y = new DateTime()->format('Y');",
  ],
  [
    "8.5",
    "#[\\NoDiscard] function d() { return 1; } (void) d(); $t = ' a ' |> trim(...); final class W { function with() { return clone($this, ['a' => 1]); } }",
  ],
];

describe("parsePhp", () => {
  for (const [version, code] of SYNTAX) {
    it(`reads what PHP ${version} brought`, () => {
      using tree = withFiles({ "a.php": `<?php\n${code}\nsession_regenerate_id(true);\n` });
      const file = parsePhp(tree, "a.php");
      expect(tree.unread).toEqual([]);
      if (file === undefined) throw new Error("The file was not parsed.");
      const last = 1 + code.split("\n").length + 1;
      const call = indexPhp(file).calls.find(({ name }) => name === "session_regenerate_id");
      expect(call?.node.loc?.start.line).toBe(last);
    });
  }

  it("reads what stands around what it does not know, and says so", () => {
    using tree = withFiles({
      "a.php": "<?php\nsession_start();\n$x = $y ~~> $z;\nfunction f() { session_destroy(); }\n",
    });
    const file = parsePhp(tree, "a.php");
    expect(file?.isPartial).toBe(true);
    expect(tree.unread).toEqual([
      { file: "a.php", why: "could be parsed in part only (first error at line 3)" },
    ]);
    if (file === undefined) throw new Error("The file was not parsed.");
    const names = indexPhp(file).calls.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["session_start", "session_destroy"]));
  });
});
