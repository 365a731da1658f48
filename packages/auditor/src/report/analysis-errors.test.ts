/**
 * Errors that reviews of session management are known for, and that ours must not repeat.
 * @module
 */
import { describe, expect, it } from "vitest";
import { analyse } from "./analysis.ts";
import type { Analysis } from "./report.ts";
import { sampleReport } from "./testing.ts";
import { weakEvidence } from "./testing-evidence.ts";

const [weak, sound, empty] = sampleReport().applications.map(({ analysis }) => analysis);
if (weak === undefined || sound === undefined || empty === undefined) {
  throw new Error("the sample has three applications");
}

/** All prose of an analysis that is not a control's own. */
function textOf(analysis: Analysis): string {
  const { recommendations, ...prose } = analysis;
  const advice = recommendations.map(({ fix: _, ...each }) => ({ ...each, text: "" }));
  return JSON.stringify([prose, advice]);
}

function point(analysis: Analysis, name: string): string {
  return analysis.strategy.find((each) => each.point === name)?.text ?? "";
}

function attack(analysis: Analysis, threat: string): string {
  return analysis.threats.find((each) => each.threat === threat)?.attack ?? "";
}

describe("the analysis knows better than to", () => {
  it("call garbage collection a timeout", () => {
    expect(point(weak, "Timeout")).toContain("This is no timeout.");
    expect(attack(weak, "hijacking")).toContain("No timeout takes a copy away");
  });

  it("take the cookie's lifetime for the session's", () => {
    expect(point(weak, "Persistence in the browser")).toContain("not the session on the server");
  });

  it("call SameSite=Lax a protection against every forged request", () => {
    expect(attack(sound, "cross-site-request-forgery")).toContain(
      "goes along from hosts of the same site, and from anywhere with a link",
    );
  });

  it("call Redis or a database safe as such", () => {
    expect(attack(sound, "theft-from-the-store")).toContain("a server that asks for no password");
  });

  it("count a signed remember-me cookie as ended by sign-out", () => {
    expect(attack(weak, "replay-after-sign-out")).toContain(
      "A copied remember-me cookie opens a new session",
    );
  });

  it("advise keys that do not exist, or the Serializer for encryption", () => {
    const text = [weak, sound, empty].map(textOf).join();
    expect(text).not.toMatch(/entropy_|use_strict_mode|hash_function|Serializer|AES-256|sliding/i);
  });

  it("trust what Phalcon's session manager is given as cookie options", () => {
    const { methodology } = analyse({ ...weakEvidence, framework: "phalcon" }, [], 1);
    expect(methodology.join()).toContain(
      "sets no cookie attribute itself, whatever options it is given",
    );
  });

  it("fill in what was not found: no sentence is empty, undefined or doubled", () => {
    for (const text of [weak, sound, empty].map(textOf)) {
      expect(text).not.toMatch(/undefined|NaN|\.\.|\s{2}|\(\)|: \.|Infinity/);
    }
  });
});
