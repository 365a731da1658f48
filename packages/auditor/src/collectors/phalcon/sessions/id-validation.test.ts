import { describe, expect, it } from "vitest";
import { evidenceOf, evidenceOfFiles, SERVICES, seenOf } from "../testing-app.ts";

const HANDLER = (read: string, more = "") => `<?php
class Drawers implements \\SessionHandlerInterface {
  public function read($id) {
    ${read}
  }
  public function write($id, $data) { return file_put_contents($this->folder . $id, $data) !== false; }
  ${more}
}`;

function ofVersion3(session: string, others: Record<string, string> = {}) {
  return seenOf(
    evidenceOfFiles({
      ...others,
      "public/index.php": `<?php
$di = new Phalcon\\DI\\FactoryDefault();
$di->set("session", function () {
  ${session}
});
echo (new Phalcon\\Mvc\\Application($di))->handle()->getContent();`,
    }),
    "id-validation",
  );
}

describe("idValidation", () => {
  it("knows that the manager looks at the cookie before the session starts", () => {
    expect(seenOf(evidenceOf(), "id-validation")).toEqual(["good:16 checked by the manager"]);
  });

  it("knows that PHP's own handler of files does", () => {
    const files = "$s = new Phalcon\\Session\\Adapter\\Files(); $s->start(); return $s;";
    expect(ofVersion3(files)).toEqual(["good:4 checked by PHP"]);
    expect(ofVersion3(files.replace("Files", "Redis"))).toEqual([]);
  });

  it("sees an id that goes into a path unseen", () => {
    const own = (text: string) =>
      ofVersion3("$s = new Drawers(); session_set_save_handler($s); session_start(); return $s;", {
        "app/Drawers.php": text,
      });
    const path = '$path = $this->folder . "/" . $id; return file_get_contents($path);';
    expect(own(HANDLER(path))).toEqual(["fault:4 not checked"]);
    expect(own(HANDLER(`if (!preg_match("/^[a-z0-9]+$/D", $id)) { return ""; } ${path}`))).toEqual(
      [],
    );
    expect(own(HANDLER("return $this->rows->take($id);"))).toEqual([]);
  });

  it("leaves a path to the manager's check", () => {
    const services = `<?php
$session = new \\Phalcon\\Session\\Manager();
$session->setAdapter(new Drawers());
$session->start();`;
    const evidence = evidenceOf({
      [SERVICES]: services,
      "app/Drawers.php": HANDLER("return file_get_contents($this->folder . $id);"),
    });
    expect(seenOf(evidence, "id-validation")).toEqual(["good:2 checked by the manager"]);
  });
});
