import { describe, expect, it } from "vitest";
import type { Observation } from "../../../evidence.ts";
import { evidenceOf, frameworkYaml } from "../testing.ts";

function seen(
  lines: readonly string[],
  version = "7.2.1",
  files: Record<string, string> = {},
): readonly Observation[] {
  return evidenceOf({ ...frameworkYaml(...lines), ...files }, { version }).observations.filter(
    ({ topic }) => topic === "expired-data",
  );
}

const PDO =
  "handler_id: Symfony\\Component\\HttpFoundation\\Session\\Storage\\Handler\\PdoSessionHandler";
const REDIS = "handler_id: 'redis://localhost'";

describe("sessions that ended", () => {
  it("are removed by stores that end a record by themselves", () => {
    expect(seen([REDIS])).toMatchObject([{ kind: "good", origin: { kind: "default" } }]);
    expect(seen([REDIS, "gc_probability: 0"])).toMatchObject([{ kind: "good" }]);
  });

  it("are removed by chance, which the framework sets up to 7.1", () => {
    expect(seen([PDO], "6.4.3")).toMatchObject([
      { kind: "good", value: "gc_probability 1", origin: { kind: "default" } },
    ]);
    expect(seen([PDO], "7.1.9")).toMatchObject([{ kind: "good" }]);
    expect(seen([PDO, "gc_probability: 1"])).toMatchObject([{ kind: "good" }]);
  });

  it("depend on php.ini since, save in PHP's own folder", () => {
    expect(seen([PDO])).toMatchObject([{ kind: "doubt", origin: { kind: "platform" } }]);
    expect(seen(["handler_id: null"])).toMatchObject([{ kind: "good" }]);
    expect(seen(["handler_id: null", "save_path: '%kernel.project_dir%/var/s'"])).toMatchObject([
      { kind: "doubt" },
    ]);
    const ini = { "docker/php.ini": "session.gc_probability = 1\n" };
    expect(seen([PDO], "7.2.1", ini)).toMatchObject([{ kind: "good" }]);
  });

  it("stay where nobody removes them", () => {
    expect(seen([PDO, "gc_probability: 0"])).toMatchObject([
      { kind: "fault", place: { file: "config/packages/framework.yaml", line: 4 } },
    ]);
    const keeper = {
      "src/DatabaseKeeper.php": `<?php
namespace App;
class DatabaseKeeper implements \\SessionHandlerInterface {
    public function gc(int $life): int|false { return 0; }
}`,
    };
    const own = ["handler_id: App\\DatabaseKeeper"];
    expect(seen(own, "6.4.3", keeper)).toMatchObject([{ kind: "fault", place: { line: 4 } }]);
    const [[file, text] = ["", ""]] = Object.entries(keeper);
    const works = { [file]: text.replace("return 0;", "return $this->db->exec('DELETE FROM s');") };
    expect(seen(own, "6.4.3", works)).toMatchObject([{ kind: "good" }]);
  });

  it("are removed by a command of the application", () => {
    const command = {
      "src/Command/Sweep.php": `<?php
namespace App\\Command;
class Sweep extends \\Symfony\\Component\\Console\\Command\\Command {
    protected function execute($in, $out): int { $this->db->exec('DELETE FROM sessions WHERE sess_lifetime < 1'); return 0; }
}`,
    };
    expect(seen([PDO, "gc_probability: 0"], "7.2.1", command)).toMatchObject([{ kind: "good" }]);
  });

  it("are not spoken of where the store is not known", () => {
    expect(seen(["handler_id: Acme\\Bundle\\Keeper"])).toEqual([]);
  });
});
