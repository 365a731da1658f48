import { describe, expect, it } from "vitest";
import type { PrivilegeChange } from "../../../evidence.ts";
import { evidenceOf, securityYaml } from "../testing.ts";

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

function changeIn(files: Record<string, string>): PrivilegeChange | undefined {
  return evidenceOf(files).privilegeChanges.find(({ kind }) => kind === "role-change");
}

function clerk(roles: string): Record<string, string> {
  return {
    "src/Entity/Clerk.php": `<?php
namespace App\\Entity;
use Symfony\\Component\\Security\\Core\\User\\UserInterface;
class Clerk implements UserInterface { public function getRoles(): array { ${roles} } }`,
  };
}

function clerkForm(field: string, about = "Clerk"): Record<string, string> {
  return {
    "src/Form/ClerkForm.php": `<?php
namespace App\\Form;
use App\\Entity;
use Symfony\\Component\\Form\\AbstractType;
class ClerkForm extends AbstractType {
    public function buildForm($builder, array $options): void { $builder->add('${field}'); }
    public function configureOptions($resolver): void { $resolver->setDefaults(['data_class' => Entity\\${about}::class]); }
}`,
  };
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

  it("do not where users are of a bundle whose isEqualTo() compares none", () => {
    for (const parent of [
      "Nucleos\\\\UserBundle\\\\Entity\\\\BaseUser",
      "Sonata\\\\UserBundle\\\\Entity\\\\BaseUser",
    ]) {
      const user = `<?php namespace App\\Entity; class Person extends \\${parent.replaceAll("\\\\", "\\")} {}`;
      const files = { ...SECURITY, ...ROLE_FORM, "src/Entity/Person.php": user };
      expect(changeIn(files)).toMatchObject({ rotation: "none", others: "kept" });
    }
  });

  it("do not where every person has the same roles, and rights are kept elsewhere", () => {
    const fixed = changeIn({
      ...SECURITY,
      ...clerk("return ['ROLE_CLERK'];"),
      ...clerkForm("authority"),
    });
    expect(fixed).toMatchObject({
      rotation: "none",
      others: "unknown",
      place: { file: "src/Form/ClerkForm.php", line: 6 },
    });
    const stored = changeIn({
      ...SECURITY,
      ...clerk("return $this->roles;"),
      ...clerkForm("roles"),
    });
    expect(stored).toMatchObject({ rotation: "rotated" });
  });

  it("are seen in a record that gives a person a role, and not in one of something else", () => {
    const record = (property: string): Record<string, string> => ({
      ...SECURITY,
      ...clerk("return ['ROLE_CLERK'];"),
      ...clerkForm("role", "Share"),
      "src/Entity/Share.php": `<?php namespace App\\Entity; class Share { ${property} }`,
    });
    expect(changeIn(record("private Clerk $holder;"))).toMatchObject({ rotation: "none" });
    expect(changeIn(record("private Film $film;"))).toBeUndefined();
  });

  it("come about where a provider computes roles for whom isEqualTo() never tells apart", () => {
    const provider = (given: string): Record<string, string> => ({
      "src/Security/ClerkProvider.php": `<?php
namespace App\\Security;
use Symfony\\Component\\Security\\Core\\User\\UserProviderInterface;
class ClerkProvider implements UserProviderInterface {
    public function refreshUser($user) { foreach ($this->modulesOf($user) as $module) { $user->addRole(${given}); } return $user; }
}`,
    });
    const user = userClass("$this->id === $user->id");
    expect(changeIn({ ...SECURITY, ...user, ...provider("$module->role()") })).toMatchObject({
      rotation: "none",
    });
    expect(changeIn({ ...SECURITY, ...user, ...provider("'ROLE_USER'") })).toBeUndefined();
  });

  it("keep sessions where code gives a person roles and isEqualTo() ignores them", () => {
    const user = userClass("$this->id === $user->id");
    const service = (body: string): Record<string, string> => ({
      "src/Service/Crew.php": `<?php
namespace App\\Service;
class Crew { public function change($user): void { ${body} } }`,
    });
    const found = (body: string) => changeIn({ ...SECURITY, ...user, ...service(body) });
    expect(found("$user->roles = ['ROLE_GUIDE'];")).toMatchObject({ rotation: "none" });
    expect(found("$user->town = 'Bern';")).toBeUndefined();
    const giving = Object.fromEntries(
      Object.entries(user).map(([path, text]) => [
        path,
        text.replace("{", "{ public function promoteToGuide() { $this->roles = ['ROLE_GUIDE']; }"),
      ]),
    );
    const promoted = { ...SECURITY, ...giving, ...service("$user->promoteToGuide();") };
    expect(changeIn(promoted)).toMatchObject({ rotation: "none" });
  });

  it("are none where nothing changes roles", () => {
    const { privilegeChanges } = evidenceOf({ ...SECURITY, ...userClass() });
    expect(privilegeChanges.map(({ kind }) => kind)).toEqual(["password"]);
  });
});
