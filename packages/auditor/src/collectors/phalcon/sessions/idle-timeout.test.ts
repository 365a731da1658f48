import { describe, expect, it } from "vitest";
import { CONTROLLER, evidenceOf, SOUND, seenOf } from "../testing-app.ts";

const GUARD = (key: string, renew: string) => `<?php
class BaseController extends \\Phalcon\\Mvc\\Controller {
  public function beforeExecuteRoute() {
    if (time() - $this->session->get("${key}") > 36000) { $this->session->destroy(); }
    ${renew}
  }
}`;

function idle(key: string, renew: string) {
  const evidence = evidenceOf({
    "app/controllers/BaseController.php": GUARD(key, renew),
    [CONTROLLER]: (SOUND[CONTROLLER] ?? "").replace(
      "$this->session->regenerateId(true);",
      `$this->session->regenerateId(true); $this->session->set("${key}", time());`,
    ),
  });
  const seconds = evidence.sessions[0]?.idle.seconds.value;
  return { seconds, absolute: seenOf(evidence, "absolute-timeout") };
}

describe("idleEvidence", () => {
  it("tells the time since the sign-in from the time since the last request", () => {
    expect(idle("since", "")).toEqual({ seconds: 900, absolute: ["good:4"] });
    const renewed = '$this->session->set("seen_at", time());';
    expect(idle("seen_at", renewed)).toEqual({ seconds: 36_000, absolute: ["fault:4"] });
  });

  it("looks at the time that is compared, and not at others of the same function", () => {
    const other =
      'if (!$this->session->has("asked_at")) { $this->session->set("asked_at", time()); }';
    expect(idle("since", other).absolute).toEqual(["good:4"]);
  });
});
