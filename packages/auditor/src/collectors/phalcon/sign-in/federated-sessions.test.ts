import { describe, expect, it } from "vitest";
import { CONTROLLER, evidenceOf, seenOf } from "../testing-app.ts";

const GATE = (
  before: string,
  made = "new \\League\\OAuth2\\Client\\Provider\\GenericProvider($this->keys)",
) => `<?php
class GateController extends \\Phalcon\\Mvc\\Controller {
  public function backAction() {
    $provider = ${made};
    ${before}
    $token = $provider->getAccessToken("authorization_code", ["code" => $this->request->getQuery("code")]);
    $person = People::findFirstByMail($provider->getResourceOwner($token)->getEmail());
    $this->session->set("auth", $person->id);
  }
}`;

function seen(before: string, made?: string) {
  return seenOf(evidenceOf({ [CONTROLLER]: GATE(before, made) }), "federated-sessions");
}

describe("federatedSessions", () => {
  it("sees a code that is taken from whoever brings it", () => {
    expect(seen("")).toEqual(["fault:6 not bound"]);
  });

  it("sees the state compared with the session's", () => {
    const check =
      'if ($this->request->getQuery("state") !== $this->session->get("door_state")) { return; }';
    expect(seen(check)).toEqual(["good:5 bound to the browser"]);
    expect(seen('if ($this->row->state === "open") { return; }')).toEqual(["fault:6 not bound"]);
  });

  it("leaves libraries that compare by themselves alone, and sign-ins by password", () => {
    expect(seen("", "new \\Hybridauth\\Provider\\Google($this->keys)")).toEqual([]);
    expect(seenOf(evidenceOf(), "federated-sessions")).toEqual([]);
  });
});
