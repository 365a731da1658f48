/**
 * Small Symfony applications for tests: written as a map of files, with what makes them recognised.
 * @module
 */
import type { Evidence, SessionEvidence } from "../../evidence.ts";
import { withFiles } from "../testing.ts";
import { collectSymfony } from "./collect-symfony.ts";
import { recogniseSymfony } from "./recognise-symfony.ts";

export interface FixtureOptions {
  /** Of every Symfony package. */
  readonly version?: string;
  /** Further packages, with their versions. */
  readonly packages?: Readonly<Record<string, string>>;
}

/** What a new application has. */
const PACKAGES = [
  "symfony/framework-bundle",
  "symfony/security-bundle",
  "symfony/security-csrf",
  "symfony/form",
  "symfony/dotenv",
] as const;

/** The evidence of one application with these files. Files given replace those that every application has. */
export function evidenceOf(
  files: Readonly<Record<string, string>>,
  { version = "7.2.1", packages = {} }: FixtureOptions = {},
): Evidence {
  const installed = { ...Object.fromEntries(PACKAGES.map((name) => [name, version])), ...packages };
  using tree = withFiles({
    "composer.json": JSON.stringify({
      type: "project",
      require: { "symfony/framework-bundle": "*" },
    }),
    "composer.lock": JSON.stringify({
      packages: Object.entries(installed).map(([name, each]) => ({ name, version: `v${each}` })),
    }),
    "config/bundles.php": "<?php return [];",
    ...files,
  });
  const [application] = recogniseSymfony(tree);
  if (application === undefined) throw new Error("the fixture is not recognised");
  return collectSymfony(tree, application);
}

/** The only way in which it keeps sessions. */
export function sessionOf(
  files: Readonly<Record<string, string>>,
  options?: FixtureOptions,
): SessionEvidence {
  const [session] = evidenceOf(files, options).sessions;
  if (session === undefined) throw new Error("the fixture keeps no sessions");
  return session;
}

/** `framework.session` with these lines. */
export function frameworkYaml(...lines: string[]): Record<string, string> {
  const body = lines.map((line) => `        ${line}\n`).join("");
  return {
    "config/packages/framework.yaml":
      lines.length === 0 ? "framework:\n    session: true\n" : `framework:\n    session:\n${body}`,
  };
}

/** A firewall `main` with these lines, beside `session: true`. */
export function securityYaml(...lines: string[]): Record<string, string> {
  const body = lines.map((line) => `            ${line}\n`).join("");
  return {
    ...frameworkYaml(),
    "config/packages/security.yaml": `security:\n    firewalls:\n        main:\n${body}`,
  };
}

/** A controller's class with this body. */
export function controller(name: string, body: string): Record<string, string> {
  return {
    [`src/Controller/${name}.php`]: `<?php
namespace App\\Controller;

use Symfony\\Bundle\\FrameworkBundle\\Controller\\AbstractController;
use Symfony\\Component\\HttpFoundation\\Request;
use Symfony\\Component\\HttpFoundation\\Session\\SessionInterface;
use Symfony\\Component\\Routing\\Attribute\\Route;
use Symfony\\Component\\Security\\Core\\Authentication\\Token\\Storage\\TokenStorageInterface;
use Symfony\\Component\\Security\\Core\\Authentication\\Token\\UsernamePasswordToken;
use Symfony\\Bundle\\SecurityBundle\\Security;

class ${name} extends AbstractController
{
${body}
}
`,
  };
}
