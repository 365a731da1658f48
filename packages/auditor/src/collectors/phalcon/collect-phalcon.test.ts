import { describe, expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import {
  ACCOUNT,
  COMPOSER,
  CONTROLLER,
  evidenceOf,
  evidenceOfFiles,
  SERVICES,
  SOUND,
  spoilt,
} from "./testing-app.ts";

function session(evidence: Evidence) {
  const [only] = evidence.sessions;
  if (only === undefined) throw new Error("no session was found");
  return only;
}

function signIn(evidence: Evidence, kind = "password") {
  return evidence.privilegeChanges.find((change) => change.kind === kind);
}

const ROTATION = "        $this->session->regenerateId(true);\n";
const WRITE = '        $this->session->set("auth", ["id" => $person->id]);\n';

describe("collectPhalcon", () => {
  it("sees a sound application as it is", () => {
    const evidence = evidenceOf();
    const { cookie, ...rest } = session(evidence);
    expect(cookie).toMatchObject({
      secure: { value: "always", origin: { kind: "set", place: { file: SERVICES, line: 12 } } },
      httpOnly: { value: true },
      sameSite: { value: "lax" },
      name: { value: "__Host-desk", origin: { kind: "set" } },
      lifetimeSeconds: { value: "session" },
      path: { value: "/" },
    });
    expect(rest).toMatchObject({
      strictIds: { value: true },
      idBits: { value: 128, origin: { kind: "platform" } },
      storage: { value: "redis" },
      isEncrypted: { value: false },
      idle: { seconds: { value: 900 }, keptBy: "application" },
      secrets: [{ source: "environment" }],
    });
    expect(signIn(evidence)).toMatchObject({
      rotation: "rotated",
      place: { line: 20 },
      rotationPlace: { line: 19 },
    });
    expect(signIn(evidence, "password-change")).toMatchObject({ rotation: "rotated" });
    expect(evidence.signOuts).toMatchObject([{ effect: "destroyed" }]);
    expect(evidence.csrf?.cover).toBe("protected");
    expect(evidence.throttling?.present).toBe(true);
    expect(evidence.auditLog).toMatchObject({
      success: { present: true },
      failure: { present: true },
    });
    expect(evidence.rememberMe).toBeUndefined();
    expect(evidence.observations).toMatchObject([
      { topic: "logout-method", kind: "good" },
      { topic: "fresh-authentication", kind: "good" },
      { topic: "client-cleanup", kind: "good" },
      { topic: "id-validation", kind: "good" },
      // No adapter of the framework hashes the id.
      { topic: "ids-at-rest", kind: "fault" },
      { topic: "expired-data", kind: "good" },
    ]);
  });

  describe("notices each thing that is spoilt", () => {
    it("the rotation is gone", () => {
      expect(signIn(spoilt(CONTROLLER, ROTATION, ""))?.rotation).toBe("none");
    });

    it("the rotation keeps the old session, after the identity is written", () => {
      const evidence = spoilt(
        CONTROLLER,
        ROTATION + WRITE,
        WRITE + ROTATION.replace("true", "false"),
      );
      expect(signIn(evidence)?.rotation).toBe("old-session-kept");
    });

    it("the rotation comes before the password is checked", () => {
      const text = (SOUND[CONTROLLER] ?? "").replace(ROTATION, "");
      const check = "        $person = People::findFirstByEmail";
      const evidence = evidenceOf({ [CONTROLLER]: text.replace(check, ROTATION + check) });
      expect(signIn(evidence)?.rotation).toBe("before-check");
    });

    it("the rotation stands in a branch that need not run", () => {
      const branch = `        if ($person->isNew) {\n    ${ROTATION}        }\n`;
      expect(signIn(spoilt(CONTROLLER, ROTATION, branch))?.rotation).toBe("unknown");
    });

    it("the rotation comes before the session starts, where it does nothing", () => {
      const late = `${ROTATION}        $this->session->start();\n`;
      expect(signIn(spoilt(CONTROLLER, ROTATION, late))?.rotation).toBe("none");
    });

    it("the rotation is PHP's own, which keeps the old session unless told otherwise", () => {
      const after = `${WRITE}        session_regenerate_id();\n`;
      expect(signIn(spoilt(CONTROLLER, ROTATION + WRITE, after))?.rotation).toBe(
        "old-session-kept",
      );
    });

    for (const [flag, field, value] of [
      ['"secure" => true', "secure", "never"],
      ['"httponly" => true', "httpOnly", false],
      ['"samesite" => "Lax"', "sameSite", "none"],
    ] as const) {
      it(`${field} is switched off`, () => {
        const off = flag.replace("true", "false").replace("Lax", "None");
        expect(session(spoilt(SERVICES, flag, off)).cookie[field]).toMatchObject({ value });
      });
    }

    it("the key is written out", () => {
      const [secret] = session(
        spoilt(SERVICES, 'getenv("COOKIE_KEY")', '"k3y-of-this-desk-and-no-other"'),
      ).secrets;
      expect(secret).toMatchObject({ source: "literal", masked: "k3… (29 characters)" });
      expect(JSON.stringify(secret)).not.toContain("desk-and");
    });

    it("the key has a fallback", () => {
      const [secret] = session(
        spoilt(SERVICES, 'getenv("COOKIE_KEY")', 'getenv("COOKIE_KEY") ?: "fallback-key"'),
      ).secrets;
      expect(secret).toMatchObject({ source: "fallback" });
    });

    it("the limiter is gone", () => {
      const line = "        (new RateLimiter())->hit($this->request->getClientAddress());\n";
      expect(spoilt(CONTROLLER, line, "").throttling?.present).toBe(false);
    });

    it("failed sign-ins are not recorded any more", () => {
      const line = '            $this->logger->warning("sign-in failed for this account");\n';
      expect(spoilt(CONTROLLER, line, "").auditLog).toMatchObject({
        success: { present: true },
        failure: { present: false },
      });
    });

    it("sign-out only removes the key", () => {
      const evidence = spoilt(
        CONTROLLER,
        "$this->session->destroy()",
        '$this->session->remove("auth")',
      );
      expect(evidence.signOuts).toMatchObject([
        { effect: "key-removed", place: { file: CONTROLLER } },
      ]);
    });

    it("a password changes and the session stays", () => {
      const evidence = spoilt(ACCOUNT, "        $this->session->regenerateId();\n", "");
      expect(signIn(evidence, "password-change")).toMatchObject({
        rotation: "none",
        others: "kept",
      });
    });

    it("one action checks no token", () => {
      const check =
        "        if (!$this->security->checkToken()) {\n            return;\n        }\n";
      const evidence = spoilt(ACCOUNT, check, "");
      expect(evidence.csrf).toMatchObject({
        cover: "partial",
        gaps: [{ place: { file: ACCOUNT, line: 6 } }],
      });
    });

    it("strict mode is left at PHP's default", () => {
      const line = '    ini_set("session.use_strict_mode", "1");\n';
      expect(session(spoilt(SERVICES, line, "")).strictIds).toMatchObject({
        value: false,
        origin: { kind: "platform" },
      });
    });

    it("flags are set after the session has started, where PHP refuses them", () => {
      const text = (SOUND[SERVICES] ?? "").replace(
        / {4}session_set_cookie_params\([\s\S]*?\]\);\n/,
        "",
      );
      const late = `    $session->start();\n    session_set_cookie_params(["secure" => true]);\n`;
      const { secure } = session(
        evidenceOf({ [SERVICES]: text.replace("    $session->start();\n", late) }),
      ).cookie;
      expect(secure).toMatchObject({
        value: "never",
        withoutEffect: { place: { file: SERVICES } },
      });
    });
  });

  describe("knows better than the review", () => {
    it("E4: strict mode does nothing with adapters before 5.14.2", () => {
      const lock = (version: string) =>
        JSON.stringify({ packages: [{ name: "phalcon/phalcon", version }] });
      const strict = (version: string) =>
        session(evidenceOf({ "composer.lock": lock(version) })).strictIds;
      expect(strict("5.14.1")).toMatchObject({
        value: false,
        withoutEffect: { place: { file: SERVICES } },
      });
      expect(strict("5.14.2")).toMatchObject({ value: true });
    });

    it("E4: does not know of a version that is allowed and not locked", () => {
      const evidence = evidenceOf({
        "composer.lock": undefined,
        [COMPOSER]: JSON.stringify({ require: { "ext-phalcon": "^5.0" } }),
      });
      expect(session(evidence).strictIds).toMatchObject({
        value: undefined,
        origin: { kind: "unknown" },
      });
    });

    it("E5: cookie options given to the manager do nothing", () => {
      const text = (SOUND[SERVICES] ?? "").replace(
        / {4}session_set_cookie_params\([\s\S]*?\]\);\n/,
        "",
      );
      const options =
        'new Manager(["cookie_secure" => true, "cookie_httponly" => true, "name" => "desk"])';
      const evidence = evidenceOf({ [SERVICES]: text.replace("new Manager()", options) });
      expect(session(evidence).cookie).toMatchObject({
        secure: { value: "never", withoutEffect: { place: { file: SERVICES } } },
        httpOnly: { value: false, withoutEffect: {} },
      });
      expect(evidence.observations.filter(({ topic }) => topic === "dead-setting")).toHaveLength(3);
    });

    it("E6: settings of the session are no fault, its superglobal is", () => {
      const evidence = spoilt(CONTROLLER, WRITE, '        $_SESSION["auth"] = $person->id;\n');
      const native = evidence.observations.filter(
        ({ topic }) => topic === "native-session-functions",
      );
      expect(native).toMatchObject([{ kind: "fault", place: { file: CONTROLLER, line: 20 } }]);
      expect(signIn(evidence)?.rotation).toBe("rotated");
    });

    it("names PHP's own functions where they keep the session in the framework's place", () => {
      const evidence = evidenceOf({
        [SERVICES]: "<?php\n",
        [CONTROLLER]: `<?php
class GateController extends \\Phalcon\\Mvc\\Controller {
  public function enterAction() { session_start(); if (password_verify($given, $row->secret)) { $_SESSION["user"] = $row->id; } }
}`,
      });
      const native = evidence.observations.filter(
        ({ topic }) => topic === "native-session-functions",
      );
      expect(native.map(({ kind, what }) => `${kind} ${what.split(" ")[0]}`)).toEqual([
        "fault session_start()",
        "fault $_SESSION",
      ]);
      expect(native[0]?.what).toContain("in the place of");
    });

    it("E7: the missing argument of regenerateId is no fault", () => {
      expect(signIn(spoilt(CONTROLLER, "regenerateId(true)", "regenerateId()"))?.rotation).toBe(
        "rotated",
      );
    });

    it("E8: an adapter that the version does not have is pointed out", () => {
      const evidence = spoilt(SERVICES, "Adapter\\Redis", "Adapter\\Database as Redis");
      expect(session(evidence).storage).toMatchObject({
        value: undefined,
        origin: { kind: "unknown" },
      });
      expect(evidence.observations).toContainEqual(
        expect.objectContaining({ topic: "dead-setting", kind: "fault" }),
      );
    });

    it("E9: the framework's guard rotates nothing and forgets little", () => {
      const text = `<?php
use Phalcon\\Auth\\ManagerFactory;
class GateController extends \\Phalcon\\Mvc\\Controller
{
    public function enterAction()
    {
        if ($this->guard->attempt(["email" => $this->request->getPost("email")], true)) {
            return $this->response->redirect("desk");
        }
    }

    public function logoutAction()
    {
        $this->guard->logout();
    }
}
`;
      const evidence = evidenceOf({ [CONTROLLER]: text });
      expect(signIn(evidence)?.rotation).toBe("none");
      expect(evidence.signOuts).toMatchObject([{ effect: "key-removed" }]);
      expect(evidence.rememberMe).toMatchObject({
        secure: { value: "never" },
        httpOnly: { value: false },
        lifetimeSeconds: { value: 31_536_000 },
      });
      const rotated = evidenceOf({
        [CONTROLLER]: text.replace(
          "            return",
          "            $this->session->regenerateId();\n            return",
        ),
      });
      expect(signIn(rotated)?.rotation).toBe("rotated");
    });

    it("E13: PHP's clean-up is no timeout of the application's", () => {
      const evidence = spoilt(
        SERVICES,
        'new Redis($factory, ["lifetime" => LIFE, "host" => "127.0.0.1"])',
        "new \\Phalcon\\Session\\Adapter\\Stream()",
      );
      expect(session(evidence).idle).toMatchObject({
        keptBy: "garbage-collection",
        seconds: { origin: { kind: "platform" } },
      });
      const kept = spoilt(SERVICES, '"lifetime" => LIFE, ', "");
      expect(session(kept).idle).toMatchObject({
        keptBy: "store-default",
        seconds: { value: 3600 },
      });
    });
  });

  it("finds nothing in an application without sessions", () => {
    const evidence = evidenceOf({
      [SERVICES]: "<?php $di->setShared('view', fn () => null);",
      [CONTROLLER]: undefined,
      [ACCOUNT]: undefined,
    });
    expect(evidence.sessions).toEqual([]);
    expect(evidence.observations).toEqual([]);
    expect(evidence.csrf).toBeUndefined();
  });

  it("reads Phalcon 3, whose adapter is the session", () => {
    const evidence = evidenceOfFiles({
      "index.php": `<?php
use Phalcon\\Mvc\\Application;
$di = new \\Phalcon\\DI\\FactoryDefault();
$di->setShared("session", function () {
    $session = new \\Phalcon\\Session\\Adapter\\Files(["uniqueId" => "desk"]);
    $session->start();
    return $session;
});
`,
      "app/LoginController.php": `<?php
class LoginController extends \\Phalcon\\Mvc\\Controller
{
    public function goAction()
    {
        $who = Staff::findFirst("login = '" . $this->request->getPost("login") . "' AND password = '" . sha1($this->request->getPost("password")) . "'");
        if ($who) {
            $this->keep($who);
        }
    }

    private function keep($who)
    {
        $this->session->set("staff_id", $who->id);
    }
}
`,
    });
    expect(session(evidence)).toMatchObject({
      library: "Phalcon 3 sessions",
      storage: { value: "files" },
    });
    expect(evidence.privilegeChanges).toMatchObject([
      { kind: "password", rotation: "none", place: { line: 14 } },
    ]);
    expect(evidence.observations.map(({ topic }) => topic)).toEqual([
      "supported-version",
      "id-validation",
      "ids-at-rest",
    ]);
  });

  it("follows remembered people and their cookie", () => {
    const text = `<?php
class RememberController extends \\Phalcon\\Mvc\\Controller
{
    public function enterAction()
    {
        $user = Users::findFirstByEmail($this->request->getPost("email"));
        if (!$this->security->checkHash($this->request->getPost("password"), $user->password)) {
            return;
        }
        $this->session->regenerateId();
        $this->session->set("auth", $user->id);
        $token = bin2hex(random_bytes(32));
        $row = new Tokens();
        $row->hash = hash("sha256", $token);
        $row->save();
        $this->cookies->set("keep", $token, time() + 14 * 86400, "/", true, "", true);
    }

    public function indexAction()
    {
        $row = Tokens::findFirst(["hash = ?0 AND expires > ?1", "bind" => [hash("sha256", $this->cookies->get("keep")->getValue()), time()]]);
        if ($row) {
            $this->session->set("auth", $row->userId);
        }
    }
}
`;
    const evidence = evidenceOf({ [CONTROLLER]: text });
    expect(evidence.rememberMe).toMatchObject({
      scheme: "random-token",
      expires: true,
      secure: { value: "always" },
      httpOnly: { value: true },
      lifetimeSeconds: { value: 1_209_600 },
    });
    expect(signIn(evidence, "remember-me")?.rotation).toBe("none");
    const bare = evidenceOf({ [CONTROLLER]: text.replace(', "/", true, "", true', "") });
    expect(bare.rememberMe).toMatchObject({
      secure: { value: "never" },
      httpOnly: { value: false },
    });
  });
});
