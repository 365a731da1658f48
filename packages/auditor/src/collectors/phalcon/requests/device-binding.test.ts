import { describe, expect, it } from "vitest";
import { evidenceOf, seenOf } from "../testing-app.ts";

function bound(proof: string) {
  return seenOf(
    evidenceOf({
      "app/controllers/BindingController.php": `<?php
class BindingController extends \\Phalcon\\Mvc\\Controller {
  public function offerAction() {
    $this->session->set("challenge", $c);
    $this->response->setHeader("Secure-Session-Registration", '(ES256);path="/bind";challenge="' . $c . '"');
  }
  public function bindAction() {
    ${proof}
  }
}`,
    }),
    "device-binding",
  );
}
const READ = '$proof = $this->request->getHeader("Secure-Session-Response");';
const VERIFY =
  "if (openssl_verify($text, $signature, $this->row->key, OPENSSL_ALGO_SHA256) !== 1) { return; }";
const COMPARE = 'if ($claims["jti"] !== $this->session->get("challenge")) { return; }';

describe("deviceBinding", () => {
  it("says nothing where nothing is offered", () => {
    expect(seenOf(evidenceOf(), "device-binding")).toEqual([]);
  });

  it("sees whether the proof is read, verified and used once", () => {
    expect(bound("")).toEqual(["fault:5 not asked for"]);
    expect(bound(`${READ} setcookie("bound", "1");`)).toEqual(["fault:5 not verified"]);
    expect(bound(`${READ} ${VERIFY}`)).toEqual(["fault:5 replayable"]);
    expect(bound(`${READ} ${VERIFY} ${COMPARE}`)).toEqual(["good:5 verified"]);
  });
});
