import { describe, expect, it } from "vitest";
import { evidenceOf, SERVICES, SOUND, seenOf } from "../testing-app.ts";

const STREAM = (before = "") => ({
  [SERVICES]: `<?php
${before}
$session = new \\Phalcon\\Session\\Manager();
$session->setAdapter(new \\Phalcon\\Session\\Adapter\\Stream(["savePath" => "/srv/desk"]));
$session->start();`,
});
const ROWS = (gc: string) => `<?php
class Rows implements \\SessionHandlerInterface {
  public function read($id) { return $this->db->fetchOne("SELECT data FROM kept WHERE id = ?", [$id]); }
  public function gc($seconds) { ${gc} }
}`;

describe("expiredData", () => {
  it("knows that Redis drops what has expired", () => {
    expect(seenOf(evidenceOf(), "expired-data")).toEqual(["good:17 the store's own expiry"]);
  });

  it("sees PHP's clean-up switched off, and on", () => {
    const off = evidenceOf(STREAM('ini_set("session.gc_probability", "0");'));
    expect(seenOf(off, "expired-data")).toEqual(["fault:2 switched off"]);
    const on = evidenceOf({ ...STREAM(), "docker/php.ini": "session.gc_probability = 1\n" });
    expect(seenOf(on, "expired-data")).toEqual(["good:1 PHP's clean-up"]);
    expect(seenOf(evidenceOf(STREAM()), "expired-data")).toEqual([]);
  });

  it("sees an adapter that removes nothing", () => {
    const own = (gc: string) =>
      seenOf(
        evidenceOf({
          [SERVICES]: (SOUND[SERVICES] ?? "").replace(/new Redis\(.*\)\);/, "new Rows());"),
          "app/Rows.php": ROWS(gc),
        }),
        "expired-data",
      );
    expect(own("return true;")).toEqual(["fault:4 never"]);
    expect(own('return $this->db->execute("DELETE FROM kept WHERE at < ?", [1]);')).toEqual([]);
  });
});
