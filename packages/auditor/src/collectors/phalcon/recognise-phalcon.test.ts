import { describe, expect, it } from "vitest";
import { withFiles } from "../testing.ts";
import { recognisePhalcon } from "./recognise-phalcon.ts";

const FRONT = "<?php $app = new \\Phalcon\\Mvc\\Application(new \\Phalcon\\Di\\FactoryDefault());";

function recognised(files: Record<string, string>) {
  using tree = withFiles(files);
  return recognisePhalcon(tree);
}

describe("recognisePhalcon", () => {
  it("takes versions from the lock file, PHP's from the manifest", () => {
    const [application] = recognised({
      "composer.json": '{"require": {"php": ">=8.1", "phalcon/phalcon": "^6.0"}}',
      "composer.lock": '{"packages": [{"name": "phalcon/phalcon", "version": "v6.0.1"}]}',
      "public/index.php": FRONT,
    });
    expect(application).toMatchObject({
      root: ".",
      php: "8.1",
      manifest: "composer.json",
      versions: { "phalcon/phalcon": "6.0.1" },
    });
  });

  it("tells applications without Composer apart, and their modules not", () => {
    const found = recognised({
      "one/public/index.php": FRONT,
      "one/apps/admin/Module.php": FRONT,
      "two/index.php": FRONT,
      "two/app/config/services.php": "<?php new \\Phalcon\\Session\\Adapter\\Files();",
    });
    expect(found.map(({ root }) => root)).toEqual(["one", "two"]);
    expect(found[1]?.versions).toEqual({ phalcon: "3" });
    expect(found[0]?.files).toEqual(["one/apps/admin/Module.php", "one/public/index.php"]);
  });

  it("is not taken in by tests, by the framework, or by libraries for it", () => {
    expect(
      recognised({ "composer.json": '{"require": {"ext-phalcon": "*"}}', "tests/App.php": FRONT }),
    ).toEqual([]);
    expect(
      recognised({ "composer.json": '{"name": "phalcon/devtools"}', "src/Command.php": FRONT }),
    ).toEqual([]);
    expect(
      recognised({ "phalcon/Mvc/Application.zep": "namespace Phalcon\\Mvc;", "index.php": FRONT }),
    ).toEqual([]);
    expect(
      recognised({ "src/Plugin.php": "<?php class P extends \\Phalcon\\Di\\Injectable {}" }),
    ).toEqual([]);
  });
});
