/**
 * Templates: nothing that is put into one becomes markup.
 * @module
 */
import { describe, expect, it } from "vitest";
import { html } from "../src/html.ts";

describe("html", () => {
  it("escapes what could begin a tag, an entity or end an attribute", () => {
    const hostile = `<script>"'&`;
    expect(`${html`<p title="${hostile}">${hostile}</p>`}`).toBe(
      '<p title="&lt;script&gt;&quot;&#39;&amp;">&lt;script&gt;&quot;&#39;&amp;</p>',
    );
  });

  it("keeps its own markup, once", () => {
    const inner = html`<b>${"a & b"}</b>`;
    expect(`${html`<p>${inner}</p>`}`).toBe("<p><b>a &amp; b</b></p>");
  });

  it("escapes inside of lists", () => {
    expect(`${html`${["<", html`<br>`, ["&"]]}`}`).toBe("&lt;<br>&amp;");
  });

  it("writes 0, and nothing for undefined and false", () => {
    expect(`${html`${0}|${undefined}|${false}|${""}`}`).toBe("0|||");
  });

  it("escapes an object that only looks like markup", () => {
    const lookalike = { toString: () => "<b>" } as unknown as string;
    expect(() => `${html`${lookalike}`}`).toThrow(TypeError);
  });
});
