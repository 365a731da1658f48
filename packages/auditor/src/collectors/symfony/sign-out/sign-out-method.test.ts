import { describe, expect, it } from "vitest";
import type { Observation } from "../../../evidence.ts";
import { controller, evidenceOf, type FixtureOptions, securityYaml } from "../testing.ts";

function kinds(files: Record<string, string>, options?: FixtureOptions): Observation["kind"][] {
  return evidenceOf(files, options)
    .observations.filter(({ topic }) => topic === "logout-method")
    .map(({ kind }) => kind);
}

const route = (methods: string): Record<string, string> =>
  controller(
    "SignInController",
    `    #[Route('/bye', name: 'bye'${methods})]\n    public function bye() {}`,
  );

describe("signing out", () => {
  it("takes a token, or a link does it", () => {
    expect(kinds(securityYaml("form_login: ~", "logout: { path: /bye }"))).toEqual(["fault"]);
    expect(kinds(securityYaml("logout: { path: /bye, enable_csrf: true }"))).toEqual(["good"]);
    expect(kinds(securityYaml("logout: { path: /bye, enable_csrf: false }"))).toEqual(["fault"]);
    expect(
      kinds(securityYaml("logout: { csrf_token_generator: security.csrf.token_manager }"), {
        version: "5.4.1",
      }),
    ).toEqual(["good"]);
  });

  it("is judged by its route's methods", () => {
    for (const path of ["bye", "/bye"]) {
      const security = securityYaml(`logout: { path: ${path} }`);
      expect(kinds({ ...security, ...route("") })).toEqual(["fault"]);
      expect(kinds({ ...security, ...route(", methods: ['POST']") })).toEqual(["good"]);
      expect(kinds({ ...security, ...route(", methods: ['GET']") })).toEqual(["fault"]);
    }
  });

  it("is judged by routes in files", () => {
    const security = securityYaml("logout: { path: bye }");
    const yaml = (methods: string) => ({
      ...security,
      "config/routes.yaml": `bye:\n    path: /bye\n${methods}`,
    });
    expect(kinds(yaml(""))).toEqual(["fault"]);
    expect(kinds(yaml("    methods: [POST]\n"))).toEqual(["good"]);
    const php = (end: string) => ({
      ...security,
      "config/routes.php": `<?php return function ($routes) { $routes->add('bye', '/bye')${end}; };`,
    });
    expect(kinds(php(""))).toEqual(["fault"]);
    expect(kinds(php("->methods(['POST'])"))).toEqual(["good"]);
  });

  it("is left to a person where the route is not found", () => {
    expect(kinds(securityYaml("logout: { path: bye }"))).toEqual(["doubt"]);
  });
});
