import { describe, expect, it } from "vitest";
import type { Observation } from "../../../evidence.ts";
import { controller, evidenceOf, securityYaml } from "../testing.ts";

function kinds(files: Record<string, string>): Observation["kind"][] {
  return evidenceOf({ ...securityYaml("form_login: ~"), ...files })
    .observations.filter(({ topic }) => topic === "fresh-authentication")
    .map(({ kind }) => kind);
}

const page = (type: string, data = "$this->getUser()"): Record<string, string> =>
  controller(
    "ProfileController",
    `    public function details(Request $request, $users) {
        $form = $this->createForm(\\App\\Form\\${type}::class, ${data});
        $form->handleRequest($request);
        if ($form->isValid()) { $users->save($form->getData()); }
    }`,
  );

const form = (type: string, fields: string): Record<string, string> => ({
  [`src/Form/${type}.php`]: `<?php
namespace App\\Form;
use Symfony\\Component\\Form\\AbstractType;
use Symfony\\Component\\Form\\Extension\\Core\\Type\\PasswordType;
use Symfony\\Component\\Security\\Core\\Validator\\Constraints\\UserPassword;
class ${type} extends AbstractType {
    public function buildForm($builder, array $options): void { $builder->add('name')${fields}; }
}`,
});

const PLAIN = "->add('plainPassword', PasswordType::class)";

describe("changing the password", () => {
  it("is found by the field of a form for whoever is signed in", () => {
    expect(kinds({ ...page("DetailsType"), ...form("DetailsType", PLAIN) })).toEqual(["fault"]);
    expect(kinds({ ...page("DetailsType"), ...form("DetailsType", "") })).toEqual([]);
    expect(kinds({ ...page("DetailsType", "$other"), ...form("DetailsType", PLAIN) })).toEqual([]);
  });

  it("takes the old password by a constraint, in the form or in a part of it", () => {
    const constraint = "->add('now', PasswordType::class, ['constraints' => [new UserPassword()]])";
    expect(kinds({ ...page("DetailsType"), ...form("DetailsType", PLAIN + constraint) })).toEqual([
      "good",
    ]);
    const part = "->add('now', \\App\\Form\\OldType::class)";
    expect(
      kinds({
        ...page("DetailsType"),
        ...form("DetailsType", PLAIN + part),
        ...form("OldType", constraint),
      }),
    ).toEqual(["good"]);
  });

  it("is not taken by an import, or a comment", () => {
    const comment = `${PLAIN}/* new UserPassword() */`;
    expect(kinds({ ...page("DetailsType"), ...form("DetailsType", comment) })).toEqual(["fault"]);
  });

  it("is left to a person where the old one is asked for and its comparison not found", () => {
    const old = `${PLAIN}->add('oldPassword', PasswordType::class)`;
    expect(kinds({ ...page("DetailsType"), ...form("DetailsType", old) })).toEqual(["doubt"]);
    expect(kinds(page("ChangePasswordType"))).toEqual(["doubt"]);
  });

  it("takes the old password where the page or its service compares it", () => {
    const body = (check: string): Record<string, string> =>
      controller(
        "MeController",
        `    public function settings($hasher) {
        $user = $this->getUser();
        ${check}
        $user->setPassword($hasher->hashPassword($user, 'x'));
    }`,
      );
    expect(kinds(body("if (!$hasher->isPasswordValid($user, 'y')) { return; }"))).toEqual(["good"]);
    expect(kinds(body(""))).toEqual(["fault"]);
  });
});
