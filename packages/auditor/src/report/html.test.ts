import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { renderHtml } from "./html.ts";
import { html, prose, textOf } from "./markup.ts";
import type { Report } from "./report.ts";
import { sampleReport } from "./testing.ts";

const report = sampleReport();
const page = renderHtml(report);

/** The sample with every text replaced by an attack on the page. */
function poisoned(value: unknown, key = ""): unknown {
  if (typeof value === "string") {
    const isWord = /^(id|verdict|severity|confidence|framework|threat|effort|status|createdAt)$/;
    return isWord.test(key) ? value : `${ATTACK}${value}`;
  }
  if (Array.isArray(value)) return value.map((each) => poisoned(each, key));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, poisoned(each, name)]),
  );
}

const ATTACK = `"'><script>alert(1)</script><img src=x onerror=alert(1)>\u202e\u0000\``;

describe("renderHtml", () => {
  it("is one page that asks for nothing outside of itself", () => {
    const outside = page.match(/\b(src|href|action|data|poster|srcset)\s*=\s*"(?!#)[^"]*"/g);
    expect(outside).toBeNull();
    expect(page).not.toMatch(/@import|url\(/);
  });

  it("lets only its own style sheet and script in", () => {
    const hash = (tag: string) => {
      const content = page.match(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`))?.[1] ?? "";
      return createHash("sha256").update(content).digest("base64");
    };
    expect(page).toContain(
      `content="default-src &#39;none&#39;; style-src &#39;sha256-${hash("style")}&#39;; script-src &#39;sha256-${hash("script")}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;"`,
    );
    expect(page).not.toMatch(/<[a-z][^>]*\s(style|on[a-z]+)=/i);
  });

  it("escapes every text of a report, whoever wrote it", () => {
    const hostile = renderHtml(poisoned(report) as Report);
    expect(hostile.match(/<script/g)).toHaveLength(1);
    expect(hostile).not.toMatch(/<img|onerror=alert\(1\)>|\u202e|\0/);
    expect(hostile).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  });

  it("names elements by letters, digits and hyphens, whatever a control is called", () => {
    const renamed = JSON.parse(
      JSON.stringify(report).replaceAll("cookie-secure", "a b#c</x>"),
    ) as Report;
    const ids = [...renderHtml(renamed).matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id ?? "");
    expect(ids).toContain("a0-a-b-c--x-");
    expect(ids.filter((id) => !/^[a-z0-9-]+$/.test(id))).toEqual([]);
  });

  it("has no link to nowhere, and no name twice", () => {
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    const links = [...page.matchAll(/href="#([^"]*)"/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter((id) => !ids.includes(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("shows what fails opened, and hides nothing but the filter from readers without scripts", () => {
    expect(page.match(/<details class="control[^>]* open>/g)).toHaveLength(3);
    const hidden = [...page.matchAll(/<(\w+) class="(\w+)"[^>]* hidden>/g)].map(
      ([, , name]) => name,
    );
    expect(new Set(hidden)).toEqual(new Set(["tools", "empty"]));
  });

  it("has an overview of several applications, and none of one", () => {
    expect(page).toContain(
      '<a href="#a0-title">Symfony application at the root</a></td><td class="wide">1 critical, 1 high, 1 to review',
    );
    const [only] = report.applications;
    if (only === undefined) throw new Error("the sample has applications");
    expect(renderHtml({ ...report, applications: [only] })).not.toContain(
      'class="scroll overview"',
    );
  });

  it("says first what is gravest", () => {
    expect(page).toContain(
      "2 controls fail. The gravest, of critical severity: regenerate-login is not as it should be (<code>regenerate-login</code>).",
    );
  });

  it("tells an application that is fine, one without sessions, and none at all", () => {
    const [, sound, empty] = report.applications;
    if (sound === undefined || empty === undefined) throw new Error("the sample has three");
    expect(renderHtml({ ...report, applications: [sound] })).toContain("No control fails.");
    expect(renderHtml({ ...report, applications: [empty] })).toContain("No sessions were found");
    expect(renderHtml(sampleReport([]))).toContain("No Symfony, Phalcon or Node application");
  });
});

describe("markup", () => {
  it("escapes values in text and in attributes, and keeps markup", () => {
    const inner = html`<b>${"<&>"}</b>`;
    expect(textOf(html`<a title="${`"'`}">${inner}${[1, undefined, false, "x"]}</a>`)).toBe(
      '<a title="&quot;&#39;"><b>&lt;&amp;&gt;</b>1x</a>',
    );
  });

  it("makes code of what stands between backticks", () => {
    expect(textOf(prose("`<a>` is `b`"))).toBe("<code>&lt;a&gt;</code> is <code>b</code>");
    expect(textOf(prose("a ` b"))).toBe("a ` b");
  });
});
