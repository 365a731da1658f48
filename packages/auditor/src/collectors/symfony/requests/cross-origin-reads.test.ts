import { describe, expect, it } from "vitest";
import type { Observation } from "../../../evidence.ts";
import { controller, evidenceOf, securityYaml } from "../testing.ts";

function kinds(files: Record<string, string>): Observation["kind"][] {
  return evidenceOf({ ...securityYaml("form_login: ~"), ...files })
    .observations.filter(({ topic }) => topic === "cross-origin-reads")
    .map(({ kind }) => kind);
}

function cors(...lines: string[]): Record<string, string> {
  const body = lines.map((line) => `        ${line}\n`).join("");
  return {
    "config/packages/nelmio_cors.yaml": `nelmio_cors:\n    defaults:\n${body}    paths:\n        '^/': ~\n`,
  };
}

describe("answers with credentials", () => {
  for (const [kind, ...lines] of [
    ["fault", "allow_credentials: true", "allow_origin: ['*']"],
    ["fault", "allow_credentials: true", "origin_regex: true", "allow_origin: ['.*']"],
    [
      "fault",
      "allow_credentials: true",
      "origin_regex: true",
      "allow_origin: ['^https://a\\.org']",
    ],
    [
      "good",
      "allow_credentials: true",
      "origin_regex: true",
      "allow_origin: ['^https://a\\.org$']",
    ],
    ["good", "allow_credentials: true", "allow_origin: ['https://a.org']"],
    ["doubt", "allow_credentials: true", "allow_origin: ['%env(ORIGIN)%']"],
    ["good", "allow_credentials: false", "allow_origin: ['*']"],
  ] as const) {
    it(`are ${kind} with ${lines.join(", ")}`, () => {
      expect(kinds(cors(...lines))).toEqual([kind]);
    });
  }

  it("are not said of an application that allows none", () => {
    expect(kinds(cors("allow_origin: ['*']"))).toEqual([]);
  });

  it("are found where code repeats the origin", () => {
    const action = (origin: string): Record<string, string> =>
      controller(
        "DataController",
        `    public function data(Request $request, $response) {
        $origin = $request->headers->get('Origin');
        ${origin}
        $response->headers->set('Access-Control-Allow-Origin', $origin);
        $response->headers->set('Access-Control-Allow-Credentials', 'true');
    }`,
      );
    expect(kinds(action(""))).toEqual(["fault"]);
    expect(kinds(action("if (!in_array($origin, self::KNOWN)) { return; }"))).toEqual(["doubt"]);
    expect(kinds(action("$origin = 'https://a.org';"))).not.toContain("good");
  });
});
