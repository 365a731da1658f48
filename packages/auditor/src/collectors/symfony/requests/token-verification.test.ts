import { describe, expect, it } from "vitest";
import { evidenceOf, securityYaml } from "../testing.ts";

function found(files: Record<string, string>): string[] {
  return evidenceOf({ ...securityYaml("form_login: ~", "logout: ~"), ...files })
    .observations.filter(({ topic }) => topic === "token-verification")
    .map(({ kind, place }) => `${kind} ${place.file}:${place.line}`);
}

function handler(body: string): Record<string, string> {
  return {
    "src/Handler.php": `<?php
namespace App;
use Firebase\\JWT\\JWT;
use Firebase\\JWT\\Key;
use Lcobucci\\JWT\\Configuration;
use Symfony\\Component\\Security\\Http\\AccessToken\\AccessTokenHandlerInterface;
class Handler implements AccessTokenHandlerInterface {
    public function getUserBadgeFrom(string $token) { ${body} }
}`,
  };
}

const DECODE = "$x = json_decode(base64_decode(explode('.', $token)[1])); return $x->sub;";

describe("a token", () => {
  it("is verified by bundles that fix algorithm and key", () => {
    const lexik = (line: string) => ({
      ...securityYaml("jwt: ~"),
      "config/packages/lexik_jwt_authentication.yaml": `lexik_jwt_authentication:\n    public_key: a.pem\n${line}`,
    });
    const file = "config/packages/lexik_jwt_authentication.yaml";
    expect(found(lexik(""))).toEqual([`good ${file}:1`]);
    expect(found(lexik("    allow_no_expiration: true\n"))).toEqual([`doubt ${file}:3`]);
    expect(found({ ...lexik(""), ...securityYaml("form_login: ~") })).toEqual([]);
    expect(
      found(
        securityYaml(
          "access_token: { token_handler: { oidc: { algorithms: [RS256], audience: a } } }",
        ),
      ),
    ).toEqual(["good config/packages/security.yaml:4"]);
    expect(found(securityYaml("access_token: { token_handler: App\\Handler }"))).toEqual([]);
  });

  it("is not where it is only decoded", () => {
    expect(found(handler(DECODE))).toEqual(["fault src/Handler.php:8"]);
    expect(found(handler(`$jwt = $token; ${DECODE.replace("$token)", "$jwt)")}`))).toEqual([
      "fault src/Handler.php:8",
    ]);
    expect(found(handler(`$this->introspector->check($token); ${DECODE}`))).toEqual([]);
    expect(found(handler(`openssl_verify($a, $b, $c); ${DECODE}`))).toEqual([]);
    expect(found(handler(DECODE.replace("$token)", "$answer['id_token'])")))).toEqual([]);
  });

  it("is not where its own header chooses the algorithm", () => {
    const decode = (algorithm: string) =>
      handler(`return JWT::decode($token, new Key($this->key, ${algorithm}));`);
    expect(found(decode("'RS256'"))).toEqual(["good src/Handler.php:8"]);
    expect(found(decode("$header->alg"))).toEqual(["fault src/Handler.php:8"]);
    expect(found(decode("$header['alg']"))).toEqual(["fault src/Handler.php:8"]);
    expect(found(decode("$this->algorithm"))).toEqual([]);
  });

  it("is not where it needs no signature", () => {
    const body = "return Configuration::forUnsecuredSigner()->parser()->parse($token);";
    expect(found(handler(body))).toEqual(["fault src/Handler.php:8"]);
  });
});
