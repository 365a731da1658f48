import { describe, expect, it } from "vitest";
import { CONTROLLER, evidenceOf, SOUND, seenOf } from "../testing-app.ts";

function guard(body: string, name = "beforeExecuteRoute", others: Record<string, string> = {}) {
  return seenOf(
    evidenceOf({
      ...others,
      "app/controllers/DoorController.php": `<?php
use Desk\\Models\\Users;
class DoorController extends \\Phalcon\\Mvc\\Controller {
  public function ${name}() {
    ${body}
  }
}`,
    }),
    "static-tokens",
  );
}
const SENT = '$this->request->getHeader("X-Api-Key")';

describe("staticTokens", () => {
  it("sees a header that equals a constant or a variable", () => {
    expect(guard(`return ${SENT} === "kestrel-5521";`)).toEqual(["fault:5 a constant"]);
    expect(guard(`$key = ${SENT}; return hash_equals(getenv("DOOR_KEY"), $key);`)).toEqual([
      "fault:5 a variable of the environment",
    ]);
  });

  it("says nothing of other headers, of servers' calls, and of what decides nothing", () => {
    expect(guard('return $this->request->getHeader("Accept") === "application/json";')).toEqual([]);
    expect(guard(`return ${SENT} === "kestrel-5521";`, "webhookAction")).toEqual([]);
    expect(guard(`return ${SENT} === "kestrel-5521";`, "colourAction")).toEqual([]);
  });

  it("sees a column that no sign-in renews", () => {
    const find = `return Users::findFirstByApiToken(${SENT});`;
    expect(guard(find, "authenticate")).toEqual(['fault:5 the column "apitoken"']);
    const renewed = (SOUND[CONTROLLER] ?? "").replace(
      "$this->session->regenerateId(true);",
      "$this->session->regenerateId(true); $person->api_token = bin2hex(random_bytes(16)); $person->save();",
    );
    expect(guard(find, "authenticate", { [CONTROLLER]: renewed })).toEqual([]);
    expect(guard(find.replace("Users::", "AccessTokens::"), "authenticate")).toEqual([]);
    expect(guard(find.replace(SENT, "$this->row->token"), "authenticate")).toEqual([]);
  });

  it("knows the framework's guard of tokens", () => {
    expect(
      guard("return new \\Phalcon\\Auth\\Guard\\Token($adapter, $options);", "guardFor"),
    ).toEqual(["fault:5 a column of the account"]);
  });
});
