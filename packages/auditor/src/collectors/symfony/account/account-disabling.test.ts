import { describe, expect, it } from "vitest";
import { evidenceOf, type FixtureOptions, securityYaml } from "../testing.ts";

const CHECKER = "src/Security/Gate.php";
const USER = "src/Entity/User.php";

function user(rest: string, interfaces = "UserInterface"): Record<string, string> {
  return {
    [USER]: `<?php
namespace App\\Entity;
use Symfony\\Component\\Security\\Core\\User\\AdvancedUserInterface;
use Symfony\\Component\\Security\\Core\\User\\EquatableInterface;
use Symfony\\Component\\Security\\Core\\User\\UserInterface;
class User implements ${interfaces} {
    private bool $enabled = true;
    public function isEnabled(): bool { return $this->enabled; }
    public function setEnabled(bool $enabled): void { $this->enabled = $enabled; }
    ${rest}
}`,
  };
}

function application(...lines: string[]): Record<string, string> {
  return {
    ...securityYaml("form_login: ~", "logout: ~", ...lines),
    ...user(""),
    [CHECKER]: `<?php
namespace App\\Security;
use Symfony\\Component\\Security\\Core\\User\\UserCheckerInterface;
class Gate implements UserCheckerInterface {
    public function checkPreAuth($user): void { if (!$user->isEnabled()) { throw new \\Exception(); } }
    public function checkPostAuth($user): void {}
}`,
    "src/Users.php":
      "<?php namespace App; class Users { public function stop($user) { $user->setEnabled(false); } }",
  };
}

const CHECKED = application("user_checker: App\\Security\\Gate");

function found(files: Record<string, string>, options?: FixtureOptions): string[] {
  return evidenceOf(files, options)
    .observations.filter(({ topic }) => topic === "account-disabling")
    .map(({ kind, place }) => `${kind} ${place.file}`);
}

describe("a disabled account", () => {
  it("keeps its sessions where only the user checker asks", () => {
    expect(found(CHECKED)).toEqual([`fault ${CHECKER}`]);
    const [observation] = evidenceOf(CHECKED).observations.filter(
      ({ topic }) => topic === "account-disabling",
    );
    expect(observation?.what).toContain("(isEnabled())");
    expect(found(application("user_checker: app.gate"))).toEqual([`fault ${CHECKER}`]);
  });

  it("loses them where isEqualTo() compares the flag", () => {
    const compare = (body: string): Record<string, string> =>
      user(
        `public function isEqualTo(UserInterface $user): bool { return ${body}; }`,
        "UserInterface, EquatableInterface",
      );
    expect(found({ ...CHECKED, ...compare("$this->enabled === $user->isEnabled()") })).toEqual([
      `good ${USER}`,
    ]);
    expect(found({ ...CHECKED, ...compare("$this->name === $user->name") })).toEqual([
      `fault ${CHECKER}`,
    ]);
  });

  it("loses them where a listener asks on each request", () => {
    const listener = {
      "src/EventListener/Stop.php": `<?php
namespace App\\EventListener;
use Symfony\\Component\\HttpKernel\\Event\\RequestEvent;
class Stop { public function __invoke(RequestEvent $event) { $user = $this->security->getUser(); if (!$user->isEnabled()) { throw new \\Exception(); } } }`,
    };
    expect(found({ ...CHECKED, ...listener })).toEqual(["good src/EventListener/Stop.php"]);
  });

  it("is not judged where something else may ask", () => {
    expect(
      found({ ...CHECKED, ...user("", "AdvancedUserInterface") }, { version: "4.4.50" }),
    ).toEqual([]);
    const roles =
      "public function getRoles(): array { return $this->enabled ? ['ROLE_USER'] : []; }";
    expect(found({ ...CHECKED, ...user(roles) })).toEqual([]);
    for (const body of [
      "class X implements UserProviderInterface { public function refreshUser($user) { return $this->find(['enabled' => true]); } }",
      "class X extends Voter { public function vote($user) { return $user->isEnabled(); } }",
      "class X { public function y() { return $this->getUser()->isEnabled(); } }",
      "class X { public function y($user) { $user->setEnabled(false); $this->sessions->removeOf($user); } }",
    ]) {
      const other = { "src/X.php": `<?php namespace App; ${body}` };
      expect([body, found({ ...CHECKED, ...other })]).toEqual([body, []]);
    }
  });

  it("is not judged where the checker asks others", () => {
    const others = user("")[USER]?.replaceAll("isEnabled", "isReady") ?? "";
    expect(found({ ...CHECKED, [USER]: others })).toEqual([]);
  });

  it("is not judged where no checker is in force, or nobody disables", () => {
    expect(found(application())).toEqual([]);
    expect(found({ ...CHECKED, "src/Users.php": "<?php namespace App; class Users {}" })).toEqual(
      [],
    );
  });
});
