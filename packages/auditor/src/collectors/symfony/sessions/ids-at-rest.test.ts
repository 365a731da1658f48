import { describe, expect, it } from "vitest";
import type { Evidence, Observation } from "../../../evidence.ts";
import { evidenceOf, frameworkYaml } from "../testing.ts";

const HANDLERS = "Symfony\\Component\\HttpFoundation\\Session\\Storage\\Handler\\";

/** A handler of the application's own before the database's. */
function own(methods: string): Evidence {
  return evidenceOf({
    ...frameworkYaml("handler_id: App\\Veil"),
    "config/services.yaml": `services:
    App\\Veil:
        arguments: ['@${HANDLERS}PdoSessionHandler', 'key']
`,
    "src/Veil.php": `<?php
namespace App;
class Veil implements \\SessionHandlerInterface {
    public function __construct(private \\${HANDLERS}PdoSessionHandler $inner, private string $key) {}
    ${methods}
}`,
  });
}

function seen({ observations }: Evidence): readonly Observation[] {
  return observations.filter(({ topic }) => topic === "ids-at-rest");
}

const READ = "public function read(string $id): string|false { return $this->inner->read(VALUE); }";

describe("the name of a record", () => {
  for (const [handler, words] of [
    ["null", "the file"],
    [`'redis://localhost'`, "a key"],
    [`${HANDLERS}PdoSessionHandler`, "the column"],
  ] as const) {
    it(`is the id itself with the handler ${handler.slice(-20)}`, () => {
      const [only, ...others] = seen(evidenceOf(frameworkYaml(`handler_id: ${handler}`)));
      expect(only).toMatchObject({ kind: "fault", origin: { kind: "default" } });
      expect(only?.what).toContain(words);
      expect(others).toEqual([]);
    });
  }

  it("is a hash where a handler before it hands one on", () => {
    const direct = READ.replace("VALUE", "hash_hmac('sha256', $id, $this->key)");
    const named = `${READ.replace("VALUE", "$this->nameOf($id)")}
    private function nameOf(string $one): string { return hash('sha256', $one . $this->key); }`;
    for (const methods of [direct, named]) {
      expect(seen(own(methods))).toMatchObject([{ kind: "good", place: { file: "src/Veil.php" } }]);
    }
  });

  it("is the id itself where a handler before it does something else", () => {
    expect(seen(own(READ.replace("VALUE", "$id")))).toMatchObject([{ kind: "fault" }]);
  });

  it("is not guessed at where hashing is not followed, or the handler is not here", () => {
    const elsewhere = `${READ.replace("VALUE", "$id")}
    public function sum(string $text): string { return hash('sha256', $text); }`;
    expect(seen(own(elsewhere))).toEqual([]);
    expect(seen(evidenceOf(frameworkYaml("handler_id: Acme\\Bundle\\Keeper")))).toEqual([]);
  });

  it("does not hide what is behind the handler", () => {
    const [session] = own(READ.replace("VALUE", "$id")).sessions;
    expect(session?.storage.value).toBe("database");
    expect(session?.strictIds.value).toBe(false);
  });
});
