import { describe, expect, it } from "vitest";
import { CONTROLLER, evidenceOf, SOUND } from "../testing-app.ts";

function disabling(asked: string, others: Record<string, string> = {}) {
  const text = (SOUND[CONTROLLER] ?? "").replace(
    "$this->session->regenerateId(true);",
    (found) => `${asked}\n${found}`,
  );
  return evidenceOf({ ...others, [CONTROLLER]: text })
    .observations.filter(({ topic }) => topic === "account-disabling")
    .map(({ kind, place }) => `${kind} ${place.file}`);
}

const BANNED = 'if ($person->banned == "Y") { return; }';
const FAULT = [`fault ${CONTROLLER}`];
const GUARD = "app/Guard.php";
const guard = (name: string, body: string) => ({
  [GUARD]: `<?php class Guard extends \\Phalcon\\Di\\Injectable { public function ${name}() { ${body} } }`,
});

describe("accountDisabling", () => {
  it("sees a flag that the sign-in alone asks for", () => {
    expect(disabling(BANNED)).toEqual(FAULT);
    expect(disabling("if ($person->isSuspended()) { return; }")).toEqual(FAULT);
    expect(disabling("if (!$person || $person->is_blocked) { return; }")).toEqual(FAULT);
  });

  it("says nothing without a flag, or of a flag of something else", () => {
    expect(disabling("")).toEqual([]);
    expect(disabling('if ($topic->blocked == "Y") { return; }')).toEqual([]);
    expect(disabling('$person->banned = "N";')).toEqual([]);
  });

  it("takes `active` for a flag only where somebody can take it away", () => {
    const active = "if (!$person->active) { return; }";
    expect(disabling(active)).toEqual([]);
    const form = (element: string) => ({
      "app/UsersForm.php": `<?php use Phalcon\\Forms\\Element\\Check;
class UsersForm extends \\Phalcon\\Forms\\Form { public function initialize() { $this->add(new Check("${element}")); } }`,
    });
    expect(disabling(active, form("active"))).toEqual(FAULT);
    expect(disabling(active, form("newsletter"))).toEqual([]);
  });

  it("sees a guard or a loader that asks at each request", () => {
    const asks = `$user = People::findFirst($this->session->get("auth")["id"]); if ($user->banned == "Y") { $this->session->destroy(); return false; }`;
    expect(disabling(BANNED, guard("beforeExecuteRoute", asks))).toEqual([`good ${GUARD}`]);
    expect(disabling(BANNED, guard("getUser", asks))).toEqual([`good ${GUARD}`]);
    expect(disabling(BANNED, guard("listMine", asks))).toEqual([]);
    expect(disabling(BANNED, guard("getUser", asks.replace("banned", "premium")))).toEqual(FAULT);
    expect(disabling(BANNED, guard("listMembers", 'if ($user->banned == "Y") {}'))).toEqual(FAULT);
  });

  it("says nothing if disabling ends sessions", () => {
    const bans = '<?php class Bans { function ban($user) { $user->banned = "Y"; $user->save(); ';
    const ends = (text: string) => disabling(BANNED, { "app/Bans.php": `${bans} ${text} } }` });
    expect(ends("$this->sessions->deleteSessionsOf($user->id);")).toEqual([]);
    expect(ends("$this->flash->success('banned');")).toEqual(FAULT);
  });

  it("follows the account's own method", () => {
    const model = {
      "app/Users.php":
        '<?php class Users extends \\Phalcon\\Mvc\\Model { public $password; public function mayEnter() { return $this->banned != "Y"; } }',
    };
    expect(disabling("if (!$person->mayEnter()) { return; }", model)).toEqual([
      "fault app/Users.php",
    ]);
  });

  it("does not take a cookie's sign-in, called before actions, for a question at each request", () => {
    const remembered = `if ($this->session->has("auth")) { return; }
      $user = People::findFirstByToken($this->cookies->get("remember")->getValue());
      if ($user->banned == "Y") { return; } $this->session->set("auth", ["id" => $user->id]);`;
    expect(disabling(BANNED, guard("beforeExecuteRoute", remembered))).toEqual(FAULT);
  });
});
