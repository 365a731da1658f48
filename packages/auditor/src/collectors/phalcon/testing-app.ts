/**
 * A small Phalcon 5 application whose sessions are sound, for tests to spoil one thing at a time.
 * @module
 */
import type { Evidence, ObservationTopic } from "../../evidence.ts";
import { withFiles } from "../testing.ts";
import { collectPhalcon } from "./collect-phalcon.ts";
import { recognisePhalcon } from "./recognise-phalcon.ts";

export const COMPOSER = "composer.json";
export const SERVICES = "app/services.php";
export const CONTROLLER = "app/controllers/GateController.php";
export const ACCOUNT = "app/controllers/AccountController.php";

export const SOUND: Readonly<Record<string, string>> = {
  [COMPOSER]: JSON.stringify({ require: { php: ">=8.2", "phalcon/phalcon": "5.16.0" } }),
  "composer.lock": JSON.stringify({ packages: [{ name: "phalcon/phalcon", version: "5.16.0" }] }),
  "public/index.php": `<?php
use Phalcon\\Di\\FactoryDefault;
use Phalcon\\Mvc\\Application;
$di = new FactoryDefault();
require __DIR__ . "/../app/services.php";
echo (new Application($di))->handle($_SERVER["REQUEST_URI"])->getContent();
`,
  [SERVICES]: `<?php
use Phalcon\\Session\\Manager;
use Phalcon\\Session\\Adapter\\Redis;
use Phalcon\\Encryption\\Crypt;
const LIFE = 15 * 60;
$di->setShared("session", function () use ($factory) {
    ini_set("session.use_strict_mode", "1");
    session_name("__Host-desk");
    session_set_cookie_params([
        "lifetime" => 0,
        "path" => "/",
        "secure" => true,
        "httponly" => true,
        "samesite" => "Lax",
    ]);
    $session = new Manager();
    $session->setAdapter(new Redis($factory, ["lifetime" => LIFE, "host" => "127.0.0.1"]));
    $session->start();
    return $session;
});
$di->setShared("crypt", function () {
    $crypt = new Crypt();
    $crypt->setKey(getenv("COOKIE_KEY"));
    return $crypt;
});
`,
  [CONTROLLER]: `<?php
namespace Desk\\Controllers;
use Desk\\Models\\People;
use Desk\\Models\\SignInLog;
use Desk\\RateLimiter;
class GateController extends \\Phalcon\\Mvc\\Controller
{
    public function enterAction()
    {
        if (!$this->request->isPost() || !$this->security->checkToken()) {
            return;
        }
        (new RateLimiter())->hit($this->request->getClientAddress());
        $person = People::findFirstByEmail($this->request->getPost("email"));
        if (!$person || !$this->security->checkHash($this->request->getPost("password"), $person->secret)) {
            $this->logger->warning("sign-in failed for this account");
            return;
        }
        $this->session->regenerateId(true);
        $this->session->set("auth", ["id" => $person->id]);
        $this->logger->info("signed in: account " . $person->id);
    }

    public function logoutAction()
    {
        if ($this->security->checkToken()) {
            $this->session->destroy();
            setcookie(session_name(), "", ["expires" => 1, "path" => "/", "secure" => true]);
        }
    }
}
`,
  [ACCOUNT]: `<?php
namespace Desk\\Controllers;
use Desk\\Models\\People;
class AccountController extends \\Phalcon\\Mvc\\Controller
{
    public function secretAction()
    {
        if (!$this->security->checkToken()) {
            return;
        }
        $person = People::findFirst($this->session->get("auth")["id"]);
        if (!$this->security->checkHash($this->request->getPost("old"), $person->password)) {
            return;
        }
        $person->password = $this->security->hash($this->request->getPost("new"));
        $person->save();
        $this->session->regenerateId();
    }
}
`,
};

/** Evidence of the sound application with some of its files changed; `undefined` leaves one out. */
export function evidenceOf(changes: Readonly<Record<string, string | undefined>> = {}): Evidence {
  const files = Object.entries({ ...SOUND, ...changes }).flatMap(([file, text]) =>
    text === undefined ? [] : [[file, text] as const],
  );
  return evidenceOfFiles(Object.fromEntries(files));
}

export function evidenceOfFiles(files: Readonly<Record<string, string>>): Evidence {
  using tree = withFiles(files);
  const [application] = recognisePhalcon(tree);
  if (application === undefined) throw new Error("no application was recognised");
  return collectPhalcon(tree, application);
}

/** The sound application with one piece of one file replaced. */
export function spoilt(file: string, from: string, to: string): Evidence {
  const text = SOUND[file] ?? "";
  if (!text.includes(from)) throw new Error(`${file} has no such text`);
  return evidenceOf({ [file]: text.replace(from, () => to) });
}

/** What is observed on one topic: kind, line and, where there is one, the value. */
export function seenOf(evidence: Evidence, topic: ObservationTopic): readonly string[] {
  return evidence.observations
    .filter((each) => each.topic === topic)
    .map(({ kind, value, place }) =>
      value === undefined ? `${kind}:${place.line}` : `${kind}:${place.line} ${value}`,
    );
}
