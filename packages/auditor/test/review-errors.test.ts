/**
 * Reviews of session management repeat mistakes; the auditor knows better. The numbers are those of the list that
 * these mistakes were first collected in.
 * @module
 */
import { describe, expect, it } from "vitest";
import { controls } from "../src/controls/index.ts";
import {
  audit,
  express,
  phalcon,
  STREAM,
  signInController,
  symfony,
} from "./support/applications.ts";

const FLAGS = `    session_set_cookie_params(['secure' => true, 'httponly' => true, 'samesite' => 'Lax']);
${STREAM}`;
const STRICT = `    ini_set('session.use_strict_mode', '1');
${STREAM}`;

describe("mistakes of reviews that the auditor does not make", () => {
  it("E1: session.entropy_length is dead, and nobody is told to set it", () => {
    const said = audit(
      phalcon("5.18.1", `    ini_set('session.entropy_length', '32');\n${STREAM}`),
    );
    expect(said.verdict("dead-setting")).toBe("fail");
    expect(said.verdict("id-entropy")).toBe("pass");
    for (const { id } of controls)
      expect(said.text(id)).not.toMatch(/set .*entropy_(file|length)/i);
  });

  it("E2: framework.session has no use_strict_mode since 4.0, and needs none", () => {
    const said = audit(symfony("6.4.3", "use_strict_mode: true"));
    expect(said.verdict("dead-setting")).toBe("fail");
    expect(said.verdict("strict-mode")).toBe("pass");
    expect(audit(symfony("3.4.0", "use_strict_mode: true")).verdict("dead-setting")).not.toBe(
      "fail",
    );
  });

  it("E3: strict mode does nothing for a handler without validateId", () => {
    const handler = `<?php
namespace App\\Session;
class TableHandler implements \\SessionHandlerInterface
{
    public function open($path, $name): bool { return true; }
    public function close(): bool { return true; }
    public function read($id): string { return ''; }
    public function write($id, $data): bool { return true; }
    public function destroy($id): bool { return true; }
    public function gc($lifetime): int|false { return 0; }
}
`;
    const said = audit(
      symfony("6.4.3", "handler_id: App\\Session\\TableHandler", {
        "src/Session/TableHandler.php": handler,
      }),
    );
    expect(said.verdict("strict-mode")).toBe("fail");
  });

  it("E4: Phalcon's adapters validate ids since 5.14.2 only, and PHP's default is off", () => {
    expect(audit(phalcon("5.9.3", STRICT)).verdict("strict-mode")).toBe("fail");
    expect(audit(phalcon("5.18.1", STRICT)).verdict("strict-mode")).toBe("pass");
    expect(audit(phalcon("5.18.1", STREAM)).verdict("strict-mode")).toBe("fail");
  });

  it("E5: cookie options of Phalcon's Manager have no effect", () => {
    const options = `    $session = new Manager(['cookie_secure' => true, 'cookie_httponly' => true, 'cookie_samesite' => 'Lax']);
    $session->setAdapter(new Stream());
    $session->start();`;
    const said = audit(phalcon("5.18.1", options));
    for (const control of ["cookie-secure", "cookie-httponly", "cookie-samesite"]) {
      expect(said.verdict(control)).toBe("fail");
      expect(said.text(control)).toContain("no effect");
    }
  });

  it("E6: Phalcon needs ini_set and session_set_cookie_params; $_SESSION is what goes past it", () => {
    const said = audit(phalcon("5.18.1", FLAGS));
    expect(said.verdict("native-session-functions")).toBe("pass");
    expect(said.verdict("cookie-secure")).toBe("pass");
    const past = {
      "app/Basket.php":
        "<?php\nclass Basket { function add($id) { $_SESSION['basket'][] = $id; } }\n",
    };
    expect(audit(phalcon("5.18.1", FLAGS, past)).verdict("native-session-functions")).toBe("fail");
  });

  it("E7: regenerateId() deletes the old session without being told, and false keeps it", () => {
    const of = (body: string) =>
      audit(
        phalcon("5.18.1", STREAM, {
          "app/controllers/SessionController.php": signInController(body),
        }),
      );
    const right = of("$this->session->regenerateId();\n$this->session->set('auth', $user->id);");
    expect(right.verdict("regenerate-login")).toBe("pass");
    expect(right.verdict("regenerate-login-order")).toBe("pass");
    const kept = of(
      "$this->session->set('auth', $user->id);\n$this->session->regenerateId(false);",
    );
    expect(kept.verdict("regenerate-login-order")).toBe("fail");
  });

  it("E8: Phalcon 4 and later have no Session\\Adapter\\Database", () => {
    const database = `    $session = new Manager();
    $session->setAdapter(new \\Phalcon\\Session\\Adapter\\Database(['db' => 'x']));
    $session->start();`;
    const said = audit(phalcon("5.18.1", database));
    expect(said.verdict("storage-handler")).not.toBe("pass");
    for (const { id } of controls)
      expect(audit(phalcon("5.18.1", STREAM)).text(id)).not.toContain("Adapter\\Database");
  });

  it("E9: Phalcon's Auth guard neither rotates nor destroys, and its cookie has no flags", () => {
    const controller = `<?php
namespace App\\Controllers;
use Phalcon\\Auth\\Guard\\Session as Guard;
use Phalcon\\Mvc\\Controller;
class SessionController extends Controller
{
    public function signInAction()
    {
        $guard = new Guard($this->adapter, $this->getDI());
        if ($guard->attempt($this->request->getPost(), true)) {
            return $this->response->redirect('');
        }
    }
    public function signOutAction()
    {
        $guard = new Guard($this->adapter, $this->getDI());
        $guard->logout();
    }
}
`;
    const said = audit(
      phalcon("5.18.1", FLAGS, { "app/controllers/SessionController.php": controller }),
    );
    expect(said.verdict("regenerate-login")).toBe("fail");
    expect(said.verdict("logout-destroy")).toBe("fail");
    expect(said.verdict("remember-me-cookie")).toBe("fail");
  });

  const controllerWith = (body: string) => `<?php
namespace App\\Controller;

use App\\Entity\\User;
use Symfony\\Bundle\\FrameworkBundle\\Controller\\AbstractController;
use Symfony\\Component\\HttpFoundation\\Request;
use Symfony\\Component\\Security\\Core\\Authentication\\Token\\Storage\\TokenStorageInterface;
use Symfony\\Component\\Security\\Core\\Authentication\\Token\\UsernamePasswordToken;

class WelcomeController extends AbstractController
{
    public function welcome(Request $request, TokenStorageInterface $storage, User $user)
    {
${body}
        return $this->redirectToRoute('home');
    }
}
`;
  const welcomed = (body: string) =>
    audit(
      symfony("7.2.5", "name: app", {
        "src/Controller/WelcomeController.php": controllerWith(body),
      }),
    );
  const TOKEN = "        $token = new UsernamePasswordToken($user, 'main', $user->getRoles());\n";

  it("E10: migrate(false) after the identity leaves the old id signed in", () => {
    const kept = welcomed(
      `${TOKEN}        $request->getSession()->set('_security_main', serialize($token));\n        $request->getSession()->migrate(false);`,
    );
    expect(kept.verdict("regenerate-login-order")).toBe("fail");
  });

  it("E11: the firewall migrates by itself, and a token that is stored by hand does not", () => {
    expect(audit(symfony("7.2.5", "name: app")).verdict("regenerate-login")).toBe("pass");
    const byHand = welcomed(`${TOKEN}        $storage->setToken($token);`);
    expect(byHand.verdict("regenerate-login")).toBe("fail");
    expect(byHand.findings("regenerate-login")[0]?.place.file).toBe(
      "src/Controller/WelcomeController.php",
    );
    const migrated = welcomed(
      `        $request->getSession()->migrate(true);\n${TOKEN}        $storage->setToken($token);`,
    );
    expect(migrated.verdict("regenerate-login")).toBe("pass");
  });

  it("E12: framework.session has keys of its own, not PHP's", () => {
    const said = audit(symfony("6.4.3", "session.name: app"));
    expect(said.verdict("dead-setting")).toBe("fail");
    expect(said.verdict("cookie-name")).toBe("fail");
  });

  it("E13: gc_maxlifetime is no timeout with files, and is one with the database", () => {
    expect(audit(symfony("6.4.3", "gc_maxlifetime: 1800")).verdict("gc-timeout")).not.toBe("pass");
    const pdo = `services:
    Symfony\\Component\\HttpFoundation\\Session\\Storage\\Handler\\PdoSessionHandler:
        arguments: ['%env(DATABASE_URL)%']
`;
    const handler =
      "handler_id: Symfony\\Component\\HttpFoundation\\Session\\Storage\\Handler\\PdoSessionHandler\ngc_maxlifetime: 1800";
    expect(
      audit(symfony("6.4.3", handler, { "config/services.yaml": pdo })).verdict("gc-timeout"),
    ).toBe("pass");
  });

  it("E14: cookie_lifetime ends nothing on the server", () => {
    expect(audit(symfony("6.4.3", "cookie_lifetime: 1800")).verdict("gc-timeout")).toBe("fail");
  });

  it("E15: files are named with their risk, and Redis without a password is no safe place", () => {
    expect(audit(phalcon("5.18.1", STREAM)).text("storage-handler")).toContain("shares the folder");
    const open = audit(symfony("6.4.3", "handler_id: 'redis://cache.internal:6379'"));
    expect(open.verdict("storage-handler")).toBe("pass");
    expect(open.verdict("store-access")).toBe("fail");
  });

  it("E16: the Serializer encrypts nothing", () => {
    const serializer = "services:\n    Symfony\\Component\\Serializer\\Serializer: ~\n";
    const said = audit(symfony("6.4.3", "name: app", { "config/services.yaml": serializer }));
    expect(said.verdict("encryption-at-rest")).toBe("fail");
    expect(said.text("encryption-at-rest")).toContain("SodiumMarshaller");
  });

  it("E17: a cipher without authentication is no encryption at rest", () => {
    const adapter = `<?php
namespace App\\Library;
class Sealed extends \\Phalcon\\Session\\Adapter\\Stream
{
    public function write($id, $data): bool
    {
        return parent::write($id, openssl_encrypt($data, 'aes-256-cbc', getenv('KEY'), 0, str_repeat('0', 16)));
    }
    public function read($id): string
    {
        return openssl_decrypt(parent::read($id), 'aes-256-cbc', getenv('KEY'), 0, str_repeat('0', 16));
    }
}
`;
    const service = `    $session = new Manager();
    $session->setAdapter(new \\App\\Library\\Sealed(['savePath' => '/var/lib/sessions']));
    $session->start();`;
    const said = audit(phalcon("5.18.1", service, { "app/library/Sealed.php": adapter }));
    expect(said.verdict("encryption-at-rest")).not.toBe("pass");
  });

  it("E18: SameSite alone is no cover against other sites", () => {
    const said = audit(
      express(
        'secret: process.env.S, cookie: { sameSite: "lax" }',
        'app.post("/transfer", (req, res) => { req.session.sent = req.body.amount; res.end(); });',
      ),
    );
    expect(said.verdict("cookie-samesite")).toBe("pass");
    expect(said.verdict("csrf")).toBe("fail");
  });

  it("E19: auto is as good as true", () => {
    expect(audit(symfony("6.4.3", "cookie_secure: auto")).verdict("cookie-secure")).toBe("pass");
  });

  it("E20: a missing setting is judged by the default of the installed version", () => {
    const old = audit(symfony("6.4.3", "name: app"));
    const now = audit(symfony("7.2.5", "name: app"));
    for (const control of ["cookie-secure", "cookie-samesite"]) {
      expect(old.verdict(control)).toBe("fail");
      expect(now.verdict(control)).toBe("pass");
    }
    expect(old.verdict("cookie-httponly")).toBe("pass");
    expect(now.findings("cookie-secure")[0]?.origin).toMatchObject({
      kind: "default",
      of: expect.stringContaining("7.2.5"),
    });
  });

  it("E21: the firewall invalidates the session at sign-out by itself", () => {
    expect(audit(symfony("6.4.3", "name: app")).verdict("logout-destroy")).toBe("pass");
  });

  it("E22: Symfony's signed remember-me cannot be ended by signing out, and says for how long it lives", () => {
    const security = `security:
    providers:
        users: { entity: { class: App\\Entity\\User } }
    firewalls:
        main:
            form_login: ~
            logout: { path: logout }
            remember_me: { secret: '%kernel.secret%' }
`;
    const said = audit(
      symfony("6.4.3", "name: app", { "config/packages/security.yaml": security }),
    );
    expect(said.text("remember-me")).toMatch(/cannot be ended/);
    expect(said.verdict("remember-me-cookie")).toBe("fail");
  });

  it("E23: the cookie's name is information, and never more", () => {
    expect(controls.find(({ id }) => id === "cookie-name")?.severity).toBe("info");
  });

  it("E24: the time of creation, which each rotation sets anew, ends nothing", () => {
    const listener = `<?php
namespace App\\EventListener;
use Symfony\\Component\\EventDispatcher\\Attribute\\AsEventListener;
use Symfony\\Component\\HttpKernel\\Event\\RequestEvent;
#[AsEventListener]
class OldSessions
{
    public function __invoke(RequestEvent $event): void
    {
        $session = $event->getRequest()->getSession();
        if (time() - $session->getMetadataBag()->getCreated() > 3600) {
            $session->invalidate();
        }
    }
}
`;
    const said = audit(
      symfony("6.4.3", "name: app", { "src/EventListener/OldSessions.php": listener }),
    );
    expect(said.verdict("gc-timeout")).not.toBe("pass");
  });

  it("E25: a user checker is not taken for something that ends open sessions", () => {
    const checker = `<?php
namespace App\\Security;
use Symfony\\Component\\Security\\Core\\User\\UserCheckerInterface;
use Symfony\\Component\\Security\\Core\\User\\UserInterface;
class ActiveUsers implements UserCheckerInterface
{
    public function checkPreAuth(UserInterface $user): void { if (!$user->isActive()) { throw new \\Exception(); } }
    public function checkPostAuth(UserInterface $user): void {}
}
`;
    const equal = `<?php
namespace App\\Entity;
use Symfony\\Component\\Security\\Core\\User\\EquatableInterface;
use Symfony\\Component\\Security\\Core\\User\\UserInterface;
class User implements UserInterface, EquatableInterface
{
    private array $roles = [];
    private string $password = '';
    public function isEqualTo(UserInterface $user): bool { return $user->getUserIdentifier() === $this->getUserIdentifier(); }
    public function getUserIdentifier(): string { return 'x'; }
    public function getRoles(): array { return $this->roles; }
    public function setRoles(array $roles): void { $this->roles = $roles; }
    public function eraseCredentials(): void {}
}
`;
    const admin = `<?php
namespace App\\Controller;
use App\\Entity\\User;
use Symfony\\Bundle\\FrameworkBundle\\Controller\\AbstractController;
class AdminController extends AbstractController
{
    public function roles(User $subject, array $roles) { $subject->setRoles($roles); return $this->redirectToRoute('users'); }
}
`;
    const said = audit(
      symfony("6.4.3", "name: app", {
        "src/Security/ActiveUsers.php": checker,
        "src/Entity/User.php": equal,
        "src/Controller/AdminController.php": admin,
      }),
    );
    expect(said.verdict("regenerate-role-change")).toBe("fail");
  });
});
