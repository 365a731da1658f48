import { describe, expect, it } from "vitest";
import { evidenceOf } from "../testing-app.ts";

const READER = "app/Tokens.php";

function kinds(body: string, imports = ""): readonly string[] {
  const text = `<?php ${imports}\nclass Tokens { public function read($text) { ${body} } }`;
  return evidenceOf({ [READER]: text })
    .observations.filter(({ topic }) => topic === "token-verification")
    .map(({ kind }) => kind);
}

describe("tokenVerification", () => {
  it("sees a token of Phalcon's that is read and not verified", () => {
    const use =
      "use Phalcon\\Encryption\\Security\\JWT\\Token\\Parser; use Phalcon\\Encryption\\Security\\JWT\\Validator;";
    const parse = "$token = (new Parser())->parse($text);";
    expect(kinds(`${parse} return $token->getClaims()->get("sub");`, use)).toEqual(["fault"]);
    const claims = "$v = new Validator($token); $v->validateExpiration(time());";
    expect(kinds(`${parse} ${claims}`, use)).toEqual(["fault"]);
    expect(kinds(`${parse} ${claims} $v->validateSignature($signer, $key);`, use)).toEqual([
      "good",
    ]);
    expect(kinds("$parser = new Markdown(); $parser->parse($text);", use)).toEqual([]);
  });

  it("sees a signer that signs nothing", () => {
    const none = "$signer = new \\Phalcon\\Encryption\\Security\\JWT\\Signer\\None();";
    expect(kinds(none)).toEqual(["fault"]);
    expect(kinds(none.replace("None()", 'Hmac("sha512")'))).toEqual([]);
  });

  it("asks what decode() is told", () => {
    const use = "use Firebase\\JWT\\JWT; use Firebase\\JWT\\Key;";
    const decode = (rest: string) => kinds(`return JWT::decode($text, ${rest});`, use);
    expect(decode('new Key($key, "HS256")')).toEqual(["good"]);
    expect(decode('$key, ["RS256"]')).toEqual(["good"]);
    expect(decode("$key, false")).toEqual(["fault"]);
    expect(decode("$key")).toEqual([]);
  });
});
