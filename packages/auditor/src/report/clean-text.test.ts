import { describe, expect, it } from "vitest";
import { cleanJson, cleanLine, cleanLines } from "./clean-text.ts";

/** An escape sequence, a C1 control, a direction override, a line separator, a tag character. */
const HOSTILE = "a\u001b]0;x\u0007b\u009b31mc\u202ed\u2028e\u{e0041}f";

describe("cleanLine", () => {
  it("shows what could steer a terminal or hide", () => {
    expect(cleanLine(HOSTILE)).toBe(
      "a\\u{1b}]0;x\\u{7}b\\u{9b}31mc\\u{202e}d\\u{2028}e\\u{e0041}f",
    );
  });

  it("makes one line of several", () => {
    expect(cleanLine("a\r\n\tb")).toBe("a b");
  });

  it("leaves letters of any script as they are", () => {
    expect(cleanLine("größe 日本語 e\u0301 🙂")).toBe("größe 日本語 e\u0301 🙂");
  });
});

describe("cleanLines", () => {
  it("keeps line feeds and widens tabs", () => {
    expect(cleanLines("a\r\n\tb\rc\u0000")).toBe("a\n    b\nc\\u{0}");
  });
});

describe("cleanJson", () => {
  it("escapes the same, so that readers get the text unchanged", () => {
    const json = cleanJson(JSON.stringify({ name: HOSTILE }, null, 2));
    expect(json).toMatch(/^[\n\u0020-\u007e]*$/);
    expect(JSON.parse(json)).toEqual({ name: HOSTILE });
  });
});
