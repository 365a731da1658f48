import { describe, expect, it } from "vitest";
import { withFiles } from "../testing.ts";
import { isSubclassOf, memberOf, methodOf, readPhp } from "./php-code.ts";
import { type PhpFile, parsePhp, placeOf } from "./php-file.ts";
import { argumentOf, classOf, functionOf, indexPhp, namedFunctionOf } from "./php-walk.ts";

function file(source: string): PhpFile {
  using tree = withFiles({ "a.php": source });
  const parsed = parsePhp(tree, "a.php");
  if (parsed === undefined) throw new Error("it was not parsed");
  return parsed;
}

describe("indexPhp", () => {
  it("tells the forms of calls apart", () => {
    const { calls } = indexPhp(
      file(`<?php
namespace A;
use B\\{C, D as E};
f(); \\g(); $x->m(); $x?->n(); C::s(); new E(1); parent::p(); ($this->run)(2); $call();`),
    );
    expect(calls.map(({ form, name, className }) => [form, name, className])).toEqual([
      ["function", "f", undefined],
      ["function", "g", undefined],
      ["method", "m", undefined],
      ["method", "n", undefined],
      ["static", "s", "B\\C"],
      ["new", "__construct", "B\\D"],
      ["static", "p", undefined],
      ["method", "__invoke", undefined],
      ["method", "__invoke", undefined],
    ]);
  });

  it("resolves names by namespace, alias and class", () => {
    const { classes, calls } = indexPhp(
      file(
        "<?php namespace A\\B; use X\\Y; class P extends Y\\Z implements \\I { function f() { self::a(); namespace\\Q::b(); } }",
      ),
    );
    expect(classes[0]).toMatchObject({ name: "A\\B\\P", parent: "X\\Y\\Z", interfaces: ["I"] });
    expect(calls[0]?.className).toBe("A\\B\\P");
  });

  it("knows what encloses a node", () => {
    const parsed = file("<?php class A { function f() { $g = function () { here(); }; } }");
    const [call] = indexPhp(parsed).calls;
    if (call === undefined) throw new Error("there is no call");
    expect(functionOf(parsed, call.node)?.node.kind).toBe("closure");
    expect(namedFunctionOf(parsed, call.node)?.name).toBe("f");
    expect(classOf(parsed, call.node)?.name).toBe("A");
    expect(placeOf(parsed, call.node)).toEqual({ file: "a.php", line: 1, column: 51 });
  });

  it("finds arguments by position and by name", () => {
    const [call] = indexPhp(file("<?php f(1, b: 2);")).calls;
    if (call === undefined) throw new Error("there is no call");
    expect(argumentOf(call, 0, "a")?.value).toBe("1");
    expect(argumentOf(call, 1, "b")?.value).toBe("2");
    expect(argumentOf(call, 1)).toBeUndefined();
  });
});

describe("readPhp", () => {
  it("looks members up in parents, traits and interfaces, and ends on cycles", () => {
    using tree = withFiles({
      "a.php": "<?php class A extends B { use T; } class B extends A { const X = 1; }",
      "t.php": "<?php trait T { public $p = 2; function m() {} }",
    });
    const code = readPhp(tree, tree.files);
    expect(memberOf(code, "A", "X", "constant")?.file.file).toBe("a.php");
    expect(memberOf(code, "a", "p", "property")?.file.file).toBe("t.php");
    expect(memberOf(code, "A", "Y", "constant")).toBeUndefined();
    expect(methodOf(code, "B", "M")?.of?.name).toBe("T");
    expect(isSubclassOf(code, "A", /^Z$/)).toBe(false);
  });
});
