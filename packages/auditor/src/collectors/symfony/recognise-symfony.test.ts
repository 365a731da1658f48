import { describe, expect, it } from "vitest";
import { withFiles } from "../testing.ts";
import { collectSymfony } from "./collect-symfony.ts";
import { recogniseSymfony } from "./recognise-symfony.ts";

const REQUIRES = JSON.stringify({ require: { "symfony/framework-bundle": "^6.4", php: ">=8.1" } });

function roots(files: Readonly<Record<string, string>>): string[] {
  using tree = withFiles(files);
  return recogniseSymfony(tree).map(({ root }) => root);
}

describe("recogniseSymfony", () => {
  for (const kernel of [
    "config/bundles.php",
    "src/Kernel.php",
    "bin/console",
    "app/AppKernel.php",
  ]) {
    it(`knows an application by ${kernel}`, () => {
      expect(roots({ "composer.json": REQUIRES, [kernel]: "<?php" })).toEqual(["."]);
    });
  }

  it("knows applications in folders, each with its own files", () => {
    using tree = withFiles({
      "composer.json": REQUIRES,
      "bin/console": "",
      "src/A.php": "<?php",
      "web app/composer.json": REQUIRES,
      "web app/bin/console": "",
      "web app/src/B.php": "<?php",
    });
    expect(recogniseSymfony(tree)).toMatchObject([
      { root: ".", files: ["bin/console", "composer.json", "src/A.php"] },
      { root: "web app", manifest: "web app/composer.json", php: "8.1" },
    ]);
  });

  it("knows a product that brings the framework along, by Flex", () => {
    const manifest = JSON.stringify({
      require: { "acme/cms": "^5", "symfony/flex": "^2" },
      extra: { symfony: { require: "^5.4" } },
    });
    using tree = withFiles({ "composer.json": manifest, "config/bundles.php": "<?php" });
    expect(recogniseSymfony(tree)[0]?.versions).toMatchObject({
      "symfony/framework-bundle": "5.4",
    });
  });

  it("takes no bundle, no library and no fixture for one", () => {
    const bundle = JSON.stringify({
      type: "symfony-bundle",
      require: { "symfony/framework-bundle": "*" },
    });
    expect(roots({ "composer.json": bundle, "bin/console": "" })).toEqual([]);
    expect(roots({ "composer.json": REQUIRES, "src/Thing.php": "<?php" })).toEqual([]);
    expect(roots({ "tests/app/composer.json": REQUIRES, "tests/app/bin/console": "" })).toEqual([]);
    expect(
      roots({ "composer.json": '{"require":{"symfony/console":"*"}}', "bin/console": "" }),
    ).toEqual([]);
  });
});

describe("collectSymfony", () => {
  it("goes on past whatever cannot be read, and says so", () => {
    using tree = withFiles({
      "composer.json": REQUIRES,
      "composer.lock": "{ not json",
      "bin/console": "",
      "config/packages/a.yaml":
        "imports: [{ resource: b.yaml }]\nframework: { session: { name: one } }\n",
      "config/packages/b.yaml":
        "imports: [{ resource: a.yaml }, { resource: '../../../../etc/*' }]\n",
      "config/packages/c.yaml": "a: [",
      "config/packages/d.xml": "<a><b></a>",
      "config/packages/e.php": "<?php return [",
      "config/packages/f.yaml":
        "parameters: { x: '%y%', y: '%x%' }\nframework: { session: { cookie_domain: '%x%' } }\n",
      "config/packages/security.yaml":
        "security: { firewalls: { main: [], 'a\u0007b': { form_login: ~ } } }\n",
      "src/Broken.php": "<?php class { function (",
    });
    const [application] = recogniseSymfony(tree);
    const evidence = application === undefined ? undefined : collectSymfony(tree, application);
    expect(evidence?.sessions[0]?.cookie).toMatchObject({
      name: { value: "one" },
      domain: { value: undefined, origin: { kind: "unknown" } },
    });
    const files = evidence?.unread.map(({ file }) => file) ?? [];
    for (const file of ["composer.lock", "config/packages/c.yaml", "config/packages/d.xml"]) {
      expect(files).toContain(file);
    }
  });

  it("finds configuration that a kernel of its own keeps elsewhere", () => {
    using tree = withFiles({
      "composer.json": REQUIRES,
      "bin/console": "",
      "src/Core/Resources/config/framework_prod.yml":
        "framework: { session: { name: elsewhere } }\n",
      "src/Core/Resources/config/framework_dev.yml": "framework: { session: { name: dev } }\n",
    });
    const [application] = recogniseSymfony(tree);
    const evidence = application && collectSymfony(tree, application);
    expect(evidence?.sessions[0]?.cookie.name.value).toBe("elsewhere");
  });

  it("comes to an end with files that are there to keep it busy", { timeout: 60_000 }, () => {
    using tree = withFiles({
      "composer.json": REQUIRES,
      "bin/console": "",
      "config/packages/a.yaml": `imports:\n  - { resource: '${"*a".repeat(3_000)}b' }\nframework: { session: true }\n`,
      "config/packages/b.yaml": `x: {${" y: a".repeat(20_000)}\n`,
      "config/packages/c.php": `<?php return static function (FrameworkConfig $f) { $f${"->session()".repeat(3_000)}; };`,
      "src/Security/LoginListener.php": `<?php class LoginListener { function f() { ${"limiter(); ".repeat(20_000)} } }`,
      ".env": `${"A".repeat(200_000)}\n${"B=$B\n".repeat(5_000)}`,
    });
    const [application] = recogniseSymfony(tree);
    const evidence = application && collectSymfony(tree, application);
    expect(evidence?.sessions).toHaveLength(1);
  });

  it("reads no file outside of the folder, and none by a link", () => {
    using tree = withFiles({
      "composer.json": REQUIRES,
      "bin/console": "",
      "config/packages/framework.yaml":
        "imports: [{ resource: /etc/passwd }, { resource: ../../../x.yaml }]\nframework: { session: true }\n",
    });
    const [application] = recogniseSymfony(tree);
    const evidence = application === undefined ? undefined : collectSymfony(tree, application);
    expect(evidence?.sessions).toHaveLength(1);
    expect(evidence?.unread).toEqual([]);
  });
});
