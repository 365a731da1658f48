import { describe, expect, it } from "vitest";
import type { CsrfEvidence } from "../../../evidence.ts";
import { evidenceOf } from "../testing-app.ts";

function csrf(body: string): CsrfEvidence | undefined {
  return evidenceOf({
    "app/controllers/PlaceController.php": `<?php
class PlaceController extends \\Phalcon\\Mvc\\Controller {
    public function chooseAction() { ${body} }
}`,
  }).csrf;
}

const WRITE =
  '$who = $this->session->get("auth"); $this->session->set("auth", ["id" => $who["id"], "place" => $this->request->getPost("place")]);';

describe("requests that change something", () => {
  it("include those that put what is posted into who the session belongs to", () => {
    expect(csrf(WRITE)).toMatchObject({
      cover: "partial",
      gaps: [{ place: { file: "app/controllers/PlaceController.php", line: 3 } }],
    });
    expect(csrf(`if (!$this->security->checkToken()) { return; } ${WRITE}`)?.cover).toBe(
      "protected",
    );
  });

  it("do not include what reads it, refreshes it, or keeps a preference", () => {
    for (const body of [
      '$this->view->who = $this->session->get("auth");',
      '$who = $this->session->get("auth"); $this->session->set("auth", $who);',
      '$this->session->set("theme", $this->request->getPost("theme"));',
    ]) {
      expect(csrf(body)?.cover, body).toBe("protected");
    }
  });
});
