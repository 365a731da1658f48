import { describe, expect, it } from "vitest";
import type { PrivilegeChange } from "../../../evidence.ts";
import { controller, evidenceOf, securityYaml } from "../testing.ts";

const SECURITY = securityYaml("form_login: ~", "logout: ~");

function userClass(equals = ""): Record<string, string> {
  const interfaces = equals === "" ? "UserInterface" : "UserInterface, EquatableInterface";
  return {
    "src/Entity/User.php": `<?php
namespace App\\Entity;
use Symfony\\Component\\Security\\Core\\User\\EquatableInterface;
use Symfony\\Component\\Security\\Core\\User\\UserInterface;
class User implements ${interfaces} {
    public function getRoles(): array { return $this->roles; }
    ${equals === "" ? "" : `public function isEqualTo(UserInterface $user): bool { return ${equals}; }`}
}`,
  };
}

const ROLE_FORM = {
  "src/Form/UserType.php": `<?php
namespace App\\Form;
class UserType { public function buildForm($builder): void { $builder->add('email')->add('roles'); } }`,
};

function roleChange(equals: string, version: string): PrivilegeChange | undefined {
  const files = { ...SECURITY, ...ROLE_FORM, ...userClass(equals) };
  return evidenceOf(files, { version }).privilegeChanges.find(({ kind }) => kind === "role-change");
}

describe("changes of roles", () => {
  it("end sessions where the framework compares roles", () => {
    expect(roleChange("", "6.4.3")).toMatchObject({ rotation: "rotated", others: "ended" });
  });

  it("do not where isEqualTo() ignores them", () => {
    const equals = "$this->getPassword() === $user->getPassword()";
    expect(roleChange(equals, "6.4.3")).toMatchObject({ rotation: "none", others: "kept" });
    expect(
      roleChange(`${equals} && $this->getRoles() === $user->getRoles()`, "6.4.3"),
    ).toMatchObject({
      rotation: "rotated",
    });
  });

  it("do not before 4.4, which compares none", () => {
    expect(roleChange("", "4.3.1")).toMatchObject({ rotation: "none" });
  });

  it("are none where nothing changes roles", () => {
    const { privilegeChanges } = evidenceOf({ ...SECURITY, ...userClass() });
    expect(privilegeChanges.map(({ kind }) => kind)).toEqual(["password"]);
  });
});

describe("changes of the password", () => {
  function passwordChange(end: string, equals = ""): PrivilegeChange | undefined {
    const body = `
    public function changePassword(Request $request, Security $security) {
        $form = $this->createForm(ChangePasswordType::class, $this->getUser());
        $form->handleRequest($request);
        if ($form->isValid()) { $this->manager->flush(); ${end} }
    }`;
    const files = { ...SECURITY, ...userClass(equals), ...controller("ProfileController", body) };
    return evidenceOf(files).privilegeChanges.find(({ kind }) => kind === "password-change");
  }

  it("end the others' sessions by comparison, and the person's own not", () => {
    expect(passwordChange("")).toMatchObject({ rotation: "none", others: "ended" });
    expect(passwordChange("", "$this->getId() === $user->getId()")).toMatchObject({
      others: "kept",
    });
  });

  for (const end of [
    "return $security->logout(false);",
    "$request->getSession()->migrate(true);",
    "$security->login($user);",
  ]) {
    it(`rotate with ${end}`, () => {
      expect(passwordChange(end)).toMatchObject({
        rotation: "rotated",
        rotationPlace: { line: 18 },
      });
    });
  }

  it("rotate where a method that the page calls does", () => {
    const body = (end: string): string => `
    public function __construct(private Security $security, private Accounts $accounts) {}
    public function password() { $form = $this->createForm(ChangePasswordType::class); return $this->finish($form); }
    private function finish($form) { $this->manager->flush(); ${end} }`;
    const rotation = (end: string): string | undefined =>
      evidenceOf({
        ...SECURITY,
        ...controller("AccountController", body(end)),
      }).privilegeChanges.find(({ kind }) => kind === "password-change")?.rotation;
    expect(rotation("return $this->security->logout(false);")).toBe("rotated");
    expect(rotation("return null;")).toBe("none");
  });

  it("are found by what a page does, whatever its name", () => {
    const body = `    public function settings($hasher) {
        $user = $this->getUser();
        $user->setPassword($hasher->hashPassword($user, 'x'));
    }`;
    const { privilegeChanges } = evidenceOf({ ...SECURITY, ...controller("MeController", body) });
    expect(privilegeChanges.map(({ kind }) => kind)).toEqual(["password", "password-change"]);
  });

  it("are none of resets by a link", () => {
    const body =
      "    public function resetPassword() { $this->createForm(ChangePasswordType::class); $this->manager->flush(); }";
    const { privilegeChanges } = evidenceOf({
      ...SECURITY,
      ...controller("ResetController", body),
    });
    expect(privilegeChanges.map(({ kind }) => kind)).toEqual(["password"]);
  });
});
