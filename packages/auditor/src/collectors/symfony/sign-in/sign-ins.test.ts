import { describe, expect, it } from "vitest";
import type { PrivilegeChange } from "../../../evidence.ts";
import { controller, evidenceOf, frameworkYaml, securityYaml } from "../testing.ts";

const FORM = ["form_login: { enable_csrf: true }", "logout: ~"];

function changes(files: Readonly<Record<string, string>>): readonly PrivilegeChange[] {
  return evidenceOf(files).privilegeChanges;
}

/** What a method of a controller beside a sound firewall is taken for. */
function methodChanges(body: string, name = "RegistrationController"): readonly PrivilegeChange[] {
  return changes({ ...securityYaml(...FORM), ...controller(name, body) }).slice(1);
}

describe("the firewall's own sign-ins", () => {
  it("migrate by default, whatever signs in", () => {
    const found = changes(
      securityYaml("form_login: ~", "http_basic: ~", "remember_me: { secret: x }", "oauth: ~"),
    );
    expect(found.map(({ kind, rotation }) => [kind, rotation])).toEqual([
      ["password", "rotated"],
      ["password", "rotated"],
      ["single-sign-on", "rotated"],
      ["remember-me", "rotated"],
    ]);
    expect(found[0]?.why).toContain("default of symfony/framework-bundle 7.2.1");
  });

  it("keep the id where the strategy is none", () => {
    const files = securityYaml("form_login: ~");
    const yaml = files["config/packages/security.yaml"] ?? "";
    files["config/packages/security.yaml"] = yaml.replace(
      "security:\n",
      "security:\n    session_fixation_strategy: none\n",
    );
    expect(changes(files)).toMatchObject([{ rotation: "none", rotationPlace: { line: 2 } }]);
  });

  it("are none where the firewall is stateless or off", () => {
    expect(changes(securityYaml("stateless: true", "http_basic: ~"))).toEqual([]);
    expect(changes(securityYaml("security: false", "form_login: ~"))).toEqual([]);
  });
});

describe("sign-ins by hand", () => {
  it("keep the id when a token is stored past the firewall", () => {
    const [change] = methodChanges(`
    #[Route('/register', methods: ['POST'])]
    public function register(Request $request, TokenStorageInterface $tokens, SessionInterface $session) {
        $user = $this->create($request);
        $token = new UsernamePasswordToken($user, 'main', $user->getRoles());
        $tokens->setToken($token);
        $session->set('_security_main', serialize($token));
    }`);
    expect(change).toMatchObject({ kind: "registration", rotation: "none", place: { line: 19 } });
  });

  for (const [order, body, rotation] of [
    ["migrates first", "$session->migrate(); $session->set('_security_main', $token);", "rotated"],
    [
      "migrates after, and keeps the old session",
      "$session->set('_security_main', $token); $session->migrate();",
      "old-session-kept",
    ],
    [
      "migrates after, and ends the old session",
      "$session->set('_security_main', $token); $session->migrate(true);",
      "rotated",
    ],
    ["does not migrate", "$session->set('_security_main', $token);", "none"],
    [
      "migrates in a comment",
      "/* $session->migrate(true); */ $session->set('_security_main', $token);",
      "none",
    ],
  ] as const) {
    it(`tell the order: ${order}`, () => {
      const [change] = methodChanges(`
    public function confirm(SessionInterface $session, $token) { ${body} }`);
      expect(change?.rotation).toBe(rotation);
    });
  }

  it("are not safe with a migration before the password is checked", () => {
    const [change] = methodChanges(`
    public function signIn(SessionInterface $session, TokenStorageInterface $tokens, $hasher, $user) {
        $session->migrate(true);
        if (!$hasher->isPasswordValid($user, 'x')) { return; }
        $tokens->setToken(new UsernamePasswordToken($user, 'main'));
    }`);
    expect(change?.rotation).toBe("before-check");
  });

  it("are the firewall's where code asks it to", () => {
    const [change] = methodChanges(`
    public function __construct(private Security $security) {}
    public function confirm($user) { return $this->security->login($user, 'form_login'); }`);
    expect(change).toMatchObject({ kind: "registration", rotation: "rotated" });
  });

  it("are none where the former token is put back, or a command runs", () => {
    expect(
      methodChanges(`
    public function asAdmin(TokenStorageInterface $tokens, callable $do) {
        $before = $tokens->getToken();
        $tokens->setToken(new UsernamePasswordToken($before->getUser(), 'main', ['ROLE_ADMIN']));
        $do();
        $tokens->setToken($before);
    }`),
    ).toEqual([]);
    const command = `<?php
namespace App\\Command;
use Symfony\\Component\\Console\\Command\\Command;
class Import extends Command {
    protected function execute($in, $out): int { $this->tokenStorage->setToken(new T($this->user, 'main')); return 0; }
}`;
    expect(changes({ ...securityYaml(...FORM), "src/Command/Import.php": command })).toHaveLength(
      1,
    );
  });

  it("are found where the storage comes out of the container", () => {
    for (const id of ["security.token_storage", "security.context"]) {
      const [change] = methodChanges(`
    public function resetAction($user) { $this->get('${id}')->setToken(new UsernamePasswordToken($user, null, 'main')); }`);
      expect(change).toMatchObject({ kind: "reset-link", rotation: "none" });
    }
  });

  it("are none where nobody is signed in by them", () => {
    expect(
      methodChanges(`
    public function createAnonymousToken(TokenStorageInterface $tokens) { $tokens->setToken(new Guest('x')); }`),
    ).toEqual([]);
  });

  it("are a change of roles where the person is signed in already", () => {
    const [change] = methodChanges(`
    public function refresh(TokenStorageInterface $tokens) {
        $user = $tokens->getToken()->getUser();
        $tokens->setToken(new UsernamePasswordToken($user, 'main', $user->getRoles()));
    }`);
    expect(change).toMatchObject({ kind: "role-change", rotation: "none" });
  });

  it("are sign-ins where the code only asks whether there is a user at all", () => {
    const [change] = methodChanges(`
    public function enter(TokenStorageInterface $tokens, $token) {
        if (null !== $token->getUser()) { $tokens->setToken($token); }
    }`);
    expect(change?.kind).not.toBe("role-change");
    expect(change?.rotation).toBe("none");
  });

  it("are found in applications without the Security component", () => {
    const login = (rotation: string): Record<string, string> => ({
      ...frameworkYaml(),
      ...controller(
        "LoginController",
        `    public function login(Request $request, SessionInterface $session) {
        $user = $this->users->find($request->request->get('name'));
        if (!password_verify($request->request->get('password'), $user->hash)) { return null; }
        ${rotation}
        $session->set('user_id', $user->id);
    }
    public function logout(SessionInterface $session) { $session->remove('user_id'); }`,
      ),
    });
    expect(changes(login(""))).toMatchObject([{ kind: "password", rotation: "none" }]);
    expect(changes(login("$session->migrate(true);"))).toMatchObject([{ rotation: "rotated" }]);
    expect(evidenceOf(login("")).signOuts).toMatchObject([{ effect: "key-removed" }]);
  });

  it("are limited and recorded by code of the application, or by nothing, past every firewall", () => {
    const login = (check: string): Record<string, string> => ({
      ...frameworkYaml(),
      ...controller(
        "SignIn",
        `    public function __construct(private LoggerInterface $logger) {}
    public function login(SessionInterface $session, $current) {
        ${check}
        if (!password_verify('a', 'b')) { return false; }
        $session->migrate(true);
        $session->set('shop_logged_in', true);
    }
    public function logout(SessionInterface $session) {
        if ($session->getId() === '') { throw new \\LogicException('none'); }
        $session->set('shop_logged_in', false);
        $session->migrate(true);
    }`,
      ),
    });
    const without = evidenceOf(login(""));
    expect(without.privilegeChanges).toMatchObject([{ kind: "password", rotation: "rotated" }]);
    expect(without.signOuts).toMatchObject([{ effect: "destroyed" }]);
    expect(without.throttling).toMatchObject({ present: false });
    expect(without.auditLog).toMatchObject({ success: { present: false } });
    const counts =
      "$attempts = $current + 1; if ($attempts >= 5) { throw new \\Exception('locked'); } $current++; $this->logger->info('attempt');";
    const limited = evidenceOf(login(counts));
    expect(limited.throttling).toMatchObject({ present: true });
    expect(limited.auditLog?.failure.present).toBeUndefined();
  });
});

describe("sign-outs", () => {
  it("end the session by default", () => {
    expect(evidenceOf(securityYaml("form_login: ~", "logout: ~")).signOuts).toMatchObject([
      { effect: "destroyed", place: { file: "config/packages/security.yaml" } },
    ]);
  });

  it("leave it where invalidate_session is false", () => {
    const files = securityYaml("form_login: ~", "logout: { invalidate_session: false }");
    expect(evidenceOf(files).signOuts).toMatchObject([{ effect: "key-removed" }]);
  });
});

describe("sign-ins past every firewall", () => {
  const callback = (body: string): ReturnType<typeof evidenceOf> =>
    evidenceOf({
      ...frameworkYaml(),
      ...controller(
        "DoorController",
        `    public function back(Request $request) { $session = $request->getSession(); ${body} }`,
      ),
    });

  it("are found where a provider's answer becomes who is in the session", () => {
    const body =
      "$person = $this->client->identify($token); $session->set('logged_in_user', $person);";
    const evidence = callback(body);
    expect(evidence.privilegeChanges).toMatchObject([{ kind: "single-sign-on", rotation: "none" }]);
    expect(evidence.auditLog).toMatchObject({ success: { present: false } });
    // The provider takes the password: guessing it is the provider's to stop.
    expect(evidence.throttling).toBeUndefined();
    const rotated = callback(`$session->migrate(true); ${body}`).privilegeChanges;
    expect(rotated).toMatchObject([{ kind: "single-sign-on", rotation: "rotated" }]);
  });

  it("are none where nothing of a person is written", () => {
    for (const body of [
      "$person = $this->client->identify($token); $session->set('oauth_request_token', $token);",
      "$session->set('logged_in_user_path', $request->getPathInfo());",
      "$session->set('logged_in_user', $request->get('name'));",
    ]) {
      expect(callback(body).privilegeChanges).toEqual([]);
    }
  });

  it("keep the id where the library is known to", () => {
    const body = "if ($user->checkPassword('p')) { $this->sentinel->login($user); }";
    const files = {
      ...frameworkYaml(),
      ...controller("DoorController", `    public function enter(Request $request) { ${body} }`),
    };
    const packages = { "cartalyst/sentinel": "2.0.18" };
    const { privilegeChanges } = evidenceOf(files, { packages });
    expect(privilegeChanges).toMatchObject([{ kind: "password", rotation: "none" }]);
  });

  it("are not followed into a library that a person is handed to", () => {
    const body = "if ($user->checkPassword($request->get('p'))) { $this->doorman->login($user); }";
    const evidence = callback(body);
    expect(evidence.privilegeChanges).toMatchObject([{ kind: "password", rotation: "unknown" }]);
    expect(evidence.throttling).toMatchObject({ present: false });
    expect(callback(`${body} $session->migrate(true);`).privilegeChanges).toMatchObject([
      { rotation: "rotated" },
    ]);
  });
});

it("sees a cookie from last time that signs in past any firewall", () => {
  const check = (before: string): readonly PrivilegeChange[] =>
    changes({
      ...frameworkYaml(),
      ...controller(
        "Doors",
        `    public function knows($session): bool { ${before} $session->set('visitor_logged_in', true); return true; }`,
      ),
    });
  const reads = "$key = $this->container->get('app.cookie')->get('visitor_key');";
  expect(check(reads)).toMatchObject([{ kind: "remember-me", rotation: "none" }]);
  expect(check(`${reads} $session->migrate(true);`)).toMatchObject([{ rotation: "rotated" }]);
  expect(check("")).toEqual([]);
});
