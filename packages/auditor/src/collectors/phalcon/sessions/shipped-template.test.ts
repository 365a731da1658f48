import { describe, expect, it } from "vitest";
import type { StorageKind } from "../../../evidence.ts";
import { evidenceOf, SERVICES } from "../testing-app.ts";

/** A fallback to files, and else what a configuration says that is not in the repository. */
const CHOICE = `<?php
$di->setShared("session", function () use ($config) {
    if (!isset($config->session)) {
        $session = new \\Phalcon\\Session\\Adapter\\Files();
    } else {
        $class = "Phalcon\\Session\\Adapter\\\\" . $config->session->adapter;
        $session = new $class($config->session->toArray());
    }
    $session->start();
    return $session;
});`;

function storage(files: Readonly<Record<string, string>>): StorageKind | undefined {
  const composer = {
    "composer.json": '{"require":{"ext-phalcon":"^3.4"}}',
    "composer.lock": undefined,
  };
  return evidenceOf({ ...composer, [SERVICES]: CHOICE, ...files }).sessions[0]?.storage.value;
}

function template(...adapters: string[]): Record<string, string> {
  return Object.fromEntries(
    adapters.map((adapter, index) => [
      `config/site${index}.php.dist`,
      `<?php return ['session' => array('adapter' => '${adapter}', 'uniqueId' => 'x')];`,
    ]),
  );
}

describe("an adapter that configuration chooses", () => {
  it("is not known where no configuration is there", () => {
    expect(storage({})).toBeUndefined();
  });

  it("is the fallback where every template that is shipped says the same", () => {
    expect(storage(template("Files"))).toBe("files");
    expect(storage(template("Files", "Files"))).toBe("files");
  });

  it("is not known where a template says something else", () => {
    expect(storage(template("Redis"))).toBeUndefined();
    expect(storage(template("Files", "Redis"))).toBeUndefined();
  });
});
