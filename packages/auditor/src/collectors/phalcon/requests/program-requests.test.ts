import { describe, expect, it } from "vitest";
import { evidenceOf } from "../testing-app.ts";

const guard = (header: string, more = "") => `<?php
namespace Desk\\Api;
class BaseController extends \\Phalcon\\Mvc\\Controller {
  public function beforeExecuteRoute() {
    $token = $this->request->getHeader("${header}");
    ${more}
    return Tokens::findFirstByToken($token) !== null;
  }
}`;
const ORDERS = `<?php
namespace Desk\\Api;
class OrdersController extends BaseController {
  public function bookAction() { ${"%"} $order = new Order(); $order->save(); }
}`;

function gaps(header: string, more?: string, body = "") {
  return evidenceOf({
    "app/api/BaseController.php": guard(header, more),
    "app/api/OrdersController.php": ORDERS.replace("%", body),
  }).csrf?.gaps.map(({ what }) => what.replace(/\(.*/, ""));
}

describe("takesHeaderToken", () => {
  it("asks no token of an interface that has one in a header", () => {
    expect(gaps("Authorization")).toEqual([]);
    expect(gaps("X-Access-Token")).toEqual([]);
  });

  it("does where a cookie would do, or no header is read", () => {
    expect(gaps("Accept-Language")).toEqual(["OrdersController::bookAction"]);
    const either = '$who = $this->session->get("auth");';
    expect(gaps("Authorization", "", either)).toEqual(["OrdersController::bookAction"]);
  });
});

describe("isServerCall", () => {
  const hook = (name: string, body: string) =>
    evidenceOf({
      "app/controllers/TillController.php": `<?php class TillController extends \\Phalcon\\Mvc\\Controller {
        public function ${name}() { ${body} $row = new Payments(); $row->save(); } }`,
    }).csrf?.gaps.length;

  it("leaves out what another server calls, unless it asks for the session", () => {
    expect(hook("bankNotifyAction", "")).toBe(0);
    expect(hook("payAction", "")).toBe(1);
    expect(hook("bankNotifyAction", '$id = $this->session->get("auth");')).toBe(1);
  });
});

describe("a check of the application's own", () => {
  const base = (check: string) => ({
    "app/Desk.php": `<?php namespace Desk\\Controllers;
class DeskController extends \\Phalcon\\Mvc\\Controller {
  public function beforeExecuteRoute() { (new \\Desk\\CsrfGuard())->verify($this->request->getPost("t")); }
  public function bookAction() { (new Book())->save(); }
}`,
    "app/CsrfGuard.php": `<?php namespace Desk; class CsrfGuard { public function verify($given) { ${check} } }`,
  });
  const gapsWith = (check: string) => evidenceOf(base(check)).csrf?.gaps.length;

  it("counts if it compares with what the session holds, or deciphers what it is given", () => {
    expect(gapsWith('return $given === $this->session->get("form");')).toBe(0);
    expect(
      gapsWith(
        "$parts = explode('.', $this->crypt->decryptBase64($given)); return $parts[0] > time();",
      ),
    ).toBe(0);
    expect(gapsWith("return true;")).toBe(1);
    expect(gapsWith("return strlen($given) === 32;")).toBe(1);
  });
});
