import { expect, it } from "vitest";
import { ACCOUNT, evidenceOf } from "../testing-app.ts";

function effects(body: string): readonly string[] {
  const controller = `<?php
class LeaveController extends \\Phalcon\\Mvc\\Controller {
  public function logoutAction() { ${body} }
}`;
  return evidenceOf({ [ACCOUNT]: controller })
    .signOuts.filter(({ place }) => place.file === ACCOUNT)
    .map(({ effect }) => effect);
}

it("ends a session whose data goes and whose old id is deleted", () => {
  expect(effects("session_unset(); session_regenerate_id(true);")).toEqual(["destroyed"]);
  expect(effects("session_unset(); session_regenerate_id();")).toEqual(["key-removed"]);
  expect(effects("session_unset();")).toEqual(["key-removed"]);
});
