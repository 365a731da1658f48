import { describe, expect, it } from "vitest";
import { frameworkYaml, sessionOf } from "../testing.ts";

/** What `name` of the session's cookie is worth, written so. */
function nameOf(written: string, parameters: readonly string[] = [], env = ""): unknown {
  const { cookie } = sessionOf({
    ...frameworkYaml(`name: '${written}'`),
    "config/services.yaml": `parameters:\n${parameters.map((line) => `    ${line}\n`).join("")}`,
    ".env": env,
  });
  return cookie.name.value ?? cookie.name.origin.kind;
}

describe("values of configuration", () => {
  for (const [written, value] of [
    ["%env(NAME)%", "shop"],
    ["%env(string:NAME)%", "shop"],
    ["%env(trim:PADDED)%", "padded"],
    ["%env(base64:CODED)%", "coded"],
    ["%env(key:cookie:json:JSON)%", "from-json"],
    ["%env(default:fallback:EMPTY)%", "fallen-back"],
    ["%env(default:fallback:NONE)%", "fallen-back"],
    ["%env(default:fallback:NAME)%", "shop"],
    ["%env(resolve:NAME)%_%app%", "shop_app"],
    ["100%%", "100%"],
    ["%env(NONE)%", "environment"],
    ["%none%", "environment"],
    ["%env(file:NAME)%", "unknown"],
    ["%env(acme:NAME)%", "unknown"],
    ["%kernel.environment%", "prod"],
  ] as const) {
    it(`are ${value} for ${written}`, () => {
      const env = `NAME=shop\nPADDED=" padded "\nCODED=Y29kZWQ=\nJSON='{"cookie":"from-json"}'\nEMPTY=\n`;
      expect(nameOf(written, ["fallback: fallen-back", "app: app"], env)).toBe(value);
    });
  }

  it("end where they refer to themselves", () => {
    expect(nameOf("%a%", ["a: '%b%'", "b: '%a%'"])).toBe("unknown");
    expect(nameOf("%env(A)%", ["env(A): '%env(A)%'"])).toBe("unknown");
  });

  it("cost no more where each stands for the next many times", () => {
    const parameters = Array.from(
      { length: 11 },
      (_, level) => `p${level}: '${`%p${level + 1}%`.repeat(50)}'`,
    );
    expect(typeof nameOf("%p0%", [...parameters, "p11: x"])).toBe("string");
  });
});
