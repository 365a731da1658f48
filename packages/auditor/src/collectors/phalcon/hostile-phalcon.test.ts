import { describe, expect, it, vi } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidenceOf, SERVICES, SOUND } from "./testing-app.ts";

/** What is read of the sound application with a hostile file in it, within some seconds at most. */
function withFile(text: string, file = "app/Hostile.php"): Evidence {
  const evidence = evidenceOf({ [file]: text });
  expect(evidence.sessions).toHaveLength(1);
  return evidence;
}

/** That many controllers, each of which signs people in and out and changes their accounts. */
function signIns(count: number): Record<string, string> {
  const controllers = Array.from({ length: count }, (_, index) => [
    `app/controllers/C${index}Controller.php`,
    `<?php
class C${index}Controller extends \\Phalcon\\Mvc\\Controller {
  function loginAction() {
    $user = Users::findFirstByEmail($this->request->getPost("email"));
    if ($this->security->checkHash($this->request->getPost("password"), $user->password)) $this->session->set("auth", $user->id);
  }
  function logoutAction() { $this->session->remove("auth"); }
  function passwordAction() { $user = Users::findFirst($this->session->get("auth")); $user->password = $this->security->hash($this->request->getPost("password")); $user->role = "x"; $user->active = 0; $user->save(); }
}`,
  ]);
  return Object.fromEntries(controllers);
}

/** How often patterns, maps and sets are asked for it: work that does not depend on the machine. */
function workFor(files: Record<string, string>): number {
  const spies = [
    vi.spyOn(RegExp.prototype, "exec"),
    vi.spyOn(RegExp.prototype, "test"),
    vi.spyOn(Map.prototype, "get"),
    vi.spyOn(Set.prototype, "has"),
    vi.spyOn(WeakMap.prototype, "get"),
  ];
  try {
    evidenceOf(files);
    return spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

describe("collectPhalcon, of code that means it ill", { timeout: 60_000 }, () => {
  it("reports code that is nested too deeply, and reads the rest", () => {
    const evidence = withFile(`<?php $session = ${"(".repeat(30_000)}1${")".repeat(30_000)};`);
    expect(evidence.unread.map(({ file }) => file)).toContain("app/Hostile.php");
  });

  it("follows chains of thousands of operators and calls", () => {
    withFile(
      `<?php ini_set("session.name", ${'"a" . '.repeat(1_500)}"b"); $x${"->y()".repeat(800)};`,
    );
  });

  it("reports a file that does not parse", () => {
    const evidence = withFile("<?php class { function session( ;;; }}} $_SESSION[");
    expect(evidence.unread.map(({ file }) => file)).toContain("app/Hostile.php");
  });

  it("does not follow classes, constants, variables and functions in circles", () => {
    withFile(`<?php
class A extends B { const C = D::C; function write($id, $data) { return $this->write($id, $data); } }
class B extends A { use T; }
class D extends A { const C = A::C; }
trait T { use T; }
interface I extends I {}
function f() { return g(); }
function g() { return f(); }
const K = L;
const L = K;
$a = $b; $b = $a;
ini_set("session.name", f() . K . A::C . $a);
$session = new \\Phalcon\\Session\\Manager();
$session->setAdapter(new A());
class GoController extends \\Phalcon\\Mvc\\Controller { function goAction() { $this->backAction(); $this->session->set("auth", $this->user); } function backAction() { $this->goAction(); } }
`);
  });

  it("does not unfold adapters that wrap themselves", () => {
    const wraps = `<?php class W implements \\SessionHandlerInterface { function write($id, $data) { return $this->inner->write($id, $data); } }
$a = new W($b); $b = new W($a); $session = new \\Phalcon\\Session\\Manager(); $session->setAdapter(new W(new W($a)));`;
    const evidence = evidenceOf({ [SERVICES]: wraps });
    expect(evidence.sessions[0]?.isEncrypted.value).toBe(false);
  });

  it("does not multiply what calls itself many times over", () => {
    const functions = Array.from(
      { length: 60 },
      (_, index) =>
        `function step${index}() { ${`$this->step${(index + 1) % 60}(); `.repeat(20)} $this->session->set("auth", $this->user->id); }`,
    );
    withFile(
      `<?php class RunController extends \\Phalcon\\Mvc\\Controller { ${functions.join("\n")} }`,
    );
  });

  it("works twice as hard for twice as many sign-ins, and not four times", () => {
    const [few, many] = [60, 120].map((count) => workFor(signIns(count)));
    expect(few).toBeGreaterThan(0);
    expect(many).toBeLessThan((few ?? 0) * 2.5);
  });

  it("reads arrays of many entries once", () => {
    const entries = Array.from(
      { length: 20_000 },
      (_, index) => `"k${index}" => ["v" => ${index}]`,
    );
    withFile(`<?php return [${entries.join(",")}];`, "config/config.php");
  });

  it("does not unfold aliases, and reads configuration that is no configuration", () => {
    const levels = Array.from(
      { length: 30 },
      (_, index) => `l${index + 1}: &l${index + 1} [${`*l${index}, `.repeat(9)}*l${index}]`,
    );
    withFile(`l0: &l0 [x]\n${levels.join("\n")}\n`, "config/config.yml");
    withFile("{".repeat(50_000), "config/config.json");
    withFile(`[${"a.".repeat(20_000)}b]\nx = 1`, "config/config.ini");
  });

  it("keeps names with odd characters to itself", () => {
    const evidence = evidenceOf({
      [SERVICES]: (SOUND[SERVICES] ?? "").replace("__Host-desk", "a\\u{1b}[31mb"),
      "app/controllers/x(y).php":
        "<?php class X extends \\Phalcon\\Mvc\\Controller { function a() {} }",
    });
    expect(evidence.sessions).toHaveLength(1);
  });
});
