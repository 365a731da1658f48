/**
 * What is broken in the sound applications, one thing at a time.
 * @module
 */

export interface Edit {
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
}

export interface Mutant {
  readonly fixture: string;
  /** The control that has to fail. */
  readonly control: string;
  readonly what: string;
  /** `fail`, or `review` where only a person can weigh it. */
  readonly verdict: "fail" | "review";
  readonly edits: readonly Edit[];
}

/** What a person has to weigh: SameSite keeps other sites' requests out, and not those of sibling hosts. */
function weighed(of: Mutant): Mutant {
  return { ...of, verdict: "review" };
}

function mutant(
  fixture: string,
  control: string,
  what: string,
  ...edits: readonly (readonly [file: string, from: string, to: string])[]
): Mutant {
  return {
    fixture,
    control,
    what,
    verdict: "fail",
    edits: edits.map(([file, from, to]) => ({ file, from, to })),
  };
}

const FRAMEWORK = "config/packages/framework.yaml";
const SECURITY = "config/packages/security.yaml";
const PROFILE = "src/Controller/ProfileController.php";
const REGISTER = "src/Controller/RegistrationController.php";
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

const EXPRESS = "src/session.js";
const ACCOUNTS = "src/accounts.js";
const express = (
  control: string,
  what: string,
  ...edits: readonly (readonly [string, string, string])[]
) => mutant("sound-express", control, what, ...edits);
const SIGN_IN = `  req.session.regenerate((error) => {
    if (error) return next(error);
    req.session.userId = user.id;
    req.session.signedInAt = Date.now();
    log.info({ user: user.id }, "signed in");
    req.session.save((failure) => (failure ? next(failure) : res.redirect("/")));
  });`;
const CHANGE = `  req.session.regenerate((error) => {
    if (error) return next(error);
    req.session.userId = userId;
    req.session.signedInAt = Date.now();
    res.redirect("/");
  });`;

const SERVICES = "app/config/services.php";
const CONTROLLER = "app/controllers/SignInController.php";
const phalcon = (
  control: string,
  what: string,
  ...edits: readonly (readonly [string, string, string])[]
) => mutant("sound-phalcon", control, what, ...edits);

export const mutants: readonly Mutant[] = [
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
    "Symfony\\Component\\HttpFoundation\\Session\\Storage\\Handler\\MarshallingSessionHandler",
    "session.handler.native_file",
  ]),
  symfony("encryption-at-rest", "the marshaller is taken away", [
    FRAMEWORK,
    "Handler\\MarshallingSessionHandler",
    "Handler\\PdoSessionHandler",
  ]),
  symfony(
    "gc-timeout",
    "no idle time is set",
    [FRAMEWORK, "        gc_maxlifetime: 1800\n", ""],
    [
      FRAMEWORK,
      "Symfony\\Component\\HttpFoundation\\Session\\Storage\\Handler\\MarshallingSessionHandler",
      "session.handler.native_file",
    ],
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

  express("cookie-secure", "Secure is off", [EXPRESS, "secure: true", "secure: false"]),
  express("cookie-secure", "Secure is left out", [EXPRESS, "    secure: true,\n", ""]),
  express("cookie-httponly", "HttpOnly is off", [EXPRESS, "httpOnly: true", "httpOnly: false"]),
  express("cookie-samesite", "SameSite is None", [EXPRESS, 'sameSite: "lax"', 'sameSite: "none"']),
  express("cookie-samesite", "SameSite is left out", [EXPRESS, '    sameSite: "lax",\n', ""]),
  express("cookie-name", "the name is the default", [EXPRESS, '  name: "__Host-sid",\n', ""]),
  express("cookie-prefix", "the name has no prefix", [EXPRESS, "__Host-sid", "sid"]),
  express("cookie-scope", "a domain is set", [
    EXPRESS,
    "secure: true",
    'secure: true,\n    domain: ".example.org"',
  ]),
  express("cookie-lifetime", "the cookie lives for a year", [
    EXPRESS,
    "30 * 60 * 1000",
    "365 * 24 * 60 * 60 * 1000",
  ]),
  express("storage-handler", "the store is left out", [
    EXPRESS,
    "  store: new RedisStore({ client, serializer: sealedSerializer(process.env.SESSION_KEY) }),\n",
    "",
  ]),
  express("encryption-at-rest", "the serializer is left out", [
    EXPRESS,
    ", serializer: sealedSerializer(process.env.SESSION_KEY)",
    "",
  ]),
  express(
    "gc-timeout",
    "nothing ends a session",
    [EXPRESS, "    maxAge: 30 * 60 * 1000,\n", ""],
    [
      EXPRESS,
      "  store: new RedisStore({ client, serializer: sealedSerializer(process.env.SESSION_KEY) }),\n",
      "",
    ],
  ),
  express("hardcoded-secret", "the secret is a literal", [
    EXPRESS,
    "process.env.SESSION_SECRET",
    '"a sentence that everybody can read"',
  ]),
  express("hardcoded-secret", "the secret has a fallback", [
    EXPRESS,
    "process.env.SESSION_SECRET",
    'process.env.SESSION_SECRET ?? "a sentence that everybody can read"',
  ]),
  express("id-entropy", "ids come from Math.random", [
    EXPRESS,
    "  resave: false,",
    "  genid: () => String(Math.random()),\n  resave: false,",
  ]),
  express("regenerate-login", "the session is not regenerated", [
    ACCOUNTS,
    SIGN_IN,
    '  req.session.userId = user.id;\n  log.info({ user: user.id }, "signed in");\n  res.redirect("/");',
  ]),
  express(
    "regenerate-login",
    "it is regenerated before the check",
    [
      ACCOUNTS,
      SIGN_IN,
      '  req.session.userId = user.id;\n  log.info({ user: user.id }, "signed in");\n  res.redirect("/");',
    ],
    [
      ACCOUNTS,
      "  const user = await findUser(req.body.name);\n",
      "  await new Promise((done) => req.session.regenerate(done));\n  const user = await findUser(req.body.name);\n",
    ],
  ),
  express("regenerate-password-change", "the session goes on", [
    ACCOUNTS,
    CHANGE,
    '  res.redirect("/");',
  ]),
  express("logout-destroy", "only a key is removed", [
    ACCOUNTS,
    '  req.session.destroy((error) => {\n    if (error) return next(error);\n    res.clearCookie("__Host-sid");\n    res.redirect("/");\n  });',
    '  delete req.session.userId;\n  res.redirect("/");',
  ]),
  express("csrf", "the protection is not used", [
    "src/server.js",
    "app.use(csrfSynchronisedProtection);\n",
    "",
  ]),
  express("csrf", "the protection is in a comment", [
    "src/server.js",
    "app.use(csrfSynchronisedProtection);",
    "// app.use(csrfSynchronisedProtection);",
  ]),
  express("login-throttling", "the limiter is removed", [
    ACCOUNTS,
    '"/sign-in", attempts, async',
    '"/sign-in", async',
  ]),
  express("audit-logging", "failures are not recorded", [
    ACCOUNTS,
    '    log.warn({ address: req.ip }, "sign-in failed");\n',
    "",
  ]),
  express("audit-logging", "successes are not recorded", [
    ACCOUNTS,
    '    log.info({ user: user.id }, "signed in");\n',
    "",
  ]),
  express("proxy-trust", "every proxy is believed", [
    "src/server.js",
    '"trust proxy", 1',
    '"trust proxy", true',
  ]),
  express("session-data", "the whole record goes into the session", [
    ACCOUNTS,
    "    req.session.userId = user.id;\n    req.session.signedInAt",
    "    req.session.userId = user.id;\n    req.session.user = user;\n    req.session.signedInAt",
  ]),

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
      "    public function validateId($id): bool\n    {\n        return $this->inner->validateId($id);\n    }\n\n",
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

  express("absolute-timeout", "nothing ends a session that is used", [
    "src/server.js",
    "app.use(endOld);\n",
    "",
  ]),
  express("fresh-authentication", "the old password is not asked for", [
    ACCOUNTS,
    '  if (!(await argon2.verify(user.passwordHash, req.body.current))) {\n    return res.status(403).send("The old password is wrong");\n  }\n',
    "",
  ]),
  express("eager-sessions", "every visitor gets a session", [
    EXPRESS,
    "saveUninitialized: false",
    "saveUninitialized: true",
  ]),
  phalcon("fresh-authentication", "the old password is not asked for", [
    CONTROLLER,
    "        if (!$this->security->checkHash($this->request->getPost('current'), $user->password)) {\n            return $this->response->redirect('profile');\n        }\n",
    "",
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
];
