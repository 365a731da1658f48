/**
 * Judging whether something is there.
 * @module
 */
import type { PresenceEvidence } from "../evidence.ts";
import type { Fix, Judgement } from "./control.ts";
import { type Case, seenAt, worst } from "./judging.ts";
import { sentence } from "./sentence.ts";

/** All of `parts` have to be there. */
export function presenceJudgement(
  parts: readonly PresenceEvidence[],
  fix: Fix,
  words: { readonly yes: string; readonly no: string; readonly unclear: string },
): Judgement {
  return worst(
    parts.map(({ present, place, why }): Case => {
      const verdict = present === undefined ? "review" : present ? "pass" : "fail";
      return {
        verdict,
        finding: {
          place,
          value: present === undefined ? "not known" : present ? "present" : "absent",
          origin: seenAt(place),
          message: verdict === "fail" ? `${sentence(why)} ${words.no}` : sentence(why),
          ...(verdict === "pass" ? {} : { fix }),
        },
        confidence: "medium",
      };
    }),
    { pass: words.yes, fail: words.no, review: words.unclear },
  );
}
