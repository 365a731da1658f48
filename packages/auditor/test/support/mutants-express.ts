/**
 * What is broken in the sound Express application, one thing at a time.
 * @module
 */
import { type Mutant, mutant } from "./mutant.ts";

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
    req.session.rotatedAt = req.session.signedInAt;
    log.info({ user: user.id }, "signed in");
    req.session.save(async (failure) => {
      if (failure) return next(failure);
      await noteSession(user.id, req.sessionID, previous);
      res.redirect("/");
    });
  });`;
const CHANGE = `  req.session.regenerate(async (error) => {
    if (error) return next(error);
    req.session.userId = userId;
    req.session.signedInAt = Date.now();
    req.session.rotatedAt = req.session.signedInAt;
    await noteSession(userId, req.sessionID, previous);
    res.redirect("/");
  });`;

export const expressMutants: readonly Mutant[] = [
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
  express("storage-handler", "the store is left out", [EXPRESS, "  store,\n", ""]),
  express("encryption-at-rest", "the serializer is left out", [
    EXPRESS,
    "  serializer: sealedSerializer(process.env.SESSION_KEY),\n",
    "",
  ]),
  express(
    "gc-timeout",
    "nothing ends a session",
    [EXPRESS, "    maxAge: 30 * 60 * 1000,\n", ""],
    [EXPRESS, "  store,\n", ""],
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

  express("periodic-rotation", "nothing rotates a long session", [
    "src/server.js",
    "app.use(rotateOld);\n",
    "",
  ]),
  express("periodic-rotation", "the time of the last change is not looked at", [
    "src/rotation.js",
    "  if (Date.now() - req.session.rotatedAt < ROTATION_MILLISECONDS) return next();\n",
    "",
  ]),
  express("concurrent-sessions", "nothing counts the sessions of an account", [
    "src/session-list.js",
    "  if (count <= MAX_SESSIONS) return;\n",
    "",
  ]),
  express(
    "concurrent-sessions",
    "nobody asks for the count",
    [ACCOUNTS, "      await noteSession(user.id, req.sessionID, previous);\n", ""],
    [ACCOUNTS, "    await noteSession(userId, req.sessionID, previous);\n", ""],
    ["src/rotation.js", "    await noteSession(userId, req.sessionID, previous);\n", ""],
  ),
  express("session-policy", "the policy says another idle timeout", [
    "session-policy.json",
    '"idleTimeoutSeconds": 1800',
    '"idleTimeoutSeconds": 900',
  ]),
  express("session-policy", "the policy says no limit of sessions", [
    "session-policy.json",
    ',\n  "maximumSessionsPerAccount": 5',
    "",
  ]),
  express("session-policy", "the code does something else than the policy", [
    EXPRESS,
    "maxAge: 30 * 60 * 1000",
    "maxAge: 8 * 60 * 60 * 1000",
  ]),
  express("ids-at-rest", "the secret that signs ids can be read by all", [
    EXPRESS,
    "process.env.SESSION_SECRET",
    '"a sentence that everybody can read"',
  ]),
  express("expired-data", "records have no time to live", [
    EXPRESS,
    "  client,\n  serializer",
    "  client,\n  disableTTL: true,\n  serializer",
  ]),
  express("expired-data", "sessions stay in the process", [EXPRESS, "  store,\n", ""]),
  express("id-validation", "a cookie's value becomes a key", [
    "src/server.js",
    "app.use(endOld);\n",
    'app.use(endOld);\napp.get("/resume", async (req, res) => res.json(await client.get("session:" + req.cookies.sid)));\n',
  ]),
  express("static-tokens", "a fixed key stands in for a session", [
    "src/server.js",
    "app.use(endOld);\n",
    'app.use(endOld);\napp.use((req, res, next) => (req.session.userId || req.get("x-api-key") === process.env.API_KEY ? next() : res.sendStatus(401)));\n',
  ]),
  express("stolen-session-signals", "whoever changes networks is signed out", [
    "src/server.js",
    "app.use(endOld);\n",
    'app.use(endOld);\napp.use((req, res, next) => { if (req.session.ip !== req.ip) return req.session.destroy(() => res.redirect("/")); next(); });\n',
  ]),
  express("federated-sessions", "a provider's callback is taken from anybody", [
    ACCOUNTS,
    'accounts.post("/sign-out"',
    'accounts.get("/callback", async (req, res, next) => {\n  const { code } = req.query;\n  const person = await exchangeCode(code);\n  req.session.regenerate((error) => {\n    if (error) return next(error);\n    req.session.userId = person.id;\n    res.redirect("/");\n  });\n});\n\naccounts.post("/sign-out"',
  ]),
  express("device-binding", "the proof of the device is not verified", [
    ACCOUNTS,
    'accounts.post("/sign-out"',
    'accounts.post("/device/refresh", (req, res) => {\n  const proof = req.get("secure-session-response");\n  if (proof === undefined) return res.sendStatus(403);\n  res.cookie("__Host-device", issue(decode(proof)), { secure: true, httpOnly: true, sameSite: "lax" });\n  res.end();\n});\n\naccounts.post("/sign-out"',
  ]),
];
