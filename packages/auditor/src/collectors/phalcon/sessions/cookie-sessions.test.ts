import { describe, expect, it } from "vitest";
import { evidenceOfFiles } from "../testing-app.ts";

const BOOT = `<?php
use Phalcon\\Mvc\\Application;
$di = new Phalcon\\DI\\FactoryDefault();
$di->set("config", function () { return new \\Club\\Settings(); });
$di->set("crypt", function () use ($di) {
  $crypt = new Phalcon\\Crypt();
  $crypt->setKey($di["config"]->pepper);
  return $crypt;
});
echo (new Application($di))->handle()->getContent();`;
const SETTINGS = `<?php
namespace Club;
class Settings {
  public $pepper;
  public $door;
  public function __construct() {
    $this->pepper = "9f-marmalade-22-kestrel";
    $this->door["stay"] = 7200;
  }
}`;
const controller = (
  set: string,
  leave = '$this->cookies->set("guest", null, time() - 5);',
) => `<?php
class DoorController extends \\Phalcon\\Mvc\\Controller {
  public function beforeExecuteRoute() {
    if ($this->cookies->has("guest")) {
      $this->guest = Guests::findFirst((int) $this->cookies->get("guest")->getValue());
      $this->cookies->set("guest", $this->guest->id, time() + $this->config->door["stay"]);
    }
  }
  public function enterAction() {
    $guest = Guests::findFirstByEmail($this->request->getPost("email"));
    $kept = trim($this->crypt->decryptBase64($guest->password));
    if ($kept == $this->request->getPost("password")) {
      ${set}
    }
  }
  public function leaveAction() { ${leave} }
}`;
const SET =
  '$this->cookies->set("guest", (string) $guest->id, time() + $this->config->door["stay"]);';

function evidence(set = SET, leave?: string) {
  return evidenceOfFiles({
    "public/index.php": BOOT,
    "app/Settings.php": SETTINGS,
    "app/DoorController.php": controller(set, leave),
  });
}

describe("cookieSessions", () => {
  it("takes a cookie that says who somebody is for the session", () => {
    const found = evidence();
    expect(found.sessions).toMatchObject([
      {
        isStateless: true,
        place: { file: "app/DoorController.php", line: 13 },
        cookie: {
          name: { value: "guest" },
          secure: { value: "never", origin: { kind: "default" } },
          httpOnly: { value: false },
          sameSite: { value: "unset" },
          lifetimeSeconds: { value: 7200 },
        },
        isEncrypted: { value: true },
        idle: { seconds: { value: "never" }, keptBy: "nobody" },
        secrets: [{ source: "literal", place: { file: "app/Settings.php", line: 7 } }],
      },
    ]);
    expect(found.privilegeChanges).toMatchObject([{ kind: "password", rotation: "rotated" }]);
    expect(found.signOuts).toMatchObject([{ effect: "cookie-cleared" }]);
    expect(found.throttling).toMatchObject({ present: false });
    expect(found.auditLog?.failure).toMatchObject({ present: false });
    expect(found.csrf).toMatchObject({ cover: "none" });
    expect(found.rememberMe).toBeUndefined();
  });

  it("reads flags that are given", () => {
    const [session] = evidence(
      '$this->cookies->set("guest", $guest->id, 0, "/", true, "", true, ["samesite" => "Strict"]);',
    ).sessions;
    expect(session?.cookie).toMatchObject({
      secure: { value: "always" },
      httpOnly: { value: true },
      sameSite: { value: "strict" },
      lifetimeSeconds: { value: "session" },
    });
  });

  it("tells a token that the server keeps from an id", () => {
    const [session] = evidence(
      `$token = bin2hex(random_bytes(24)); $row = new Visits(); $row->token = $token; $row->save();
       setcookie("guest", $token, time() + 3600, "/", "", true, true);`,
    ).sessions;
    expect(session).toMatchObject({
      isStateless: false,
      idBits: { value: 192 },
      storage: { value: "database" },
    });
  });

  it("points out a cookie that anybody can write", () => {
    const faults = (set: string) =>
      evidence(set).observations.filter(({ topic }) => topic === "token-verification").length;
    expect(faults('setcookie("guest", $guest->id, 0, "/", "", true, true);')).toBe(1);
    expect(faults(SET)).toBe(0);
    expect(faults('setcookie("guest", JWT::encode(["sub" => $guest->id], $key), 0, "/");')).toBe(0);
  });

  it("does not take what else a sign-in leaves for a session", () => {
    expect(evidence('$this->cookies->set("last_guest", $guest->id, 0);').sessions).toEqual([]);
    expect(evidence('$this->cookies->set("unread", $guest->id, 0);').sessions).toEqual([]);
  });

  it("leaves cookies beside a session that knows who somebody is alone", () => {
    const found = evidence(`${SET} $this->session->set("auth", $guest->id);`);
    expect(found.sessions.map(({ isStateless }) => isStateless)).toEqual([false]);
  });
});
