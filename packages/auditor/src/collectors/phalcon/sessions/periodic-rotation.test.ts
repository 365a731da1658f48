import { describe, expect, it } from "vitest";
import { evidenceOf, seenOf } from "../testing-app.ts";

function guard(body: string, name = "beforeExecuteRoute") {
  return evidenceOf({
    "app/controllers/BaseController.php": `<?php
class BaseController extends \\Phalcon\\Mvc\\Controller {
  const AGE = 10 * 60;
  public function ${name}() {
    ${body}
  }
}`,
  });
}
const OLD = '$born = $this->session->get("born"); if (time() - $born > self::AGE) {';

describe("periodicRotation", () => {
  it("sees the id changed when a time in the session is long ago", () => {
    const rotating = guard(
      `${OLD} $this->session->regenerateId(); $this->session->set("born", time()); }`,
    );
    expect(seenOf(rotating, "periodic-rotation")).toEqual(["good:5 every 600 seconds"]);
    // It ends nothing: no timeout comes of it.
    expect(rotating.sessions[0]?.idle.seconds.value).toBe(900);
    expect(seenOf(rotating, "absolute-timeout")).toEqual([]);
  });

  it("sees one that changes at each request", () => {
    expect(seenOf(guard("$this->session->regenerateId();"), "periodic-rotation")).toEqual([
      "good:5 at each request",
    ]);
  });

  it("does not count a sign-in's, one that keeps the old session, or a time that ends it", () => {
    expect(seenOf(evidenceOf(), "periodic-rotation")).toEqual([]);
    expect(
      seenOf(guard(`${OLD} $this->session->regenerateId(false); }`), "periodic-rotation"),
    ).toEqual([]);
    expect(seenOf(guard(`${OLD} $this->session->destroy(); }`), "periodic-rotation")).toEqual([]);
  });
});
