import { describe, expect, it } from "vitest";
import { evidenceOf, SERVICES, seenOf } from "../testing-app.ts";

const WRAPPED = `<?php
$session = new \\Phalcon\\Session\\Manager();
$session->setAdapter(new Veil(new \\Phalcon\\Session\\Adapter\\Redis($factory, ["lifetime" => 900])));
$session->start();`;
const VEIL = (read: string, write: string, more = "") => `<?php
class Veil implements \\SessionHandlerInterface {
  public function __construct(private $inner) {}
  public function read($id) { return $this->inner->read(${read}); }
  public function write($id, $data) { return $this->inner->write(${write}, $data); }
  ${more}
}`;

function wrapped(read: string, write: string, more?: string) {
  return seenOf(
    evidenceOf({ [SERVICES]: WRAPPED, "app/Veil.php": VEIL(read, write, more) }),
    "ids-at-rest",
  );
}

describe("idsAtRest", () => {
  it("knows that Phalcon's adapters name the record by the id", () => {
    expect(seenOf(evidenceOf(), "ids-at-rest")).toEqual(["fault:17 the id itself"]);
  });

  it("sees an adapter that hashes the id before it hands it on", () => {
    const hash = 'hash("sha256", $id)';
    expect(wrapped(hash, hash)).toEqual(["good:4 hashed"]);
    const keyed = "private function nameOf($id) { return hash_hmac('sha256', $id, $this->key); }";
    expect(wrapped("$this->nameOf($id)", "$this->nameOf($id)", keyed)).toEqual(["good:6 hashed"]);
  });

  it("does not take a hash of the contents, or in one direction only, for it", () => {
    expect(wrapped("$id", "$id")).toEqual(["fault:3 the id itself"]);
    expect(wrapped("$id", 'hash("sha256", $id)')).toEqual(["fault:3 the id itself"]);
    const sum = "public function sum($data) { return hash('sha256', $data); }";
    expect(wrapped("$id", "$id", sum)).toEqual(["fault:3 the id itself"]);
  });
});
