import { describe, expect, it } from "vitest";
import { evidenceOf } from "../testing-app.ts";

const NOTES = "app/controllers/NotesController.php";

function faults(body: string, name = "deleteAction($id)", others: Record<string, string> = {}) {
  const notes = `<?php
class NotesController extends \\Phalcon\\Mvc\\Controller {
  public function ${name} { ${body} }
}`;
  return evidenceOf({ ...others, [NOTES]: notes })
    .observations.filter(({ topic }) => topic === "safe-methods")
    .map(({ kind, place }) => `${kind} ${place.file}:${place.line}`);
}

const DELETE = "$note = Notes::findFirst($id); $note->delete();";
const FOUND = [`fault ${NOTES}:3`];

describe("safeMethods", () => {
  it("sees an action that a link is enough for", () => {
    expect(faults(DELETE)).toEqual(FOUND);
    expect(faults("$n->public = 1; $n->save();", "publish_allAction()")).toEqual(FOUND);
  });

  it("accepts whatever a link cannot bring", () => {
    for (const guard of [
      "if (!$this->request->isPost()) { return; }",
      'if ($_SERVER["REQUEST_METHOD"] !== "POST") { return; }',
      "if (!$this->security->checkToken()) { return; }",
      'if (!$this->request->getPost("sure")) { return; }',
      "if (!$this->request->isAjax()) { return; }",
    ])
      expect(faults(guard + DELETE)).toEqual([]);
  });

  it("leaves counters, forms, links from mails and what is not reached", () => {
    expect(faults("$note->views += 1; $note->save();", "viewAction($id)")).toEqual([]);
    expect(faults("$this->view->note = $note;", "deleteAction($id)")).toEqual([]);
    expect(faults(DELETE, "deleteAction($id, $token)")).toEqual([]);
    expect(faults(DELETE, "deletedAction($id)")).toEqual([]);
    expect(faults(DELETE, "delete($id)")).toEqual([]);
  });

  it("asks the routes", () => {
    const routes = (text: string) => ({ "app/routes.php": `<?php ${text}` });
    const to = '"/notes/delete/{id}", "Notes::delete"';
    expect(faults(DELETE, undefined, routes(`$router->addPost(${to});`))).toEqual([]);
    expect(faults(DELETE, undefined, routes(`$router->add(${to})->via(["POST"]);`))).toEqual([]);
    expect(faults(DELETE, undefined, routes(`$router->add(${to}, ["POST", "DELETE"]);`))).toEqual(
      [],
    );
    expect(faults(DELETE, undefined, routes(`$router->add(${to});`))).toEqual(FOUND);
    expect(faults(DELETE, undefined, routes(`$router->add(${to})->via(["GET", "POST"]);`))).toEqual(
      FOUND,
    );
  });

  it("sees what runs before the action", () => {
    const asks =
      "if (!$this->request->isPost()) { throw new Exception(); } } public function otherAction() {";
    expect(faults(`${DELETE} } public function initialize() { ${asks}`)).toEqual([]);
  });
});
