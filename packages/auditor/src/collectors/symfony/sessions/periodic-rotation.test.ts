import { describe, expect, it } from "vitest";
import type { Observation } from "../../../evidence.ts";
import { evidenceOf, frameworkYaml } from "../testing.ts";

function seen(body: string): readonly Observation[] {
  const files = {
    ...frameworkYaml(),
    "src/EventListener/Turn.php": `<?php
namespace App\\EventListener;
use Symfony\\Component\\HttpKernel\\Event\\RequestEvent;
class Turn {
    private const AFTER = 600;
    public function onRequest(RequestEvent $event): void {
        $session = $event->getRequest()->getSession();
        ${body}
    }
}`,
  };
  return evidenceOf(files).observations.filter(({ topic }) => topic === "periodic-rotation");
}

const CREATED = "$session->getMetadataBag()->getCreated()";

describe("a new id from time to time", () => {
  for (const [how, body] of [
    [
      "the bag's time of creation",
      `if (time() - ${CREATED} > self::AFTER) { $session->migrate(true); }`,
    ],
    ["a variable", `$age = time() - ${CREATED}; if ($age >= 600) { $session->migrate(); }`],
    [
      "a time of its own",
      "if (time() - $session->get('turned_at', 0) > 600) { $session->migrate(true); $session->set('turned_at', time()); }",
    ],
    ["an early return", `if (time() - ${CREATED} < 600) { return; } $session->migrate(true);`],
    ["PHP's own function", `if (${CREATED} < time() - 600) { session_regenerate_id(true); }`],
  ] as const) {
    it(`is seen by ${how}`, () => {
      expect(seen(body)).toMatchObject([{ kind: "good", place: { line: 8 } }]);
    });
  }

  it("says after how long, where that is told", () => {
    expect(
      seen(`if (time() - ${CREATED} > self::AFTER) { $session->migrate(true); }`),
    ).toMatchObject([{ value: "every 600 seconds" }]);
  });

  for (const [what, body] of [
    ["at each request", "$session->migrate(true);"],
    ["for another reason", "if (count($event->all()) > 600) { $session->migrate(true); }"],
    [
      "after a session that is too old has ended",
      `if (time() - ${CREATED} > 600) { $session->invalidate(); return; } $session->migrate(true);`,
    ],
    [
      "where the other branch compares times",
      `if (time() - ${CREATED} > 600) { $this->log(); } $session->migrate(true);`,
    ],
    [
      "of something that is no session",
      `if (time() - ${CREATED} > 600) { $this->database->migrate(); }`,
    ],
  ] as const) {
    it(`is not a new id ${what}`, () => {
      expect(seen(body)).toEqual([]);
    });
  }
});
