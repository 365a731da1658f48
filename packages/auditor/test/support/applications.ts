/**
 * Small applications made from a few files, and what the auditor says of them.
 * @module
 */
import { auditTree } from "../../src/audit.ts";
import { withFiles } from "../../src/collectors/testing.ts";
import type { Finding, Verdict } from "../../src/controls/control.ts";

type Files = Readonly<Record<string, string>>;

/** What one audit says. */
export interface Said {
  verdict(control: string): Verdict | undefined;
  findings(control: string): readonly Finding[];
  /** Everything said under a control, as one text. */
  text(control: string): string;
}

/** Audits files that hold exactly one application. */
export function audit(files: Files): Said {
  using tree = withFiles(files);
  const { applications } = auditTree(tree);
  const judgements = new Map(
    applications[0]?.judgements.map(({ control, judgement }) => [control.id, judgement]),
  );
  const findings = (control: string) => judgements.get(control)?.findings ?? [];
  return {
    verdict: (control) => judgements.get(control)?.verdict,
    findings,
    text: (control) =>
      [
        judgements.get(control)?.summary,
        ...findings(control).flatMap(({ message, value, fix }) => [
          message,
          value,
          fix?.text,
          fix?.code,
        ]),
      ].join("\n"),
  };
}

const FIREWALL = `security:
    providers:
        users: { entity: { class: App\\Entity\\User } }
    firewalls:
        main:
            form_login: { login_path: login, check_path: login }
            logout: { path: logout }
`;

/** A Symfony application of a version; `session` stands below `framework.session`. */
export function symfony(version: string, session: string, files: Files = {}): Files {
  const packages = ["framework-bundle", "security-bundle", "security-http", "http-foundation"].map(
    (name) => ({ name: `symfony/${name}`, version: `v${version}` }),
  );
  const [major = ""] = version.split(".");
  return {
    "composer.json": JSON.stringify({
      type: "project",
      require: {
        "symfony/framework-bundle": `^${major}.0`,
        "symfony/security-bundle": `^${major}.0`,
      },
      autoload: { "psr-4": { "App\\": "src/" } },
    }),
    "composer.lock": JSON.stringify({ packages, "packages-dev": [], platform: { php: ">=8.1" } }),
    "bin/console": "#!/usr/bin/env php\n<?php\n",
    "src/Kernel.php":
      "<?php\nnamespace App;\nclass Kernel extends \\Symfony\\Component\\HttpKernel\\Kernel {}\n",
    "config/packages/framework.yaml": `framework:\n    session:\n${session.replace(/^/gm, "        ")}\n`,
    "config/packages/security.yaml": FIREWALL,
    ...files,
  };
}

/** A Phalcon application of a version; `session` makes and starts the service. */
export function phalcon(version: string, session: string, files: Files = {}): Files {
  return {
    "composer.json": JSON.stringify({ require: { php: ">=8.1", "ext-phalcon": version } }),
    "composer.lock": JSON.stringify({
      packages: [],
      "packages-dev": [],
      platform: { php: ">=8.1", "ext-phalcon": version },
    }),
    "app/services.php": `<?php
use Phalcon\\Di\\FactoryDefault;
use Phalcon\\Session\\Adapter\\Stream;
use Phalcon\\Session\\Manager;

$di = new FactoryDefault();
$di->setShared('session', function () {
${session}
    return $session;
});
`,
    "public/index.php": `<?php
$application = new \\Phalcon\\Mvc\\Application(require __DIR__ . '/../app/services.php');
echo $application->handle($_SERVER['REQUEST_URI'])->getContent();
`,
    ...files,
  };
}

/** A session service of files. */
export const STREAM: string = `    $session = new Manager();
    $session->setAdapter(new Stream(['savePath' => '/var/lib/sessions']));
    $session->start();`;

/** A controller of Phalcon whose sign-in does what `body` says, after the check of the password. */
export function signInController(body: string): string {
  return `<?php
namespace App\\Controllers;

use App\\Models\\Users;
use Phalcon\\Mvc\\Controller;

class SessionController extends Controller
{
    public function signInAction()
    {
        $user = Users::findFirstByEmail($this->request->getPost('email'));
        if (!$user || !$this->security->checkHash($this->request->getPost('password'), $user->password)) {
            return $this->response->redirect('sign-in');
        }
${body.replace(/^/gm, "        ")}
        return $this->response->redirect('');
    }
}
`;
}

/** An Express application with express-session; `options` are those of the session, `routes` come after. */
export function express(options: string, routes: string = ""): Files {
  return {
    "package.json": JSON.stringify({
      name: "app",
      dependencies: { express: "^5.0.0", "express-session": "^1.18.0", bcrypt: "^5.1.0" },
    }),
    "app.js": `const express = require("express");
const session = require("express-session");
const bcrypt = require("bcrypt");
const app = express();
app.use(express.urlencoded({ extended: false }));
app.use(session({ ${options} }));
${routes}
app.listen(3000);
`,
  };
}
