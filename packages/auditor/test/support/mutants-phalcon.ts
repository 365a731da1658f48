/**
 * What is broken in the sound Phalcon application, one thing at a time.
 * @module
 */
import { type Mutant, mutant } from "./mutant.ts";

const SERVICES = "app/config/services.php";
const CONTROLLER = "app/controllers/SignInController.php";
const BASE = "app/controllers/BaseController.php";
const ADAPTER = "app/library/SealedAdapter.php";
const phalcon = (
  control: string,
  what: string,
  ...edits: readonly (readonly [string, string, string])[]
) => mutant("sound-phalcon", control, what, ...edits);

export const phalconMutants: readonly Mutant[] = [
  phalcon("cookie-secure", "Secure is off", [SERVICES, "'secure' => true", "'secure' => false"]),
  phalcon("cookie-secure", "flags are given to the Manager, which ignores them", [
    SERVICES,
    "    session_set_cookie_params([\n        'lifetime' => 0,\n        'path' => '/',\n        'secure' => true,\n        'httponly' => true,\n        'samesite' => 'Lax',\n    ]);\n    $session = new Manager();",
    "    $session = new Manager(['cookie_secure' => true, 'cookie_httponly' => true, 'cookie_samesite' => 'Lax']);",
  ]),
  phalcon("cookie-httponly", "HttpOnly is off", [
    SERVICES,
    "'httponly' => true",
    "'httponly' => false",
  ]),
  phalcon("cookie-samesite", "SameSite is left out", [
    SERVICES,
    "        'samesite' => 'Lax',\n",
    "",
  ]),
  phalcon("cookie-name", "the name is PHP's", [
    SERVICES,
    "    $session->setName('__Host-shop');\n",
    "",
  ]),
  phalcon("cookie-lifetime", "the cookie lives for a year", [
    SERVICES,
    "'lifetime' => 0",
    "'lifetime' => 31536000",
  ]),
  phalcon("strict-mode", "strict mode is off", [
    SERVICES,
    "    ini_set('session.use_strict_mode', '1');\n",
    "",
  ]),
  phalcon(
    "strict-mode",
    "the adapter validates no id",
    [
      "app/library/SealedAdapter.php",
      "    public function validateId($id): bool\n    {\n        return $this->inner->validateId($this->nameOf($id));\n    }\n\n",
      "",
    ],
    [
      "app/library/SealedAdapter.php",
      "implements SessionHandlerInterface, SessionUpdateTimestampHandlerInterface",
      "implements SessionHandlerInterface",
    ],
  ),
  phalcon("storage-handler", "sessions are in files", [
    SERVICES,
    "new SealedAdapter($redis, getenv('SESSION_KEY'))",
    "new \\Phalcon\\Session\\Adapter\\Stream(['savePath' => '/tmp'])",
  ]),
  phalcon("encryption-at-rest", "the adapter is not sealed", [
    SERVICES,
    "new SealedAdapter($redis, getenv('SESSION_KEY'))",
    "$redis",
  ]),
  phalcon("hardcoded-secret", "the key is a literal", [
    SERVICES,
    "setKey(getenv('COOKIE_KEY'))",
    "setKey('T4\\xb1\\x8d\\xa9\\x98\\x05\\\\x8c\\xbe\\x1d\\x07&[\\x99\\x18\\xa4~Lc1\\xbeW\\xb3')",
  ]),
  phalcon("regenerate-login", "the session keeps its id", [
    CONTROLLER,
    "        $this->session->regenerateId(true);\n        $this->session->set(",
    "        $this->session->set(",
  ]),
  phalcon(
    "regenerate-login",
    "the id changes before the check",
    [
      CONTROLLER,
      "        $this->session->regenerateId(true);\n        $this->session->set(",
      "        $this->session->set(",
    ],
    [
      CONTROLLER,
      "        $this->slowDown();\n        $user",
      "        $this->session->regenerateId(true);\n        $this->slowDown();\n        $user",
    ],
  ),
  phalcon("regenerate-login-order", "the old session is kept with the identity", [
    CONTROLLER,
    "        $this->session->regenerateId(true);\n        $this->session->set('auth-identity', ['id' => $user->id]);\n",
    "        $this->session->set('auth-identity', ['id' => $user->id]);\n        $this->session->regenerateId(false);\n",
  ]),
  phalcon("regenerate-password-change", "the session keeps its id", [
    CONTROLLER,
    "        $user->save();\n        $this->session->regenerateId(true);\n",
    "        $user->save();\n",
  ]),
  phalcon("logout-destroy", "only a key is removed", [
    CONTROLLER,
    "$this->session->destroy();",
    "$this->session->remove('auth-identity');",
  ]),
  phalcon("remember-me-cookie", "remember-me has no flags", [
    CONTROLLER,
    "$expires, '/', true, '', true, ['samesite' => 'Lax'])",
    "$expires)",
  ]),
  phalcon(
    "remember-me",
    "remember-me is an id",
    [
      CONTROLLER,
      "$this->cookies->set('__Host-remember', $secret,",
      "$this->cookies->set('__Host-remember', $user->id,",
    ],
    [
      CONTROLLER,
      "        $secret = (new Random())->base64Safe(32);\n        $token = new RememberTokens();\n        $token->userId = $user->id;\n        $token->tokenHash = hash('sha256', $secret);\n        $token->createdAt = time();\n        $token->save();\n",
      "",
    ],
  ),
  phalcon("csrf", "one action has no token", [
    CONTROLLER,
    "        if (!$this->request->isPost() || !$this->security->checkToken()) {\n            return $this->response->redirect('profile');\n        }\n        $identity",
    "        $identity",
  ]),
  phalcon("login-throttling", "nothing slows attempts down", [
    CONTROLLER,
    "        $this->slowDown();\n",
    "",
  ]),
  phalcon("audit-logging", "failures are not recorded", [
    CONTROLLER,
    "            $this->recordFailure($user ? $user->id : 0);\n",
    "",
  ]),
  phalcon("audit-logging", "successes are not recorded", [
    CONTROLLER,
    "        $this->logger->info('signed in: ' . $user->id);\n",
    "",
  ]),
  phalcon("native-session-functions", "$_SESSION is used", [
    CONTROLLER,
    "        $this->session->destroy();",
    "        unset($_SESSION['basket']);\n        $this->session->destroy();",
  ]),
  phalcon("fresh-authentication", "the old password is not asked for", [
    CONTROLLER,
    "        if (!$this->security->checkHash($this->request->getPost('current'), $user->password)) {\n            return $this->response->redirect('profile');\n        }\n",
    "",
  ]),
  phalcon("ids-at-rest", "records are named by the id itself", [
    ADAPTER,
    "return hash('sha256', $id);",
    "return $id;",
  ]),
  phalcon("ids-at-rest", "reading takes the id as it comes", [
    ADAPTER,
    "$this->inner->read($this->nameOf($id))",
    "$this->inner->read($id)",
  ]),
  phalcon("periodic-rotation", "a session keeps its id for good", [
    BASE,
    "            $this->session->regenerateId(true);\n",
    "",
  ]),
  phalcon("periodic-rotation", "the old session is kept with its id", [
    BASE,
    "$this->session->regenerateId(true);",
    "$this->session->regenerateId(false);",
  ]),
  phalcon("concurrent-sessions", "sessions are listed and none is ended", [
    CONTROLLER,
    "            $open->getFirst()->delete();\n",
    "",
  ]),
  phalcon("concurrent-sessions", "sessions are not counted", [
    CONTROLLER,
    "        if (count($open) > self::MOST_SESSIONS) {\n            $open->getFirst()->delete();\n        }\n",
    "",
  ]),
  phalcon("stolen-session-signals", "the address has to stay the same", [
    BASE,
    "$this->session->get('browser') !== $this->request->getUserAgent()",
    "$this->session->get('browser') !== $this->request->getClientAddress()",
  ]),
  phalcon("static-tokens", "a key from the environment stands in for a session", [
    BASE,
    "        if (!$this->session->has('auth-identity')) {\n            return true;\n        }\n",
    "        if ($this->request->getHeader('X-Api-Key') === getenv('SHOP_API_KEY')) {\n            return true;\n        }\n        if (!$this->session->has('auth-identity')) {\n            return true;\n        }\n",
  ]),
  phalcon(
    "expired-data",
    "PHP's clean-up is switched off, and files are kept",
    [
      SERVICES,
      "ini_set('session.gc_maxlifetime', '1800');",
      "ini_set('session.gc_probability', '0');",
    ],
    [
      SERVICES,
      "new SealedAdapter($redis, getenv('SESSION_KEY'))",
      "new \\Phalcon\\Session\\Adapter\\Stream(['savePath' => '/var/lib/shop'])",
    ],
  ),
  phalcon("session-policy", "the policy says another time", [
    "session-policy.json",
    '"idleTimeoutSeconds": 1800',
    '"idleTimeoutSeconds": 600',
  ]),
  phalcon("session-policy", "the code keeps another time", [
    SERVICES,
    "'lifetime' => 1800]",
    "'lifetime' => 7200]",
  ]),
  phalcon("session-policy", "the policy leaves the number of sessions open", [
    "session-policy.json",
    ',\n  "maximumSessionsPerAccount": 3',
    "",
  ]),
];
