import { describe, expect, it } from "vitest";
import type { Observation } from "../../../evidence.ts";
import { controller, evidenceOf, frameworkYaml } from "../testing.ts";

function seenIn(files: Record<string, string>): readonly Observation[] {
  return evidenceOf(files).observations.filter(({ topic }) => topic === "id-validation");
}

function handler(methods: string): readonly Observation[] {
  return seenIn({
    ...frameworkYaml("handler_id: App\\Keeper"),
    "src/Keeper.php": `<?php
namespace App;
class Keeper implements \\SessionHandlerInterface {
    ${methods}
}`,
  });
}

describe("the id that a visitor sends", () => {
  for (const [into, body] of [
    ["a path", "return file_get_contents($this->folder . '/' . $key);"],
    ["a path in quotes", 'return is_file("/var/s/$key") ? "" : false;'],
    ["a query", `return $this->db->query("SELECT d FROM s WHERE i = '$key'")->fetch();`],
    [
      "a query by sprintf",
      `return $this->db->executeQuery(sprintf("SELECT d FROM s WHERE i = '%s'", $key));`,
    ],
  ] as const) {
    it(`must not go unchecked into ${into}`, () => {
      const found = handler(`public function read(string $key): string|false { ${body} }`);
      expect(found).toMatchObject([{ kind: "fault", place: { line: 4 } }]);
    });
  }

  it("must not go unchecked into a path by a method of its own", () => {
    const found =
      handler(`public function read(string $key): string|false { return $this->load($this->pathOf($key)); }
    private function pathOf(string $name): string { return $this->folder . '/' . $name; }`);
    expect(found).toMatchObject([{ kind: "fault", place: { line: 5 } }]);
  });

  for (const [how, body] of [
    [
      "its alphabet",
      "if (!preg_match('/^[a-z0-9]{32}$/', $key)) { return ''; } return file_get_contents('/s/' . $key);",
    ],
    ["a hash", "return file_get_contents('/s/' . hash('sha256', $key));"],
    ["its last part", "return file_get_contents('/s/' . basename($key));"],
  ] as const) {
    it(`may after a look at ${how}`, () => {
      const found = handler(`public function read(string $key): string|false { ${body} }`);
      expect(found).toMatchObject([{ kind: "good" }]);
    });
  }

  it("may be a value of its own, of which nothing is said", () => {
    const body = "return $this->db->fetchOne('SELECT d FROM s WHERE i = ?', [$key]);";
    expect(handler(`public function read(string $key): string|false { ${body} }`)).toEqual([]);
  });

  it("must not come out of the request unchecked", () => {
    const files = (body: string): Record<string, string> => ({
      ...frameworkYaml(),
      ...controller(
        "JoinController",
        `    public function join(Request $request, SessionInterface $session) { ${body} }`,
      ),
    });
    for (const body of ["session_id($_GET['s']);", "$session->setId($request->query->get('s'));"]) {
      expect(seenIn(files(body))).toMatchObject([{ kind: "fault" }]);
    }
    const checked = "if (preg_match('/^[a-z0-9]{32}$/', $_GET['s'])) { session_id($_GET['s']); }";
    expect(seenIn(files(checked))).toMatchObject([{ kind: "good" }]);
    expect(seenIn(files("$session->setId($this->made());"))).toMatchObject([{ kind: "good" }]);
  });

  it("is what the framework's handlers look at by themselves", () => {
    expect(seenIn(frameworkYaml())).toMatchObject([{ kind: "good", origin: { kind: "default" } }]);
    expect(seenIn(frameworkYaml("handler_id: 'redis://localhost'"))).toMatchObject([
      { kind: "good" },
    ]);
    expect(seenIn(frameworkYaml("handler_id: Acme\\Bundle\\Keeper"))).toEqual([]);
  });
});
