import { describe, expect, it } from "vitest";
import { frameworkYaml, sessionOf } from "../testing.ts";

const FRAMEWORK = {
  "config/packages/framework.yaml":
    "framework:\n    secret: '%env(APP_SECRET)%'\n    session: true\n",
};

function source(files: Readonly<Record<string, string>>): string | undefined {
  return sessionOf({ ...FRAMEWORK, ...files }).secrets[0]?.source;
}

describe("the secret", () => {
  it("is literal in a file that production loads, and shown masked", () => {
    const secret = "f00f00f00f00f00f00f00";
    const [found] = sessionOf({
      ...FRAMEWORK,
      ".env": `APP_ENV=dev\nAPP_SECRET=${secret}\n`,
    }).secrets;
    expect(found).toMatchObject({ source: "literal", place: { file: ".env", line: 2 } });
    expect(found?.masked).toBe("f0… (21 characters)");
    expect(
      source({ "config/packages/framework.yaml": "framework: { secret: abcdef, session: true }" }),
    ).toBe("literal");
  });

  it("is the environment's where the repository leaves it empty or out", () => {
    expect(source({ ".env": "APP_SECRET=\n" })).toBe("environment");
    expect(source({})).toBe("environment");
    expect(source({ ".env.dist": "APP_SECRET=template\n" })).toBe("environment");
  });

  it("is a fallback in a parameter that holds where the variable is missing", () => {
    const files = { "config/services.yaml": "parameters:\n    env(APP_SECRET): fallback\n" };
    expect(source(files)).toBe("fallback");
  });

  it("is generated where code or the image's script makes it before the kernel starts", () => {
    const env = { ".env": "APP_SECRET=default\n" };
    const loader =
      "<?php\n$values = ['APP_SECRET' => read_secret()];\nforeach ($values as $k => $v) { $_ENV[$k] = $v; }\n";
    expect(source({ ...env, "config/load_secrets.php": loader })).toBe("generated");
    const script = '#!/bin/sh\necho "APP_SECRET=$(openssl rand -hex 20)" >> .env.local\n';
    expect(source({ ...env, "docker/entrypoint.sh": script })).toBe("generated");
    expect(
      source({ ...env, "docker/entrypoint.sh": "# APP_SECRET=$(openssl rand -hex 20)\n" }),
    ).toBe("literal");
  });

  it("is one where remember_me uses the same, and two where it does not", () => {
    const security = (secret: string): Record<string, string> => ({
      ".env": "APP_SECRET=one-secret\n",
      "config/packages/security.yaml": `security:\n  firewalls:\n    main:\n      form_login: ~\n      remember_me: { secret: '${secret}' }\n`,
    });
    const secrets = (secret: string): number =>
      sessionOf({ ...FRAMEWORK, ...security(secret) }).secrets.length;
    expect(secrets("%kernel.secret%")).toBe(1);
    expect(secrets("another")).toBe(2);
  });

  it("is none where nothing is signed", () => {
    expect(sessionOf(frameworkYaml()).secrets).toEqual([]);
  });
});
