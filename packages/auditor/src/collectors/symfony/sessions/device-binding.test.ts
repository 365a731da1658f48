import { describe, expect, it } from "vitest";
import type { Observation } from "../../../evidence.ts";
import { controller, evidenceOf, frameworkYaml } from "../testing.ts";

function seen(body: string): readonly Observation[] {
  const files = { ...frameworkYaml(), ...controller("BindController", body) };
  return evidenceOf(files).observations.filter(({ topic }) => topic === "device-binding");
}

const OFFER = `    public function offer($response) { $response->headers->set('Secure-Session-Registration', '(ES256);path="/bind";challenge="x"'); }`;
const READS = "$proof = trim($request->headers->get('Secure-Session-Response'), '\"');";
const refresh = (check: string): string =>
  `${OFFER}\n    public function refresh(Request $request) { ${READS} ${check} }`;

describe("device-bound session credentials", () => {
  it("are verified by signature and challenge", () => {
    const own =
      "[$h, $p, $s] = explode('.', $proof); if (openssl_verify(\"$h.$p\", $s, $key, 'sha256') !== 1) { throw new X(); } $jti = $claims['jti'];";
    const library =
      "$claims = JWT::decode($proof, new Key($stored, 'ES256')); $this->challenges->use($claims->jti);";
    for (const check of [own, library])
      expect(seen(refresh(check))).toMatchObject([{ kind: "good", place: { line: 15 } }]);
  });

  for (const [what, check] of [
    [
      "signature",
      "$claims = json_decode(base64_decode(explode('.', $proof)[1]), true); $jti = $claims['jti'];",
    ],
    ["challenge", "$claims = JWT::decode($proof, new Key($stored, 'ES256'));"],
    [
      "algorithm",
      "$claims = JWT::decode($proof, new Key($stored, $header['alg'])); $this->challenges->use($claims->jti);",
    ],
  ] as const) {
    it(`are nothing without a look at the ${what}`, () => {
      expect(seen(refresh(check))).toMatchObject([{ kind: "fault" }]);
    });
  }

  it("are nothing where they are offered and no proof is read", () => {
    expect(seen(OFFER)).toMatchObject([{ kind: "fault", place: { line: 14 } }]);
  });

  it("are not spoken of where the headers are in a comment, or nowhere", () => {
    expect(seen("    // 'Secure-Session-Registration'\n    public function offer() {}")).toEqual(
      [],
    );
  });
});
