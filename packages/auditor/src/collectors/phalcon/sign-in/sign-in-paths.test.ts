import { describe, expect, it } from "vitest";
import { ACCOUNT, CONTROLLER, evidenceOf } from "../testing-app.ts";

function evidenceWith(controller: string, others: Record<string, string> = {}) {
  return evidenceOf({ ...others, [CONTROLLER]: `<?php\n${controller}` });
}

const SERVICE = `<?php
class Doors {
  public function open($person) { $this->session->set("auth", $person->id); }
}`;
const ENTER = (
  before: string,
  after: string,
) => `class GateController extends \\Phalcon\\Mvc\\Controller {
  public function enterAction() {
    $person = People::findFirstByEmail($this->request->getPost("email"));
    if (!password_verify($this->request->getPost("password"), $person->secret)) { return; }
    ${before}
    $this->doors->open($person);
    ${after}
  }
}`;

describe("signInPaths", () => {
  it("follows a service, and sees the rotation in the action that calls it", () => {
    const around = (before: string, after: string) =>
      evidenceWith(ENTER(before, after), { "app/Doors.php": SERVICE }).privilegeChanges[0];
    expect(around("$this->session->regenerateId();", "")).toMatchObject({
      kind: "password",
      rotation: "rotated",
    });
    expect(around("", "")).toMatchObject({
      rotation: "none",
      place: { file: "app/Doors.php", line: 3 },
    });
    expect(around("", "$this->session->regenerateId(false);")).toMatchObject({
      rotation: "old-session-kept",
    });
  });

  it("follows what factories give back, to the class that carries out what is abstract", () => {
    const evidence = evidenceWith(
      `class GateController extends \\Phalcon\\Mvc\\Controller {
  public function enterAction() {
    $person = People::findFirst($id);
    if (!password_verify($this->request->getPost("password"), $person->secret)) { return; }
    Desk::gate()->keeper()->admit($person);
  }
}`,
      {
        "app/Desk.php":
          "<?php class Desk { static function gate(): Gate { return new Gate(); } static function session(): \\Phalcon\\Session\\ManagerInterface { return X::di()->getShared('session'); } }",
        "app/Gate.php":
          "<?php class Gate { function keeper(): Keeper { $this->keeper ??= new SessionKeeper(); return $this->keeper; } }",
        "app/Keeper.php": "<?php abstract class Keeper { abstract function admit($person); }",
        "app/PaperKeeper.php":
          "<?php class PaperKeeper extends Keeper { function admit($person) { $this->token = 1; } }",
        "app/SessionKeeper.php":
          "<?php class SessionKeeper extends Keeper { const string KEY = 'user_id'; function admit($person) { Desk::session()->set(self::KEY, $person->id); } }",
      },
    );
    expect(evidence.privilegeChanges[0]).toMatchObject({
      kind: "password",
      rotation: "none",
      place: { file: "app/SessionKeeper.php" },
    });
  });

  it("follows an object that is handed in with its interface, and one that is called itself", () => {
    const evidence = evidenceWith(
      `namespace Desk\\Actions;
class Enter {
  public function __construct(private \\Desk\\Checks $check, private \\Phalcon\\Session\\ManagerInterface $session) {}
  public function __invoke($request) {
    $person = ($this->check)($request->getPost("password"));
    $this->session->set("auth", $person);
  }
}`,
      {
        "app/Checks.php": "<?php namespace Desk; interface Checks { function __invoke($p); }",
        "app/RealChecks.php":
          "<?php namespace Desk; class RealChecks implements Checks { function __invoke($p) { return $this->security->checkHash($p, $this->row->hash) ? $this->row : null; } }",
      },
    );
    expect(evidence.privilegeChanges[0]).toMatchObject({ kind: "password", rotation: "none" });
  });

  it("tells registration from sign-in, and neither from a cart or a refreshed name", () => {
    const evidence = evidenceWith(`class JoinController extends \\Phalcon\\Mvc\\Controller {
  public function joinAction() {
    $user = new Users();
    $user->password = $this->security->hash($this->request->getPost("password"));
    $user->save();
    $this->session->set("user_id", $user->id);
  }
  public function cartAction() { $this->session->set("cart", $cart->id); }
  public function nameAction() {
    $auth = $this->session->get("user_id");
    $auth["name"] = $this->request->getPost("name");
    $this->session->set("user_id", $auth);
  }
}`);
    const signIns = evidence.privilegeChanges.filter(({ kind }) => !/change/.test(kind));
    expect(signIns).toMatchObject([{ kind: "registration", rotation: "none", place: { line: 7 } }]);
  });

  it("takes the last of several ways in for the one that signs in", () => {
    const evidence = evidenceWith(`class GateController extends \\Phalcon\\Mvc\\Controller {
  public function enterAction() {
    $this->view->link = (new \\League\\OAuth2\\Client\\Provider\\Github($this->keys))->url();
    if ($this->security->checkHash($this->request->getPost("password"), $row->secret)) { $this->session->set("auth", $row->id); }
  }
}`);
    expect(evidence.privilegeChanges[0]).toMatchObject({ kind: "password" });
    expect(evidence.throttling).toMatchObject({ present: false });
  });

  it("tells a sign-in under a computed key by what is called on the way", () => {
    const KEEPER = `<?php class Keeper {
  public function keep($who) { $this->session->set($this->key, json_encode($who)); }
  public function loginById($id) { $this->keep(Guests::findFirst($id)); }
}`;
    const evidence = evidenceWith(
      `class GateController extends \\Phalcon\\Mvc\\Controller {
  public function enterAction() { if ($this->bound($this->request->getPost("password"))) { $this->keeper->loginById($this->id); } }
  public function tongueAction() { $this->keeper->keep($this->request->getPost("tongue")); }
  private function bound($password) { return ldap_bind($this->link, $this->name, $password); }
}`,
      { "app/Keeper.php": KEEPER },
    );
    const signIns = evidence.privilegeChanges.filter(({ kind }) => !/change/.test(kind));
    expect(signIns).toMatchObject([{ kind: "password", rotation: "none" }]);
  });

  it("knows a cookie that remembers people by the property that keeps its name", () => {
    const keeper = (written: string) => `<?php class Keeper {
  public function login($who) {
    $token = $this->random->hex(16); $row = new Kept(); $row->token = $token; $row->save();
    $this->cookies->set(${written}, $token, time() + 86400);
    $this->session->set("auth", $who->id);
  }
  public function recall() { $row = Kept::findFirstByToken($this->cookies->get($this->crumb)->getValue()); $this->session->set("auth", $row->who_id); }
}`;
    const remembered = (written: string) =>
      evidenceWith(ENTER("$this->keeper->login($person);", ""), {
        "app/Keeper.php": keeper(written),
      }).rememberMe;
    expect(remembered("$this->crumb")).toMatchObject({
      scheme: "random-token",
      secure: { value: "never" },
      httpOnly: { value: false },
    });
    expect(remembered("$this->colour")).toBeUndefined();
  });

  it("sees attempts counted under a key", () => {
    const evidence = (key: string) =>
      evidenceWith(ENTER(`if ($this->redis->incr("${key}" . $ip) > 5) { return; }`, ""), {
        "app/Doors.php": SERVICE,
      }).throttling?.present;
    expect(evidence("login-attempts:")).toBe(true);
    expect(evidence("visits:")).toBe(false);
  });

  it("does not take comments for code", () => {
    const commented = ENTER("// $this->session->regenerateId();", "/* RateLimiter, captcha */");
    const evidence = evidenceWith(commented, { "app/Doors.php": SERVICE });
    expect(evidence.privilegeChanges[0]?.rotation).toBe("none");
    expect(evidence.throttling?.present).toBe(false);
  });

  it("ends on functions that call each other", () => {
    const evidence = evidenceWith(`class AController extends \\Phalcon\\Mvc\\Controller {
  public function aAction() { $this->bAction(); $this->session->set("auth", $u->id); }
  public function bAction() { $this->aAction(); }
}`);
    expect(evidence.privilegeChanges.length).toBeGreaterThan(0);
  });
});

describe("collectCsrf", () => {
  const ACTIONS = `class GateController extends Base {
  public function enterAction() {
    if ($this->security->checkHash($this->request->getPost("password"), $u->hash)) { $this->session->set("auth", $u->id); }
  }
  public function saveAction() { (new Notes())->save(); }
}`;
  it("accepts a check in the base controller, for all actions", () => {
    const base = (body: string) =>
      `<?php class Base extends \\Phalcon\\Mvc\\Controller { public function beforeExecuteRoute($d) { ${body} } }`;
    const checked = {
      "app/Base.php": base(
        "if ($this->request->isPost() && !$this->security->checkToken()) { return false; }",
      ),
    };
    const all = { ...checked, [ACCOUNT]: "<?php" };
    expect(evidenceWith(ACTIONS, all).csrf).toMatchObject({
      cover: "protected",
      place: { file: "app/Base.php" },
    });
    expect(evidenceWith(ACTIONS, { "app/Base.php": base("") }).csrf?.gaps).toHaveLength(2);
    // A controller that does not extend it is not covered by it.
    const apart = {
      ...checked,
      [ACCOUNT]:
        "<?php class OtherController extends \\Phalcon\\Mvc\\Controller { function aAction() { $n->save(); } }",
    };
    expect(evidenceWith(ACTIONS, apart).csrf).toMatchObject({
      cover: "partial",
      gaps: [{ place: { file: ACCOUNT } }],
    });
  });

  it("accepts a check in initialize(), and in what a micro application runs before", () => {
    const check = "if (!$this->security->checkToken()) { throw new \\RuntimeException(); }";
    const base = `<?php class Base extends \\Phalcon\\Mvc\\Controller { public function initialize() { ${check} } }`;
    const named = {
      "app/BaseController.php": base.replace("class Base ", "class BaseController "),
    };
    const all = { ...named, [ACCOUNT]: "<?php" };
    const controller = ACTIONS.replace("extends Base ", "extends BaseController ");
    expect(evidenceWith(controller, all).csrf?.cover).toBe("protected");
    const micro = {
      [ACCOUNT]: "<?php",
      "app/routes.php": `<?php $app = new \\Phalcon\\Mvc\\Micro($di);
$app->before(function () use ($app) { return $app->security->checkToken(); });`,
    };
    expect(
      evidenceWith(ACTIONS.replace("extends Base", "extends \\Phalcon\\Mvc\\Controller"), micro)
        .csrf?.cover,
    ).toBe("protected");
  });

  it("asks a form's validators, not its hidden field", () => {
    const form = (field: string) => `<?php
use Phalcon\\Forms\\Form; use Phalcon\\Forms\\Element\\Hidden; use Phalcon\\Filter\\Validation\\Validator\\Identical;
class EnterForm extends Form { public function initialize() { $csrf = new Hidden("csrf"); ${field} $this->add($csrf); } }`;
    const action = ACTIONS.replace(
      "enterAction() {",
      "enterAction() { $form = new EnterForm(); if (!$form->isValid($_POST)) { return; }",
    ).replace("extends Base", "extends \\Phalcon\\Mvc\\Controller");
    const validated = form(
      '$csrf->addValidator(new Identical(["value" => $this->security->getSessionToken()]));',
    );
    const gaps = (text: string) =>
      evidenceWith(action, { "app/EnterForm.php": text }).csrf?.gaps.map(({ what }) => what);
    expect(gaps(validated)).not.toContainEqual(expect.stringContaining("enterAction"));
    expect(gaps(form(""))).toContainEqual(expect.stringContaining("enterAction"));
  });
});
