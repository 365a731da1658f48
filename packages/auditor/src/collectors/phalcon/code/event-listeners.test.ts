import { describe, expect, it } from "vitest";
import { CONTROLLER, evidenceOf, SERVICES, SOUND } from "../testing-app.ts";

const LISTENER = `<?php
namespace Desk;
class GateListener {
  public function refused($event, $source, $data) { $this->failedLoginRows->createOrFail($data); sleep(2); }
  public function entered($event, $source, $data) { $this->successLoginRows->createOrFail($data); }
}`;
const GATE = `<?php
class GateController extends \\Phalcon\\Mvc\\Controller {
  public function enterAction() {
    $person = People::findFirstByEmail($this->request->getPost("email"));
    if (!$this->security->checkHash($this->request->getPost("password"), $person->secret)) {
      $this->getEventsManager()->fire("gate:refused", $this, []);
      return;
    }
    $this->getEventsManager()->fire("gate:entered", $this, []);
    $this->session->set("auth", $person->id);
  }
}`;

function evidence(attach: string) {
  return evidenceOf({
    [CONTROLLER]: GATE,
    "app/GateListener.php": LISTENER,
    [SERVICES]: `${SOUND[SERVICES]}\n${attach}`,
  });
}

describe("listenerOf", () => {
  it("follows an event to what listens to it", () => {
    const found = evidence('$eventsManager->attach("gate", new \\Desk\\GateListener());');
    expect(found.throttling).toMatchObject({ present: true });
    expect(found.auditLog).toMatchObject({
      success: { present: true, place: { file: "app/GateListener.php", line: 5 } },
      failure: { present: true, place: { file: "app/GateListener.php", line: 4 } },
    });
  });

  it("follows it to a function on the spot", () => {
    const found = evidence(
      '$eventsManager->attach("gate:refused", function ($event) { sleep(3); });',
    );
    expect(found.throttling).toMatchObject({ present: true, place: { file: SERVICES } });
  });

  it("leaves alone what listens to something else", () => {
    const text = LISTENER.replaceAll("GateListener", "Doorbell");
    const found = evidenceOf({
      [CONTROLLER]: GATE,
      "app/Doorbell.php": text,
      [SERVICES]: `${SOUND[SERVICES]}\n$eventsManager->attach("bell", new \\Desk\\Doorbell());`,
    });
    expect(found.throttling).toMatchObject({ present: false });
  });
});
