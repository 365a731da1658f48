import { describe, expect, it } from "vitest";
import type { RememberMeEvidence } from "../../../evidence.ts";
import { evidenceOf, type FixtureOptions, frameworkYaml, securityYaml } from "../testing.ts";

function rememberMe(
  lines: string,
  session: readonly string[],
  options?: FixtureOptions,
): RememberMeEvidence | undefined {
  const files = {
    ...securityYaml("form_login: ~", `remember_me: ${lines}`),
    ...frameworkYaml(...session),
  };
  return evidenceOf(files, options).rememberMe;
}

describe("remember_me", () => {
  it("takes the session's flags only from a map with cookie_secure in it", () => {
    const secret = "{ secret: x }";
    expect(rememberMe(secret, [])?.secure).toMatchObject({
      value: "never",
      origin: { kind: "default" },
    });
    expect(rememberMe(secret, ["name: sid"])?.secure.value).toBe("never");
    const copied = rememberMe(secret, ["cookie_secure: auto", "cookie_samesite: strict"]);
    expect(copied?.secure.value).toBe("when-https");
    expect(copied?.sameSite.value).toBe("strict");
  });

  it("does not take them before 4.2", () => {
    const found = rememberMe("{ secret: x }", ["cookie_secure: true"], { version: "3.4.49" });
    expect(found?.secure.value).toBe("never");
  });

  it("lets its own settings win", () => {
    const found = rememberMe("{ secret: x, secure: true, httponly: false, lifetime: 3600 }", []);
    expect(found).toMatchObject({
      secure: { value: "always" },
      httpOnly: { value: false },
      lifetimeSeconds: { value: 3600 },
    });
  });

  it("lives for a year and is signed by default, and random with a provider", () => {
    expect(rememberMe("{ secret: x }", [])).toMatchObject({
      scheme: "signed",
      expires: true,
      lifetimeSeconds: { value: 31_536_000, origin: { kind: "default" } },
    });
    expect(rememberMe("{ secret: x, token_provider: { doctrine: true } }", [])?.scheme).toBe(
      "random-token",
    );
    expect(rememberMe("{ secret: x, service: app.remember }", [])).toMatchObject({
      scheme: "unknown",
    });
  });

  it("says when everybody is remembered", () => {
    expect(rememberMe("{ secret: x, always_remember_me: true }", [])?.why).toContain(
      "always_remember_me",
    );
  });
});
