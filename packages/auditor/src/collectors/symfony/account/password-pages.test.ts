import { describe, expect, it } from "vitest";
import type { PrivilegeChange } from "../../../evidence.ts";
import { controller, evidenceOf, frameworkYaml, securityYaml } from "../testing.ts";

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

  const ownForm = (field: string): Record<string, string> => ({
    "src/Form/CardForm.php": `<?php
namespace App\\Form;
use Symfony\\Component\\Form\\AbstractType;
use Symfony\\Component\\Form\\Extension\\Core\\Type;
class CardForm extends AbstractType {
    public function buildForm($builder, array $options): void {
        $builder->addEventListener('x', function ($event) { $event->getForm()->add(${field}); });
    }
}`,
  });
  function changed(body: string, files: Record<string, string> = {}): number {
    const all = { ...SECURITY, ...files, ...controller("CardController", body) };
    return evidenceOf(all).privilegeChanges.filter(({ kind }) => kind === "password-change").length;
  }
  const saved = (form: string): string => `
    public function __construct(private FormFactoryInterface $forms) {}
    public function edit(Request $request, UserInterface $other) {
        $person = $this->getUser();
        ${form}
        if ($form->isValid()) { $this->people->save($person, true); }
    }`;

  for (const form of [
    "$form = $this->createNamedForm('card', \\App\\Form\\CardForm::class, $person);",
    "$form = $this->createForm(\\App\\Form\\CardForm::class, $person);",
    "$form = $this->forms->create(\\App\\Form\\CardForm::class, $this->getUser());",
    "$builder = $this->forms->createBuilder(\\App\\Form\\CardForm::class, $person); $form = $builder->getForm();",
    "$form = $this->createFormBuilder($person)->add('plainPassword', PasswordType::class)->getForm();",
  ]) {
    it(`are found by a form of the person's own: ${form.slice(0, 40)}`, () => {
      const field = "'plainPassword', Type\\PasswordType::class";
      expect(changed(saved(form), ownForm(field))).toBe(1);
    });
  }

  it("are found in any language, and for whoever a property or service says is signed in", () => {
    const set = (who: string): string => `
    public function __construct($tokens) { $this->me = $tokens->getToken()->getUser(); $this->other = $tokens->find(1); }
    public function store($hasher) { $new = $hasher->hash('x'); ${who}->setKennwort($new); $this->manager->flush(); }`;
    expect(changed(set("$this->getUser()"))).toBe(1);
    expect(changed(set("$this->me"))).toBe(1);
    expect(changed(set("$this->context->getCurrentMember()"))).toBe(1);
    expect(changed(set("$this->other"))).toBe(0);
    expect(changed(set("$this->me").replace("setKennwort", "setBackupCodes"))).toBe(0);
  });

  it("are found by the option that hashes a field, whatever it is called", () => {
    const form = "$form = $this->createForm(\\App\\Form\\CardForm::class, $person);";
    const field = "'secret', Type\\PasswordType::class, ['hash_property_path' => 'password']";
    expect(changed(saved(form), ownForm(field))).toBe(1);
  });

  it("are none of forms without a new password, or of somebody else", () => {
    const field = "'plainPassword', Type\\PasswordType::class";
    const own = "$form = $this->createForm(\\App\\Form\\CardForm::class, $person);";
    const others = "$form = $this->createForm(\\App\\Form\\CardForm::class, $this->find(1));";
    expect(changed(saved(own), ownForm("'currentPassword', Type\\PasswordType::class"))).toBe(0);
    expect(changed(saved(others), ownForm(field))).toBe(0);
  });

  it("are found in a part of a form, and in live components", () => {
    const files = {
      ...ownForm("'plainPassword', Type\\PasswordType::class"),
      "src/Form/WholeForm.php": `<?php
namespace App\\Form;
class WholeForm extends \\Symfony\\Component\\Form\\AbstractType {
    public function buildForm($builder, array $options): void { $builder->add('card', CardForm::class); }
}`,
    };
    const form = "$form = $this->createForm(\\App\\Form\\WholeForm::class, $person);";
    expect(changed(saved(form), files)).toBe(1);
    const component = {
      ...SECURITY,
      ...ownForm("'newPassword', Type\\PasswordType::class"),
      "src/Twig/Card.php": `<?php
namespace App\\Twig;
use Symfony\\UX\\LiveComponent\\Attribute\\AsLiveComponent;
use Symfony\\UX\\LiveComponent\\Attribute\\LiveAction;
use Symfony\\UX\\LiveComponent\\ComponentWithFormTrait;
#[AsLiveComponent]
class Card {
    use ComponentWithFormTrait;
    protected function instantiateForm() { return $this->createForm(\\App\\Form\\CardForm::class, $this->getUser()); }
    #[LiveAction]
    public function save() { $this->submitForm(); $this->manager->flush(); }
}`,
    };
    const found = evidenceOf(component).privilegeChanges.map(({ kind }) => kind);
    expect(found).toEqual(["password", "password-change"]);
  });

  it("are found where a bundle's page is imported", () => {
    for (const [name, line] of [
      ["friendsofsymfony/user-bundle", "@FOSUserBundle/Resources/config/routing/all.xml"],
      ["nucleos/user-bundle", "@NucleosUserBundle/Resources/config/routing/update_security.php"],
      ["nucleos/user-bundle", "@NucleosUserBundle/Resources/config/routing/change_password.php"],
    ] as const) {
      const files = {
        ...SECURITY,
        "config/routes/people.yaml": `people:\n    resource: "${line}"\n`,
      };
      const { privilegeChanges } = evidenceOf(files, { packages: { [name]: "3.0.0" } });
      expect(privilegeChanges.map(({ kind }) => kind)).toEqual(["password", "password-change"]);
    }
  });

  it("rotate where a listener of the page's own event does, or where the page goes on to signing out", () => {
    const body = (end: string): string => `
    public function changePassword() { $this->people->save($this->getUser()); ${end} }`;
    const rotation = (end: string, files = {}): string | undefined =>
      evidenceOf({
        ...SECURITY,
        ...files,
        ...controller("CardController", body(end)),
      }).privilegeChanges.find(({ kind }) => kind === "password-change")?.rotation;
    const listener = {
      "src/Rotate.php": `<?php
namespace App;
class ChangedEvent {}
class Rotate { public function onAnything(\\Symfony\\Component\\EventDispatcher\\GenericEvent $event) { $event->session->migrate(true); }
    public function __invoke(\\App\\ChangedEvent $event) { $event->session->migrate(true); } }`,
    };
    const dispatches = "$this->events->dispatch(new \\App\\ChangedEvent($this->getUser()));";
    expect(rotation(dispatches, listener)).toBe("rotated");
    expect(rotation(dispatches)).toBe("none");
    const generic = dispatches.replace(
      "\\App\\ChangedEvent",
      "\\Symfony\\Component\\EventDispatcher\\GenericEvent",
    );
    expect(rotation(generic, listener)).toBe("none");
    expect(rotation("return $this->redirectToRoute('app_logout');")).toBe("rotated");
  });

  it("are told of applications that sign in past every firewall", () => {
    const files = {
      ...frameworkYaml(),
      ...controller(
        "DoorController",
        `
    public function login(SessionInterface $session) { if (password_verify('x', 'y')) { $session->set('user_id', 1); } }
    public function changePassword() { $this->people->save(1); }`,
      ),
    };
    const found = evidenceOf(files).privilegeChanges.map(({ kind, others }) => [kind, others]);
    expect(found).toEqual([
      ["password", undefined],
      ["password-change", "kept"],
    ]);
  });
});
