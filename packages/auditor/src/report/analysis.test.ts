import { describe, expect, it } from "vitest";
import type { Evidence, SessionEvidence, Setting } from "../evidence.ts";
import { analyse } from "./analysis.ts";
import type { Analysis } from "./report.ts";
import { control, judged, sampleReport } from "./testing.ts";
import { emptyEvidence, place, soundEvidence, weakEvidence } from "./testing-evidence.ts";

const [weak, sound, empty] = sampleReport().applications.map(({ analysis }) => analysis);
if (weak === undefined || sound === undefined || empty === undefined) {
  throw new Error("the sample has three applications");
}

function point(analysis: Analysis, name: string): string {
  return analysis.strategy.find((each) => each.point === name)?.text ?? "";
}

function attack(analysis: Analysis, threat: string): string {
  return analysis.threats.find((each) => each.threat === threat)?.attack ?? "";
}

/** The analysis of an application whose one way of keeping sessions differs. */
function withSession(change: Partial<SessionEvidence>, rest: Partial<Evidence> = {}): Analysis {
  const [session] = soundEvidence.sessions;
  if (session === undefined) throw new Error("the sample keeps sessions");
  return analyse({ ...soundEvidence, sessions: [{ ...session, ...change }], ...rest }, [], 1);
}

function inFile<T>(value: T): Setting<T> {
  return { value, origin: { kind: "set", place: place("a.ts", 2) } };
}

describe("the strategy", () => {
  it("gives each effective value with where it comes from", () => {
    expect(point(weak, "Cookie attributes")).toBe(
      "`Secure` is not set (default of symfony/framework-bundle 5.4.21, since nothing sets it). `HttpOnly` is set (by the same default). `SameSite` cannot be told from the repository: decided at deployment by the variable COOKIE_SAMESITE, which the repository gives no value (config/packages/framework.yaml:5).",
    );
    expect(point(sound, "Cookie attributes")).toContain(
      "`Secure` is always set (set in api/src/server.ts:16).",
    );
  });

  it("names the controls that judged a point, and only those that ran", () => {
    const controls = weak.strategy.find((each) => each.point === "Cookie attributes")?.controls;
    expect(controls).toEqual(["cookie-secure", "cookie-samesite"]);
  });

  it("says what a setting without effect does: nothing", () => {
    expect(point(weak, "Storage")).toContain("What php.ini:4 sets has no effect:");
  });

  it("leaves out points that the application has nothing of", () => {
    expect(sound.strategy.map((each) => each.point)).not.toContain("Remember-me");
    expect(weak.strategy.map((each) => each.point)).toContain("Remember-me");
  });

  it("tells two ways of keeping sessions apart", () => {
    const both = {
      ...soundEvidence,
      sessions: [...soundEvidence.sessions, ...weakEvidence.sessions],
    };
    const text = point(analyse(both, [], 1), "Timeout");
    expect(text).toContain(
      "express-session 1.18.1: A session that is not used ends after 30 minutes",
    );
    expect(text).toContain(
      "symfony/framework-bundle 5.4.21: Data unused for 24 minutes may be collected",
    );
  });

  it("tells a change of which the same is to be said once, with all of its places", () => {
    const [change] = soundEvidence.privilegeChanges;
    if (change === undefined) throw new Error("the sample has a sign-in");
    const privilegeChanges = [3, 9].map((line) => ({ ...change, place: place("a.ts", line) }));
    expect(point(withSession({}, { privilegeChanges }), "New id at sign-in")).toBe(
      "Sign-in by password in a.ts:3 and a.ts:9 gives the session a new id and ends the old one: req.session.regenerate precedes the assignment.",
    );
  });

  it("does not say twice what the reason says", () => {
    const why = "No listener records sign-ins.";
    const success = { present: false, place: place("a.ts", 3), why };
    const failure = { present: true, place: place("a.ts", 4), why: "The log has them" };
    expect(point(withSession({}, { auditLog: { success, failure } }), "Audit log")).toBe(
      "No listener records sign-ins (a.ts:3). Failed attempts are recorded: the log has them (a.ts:4).",
    );
  });

  it("speaks of no id that a stateless sign-in or sign-out would leave", () => {
    const [change] = soundEvidence.privilegeChanges;
    if (change === undefined) throw new Error("the sample has a sign-in");
    const stateless = withSession(
      { isStateless: true },
      {
        privilegeChanges: [{ ...change, rotation: "none", why: "the key is set" }],
        signOuts: [{ place: place("a.ts", 8), effect: "key-removed", why: "the key goes" }],
      },
    );
    expect(point(stateless, "New id at sign-in")).toContain(
      "goes on with the session that the visitor",
    );
    expect(point(stateless, "Sign-out")).toContain("a copy made before stays good");
  });

  it("tells observations under the control that judges them", () => {
    const storage = control("web-storage", "medium", ["hijacking"]);
    const { strategy } = analyse(weakEvidence, [judged(storage, "fail")], 1);
    expect(strategy.at(-1)).toEqual({
      point: storage.title,
      text: "A token is kept in localStorage (assets/app.js:12).",
      controls: ["web-storage"],
    });
  });
});

describe("the threat model", () => {
  it("has all eight threats, with what stands against each and what is missing", () => {
    expect(weak.threats.map(({ threat, against, missing }) => [threat, against, missing])).toEqual([
      ["hijacking", [], ["cookie-secure"]],
      ["fixation", ["strict-mode"], ["regenerate-login"]],
      ["cross-site-request-forgery", [], []],
      ["man-in-the-middle", [], ["cookie-secure"]],
      ["replay-after-sign-out", [], []],
      ["theft-from-the-store", [], []],
      ["guessing", [], []],
      ["undetected-abuse", [], []],
    ]);
  });

  it("says what the source does not settle", () => {
    const forgery = weak.threats.find(({ threat }) => threat === "cross-site-request-forgery");
    expect(forgery?.residual).toMatch(/^Not settled by the source: cookie-samesite\./);
  });

  it("names the places where a planted session becomes somebody's", () => {
    expect(attack(weak, "fixation")).toContain(
      "becomes the person's at sign-in by password (src/Controller/SignInController.php:40)",
    );
    expect(attack(sound, "fixation")).toContain("Every sign-in that was found gives a new id");
  });

  it("speaks of no id where the cookie carries the contents", () => {
    const stateless = withSession({
      isStateless: true,
      storage: inFile("cookie"),
      isEncrypted: inFile(false),
    });
    expect(attack(stateless, "fixation")).toContain("a whole session that is planted, not an id");
    expect(attack(stateless, "theft-from-the-store")).toMatch(/^There is no store\./);
    expect(attack(stateless, "guessing")).not.toContain("2^");
    expect(point(stateless, "Session ids")).toMatch(/^There is no id/);
  });

  it("says that a stateless sign-out leaves copies alive", () => {
    const signOuts = [
      { place: place("a.ts", 9), effect: "cookie-cleared", why: "req.session = null" },
    ] as const;
    const text = attack(withSession({ isStateless: true }, { signOuts }), "replay-after-sign-out");
    expect(text).toContain("a copy stays good");
  });

  it("says what a known secret is good for", () => {
    const secrets = [
      { purpose: "cookie-session keys", place: place("a.ts", 3), source: "literal" },
    ] as const;
    const stateless = withSession({ isStateless: true, secrets });
    expect(attack(stateless, "guessing")).toContain("and writes a session of any content with it");
    expect(attack(withSession({ secrets }), "guessing")).toContain(
      "what it signs proves nothing any more",
    );
  });

  it("finds nothing to forge where nothing changes state", () => {
    const { threats } = analyse({ ...soundEvidence, csrf: undefined }, [], 1);
    expect(threats.find(({ threat }) => threat === "cross-site-request-forgery")).toMatchObject({
      attack: "No request was found that changes state, so there is nothing to forge.",
      residual: "",
    });
  });
});

describe("an application without sessions", () => {
  it("has an objective, a scope and a conclusion, and no strategy, threats or advice", () => {
    expect(empty).toMatchObject({ strategy: [], threats: [], gaps: [], recommendations: [] });
    expect(empty.conclusion).toBe(
      "The Phalcon application in site/ keeps no sessions that could be found, and nothing has to be changed.",
    );
    expect(empty.objective).toContain("there is nothing to judge");
  });

  it("admits what could not be read", () => {
    const unread = [{ file: "a.php", why: "it is broken" }];
    const { conclusion, scope } = analyse({ ...emptyEvidence, unread }, [], 3);
    expect(conclusion).toContain("1 file could not be read in full");
    expect(scope.notCovered).toContain("a.php: it is broken");
  });
});

describe("the scope", () => {
  it("names the versions that decide something, and no others", () => {
    const versions = { ...soundEvidence.versions, chai: "4.0.0" };
    const { scope } = analyse({ ...soundEvidence, versions }, [], 1);
    expect(scope.covered).toContain("Defaults of the versions in use: express-session 1.18.1");
  });

  it("names the variables that only the deployment knows", () => {
    expect(weak.scope.notCovered).toContain(
      "The value of COOKIE_SAMESITE, read in config/packages/framework.yaml:5 and given at deployment only",
    );
  });
});
