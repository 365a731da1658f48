import { describe, expect, it } from "vitest";
import { parseXml } from "./xml-file.ts";

describe("parseXml", () => {
  it("knows names, namespaces, attributes and text with their places", () => {
    const problems: string[] = [];
    const root = parseXml(
      '<?xml version="1.0"?>\n<a:root xmlns:a="urn:x/services">\n  <a:one key="v">text</a:one>\n</a:root>\n',
      "a.xml",
      (why) => problems.push(why),
    );
    expect(root).toMatchObject({ name: "root", namespace: "urn:x/services" });
    const one = root?.children[0];
    expect(one).toMatchObject({ name: "one", text: "text", place: { line: 3, column: 3 } });
    expect(one?.attributes.get("key")).toMatchObject({ value: "v", place: { line: 3 } });
    expect(problems).toEqual([]);
  });

  it("gives what came before an error, and reports it", () => {
    const problems: string[] = [];
    const root = parseXml("<a><b/><c></a>", "a.xml", (why) => problems.push(why));
    expect(root?.children[0]?.name).toBe("b");
    expect(problems).toHaveLength(1);
  });

  it("expands no entities of a document's own", () => {
    const text = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>';
    const problems: string[] = [];
    expect(parseXml(text, "a.xml", (why) => problems.push(why))?.text).toBe("&x;");
    expect(problems).toHaveLength(1);
  });

  it("holds no more than a hundred levels", () => {
    const root = parseXml("<a>".repeat(50_000), "a.xml", () => {});
    let depth = 0;
    for (let at = root; at !== undefined; at = at.children[0]) depth += 1;
    expect(depth).toBeLessThanOrEqual(100);
  });
});
