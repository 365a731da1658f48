import { describe, expect, it } from "vitest";
import type { CsrfEvidence } from "../../../evidence.ts";
import { withFiles } from "../../testing.ts";
import { collectSymfony } from "../collect-symfony.ts";
import { recogniseSymfony } from "../recognise-symfony.ts";
import {
  controller,
  evidenceOf,
  type FixtureOptions,
  frameworkYaml,
  securityYaml,
} from "../testing.ts";

const SOUND = securityYaml("form_login: { enable_csrf: true }", "logout: ~");

function csrf(
  files: Readonly<Record<string, string>>,
  options?: FixtureOptions,
): CsrfEvidence | undefined {
  return evidenceOf({ ...SOUND, ...files }, options).csrf;
}

function formType(options: string): Record<string, string> {
  return {
    "src/Form/NoteType.php": `<?php
namespace App\\Form;
use Symfony\\Component\\Form\\AbstractType;
class NoteType extends AbstractType {
    public function configureOptions($resolver): void {
        $resolver->setDefaults([${options}]);
    }
}`,
    ...controller(
      "NoteController",
      "    public function edit() { $this->createForm(\\App\\Form\\NoteType::class)->handleRequest($r); $this->em->flush(); }",
    ),
  };
}

describe("cross-site request forgery", () => {
  it("is guarded by form tokens wherever the package is installed", () => {
    expect(csrf({})).toMatchObject({ cover: "protected", gaps: [] });
  });

  it("is not where csrf_protection is off", () => {
    const off = {
      "config/packages/framework.yaml":
        "framework:\n    session: true\n    csrf_protection: false\n",
    };
    expect(csrf(off)).toMatchObject({ cover: "none", place: { line: 3 } });
  });

  it("is not by itself where the whole of Symfony is one package", () => {
    const files = {
      ...SOUND,
      "composer.lock": '{"packages":[{"name":"symfony/symfony","version":"v3.4.49"}]}',
    };
    expect(csrf(files)?.cover).toBe("none");
    const yaml = "framework:\n    session: true\n    csrf_protection: ~\n";
    expect(csrf({ ...files, "config/packages/framework.yaml": yaml })?.cover).toBe("protected");
  });

  it("misses a sign-in form without a token", () => {
    expect(csrf(securityYaml("form_login: ~", "logout: ~"))).toMatchObject({
      cover: "partial",
      gaps: [{ place: { file: "config/packages/security.yaml", line: 4 } }],
    });
  });

  it("misses an authenticator that reads a form and checks no token", () => {
    const authenticator = (badge: string): Record<string, string> => ({
      ...securityYaml("custom_authenticators: [App\\Security\\FormAuthenticator]", "logout: ~"),
      "src/Security/FormAuthenticator.php": `<?php
namespace App\\Security;
use Symfony\\Component\\Security\\Http\\Authenticator\\AbstractLoginFormAuthenticator;
class FormAuthenticator extends AbstractLoginFormAuthenticator {
    public function authenticate($request) {
        return new Passport(new UserBadge($request->request->get('_username')), new PasswordCredentials($request->request->get('_password')), [${badge}]);
    }
}`,
    });
    expect(csrf(authenticator(""))?.gaps).toHaveLength(1);
    expect(
      csrf(authenticator("new CsrfTokenBadge('authenticate', $request->request->get('_csrf'))"))
        ?.gaps,
    ).toEqual([]);
  });

  for (const [title, route, body, gaps] of [
    [
      "a link that deletes",
      "#[Route('/delete/{id}')]",
      "$this->em->remove($x); $this->em->flush();",
      1,
    ],
    [
      "a link that deletes, by annotation",
      '/** @Route("/delete/{id}", name="d") */',
      "$this->em->remove($x); $this->em->flush();",
      1,
    ],
    [
      "a request that no link makes",
      "#[Route('/delete/{id}', methods: ['DELETE'])]",
      "$this->em->remove($x); $this->em->flush();",
      0,
    ],
    [
      "a checked token",
      "#[Route('/delete/{id}')]",
      "if ($this->isCsrfTokenValid('d', $t)) { $this->em->remove($x); $this->em->flush(); }",
      0,
    ],
    [
      "a token by attribute",
      "#[Route('/delete/{id}')] #[IsCsrfTokenValid('d')]",
      "$this->em->remove($x); $this->em->flush();",
      0,
    ],
    [
      "a form",
      "#[Route('/delete/{id}')]",
      "$form->handleRequest($r); $this->em->remove($x); $this->em->flush();",
      0,
    ],
  ] as const) {
    it(`${gaps === 1 ? "misses" : "does not mind"} ${title}`, () => {
      const files = controller(
        "NoteController",
        `    ${route}\n    public function delete($x) { ${body} }`,
      );
      expect(csrf(files)?.gaps).toHaveLength(gaps);
    });
  }

  it("misses changes on GET, and asks to look where a route takes every method", () => {
    const act = (route: string): CsrfEvidence | undefined =>
      csrf(
        controller(
          "NoteController",
          `    ${route}\n    public function close($session) { $session->remove('x'); $this->em->flush(); }`,
        ),
      );
    expect(act("#[Route('/close', methods: ['GET'])]")).toMatchObject({ cover: "partial" });
    expect(act("#[Route('/close')]")).toMatchObject({ cover: "unknown" });
    expect(act("#[Route('/close')]")?.gaps).toHaveLength(1);
  });

  it("misses classes that a front controller of the application runs by their name", () => {
    const act = (name: string, body: string): CsrfEvidence | undefined =>
      csrf({
        [`src/Desk/Actions/${name}.php`]: `<?php
namespace App\\Desk\\Actions;
class ${name} extends \\App\\Desk\\Action { public function execute(): void { ${body} } }`,
      });
    const remove = "$this->get('database')->delete('notes', 'old = ?', [1]);";
    expect(act("DeleteOld", remove)).toMatchObject({ cover: "partial" });
    expect(act("NotesDelete", "$this->commandBus->handle($x);")).toMatchObject({
      cover: "partial",
    });
    expect(act("DeleteOld", `$this->checkToken(); ${remove}`)).toMatchObject({ gaps: [] });
    expect(act("ShowOld", remove)).toMatchObject({ gaps: [] });
  });

  it("misses an interface for programs whose own firewall keeps sessions", () => {
    const act = (firewall: string): CsrfEvidence | undefined =>
      csrf({
        "config/packages/security.yaml": `security:\n    firewalls:\n        api: ${firewall}\n`,
        ...controller(
          "NoteController",
          "    #[Route('/api/drop', methods: ['GET'])]\n    public function massRemove($x) { $this->em->flush(); }",
        ),
      });
    expect(act("{ pattern: ^/api/.*, http_basic: ~ }")?.gaps).toHaveLength(1);
    expect(act("{ pattern: ^/api/.*, http_basic: ~, stateless: true }")?.gaps ?? []).toEqual([]);
  });

  it("misses links that routes in files lead to", () => {
    const body =
      "    public function removeAction($x) { $this->em->remove($x); $this->em->flush(); }";
    const route = (lines: string): Record<string, string> => ({
      ...controller("NoteController", body),
      "config/routes.yaml": `note_remove:\n    path: /note/remove\n${lines}`,
    });
    const action = "    controller: App\\Controller\\NoteController::removeAction\n";
    expect(csrf(route(action))?.gaps).toHaveLength(1);
    expect(csrf(route(`${action}    methods: [DELETE]\n`))?.gaps).toEqual([]);
    expect(csrf(route("    defaults: { _controller: 'App:Note:remove' }\n"))?.gaps).toHaveLength(1);
  });

  it("misses a posted request without a token where the cookie comes along from other sites", () => {
    const files = controller(
      "NoteController",
      "    #[Route('/close', methods: ['POST'])]\n    public function close($x) { $x->close(); $this->em->flush(); }",
    );
    expect(csrf(files, { version: "6.4.1" })).toMatchObject({ cover: "partial" });
    expect(csrf(files, { version: "6.4.1" })?.gaps).toHaveLength(1);
  });

  it("cannot call SameSite a cover against other hosts of the same site", () => {
    const close = (route: string, body: string): Record<string, string> =>
      controller(
        "NoteController",
        `    ${route}\n    public function close(Request $request, $x) { ${body} }`,
      );
    const post = "#[Route('/close', methods: ['POST'])]";
    const found = csrf(close(post, "$this->em->flush();"), { version: "7.2.1" });
    expect(found).toMatchObject({ cover: "unknown" });
    expect(found?.gaps).toHaveLength(1);
    for (const [route, body] of [
      [post, "$this->isCsrfTokenValid('x', $request->get('t')); $this->em->flush();"],
      [post, "$this->createForm(X::class)->handleRequest($request); $this->em->flush();"],
      [post, "$request->getSession()->set('view', 'list');"],
      ["#[Route('/close', methods: ['GET'])]", "$this->em->find($x);"],
      ["#[Route('/api/close', methods: ['POST'])]", "$this->em->flush();"],
    ] as const) {
      expect(csrf(close(route, body))).toMatchObject({ cover: "protected", gaps: [] });
    }
  });

  it("sees an entity that an action changes without a token", () => {
    const files = {
      ...controller(
        "UserController",
        "    #[Route('/roles', methods: ['POST'])]\n    public function roles(\\App\\Entity\\User $subject) { $subject->setRoles([]); }",
      ),
      "src/Entity/User.php": "<?php namespace App\\Entity; class User {}",
    };
    expect(csrf(files)?.gaps).toHaveLength(1);
  });

  it("cannot tell where no lock file says what is installed", () => {
    using tree = withFiles({
      ...SOUND,
      "composer.json": '{"require":{"symfony/framework-bundle":"^6.4","symfony/form":"*"}}',
      "config/bundles.php": "<?php",
    });
    const [application] = recogniseSymfony(tree);
    const evidence = application && collectSymfony(tree, application);
    expect(evidence?.csrf?.cover).toBe("unknown");
  });

  it("misses a posted form whose token is off, and no search", () => {
    expect(csrf(formType("'csrf_protection' => false"))?.gaps).toMatchObject([
      { place: { file: "src/Form/NoteType.php", line: 6 } },
    ]);
    expect(csrf(formType("'csrf_protection' => false, 'method' => 'GET'"))?.gaps).toEqual([]);
    expect(csrf(formType("'csrf_protection' => true"))?.gaps).toEqual([]);
  });

  describe("of a form whose token is off", () => {
    const OFF = "['csrf_protection' => false]";
    const act = (route: string, body: string, folder = "Controller"): Record<string, string> => {
      const [[, text] = ["", ""]] = Object.entries(
        controller(
          "NoteController",
          `    ${route}\n    public function add(Request $r) { ${body} }`,
        ),
      );
      return { [`src/${folder}/NoteController.php`]: text };
    };
    const post = "#[Route('/notes', methods: ['POST'])]";
    const save = (options: string): string =>
      `$form = $this->createFormBuilder(null, ${options})->getForm(); $form->submit($r->request->all()); $this->em->flush();`;

    it("counts where a session is all that comes along", () => {
      expect(csrf(act(post, save(OFF)))).toMatchObject({ cover: "partial" });
      const sent =
        "$r->toArray(); $this->forms->createNamed('', \\App\\Form\\NoteType::class, null, ['csrf_protection' => false])->submit($x); $this->em->flush();";
      expect(csrf(act(post, sent))?.gaps).toHaveLength(1);
    });

    it("does not count for what changes nothing, is asked for by GET, or is proved otherwise", () => {
      for (const [route, body] of [
        [post, save("[]")],
        [post, save(OFF).replace("$this->em->flush();", "")],
        [post, save("['csrf_protection' => false, 'method' => 'GET']")],
        [post, `if ($r->isXmlHttpRequest()) { ${save(OFF)} }`],
        ["#[Route('/notes', methods: ['GET'])]", save(OFF)],
        ["#[Route('/notes', methods: ['PATCH'])]", save(OFF)],
      ] as const) {
        expect(csrf(act(route, body))?.gaps, body).toEqual([]);
      }
    });

    it("does not count behind a firewall without sessions, whatever its controllers are called", () => {
      const security = (api: string): Record<string, string> => ({
        "config/packages/security.yaml": `security:\n    firewalls:\n        api: ${api}\n        main: { form_login: { enable_csrf: true }, logout: ~ }\n`,
        "config/routes.yaml":
          "rest:\n    resource: ../src/Api/\n    type: attribute\n    prefix: /api\n",
      });
      const files = act(post, save(OFF), "Api");
      const gaps = (api: string): number | undefined =>
        csrf({ ...files, ...security(api) })?.gaps.length;
      expect(gaps("{ pattern: ^/api, stateless: true, access_token: ~ }")).toBe(0);
      expect(gaps("{ pattern: ^/api, jwt: ~ }")).toBe(0);
      expect(gaps("{ pattern: '^/(api|rest)/', stateless: true }")).toBe(0);
      expect(gaps("{ pattern: ^/rest, stateless: true }")).toBe(1);
      const matcher = "{ request_matcher: App\\Bearer, stateless: true }";
      expect(gaps(matcher)).toBe(0);
      const bearer =
        "<?php namespace App; class Bearer { function matches($r) { return $r->headers->has('Authorization'); } }";
      expect(csrf({ ...files, ...security(matcher), "src/Bearer.php": bearer })?.gaps).toHaveLength(
        1,
      );
    });

    it("counts for a type that inherits it", () => {
      const files = {
        ...formType("'csrf_protection' => false"),
        "src/Form/ShortType.php": "<?php namespace App\\Form; class ShortType extends NoteType {}",
        ...act(
          post,
          "$this->createForm(\\App\\Form\\ShortType::class)->handleRequest($r); $this->em->flush();",
        ),
      };
      expect(csrf(files)?.gaps).toMatchObject([{ place: { file: "src/Form/NoteType.php" } }]);
    });
  });

  it("does not exist where nobody signs in and nothing is posted", () => {
    const evidence = evidenceOf(frameworkYaml());
    expect(evidence.csrf).toBeUndefined();
    expect(evidence.throttling).toBeUndefined();
    expect(evidence.auditLog).toBeUndefined();
  });
});
