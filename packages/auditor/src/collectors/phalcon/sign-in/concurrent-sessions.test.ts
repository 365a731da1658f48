import { describe, expect, it } from "vitest";
import { CONTROLLER, evidenceOf, seenOf } from "../testing-app.ts";

const GATE = (after: string, more = "") => `<?php
class GateController extends \\Phalcon\\Mvc\\Controller {
  public function enterAction() {
    $person = People::findFirstByEmail($this->request->getPost("email"));
    if (!$this->security->checkHash($this->request->getPost("password"), $person->secret)) { return; }
    $this->session->regenerateId();
    $this->session->set("auth", $person->id);
    ${after}
  }
  ${more}
}`;

function seen(after: string, more?: string) {
  return seenOf(evidenceOf({ [CONTROLLER]: GATE(after, more) }), "concurrent-sessions");
}

describe("concurrentSessions", () => {
  it("sees the oldest session ended beyond a number", () => {
    const open = '$open = UserSessions::find(["owner = ?0", "bind" => [$person->id]]);';
    expect(seen(`${open} if (count($open) > 4) { $open->getFirst()->delete(); }`)).toEqual([
      "good:8 limited",
    ]);
    expect(seen(`${open} $this->view->open = count($open) > 4;`)).toEqual([]);
  });

  it("sees a function that says so and does it", () => {
    const trim = "private function endOtherSessions($id) { $this->redis->del('open:' . $id); }";
    expect(seen("$this->endOtherSessions($person->id);", trim)).toEqual(["good:8 limited"]);
  });

  it("sees the one id that an account keeps", () => {
    const keep = "$person->session_id = $this->session->getId(); $person->save();";
    const compare = `public function beforeExecuteRoute() {
      if ($this->person->session_id !== $this->session->getId()) { $this->session->destroy(); }
    }`;
    expect(seen(keep, compare)).toEqual(["good:11 one"]);
    expect(seen(keep)).toEqual([]);
  });

  it("does not count attempts or carts", () => {
    const attempts = "if (FailedLogins::count() > 5) { FailedLogins::find()->delete(); }";
    expect(seen(attempts)).toEqual([]);
    expect(seen(attempts.replaceAll("FailedLogins", "Carts"))).toEqual([]);
  });
});
