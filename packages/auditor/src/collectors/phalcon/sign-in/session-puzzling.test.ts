import { describe, expect, it } from "vitest";
import { evidenceOf } from "../testing-app.ts";

const RECOVERY = "app/controllers/RecoveryController.php";

function puzzling(action: string): readonly string[] {
  const text = `<?php
class RecoveryController extends \\Phalcon\\Mvc\\Controller {
  ${action}
}`;
  return evidenceOf({ [RECOVERY]: text })
    .observations.filter(({ topic }) => topic === "session-puzzling")
    .map(({ kind, place }) => `${kind} ${place.file}:${place.line}`);
}

const ASK = (key: string, more = "") =>
  `public function forgotAction() { $person = People::findFirstByEmail($this->request->getPost("email")); ${more} $this->session->set("${key}", ["id" => $person->id]); }`;

describe("sessionPuzzling", () => {
  it("sees recovery that writes what guards read", () => {
    expect(puzzling(ASK("auth"))).toEqual([`fault ${RECOVERY}:3`]);
  });

  it("leaves keys of their own, and links that prove something", () => {
    expect(puzzling(ASK("reset_for"))).toEqual([]);
    expect(puzzling(ASK("auth").replace("forgotAction()", "forgotAction($token)"))).toEqual([]);
    expect(puzzling(ASK("auth", "if ($person->code !== $given) { return; }"))).toEqual([]);
    expect(puzzling(ASK("auth").replace("forgotAction", "welcomeAction"))).toEqual([]);
  });
});
