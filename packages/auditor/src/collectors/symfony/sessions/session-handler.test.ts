import { describe, expect, it } from "vitest";
import { frameworkYaml, sessionOf } from "../testing.ts";

function handlerClass(declaration: string, body = ""): Record<string, string> {
  return {
    ...frameworkYaml("handler_id: App\\Session\\Handler"),
    "src/Session/Handler.php": `<?php
namespace App\\Session;
use Symfony\\Component\\HttpFoundation\\Session\\Storage\\Handler\\AbstractSessionHandler;
use Symfony\\Component\\HttpFoundation\\Session\\Storage\\Handler\\PdoSessionHandler;
class Handler ${declaration} { ${body} }`,
  };
}

describe("the save handler", () => {
  for (const [id, kind] of [
    ["~", "files"],
    ["session.handler.native_file", "files"],
    ["'redis://localhost'", "redis"],
    ["'mysql://localhost/app'", "database"],
    ["'memcached://localhost'", "memcached"],
    ["'%env(REDIS_URL)%'", "redis"],
    ["'%env(DATABASE_URL)%'", "database"],
    ["snc_redis.session.handler", "redis"],
    [
      "Symfony\\Component\\HttpFoundation\\Session\\Storage\\Handler\\PdoSessionHandler",
      "database",
    ],
  ] as const) {
    it(`keeps sessions in ${kind} with ${id}`, () => {
      const { storage, strictIds } = sessionOf(frameworkYaml(`handler_id: ${id}`));
      expect(storage.value).toBe(kind);
      expect(strictIds.value).toBe(true);
    });
  }

  it("is files by default, by the framework up to 6.4 and by PHP since", () => {
    expect(sessionOf(frameworkYaml(), { version: "6.4.1" }).storage).toMatchObject({
      value: "files",
      origin: { kind: "default" },
      written: "session.handler.native_file",
    });
    const redis = { ...frameworkYaml(), "docker/php.ini": "session.save_handler = redis\n" };
    expect(sessionOf(redis, { version: "6.4.1" }).storage.value).toBe("files");
    expect(sessionOf(redis, { version: "7.0.1" }).storage.value).toBe("redis");
  });

  it("is the class that a service id names, aliases followed", () => {
    const files = {
      ...frameworkYaml("handler_id: app.handler"),
      "config/services.yaml":
        "services:\n    app.handler: '@app.pdo'\n    app.pdo:\n        class: Symfony\\Component\\HttpFoundation\\Session\\Storage\\Handler\\PdoSessionHandler\n        arguments: ['%env(DSN)%', { ttl: 900 }]\n",
    };
    const { storage, idle } = sessionOf(files);
    expect(storage.value).toBe("database");
    expect(idle).toMatchObject({ keptBy: "library", seconds: { value: 900 } });
  });

  for (const [declaration, body, isStrict] of [
    ["extends AbstractSessionHandler", "", true],
    ["extends PdoSessionHandler", "", true],
    [
      "implements \\SessionHandlerInterface",
      "public function read($id): string { return ''; }",
      false,
    ],
    ["extends \\SessionHandler", "", false],
    [
      "implements \\SessionHandlerInterface",
      "public function validateId($id): bool { return $this->has($id); }",
      true,
    ],
  ] as const) {
    it(`${isStrict ? "refuses" : "takes"} ids of others: ${declaration} ${body.slice(0, 30)}`, () => {
      expect(sessionOf(handlerClass(declaration, body)).strictIds).toMatchObject({
        value: isStrict,
        origin: { kind: "set", place: { file: "src/Session/Handler.php", line: 5 } },
      });
    });
  }

  it("seals where the marshaller is Sodium's, and not otherwise", () => {
    const services = (decorates: string): Record<string, string> => ({
      ...frameworkYaml("handler_id: 'redis://localhost'"),
      "config/services.yaml": `services:\n    Symfony\\Component\\Cache\\Marshaller\\SodiumMarshaller:\n        decorates: ${decorates}\n        arguments: [['%env(base64:KEY)%'], '@.inner']\n`,
    });
    expect(sessionOf(services("session.marshaller")).isEncrypted.value).toBe(true);
    expect(sessionOf(services("cache.default_marshaller")).isEncrypted.value).toBe(false);
  });

  it("seals where the application's own encrypts", () => {
    const body =
      "public function write($id, $data): bool { return $this->put($id, sodium_crypto_secretbox($data, $n, $k)); }";
    expect(sessionOf(handlerClass("extends AbstractSessionHandler", body)).isEncrypted.value).toBe(
      true,
    );
  });

  it("does not seal with a cipher that nothing authenticates", () => {
    const body = (cipher: string): string =>
      `public function write($id, $data): bool { return $this->put($id, openssl_encrypt($data, '${cipher}', $k, 0, $n, $tag)); }`;
    const sealed = (cipher: string): boolean | undefined =>
      sessionOf(handlerClass("extends AbstractSessionHandler", body(cipher))).isEncrypted.value;
    expect(sealed("aes-256-cbc")).toBe(false);
    expect(sealed("aes-256-gcm")).toBe(true);
  });

  it("keeps sessions where the handler that it wraps does, arguments wired by type included", () => {
    const files = {
      ...frameworkYaml("handler_id: App\\Session\\Moving"),
      "src/Session/Moving.php": `<?php
namespace App\\Session;
use Symfony\\Component\\HttpFoundation\\Session\\Storage\\Handler\\MigratingSessionHandler;
use Symfony\\Component\\HttpFoundation\\Session\\Storage\\Handler\\PdoSessionHandler;
use Symfony\\Component\\HttpFoundation\\Session\\Storage\\Handler\\RedisSessionHandler;
class Moving extends MigratingSessionHandler {
    public function __construct(PdoSessionHandler $from, RedisSessionHandler $to) { parent::__construct($from, $to); }
}`,
    };
    expect(sessionOf(files).storage.value).toBe("database");
    expect(sessionOf(files).strictIds.value).toBe(true);
  });
});
