import { describe, expect, it } from "vitest";
import { renderMarkdown } from "./markdown.ts";
import { code, fenced, prose, table } from "./markdown-text.ts";
import { sampleReport } from "./testing.ts";

const report = sampleReport();
const text = renderMarkdown(report);

describe("renderMarkdown", () => {
  it("has every part of the review, in order", () => {
    const headings = text.split("\n").filter((line) => /^##? |^### /.test(line));
    expect(headings.slice(0, 13)).toEqual([
      "# Session management review",
      "## Symfony application at the root",
      "### What fails",
      "### To review",
      "### Controls",
      "### Objective",
      "### Scope",
      "### Methodology",
      "### Strategy",
      "### Threat model",
      "### Gap analysis",
      "### Recommendations",
      "### Conclusion",
    ]);
  });

  it("shows a finding with place, value, origin, consequence and fix", () => {
    expect(text).toContain(
      `- \`config/packages/framework.yaml:3:5\`: no Secure attribute (default of symfony/framework-bundle 5.4.21, since nothing sets it)

  The browser sends the cookie by plain http too.

  Fix: Set the Secure attribute in production.

  \`\`\`
  framework:
      session:
          cookie_secure: auto
  \`\`\`
`,
    );
  });

  it("has a table of all controls", () => {
    expect(text).toContain("| `strict-mode` | passes |  | It holds. |");
    expect(text).toContain("| `regenerate-login` | **fails** | critical |");
  });

  it("says so if there is no application", () => {
    expect(renderMarkdown(sampleReport([]))).toContain(
      "No Symfony, Phalcon or Node application was found.",
    );
  });
});

describe("prose", () => {
  it("keeps code spans and escapes the rest", () => {
    expect(prose("`a*b` and *c* <img src=x> [d](e) #1 & _f_")).toBe(
      "`a*b` and \\*c\\* &lt;img src=x\\> \\[d\\](e) \\#1 &amp; \\_f\\_",
    );
  });

  it("makes no mention and no link of what looks like one", () => {
    expect(prose("@fastify/session by @someone, see https://evil.test/x")).toBe(
      "`@fastify/session` by `@someone`, see `https://evil.test/x`",
    );
  });

  it("opens no code by a single backtick", () => {
    expect(prose("a ` b <i>")).toBe("a ' b &lt;i\\>");
  });

  it("starts no list and no heading", () => {
    expect([prose("1. a"), prose("- a"), prose("# a")]).toEqual(["1\\. a", "\\- a", "\\# a"]);
  });
});

describe("code and tables", () => {
  it("cannot be closed by what they hold", () => {
    expect(code("a`b\nc")).toBe("`a'b c`");
    expect(fenced("a\n```\nb")).toEqual(["````", "a", "```", "b", "````"]);
    expect(table(["A"], [["`a|b`"]])).toEqual(["| A |", "| --- |", "| `a\\|b` |"]);
  });

  it("shows control characters by their number", () => {
    expect(code("a\u001b[2J")).toBe("`a\\u{1b}[2J`");
  });
});
