import { describe, expect, it } from "vitest";
import { evidenceOf, frameworkYaml } from "../testing.ts";

const START = {
  "src/Visitor.php":
    "<?php namespace App; class Visitor { function open() { if (session_status() === PHP_SESSION_NONE) { session_start(); } } }",
};
const PAGE = { "public/report.php": "<?php require '../init.php'; (new App\\Visitor())->open();" };

function libraries(files: Readonly<Record<string, string>>): readonly string[] {
  return evidenceOf({ ...frameworkYaml(), ...files }).sessions.map(({ library }) => library);
}

describe("sessions that start without the kernel", () => {
  it("have PHP's settings", () => {
    const [own, native] = evidenceOf({ ...frameworkYaml(), ...START, ...PAGE }).sessions;
    expect(own?.cookie.sameSite.value).toBe("lax");
    expect(native).toMatchObject({
      place: { file: "src/Visitor.php" },
      cookie: { secure: { value: "never" }, sameSite: { value: "unset" } },
      strictIds: { value: false },
      storage: { value: "files" },
    });
  });

  it("are none where every page boots the kernel, or no page starts one", () => {
    expect(libraries(START)).toHaveLength(1);
    expect(libraries(PAGE)).toHaveLength(1);
    const front = { "public/app.php": "<?php require '../init.php'; (new App\\Kernel())->run();" };
    expect(libraries({ ...START, ...front })).toHaveLength(1);
  });

  it("are none where a storage of the framework's kind or a command starts them", () => {
    const within = (parent: string): Record<string, string> => ({
      "src/Visitor.php": `<?php namespace App; class Visitor ${parent} { function start() { session_start(); } }`,
    });
    expect(
      libraries({
        ...PAGE,
        ...within(
          "implements \\Symfony\\Component\\HttpFoundation\\Session\\Storage\\SessionStorageInterface",
        ),
      }),
    ).toHaveLength(1);
    expect(
      libraries({
        ...PAGE,
        ...within("extends \\Symfony\\Component\\Console\\Command\\Command"),
      }),
    ).toHaveLength(1);
  });
});
