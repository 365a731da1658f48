import { describe, expect, it } from "vitest";
import type { Observation } from "../../../evidence.ts";
import { controller, evidenceOf, type FixtureOptions, securityYaml } from "../testing.ts";

function kinds(files: Record<string, string>, options?: FixtureOptions): Observation["kind"][] {
  return evidenceOf(files, options)
    .observations.filter(({ topic }) => topic === "client-cleanup")
    .map(({ kind }) => kind);
}

describe("signing out", () => {
  it("removes or replaces the cookie where it invalidates the session", () => {
    expect(kinds(securityYaml("logout: ~"))).toEqual(["good"]);
    expect(kinds(securityYaml("logout: { invalidate_session: true }"))).toEqual(["good"]);
  });

  it("keeps the cookie where it keeps the session", () => {
    const files = securityYaml("logout: { invalidate_session: false }");
    expect(kinds(files, { version: "4.4.50" })).toEqual(["fault"]);
    expect(kinds(files)).toEqual(["doubt"]);
  });

  it("may have the browser remove it all the same", () => {
    for (const [kind, setting] of [
      ["good", "clear_site_data: [cache, cookies]"],
      ["good", "clear_site_data: ['*']"],
      ["doubt", "clear_site_data: [cache]"],
      ["good", "delete_cookies: [PHPSESSID]"],
      ["good", "delete_cookies: { PHPSESSID: { path: / } }"],
      ["doubt", "delete_cookies: { PHPSESSID: { path: /app } }"],
      ["doubt", "delete_cookies: { PHPSESSID: { domain: a.org } }"],
      ["doubt", "delete_cookies: [other]"],
    ] as const) {
      const logout = `logout: { invalidate_session: false, ${setting} }`;
      expect([setting, kinds(securityYaml(logout))]).toEqual([setting, [kind]]);
    }
  });

  it("is not judged where a listener of the application does it, or nobody signs out", () => {
    const listener = {
      ...securityYaml("logout: { invalidate_session: false }"),
      "src/EventListener/Leaving.php": `<?php
namespace App\\EventListener;
use Symfony\\Component\\Security\\Http\\Event\\LogoutEvent;
class Leaving { public function __invoke(LogoutEvent $event) { $event->getRequest()->getSession()->invalidate(); } }`,
    };
    expect(kinds(listener)).toEqual([]);
    expect(kinds(securityYaml("form_login: ~"))).toEqual([]);
    expect(kinds(securityYaml("stateless: true", "logout: ~"))).toEqual([]);
    expect(kinds(controller("HomeController", ""))).toEqual([]);
  });
});
