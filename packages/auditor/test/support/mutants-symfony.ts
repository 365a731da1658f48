/**
 * What is broken in the sound Symfony application, one thing at a time.
 * @module
 */
import { type Mutant, mutant, weighed } from "./mutant.ts";

const FRAMEWORK = "config/packages/framework.yaml";
const SECURITY = "config/packages/security.yaml";
const PROFILE = "src/Controller/ProfileController.php";
const REGISTER = "src/Controller/RegistrationController.php";
const SERVICES = "config/services.yaml";
const HANDLERS = "Symfony\\Component\\HttpFoundation\\Session\\Storage\\Handler\\";
const OWN_HANDLER = "App\\Session\\HashedIdSessionHandler";
const HANDLER = "src/Session/HashedIdSessionHandler.php";
const REGISTRY = "src/Session/SessionRegistry.php";
const KEEPER = "src/EventSubscriber/SessionKeeper.php";
const POLICY = "session-policy.json";
const AUDIT = "src/EventSubscriber/SignInAudit.php";

const symfony = (
  control: string,
  what: string,
  ...edits: readonly (readonly [string, string, string])[]
) => mutant("sound-symfony", control, what, ...edits);

const STORE_TOKEN = `$storage->setToken(new UsernamePasswordToken($user, 'main', $user->getRoles()));
            return $this->redirectToRoute('profile');`;
const TOKEN_IMPORTS = `use Symfony\\Component\\Security\\Core\\Authentication\\Token\\Storage\\TokenStorageInterface;
use Symfony\\Component\\Security\\Core\\Authentication\\Token\\UsernamePasswordToken;
use Symfony\\Component\\Routing\\Attribute\\Route;`;
const LOGIN = "return $security->login($user, 'form_login', 'main');";
const IMPORT = "use Symfony\\Component\\Routing\\Attribute\\Route;";
const PARAMETER = "Security $security): Response";
const USER = "src/Entity/User.php";
const EQUATABLE: readonly (readonly [string, string, string])[] = [
  [
    USER,
    "class User implements UserInterface,",
    "class User implements \\Symfony\\Component\\Security\\Core\\User\\EquatableInterface, UserInterface,",
  ],
];

export const symfonyMutants: readonly Mutant[] = [
  symfony("cookie-secure", "Secure is off", [
    FRAMEWORK,
    "cookie_secure: true",
    "cookie_secure: false",
  ]),
  symfony("cookie-httponly", "HttpOnly is off", [
    FRAMEWORK,
    "cookie_httponly: true",
    "cookie_httponly: false",
  ]),
  symfony("cookie-samesite", "SameSite is None", [
    FRAMEWORK,
    "cookie_samesite: lax",
    "cookie_samesite: none",
  ]),
  symfony("cookie-samesite", "SameSite is empty", [
    FRAMEWORK,
    "cookie_samesite: lax",
    "cookie_samesite: null",
  ]),
  symfony("cookie-name", "the name is PHP's", [FRAMEWORK, "        name: __Host-bookshop\n", ""]),
  symfony("cookie-prefix", "the name has no prefix", [FRAMEWORK, "__Host-bookshop", "bookshop"]),
  symfony("cookie-scope", "a domain is set", [
    FRAMEWORK,
    "cookie_lifetime: 0",
    "cookie_domain: .example.org",
  ]),
  symfony("cookie-lifetime", "the cookie lives for a year", [
    FRAMEWORK,
    "cookie_lifetime: 0",
    "cookie_lifetime: 31536000",
  ]),
  symfony("storage-handler", "sessions are in files", [
    FRAMEWORK,
    OWN_HANDLER,
    "session.handler.native_file",
  ]),
  symfony("encryption-at-rest", "the marshaller is taken away", [
    SERVICES,
    `            - '@${HANDLERS}MarshallingSessionHandler'`,
    `            - '@${HANDLERS}PdoSessionHandler'`,
  ]),
  symfony(
    "gc-timeout",
    "no idle time is set",
    [FRAMEWORK, "        gc_maxlifetime: 1800\n", ""],
    [FRAMEWORK, OWN_HANDLER, "session.handler.native_file"],
  ),
  symfony("dead-setting", "strict mode is set where Symfony has no such key", [
    FRAMEWORK,
    "cookie_lifetime: 0",
    "use_strict_mode: true",
  ]),
  symfony("proxy-trust", "every proxy is believed", [FRAMEWORK, "'10.0.0.4'", "'0.0.0.0/0'"]),
  symfony("hardcoded-secret", "the secret is in .env", [
    ".env",
    "APP_SECRET=\n",
    "APP_SECRET=4f1c0a9be27d4c55b6a1d1a4f0f2c9d7\n",
  ]),
  symfony("hardcoded-secret", "the secret is in the configuration", [
    FRAMEWORK,
    "'%env(APP_SECRET)%'",
    "4f1c0a9be27d4c55b6a1d1a4f0f2c9d7",
  ]),
  symfony("regenerate-login", "the firewall keeps the session", [
    SECURITY,
    "session_fixation_strategy: migrate",
    "session_fixation_strategy: none",
  ]),
  symfony(
    "regenerate-login",
    "registration stores the token itself",
    [REGISTER, LOGIN, STORE_TOKEN],
    [REGISTER, IMPORT, TOKEN_IMPORTS],
    [REGISTER, PARAMETER, "TokenStorageInterface $storage): Response"],
  ),
  symfony(
    "regenerate-login-order",
    "registration migrates after the token and keeps the old session",
    [
      REGISTER,
      LOGIN,
      STORE_TOKEN.replace(
        "            return",
        "            $request->getSession()->set('_security_main', serialize($storage->getToken()));\n            $request->getSession()->migrate(false);\n            return",
      ),
    ],
    [REGISTER, IMPORT, TOKEN_IMPORTS],
    [REGISTER, PARAMETER, "TokenStorageInterface $storage): Response"],
  ),
  symfony("regenerate-password-change", "the session is not migrated", [
    PROFILE,
    "        $request->getSession()->migrate(true);\n",
    "",
  ]),
  symfony("regenerate-role-change", "isEqualTo compares no roles", ...EQUATABLE, [
    USER,
    "    public function eraseCredentials(): void",
    "    public function isEqualTo(UserInterface $user): bool\n    {\n        return $user->getPassword() === $this->password;\n    }\n\n    public function eraseCredentials(): void",
  ]),
  symfony("logout-destroy", "the session is not invalidated", [
    SECURITY,
    "invalidate_session: true",
    "invalidate_session: false",
  ]),
  symfony("remember-me-cookie", "remember-me is not Secure", [
    SECURITY,
    "                secure: true\n",
    "                secure: false\n",
  ]),
  symfony(
    "remember-me-cookie",
    "Secure is left to a session that says nothing",
    [SECURITY, "                secure: true\n", ""],
    [FRAMEWORK, "        cookie_secure: true\n", ""],
  ),
  symfony("remember-me-cookie", "remember-me is not HttpOnly", [
    SECURITY,
    "httponly: true",
    "httponly: false",
  ]),
  symfony("login-throttling", "the limiter is removed", [
    SECURITY,
    "            login_throttling:\n                max_attempts: 5\n                interval: '15 minutes'\n",
    "",
  ]),
  symfony("csrf", "the sign-in has no token", [
    SECURITY,
    "check_path: sign_in\n                enable_csrf: true",
    "check_path: sign_in\n                enable_csrf: false",
  ]),
  symfony("csrf", "forms have no tokens", [
    FRAMEWORK,
    "csrf_protection: true",
    "csrf_protection: false",
  ]),
  weighed(
    symfony("csrf", "one action has no token", [
      PROFILE,
      "        if (!$this->isCsrfTokenValid('change_roles', $request->getPayload()->getString('_token'))) {\n            throw $this->createAccessDeniedException();\n        }\n        $subject->setRoles",
      "        $subject->setRoles",
    ]),
  ),

  symfony("audit-logging", "failures are not recorded", [
    AUDIT,
    "            LoginFailureEvent::class => 'onFailure',\n",
    "",
  ]),
  symfony("native-session-functions", "$_SESSION is used", [
    PROFILE,
    "$request->getSession()->migrate(true);",
    "$_SESSION['changed'] = true;\n        $request->getSession()->migrate(true);",
  ]),
  symfony("native-session-functions", "session_regenerate_id is called", [
    PROFILE,
    "$request->getSession()->migrate(true);",
    "session_regenerate_id(true);",
  ]),
  symfony("fresh-authentication", "the old password is not asked for", [
    PROFILE,
    "        if (!$hasher->isPasswordValid($user, $request->getPayload()->getString('current'))) {\n            return $this->redirectToRoute('profile');\n        }\n",
    "",
  ]),
  weighed(
    symfony("logout-method", "signing out takes no token", [
      SECURITY,
      "invalidate_session: true\n                enable_csrf: true",
      "invalidate_session: true",
    ]),
  ),
  symfony("ids-at-rest", "the id is handed on as it is", [
    HANDLER,
    "return hash_hmac('sha256', $id, $this->key);",
    "return $id;",
  ]),
  symfony("ids-at-rest", "the handler that hashes ids is passed over", [
    FRAMEWORK,
    OWN_HANDLER,
    `${HANDLERS}MarshallingSessionHandler`,
  ]),
  symfony(
    "id-validation",
    "the id goes unchecked into a path",
    [HANDLER, "preg_match('/^[a-zA-Z0-9,-]{22,250}$/', $id) === 1 && ", ""],
    [HANDLER, "return hash_hmac('sha256', $id, $this->key);", "return $id;"],
    [
      HANDLER,
      "return $this->inner->read($this->nameOf($id));",
      "return file_get_contents('/var/sessions/' . $id);",
    ],
  ),
  symfony(
    "id-validation",
    "the id goes unchecked into a query",
    [HANDLER, "preg_match('/^[a-zA-Z0-9,-]{22,250}$/', $id) === 1 && ", ""],
    [HANDLER, "return hash_hmac('sha256', $id, $this->key);", "return $id;"],
    [
      HANDLER,
      "return $this->inner->destroy($this->nameOf($id));",
      "return $this->db->exec(\"DELETE FROM sessions WHERE id = '$id'\") !== false;",
    ],
  ),
  symfony("periodic-rotation", "nothing changes the id", [
    KEEPER,
    "            $session->migrate(true);\n",
    "",
  ]),
  symfony("periodic-rotation", "the id changes whatever the time is", [
    KEEPER,
    "time() - $session->getMetadataBag()->getCreated() > self::ROTATE_AFTER",
    "$event->getRequest()->isMethod('POST')",
  ]),
  symfony("expired-data", "PHP's clean-up is switched off", [
    FRAMEWORK,
    "gc_probability: 1",
    "gc_probability: 0",
  ]),
  weighed(
    symfony("expired-data", "php.ini decides on the clean-up", [
      FRAMEWORK,
      "        gc_probability: 1\n",
      "",
    ]),
  ),
  symfony("concurrent-sessions", "the sessions of an account are not counted", [
    REGISTRY,
    "        while (count($sessions) >= self::MAXIMUM) {\n            $this->close(array_shift($sessions));\n        }\n",
    "",
  ]),
  symfony("concurrent-sessions", "what is too many stays open", [
    REGISTRY,
    "            $this->close(array_shift($sessions));\n",
    "            array_shift($sessions);\n",
  ]),
  symfony("stolen-session-signals", "the address has to stay the same", [
    KEEPER,
    "$session->has('browser') && $session->get('browser') !== $event->getRequest()->headers->get('User-Agent')",
    "$session->has('browser') && $session->get('browser') !== $event->getRequest()->getClientIp()",
  ]),
  symfony("session-policy", "the policy says another idle time", [
    POLICY,
    '"idleTimeoutSeconds": 1800',
    '"idleTimeoutSeconds": 900',
  ]),
  symfony("session-policy", "the policy says no number of sessions", [
    POLICY,
    ',\n  "maximumSessionsPerAccount": 5',
    "",
  ]),
];
