/**
 * Applications made to hang, crash or exhaust the collector. What counts is that it comes back at all: an endless or
 * exponential walk runs into the test's own limit.
 */
import { describe, expect, it } from "vitest";
import { controller, evidenceOf, frameworkYaml, securityYaml } from "./testing.ts";

/** A variable of `.env` that stands for another. */
const reference = (name: string): string => `$\{${name}}`;

const SOUND = securityYaml("form_login: ~", "logout: ~");

describe("hostile configuration", { timeout: 60_000 }, () => {
  it("imports itself, in circles and by patterns that fit everything", () => {
    const evidence = evidenceOf({
      ...SOUND,
      "config/services.yaml":
        "imports:\n    - { resource: services.yaml }\n    - { resource: a.yaml }\n    - { resource: '**/*' }\n    - { resource: '../../..' }\n",
      "config/a.yaml": "imports: [{ resource: b.yaml }]\n",
      "config/b.yaml": "imports: [{ resource: a.yaml }, { resource: './' }]\n",
    });
    expect(evidence.sessions).toHaveLength(1);
  });

  it("has parameters, variables, services and aliases that stand for each other", () => {
    const doubled = Array.from(
      { length: 60 },
      (_, at) => `    p${at}: '%p${at + 1}%%p${at + 1}%'`,
    ).join("\n");
    const bomb = Array.from(
      { length: 30 },
      (_, at) => `    a${at + 1}: &a${at + 1} [*a${at}, *a${at}, *a${at}, *a${at}]`,
    ).join("\n");
    const evidence = evidenceOf({
      ...frameworkYaml("name: '%p0%'", "handler_id: '@one'", "cookie_secure: '%x%'"),
      "config/services.yaml": `parameters:\n    x: '%y%'\n    y: '%x%'\n    p60: z\n${doubled}\nservices:\n    one: '@two'\n    two: '@one'\n    three: { parent: three, arguments: ['@three'] }\n`,
      "config/packages/bomb.yaml": `bomb:\n    a0: &a0 [x, x]\n${bomb}\n`,
      "config/packages/self.yaml": "self: &self\n    again: *self\n    <<: *self\n",
      ".env": `A=${reference("B")}\nB=${reference("A")}\nC=${reference("C")}${reference("C")}\n`,
    });
    expect(evidence.sessions[0]?.cookie.secure.origin.kind).toBe("unknown");
    expect(evidence.unread.map(({ file }) => file)).toContain("config/packages/bomb.yaml");
  });

  it("wraps handlers around themselves", () => {
    const marshalling =
      "Symfony\\Component\\HttpFoundation\\Session\\Storage\\Handler\\MarshallingSessionHandler";
    const evidence = evidenceOf({
      ...frameworkYaml("handler_id: loop"),
      "config/services.yaml": `services:\n    loop: { class: ${marshalling}, arguments: ['@loop', '@loop', '@loop', '@loop'] }\n`,
    });
    expect(evidence.sessions).toHaveLength(1);
  });

  it("is nested deeply, in each language", () => {
    const deep = 5_000;
    const evidence = evidenceOf({
      ...SOUND,
      "config/packages/a.yaml": `a: ${"[".repeat(deep)}${"]".repeat(deep)}\n`,
      "config/packages/b.yaml": Array.from({ length: 400 }, (_, at) => `${" ".repeat(at)}k:`).join(
        "\n",
      ),
      "config/packages/c.xml": `<container>${"<a>".repeat(deep)}${"</a>".repeat(deep)}</container>`,
      "config/packages/d.php": `<?php return ${"[".repeat(deep)}${"]".repeat(deep)};`,
      "config/packages/e.php": `<?php return fn($c) => $c${"->a()".repeat(2_000)};`,
    });
    expect(evidence.sessions).toHaveLength(1);
    const unread = evidence.unread.map(({ file }) => file);
    expect(unread).toEqual(
      expect.arrayContaining(["config/packages/a.yaml", "config/packages/c.xml"]),
    );
  });

  it("is broken, and the rest is read", () => {
    const evidence = evidenceOf({
      ...SOUND,
      "config/packages/a.yaml": "a: [1,\nb: }\n\t- x",
      "config/packages/b.xml": "<container><services></container",
      "config/packages/c.php": "<?php return ['framework' => ['session' => ",
      "src/Broken.php": "<?php class { function ( } ]]",
      "config/services.yaml": "\u0000\u0001services: %%%",
      ".env": "=\n==\nA\n'",
    });
    expect(evidence.signOuts).toHaveLength(1);
    const unread = evidence.unread.map(({ file }) => file);
    expect(unread).toEqual(
      expect.arrayContaining(["config/packages/a.yaml", "config/packages/b.xml", "src/Broken.php"]),
    );
  });

  it("has long lists of firewalls, origins and patterns that backtrack", () => {
    const walls = Array.from(
      { length: 1_000 },
      (_, at) =>
        `        w${at}: { pattern: '^/${"(a+)+".repeat(20)}$', form_login: ~, logout: ~ }`,
    ).join("\n");
    const evidence = evidenceOf({
      ...frameworkYaml(),
      "config/packages/security.yaml": `security:\n    firewalls:\n${walls}\n`,
      "config/packages/nelmio_cors.yaml": `nelmio_cors:\n    defaults: { allow_credentials: true, origin_regex: true, allow_origin: [${"'(a+)+$',".repeat(2_000)}] }\n    paths: { '^/': ~ }\n`,
      ...controller(
        "AController",
        `    #[Route('/${"a".repeat(5_000)}', methods: ['POST'])]\n    public function a() { $this->em->flush(); }`,
      ),
    });
    expect(evidence.signOuts).toHaveLength(1_000);
  });
});

describe("hostile code", () => {
  it("inherits, uses and calls itself in circles", () => {
    const evidence = evidenceOf({
      ...SOUND,
      "src/A.php":
        "<?php namespace App; class A extends B implements I { use T; public function isEqualTo() { return $this->isEqualTo(); } }",
      "src/B.php":
        "<?php namespace App; class B extends A { const X = self::Y; const Y = self::X; }",
      "src/I.php": "<?php namespace App; interface I extends I {}",
      "src/T.php": "<?php namespace App; trait T { use T; }",
      ...controller(
        "LoopController",
        "    #[Route('/p', methods: ['POST'])]\n    public function changePassword() { $this->one(); $this->createForm(\\App\\Form\\F::class); }\n    private function one() { $this->two(); $this->two(); }\n    private function two() { $this->one(); $this->one(); $this->flush(); }",
      ),
      "src/Form/F.php":
        "<?php namespace App\\Form; class F extends G { function x($b) { $b->add('a', F::class)->add('b', G::class); } }",
      "src/Form/G.php":
        "<?php namespace App\\Form; class G extends F { function y($b) { $b->add('c', F::class); } }",
    });
    expect(evidence.privilegeChanges.map(({ kind }) => kind)).toContain("password-change");
  });

  it("has many methods, listeners and calls in one file", () => {
    const methods = Array.from(
      { length: 1_500 },
      (_, at) =>
        `    #[Route('/m${at}', methods: ['POST'])]\n    public function m${at}(LoginSuccessEvent $e, $x) { $a = $x->get('k${at}'); $this->m${at + 1}($e, $a); $x->set('k', $a); $this->em->flush(); }`,
    ).join("\n");
    const evidence = evidenceOf({
      ...securityYaml("form_login: { enable_csrf: true }"),
      ...controller("ManyController", methods),
    });
    expect(evidence.csrf?.gaps.length).toBeGreaterThan(1_000);
  });

  it("has strings and comments that never end, and huge arrays", () => {
    const evidence = evidenceOf({
      ...SOUND,
      "src/Open.php": `<?php class Open { function login() { $a = '${"\\\\'".repeat(20_000)}; /*`,
      "src/Data.php": `<?php return [${"[1, 'a', null],".repeat(10_000)}];`,
      "src/Deep.php": `<?php class Deep { function f() { return ${"(".repeat(3_000)}1${")".repeat(3_000)}; } }`,
      "src/Sum.php": `<?php class Sum { const A = ${"'a' . ".repeat(1_500)}'b'; function f($s) { $s->set(self::A, self::A); } }`,
      "config/routes.yaml": Array.from(
        { length: 1_000 },
        (_, at) => `r${at}: { path: /r${at}, controller: App\\Nobody::x }`,
      ).join("\n"),
    });
    expect(evidence.sessions).toHaveLength(1);
  });
});
