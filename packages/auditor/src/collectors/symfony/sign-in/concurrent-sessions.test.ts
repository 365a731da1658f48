import { describe, expect, it } from "vitest";
import type { Observation } from "../../../evidence.ts";
import { evidenceOf, frameworkYaml } from "../testing.ts";

function seen(name: string, body: string, rest = ""): readonly Observation[] {
  const files = {
    ...frameworkYaml(),
    [`src/${name}.php`]: `<?php
namespace App;
class ${name} {
    private const MAXIMUM = 3;
    public function run($user, $request): void { $session = $request->getSession(); ${body} }
    ${rest}
}`,
  };
  return evidenceOf(files).observations.filter(({ topic }) => topic === "concurrent-sessions");
}

describe("the number of an account's sessions", () => {
  for (const [how, body] of [
    [
      "ends the oldest",
      "$sessions = $this->repository->findBy(['user' => $user]); if (count($sessions) >= self::MAXIMUM) { $this->manager->remove($sessions[0]); }",
    ],
    [
      "asks the database",
      "if ($this->activeSessions->countFor($user) > 3) { $this->activeSessions->deleteOldest($user); }",
    ],
    [
      "refuses one more",
      "if ($this->userSessions->count(['user' => $user]) >= $this->limit) { throw new CustomUserMessageAuthenticationException('too many'); }",
    ],
  ] as const) {
    it(`is kept by code that ${how}`, () => {
      expect(seen("Door", body)).toMatchObject([{ kind: "good", place: { line: 5 } }]);
    });
  }

  const compare = "if ($user->getSessionId() !== $session->getId()) { $session->invalidate(); }";
  const keep =
    "public function onSuccess($user, $session) { $user->setSessionId($session->getId()); }";

  it("is one where the account knows its session", () => {
    expect(seen("Door", compare, keep)).toMatchObject([{ value: "one session per account" }]);
  });

  for (const [what, body, rest] of [
    [
      "is only counted",
      "$sessions = $this->repository->findAll(); if (count($sessions) > 3) { $this->logger->info('x'); }",
      "",
    ],
    [
      "is of something else",
      "$rows = $session->get('cart'); if (count($rows) > 3) { $this->carts->remove($rows[0]); }",
      "",
    ],
    ["is compared with what nobody keeps", compare, ""],
    ["is kept and never compared", "$user->setSessionId($session->getId());", ""],
  ] as const) {
    it(`is not kept where it ${what}`, () => {
      expect(seen("Door", body, rest)).toEqual([]);
    });
  }
});
