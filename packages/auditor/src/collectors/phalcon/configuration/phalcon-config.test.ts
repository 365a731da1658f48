import { describe, expect, it } from "vitest";
import { evidenceOf, SERVICES, SOUND } from "../testing-app.ts";

/** The session's name, when the service takes it from the configuration in this way. */
function nameFrom(expression: string, files: Record<string, string>) {
  const text = (SOUND[SERVICES] ?? "").replace('"__Host-desk"', expression);
  return evidenceOf({ ...files, [SERVICES]: text }).sessions[0]?.cookie.name;
}

describe("configResolver", () => {
  const files: readonly (readonly [file: string, text: string, line: number])[] = [
    ["app/config/config.php", "<?php\nreturn [\n  'session' => ['name' => 'desk'],\n];", 3],
    [
      "app/config/config.php",
      "<?php\nreturn new \\Phalcon\\Config\\Config(['session' => [\n 'name' => 'desk']]);",
      3,
    ],
    ["app/config/config.ini", "[session]\nname = desk\n", 2],
    ["app/config/config.yml", "session:\n  name: desk\n", 2],
    ["app/config/config.json", '{"session":\n {"name": "desk"}}', 2],
  ];
  for (const [file, text, line] of files) {
    it(`reads ${file.replace(/.*\./, "")}: ${text.slice(0, 20).trim()}`, () => {
      expect(nameFrom("$config->session->name", { [file]: text })).toMatchObject({
        value: "desk",
        origin: { kind: "set", place: { file, line } },
      });
    });
  }

  for (const expression of [
    '$config->path("session.name")',
    '$this->config->session["name"]',
    '$di->get("config")->get("session")->get("name")',
    '$di->getShared("config")->session->name',
    '$config->toArray()["session"]["name"]',
  ]) {
    it(`follows ${expression}`, () => {
      const config = { "config/config.php": "<?php return ['session' => ['name' => 'desk']];" };
      expect(nameFrom(expression, config)?.value).toBe("desk");
    });
  }

  it("prefers what production names as its own, and reads no templates", () => {
    expect(
      nameFrom("$config->session->name", {
        "config/config.development.php": "<?php return ['session' => ['name' => 'dev']];",
        "config/config.php": "<?php return ['session' => ['name' => 'all']];",
        "config/config.php.dist": "<?php return ['session' => ['name' => 'dist']];",
        "config/config.production.php": "<?php return ['session' => ['name' => 'live']];",
      })?.value,
    ).toBe("live");
  });

  it("takes variables from a .env file of the repository, not from its template", () => {
    const config = { "config/config.php": "<?php return ['session' => ['name' => env('NAME')]];" };
    expect(nameFrom("$config->session->name", { ...config, ".env": 'NAME="desk"\n' })?.value).toBe(
      "desk",
    );
    expect(
      nameFrom("$config->session->name", { ...config, ".env.example": "NAME=desk\n" }),
    ).toMatchObject({
      value: undefined,
      origin: { kind: "environment", name: "NAME" },
    });
  });

  it("does not follow aliases of YAML, however many there are", () => {
    const bomb = "a: &a [x,x]\nb: &b [*a,*a]\nsession:\n  name: *b\n";
    expect(
      nameFrom("$config->session->name", { "config/config.yml": bomb })?.value,
    ).toBeUndefined();
  });
});
