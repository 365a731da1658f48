import { describe, expect, it } from "vitest";
import { controller, evidenceOf, frameworkYaml, securityYaml, sessionOf } from "../testing.ts";

describe("framework.session", () => {
  for (const [version, secure, sameSite] of [
    ["4.4.50", "never", "unset"],
    ["6.4.3", "never", "unset"],
    ["7.0.0", "when-https", "lax"],
    ["8.1.0", "when-https", "lax"],
  ] as const) {
    it(`is ${secure} and ${sameSite} by default in ${version}`, () => {
      const { cookie, library } = sessionOf(frameworkYaml(), { version });
      expect(library).toBe(`symfony/framework-bundle ${version}`);
      expect(cookie.secure.value).toBe(secure);
      expect(cookie.sameSite.value).toBe(sameSite);
      expect(cookie.httpOnly).toMatchObject({ value: true, origin: { kind: "default" } });
      expect(cookie.secure.origin.kind).toBe(version < "7" ? "platform" : "default");
    });
  }

  it("follows the scheme in 5.4 unless the factory is named", () => {
    const version = "5.4.40";
    const factory = frameworkYaml("storage_factory_id: session.storage.factory.native");
    expect(sessionOf(frameworkYaml(), { version }).cookie.secure.value).toBe("when-https");
    expect(sessionOf(factory, { version }).cookie.secure.value).toBe("never");
  });

  it("takes what the application sets, with the place", () => {
    const { cookie } = sessionOf(
      frameworkYaml(
        "cookie_secure: true",
        "cookie_httponly: false",
        "cookie_samesite: none",
        "name: sid",
      ),
    );
    expect(cookie.secure).toMatchObject({
      value: "always",
      origin: {
        kind: "set",
        place: { file: "config/packages/framework.yaml", line: 3, column: 9 },
      },
    });
    expect(cookie.httpOnly.value).toBe(false);
    expect(cookie.sameSite.value).toBe("none");
    expect(cookie.name).toMatchObject({ value: "sid", origin: { place: { line: 6 } } });
  });

  it("lets when@prod and the folder of the environment win, and not those of others", () => {
    const { cookie } = sessionOf({
      "config/packages/framework.yaml":
        "framework:\n  session:\n    cookie_secure: false\n    name: a\nwhen@prod:\n  framework:\n    session: { cookie_secure: true }\nwhen@dev:\n  framework:\n    session: { cookie_secure: false }\n",
      "config/packages/prod/framework.yaml": "framework:\n  session: { name: b }\n",
      "config/packages/test/framework.yaml": "framework:\n  session: { name: c }\n",
    });
    expect(cookie.secure).toMatchObject({ value: "always", origin: { place: { line: 7 } } });
    expect(cookie.name.value).toBe("b");
  });

  it("follows parameters and variables with their processors", () => {
    const files = {
      ...frameworkYaml(
        "cookie_secure: '%env(bool:SECURE)%'",
        "name: '%app.name%_sid'",
        "cookie_lifetime: '%env(int:LIFE)%'",
      ),
      "config/services.yaml": "parameters:\n    app.name: shop\n    env(LIFE): '3600'\n",
      ".env": "SECURE=false\n",
      ".env.prod": "# as it is in production\nSECURE=true\n",
    };
    const { cookie } = sessionOf(files);
    expect(cookie.secure).toMatchObject({
      value: "always",
      origin: { kind: "set", place: { file: ".env.prod", line: 2 } },
      written: "%env(bool:SECURE)%",
    });
    expect(cookie.name.value).toBe("shop_sid");
    expect(cookie.lifetimeSeconds.value).toBe(3600);
  });

  it("says which variable decides where the repository gives it no value", () => {
    const { cookie } = sessionOf(frameworkYaml("cookie_secure: '%env(bool:SECURE)%'"));
    expect(cookie.secure).toMatchObject({
      value: undefined,
      origin: { kind: "environment", name: "SECURE" },
    });
  });

  it("takes PHP's own settings where the version leaves them", () => {
    const files = {
      ...frameworkYaml(),
      "docker/php.ini": "session.cookie_secure = 1\nsession.gc_maxlifetime = 900\n",
    };
    const { cookie, idle } = sessionOf(files, { version: "6.4.3" });
    expect(cookie.secure).toMatchObject({
      value: "always",
      origin: { place: { file: "docker/php.ini" } },
    });
    expect(idle).toMatchObject({ seconds: { value: 900 }, keptBy: "garbage-collection" });
  });

  it("is no session where it is off or was never switched on", () => {
    expect(
      evidenceOf({ "config/packages/framework.yaml": "framework:\n  session: false\n" }).sessions,
    ).toEqual([]);
    expect(
      evidenceOf({ "config/packages/framework.yaml": "framework:\n  secret: x\n" }).sessions,
    ).toEqual([]);
  });

  it("reads old applications with one file that imports the rest", () => {
    const { cookie, strictIds } = sessionOf(
      {
        "app/config/config.yml":
          "imports:\n    - { resource: parameters.yml }\nframework:\n    session:\n        cookie_secure: %secure%\n        handler_id: ~\n",
        "app/config/config_prod.yml":
          "imports:\n    - { resource: config.yml }\nframework:\n    session: { name: old }\n",
        "app/config/parameters.yml": "parameters:\n    secure: true\n",
      },
      { version: "2.8.52" },
    );
    expect(cookie.secure.value).toBe("always");
    expect(cookie.name.value).toBe("old");
    expect(strictIds).toMatchObject({ value: false, origin: { kind: "platform" } });
  });

  it("reads XML", () => {
    const { cookie } = sessionOf({
      "config/packages/framework.xml": `<?xml version="1.0" ?>
<container xmlns="http://symfony.com/schema/dic/services" xmlns:framework="http://symfony.com/schema/dic/symfony">
    <framework:config>
        <framework:session cookie-secure="auto" cookie-samesite="strict" name="xml"/>
    </framework:config>
    <when env="prod"><framework:config><framework:session name="prod"/></framework:config></when>
</container>`,
    });
    expect(cookie.secure.value).toBe("when-https");
    expect(cookie.sameSite).toMatchObject({ value: "strict", origin: { place: { line: 4 } } });
    expect(cookie.name.value).toBe("prod");
  });

  it("ends after the time that a handler checks, or that a listener compares", () => {
    const redis = frameworkYaml("handler_id: 'redis://localhost'", "gc_maxlifetime: 600");
    expect(sessionOf(redis).idle).toMatchObject({ keptBy: "library", seconds: { value: 600 } });
    expect(sessionOf(frameworkYaml("handler_id: 'redis://localhost'")).idle.keptBy).toBe(
      "garbage-collection",
    );
    const listener = `<?php
namespace App;
class Idle { public function onKernelRequest($event): void {
    $session = $event->getRequest()->getSession();
    if (time() - $session->getMetadataBag()->getLastUsed() > 30 * 60) { $session->invalidate(); }
} }`;
    expect(sessionOf({ ...frameworkYaml(), "src/Idle.php": listener }).idle).toMatchObject({
      keptBy: "application",
      seconds: { value: 1800, origin: { place: { file: "src/Idle.php", line: 5 } } },
    });
  });

  it("is not there where every firewall is stateless and no code asks for one", () => {
    const files = securityYaml("stateless: true", "http_basic: ~");
    expect(evidenceOf(files).sessions).toEqual([]);
    const flash = controller("A", "    public function f() { $this->addFlash('a', 'b'); }");
    expect(evidenceOf({ ...files, ...flash }).sessions).toHaveLength(1);
  });

  it("knows the constants of the framework's cookie", () => {
    const constant = "Symfony\\Component\\HttpFoundation\\Cookie::SAMESITE_STRICT";
    const yaml = frameworkYaml(`cookie_samesite: !php/const ${constant}`);
    expect(sessionOf(yaml).cookie.sameSite.value).toBe("strict");
    const php = `<?php
return static function (\\Symfony\\Config\\FrameworkConfig $framework): void {
    $framework->session()->cookieSamesite(\\${constant});
};`;
    expect(sessionOf({ "config/packages/framework.php": php }).cookie.sameSite.value).toBe(
      "strict",
    );
  });
});
