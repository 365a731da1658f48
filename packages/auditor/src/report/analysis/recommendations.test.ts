import { describe, expect, it } from "vitest";
import type { Judgement } from "../../controls/control.ts";
import { analyse } from "../analysis.ts";
import { control, judged, sampleReport } from "../testing.ts";
import { place, soundEvidence, weakEvidence } from "../testing-evidence.ts";

const [weak, sound] = sampleReport().applications.map(({ analysis }) => analysis);
if (weak === undefined || sound === undefined) throw new Error("the sample has applications");

describe("gaps and recommendations", () => {
  it("asks, and says what was found where", () => {
    expect(weak.gaps[1]).toEqual({
      control: "cookie-secure",
      text: "Asked: cookie-secure is as it should be (ASVS 5.0: 3.3.1). Found: The session cookie is sent without Secure (config/packages/framework.yaml:3).",
    });
  });

  it("come worst first, then what is done soonest, and what a person must look at last", () => {
    const judgements = [
      judged(control("look", "critical", []), "review"),
      judged(control("slow", "high", [], "days"), "fail"),
      judged(control("quick", "high", [], "minutes"), "fail"),
      judged(control("mild", "low", [], "minutes"), "fail"),
      judged(control("worst", "critical", [], "days"), "fail"),
      judged(control("fine", "critical", []), "pass"),
    ];
    const { recommendations, gaps } = analyse(weakEvidence, judgements, 1);
    const order = ["worst", "quick", "slow", "mild", "look"];
    expect(recommendations.map((each) => each.control)).toEqual(order);
    expect(gaps.map((each) => each.control)).toEqual(order);
  });

  it("say what is better afterwards", () => {
    const judgements = [
      judged(control("one", "high", ["hijacking", "fixation"]), "fail"),
      judged(control("two", "medium", ["fixation"]), "fail"),
      judged(control("three", "medium", ["hijacking"]), "pass"),
    ];
    const { recommendations } = analyse(weakEvidence, judgements, 1);
    expect(recommendations.map(({ effect }) => effect)).toEqual([
      "Closes a gap against session fixation, and the last known one against session hijacking.",
      "Closes a gap against session fixation.",
    ]);
  });

  it("claim to close nothing where nothing else was judged", () => {
    const judgements = [judged(control("one", "high", ["hijacking"]), "fail")];
    const { recommendations } = analyse(weakEvidence, judgements, 1);
    expect(recommendations[0]?.effect).toBe("Closes a gap against session hijacking.");
  });

  it("name a fix once for all of its places", () => {
    const [first] = weakEvidence.sessions;
    const fix = { text: "Set it." };
    const origin = { kind: "default", of: first?.library ?? "" } as const;
    const findings = [1, 2].map((line) => ({
      place: place("a.ts", line),
      value: "no",
      origin,
      message: "Bad.",
      fix,
    }));
    const judgement: Judgement = { verdict: "fail", confidence: "high", summary: "So.", findings };
    const { recommendations } = analyse(
      weakEvidence,
      [{ control: control("one", "low", []), judgement }],
      1,
    );
    expect(recommendations[0]?.text).toBe("Set it. Concerns a.ts:1 and a.ts:2.");
  });
});

describe("the conclusion", () => {
  it("says what is wrong, where to begin and what is open", () => {
    expect(weak.conclusion).toBe(
      "The Symfony application at the root of the folder fails 2 of the 4 controls that apply: 1 of critical severity and 1 of high severity. Begin with regenerate-login, a matter of hours: it closes the last known gap against session fixation. 1 of the 2 changes takes minutes. A person has to look at cookie-samesite, which the source alone does not settle. Open as it stands: session hijacking, session fixation and man in the middle. 1 file could not be read in full: what it does is no part of this.",
    );
  });

  it("does not call a threat open for what is of low severity", () => {
    const judgements = [
      judged(control("prefix", "low", ["fixation"]), "fail"),
      judged(control("strict", "high", ["guessing"]), "pass"),
    ];
    const { conclusion } = analyse(soundEvidence, judgements, 1);
    expect(conclusion).toContain("Small gaps remain against session fixation.");
    expect(conclusion).not.toContain("Open as it stands");
  });

  it("is short where everything holds, and asks for nothing", () => {
    expect(sound.conclusion).toBe(
      "The Node application in api/ meets all of the 5 controls that apply. Nothing has to be changed.",
    );
    expect(sound.recommendations).toEqual([]);
    expect(sound.gaps).toEqual([]);
  });

  it("does not call sound what a person still has to look at", () => {
    const judgements = [
      judged(control("one", "high", ["hijacking"]), "review"),
      judged(control("two", "high", ["hijacking"]), "pass"),
    ];
    const { conclusion } = analyse(soundEvidence, judgements, 1);
    expect(conclusion).toContain("Nothing is known to be wrong");
    expect(conclusion).toContain("1 of the 2 controls that apply are met");
  });
});
