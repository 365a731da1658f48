import { describe, expect, it } from "vitest";
import { evidenceOf, seenOf } from "../testing-app.ts";

function guard(test: string, then = "$this->session->destroy();", before = "") {
  return seenOf(
    evidenceOf({
      "app/controllers/BaseController.php": `<?php
class BaseController extends \\Phalcon\\Mvc\\Controller {
  public function beforeExecuteRoute() {
    ${before}
    if (${test}) { ${then} }
  }
}`,
    }),
    "stolen-session-signals",
  );
}
const AGENT = '$this->session->get("agent") !== $this->request->getUserAgent()';

describe("stolenSessionSignals", () => {
  it("sees another browser end the session", () => {
    expect(guard(AGENT)).toEqual(["good:5 compared"]);
    const kept = '$seen = $this->session->get("agent"); $now = md5($_SERVER["HTTP_USER_AGENT"]);';
    expect(guard("$seen != $now", "$this->session->destroy();", kept)).toEqual(["good:5 compared"]);
  });

  it("finds fault with the same address", () => {
    const address = AGENT.replace("getUserAgent", "getClientAddress");
    expect(guard(address)).toEqual(["fault:5 the same address"]);
    expect(
      guard(`substr($this->request->getClientAddress(), 0, 7) !== $this->session->get("net")`),
    ).toEqual(["good:5 compared"]);
  });

  it("says nothing of what is only written down, or of a row that remembers people", () => {
    expect(guard(AGENT, "$this->logger->info('other browser');")).toEqual([]);
    expect(guard("$token->agent !== $this->request->getUserAgent()")).toEqual([]);
  });
});
