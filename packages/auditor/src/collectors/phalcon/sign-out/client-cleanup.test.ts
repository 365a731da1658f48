import { describe, expect, it } from "vitest";
import { CONTROLLER, evidenceOf, SERVICES, SOUND } from "../testing-app.ts";

const DESTROY = "$this->session->destroy();";
const CLEANS = /\$this->session->destroy\(\);\s*setcookie\([^;]*;/;

function cleanup(signOut: string, others: Record<string, string> = {}) {
  const text = (SOUND[CONTROLLER] ?? "").replace(CLEANS, () => signOut);
  return evidenceOf({ ...others, [CONTROLLER]: text })
    .observations.filter(({ topic }) => topic === "client-cleanup")
    .map(({ kind, place }) => ({ kind, line: place.line }));
}

describe("clientCleanup", () => {
  it("tells a cookie that still opens the session from one that is dead", () => {
    expect(cleanup('$this->session->remove("auth");')).toEqual([{ kind: "fault", line: 27 }]);
    expect(cleanup(DESTROY)).toEqual([{ kind: "doubt", line: 27 }]);
  });

  it("sees the cookie removed, by whichever name", () => {
    const good = [{ kind: "good", line: 27 }];
    for (const removal of [
      'setcookie(session_name(), "", time() - 3600, "/");',
      'setcookie("__Host-desk", "", ["expires" => 1, "path" => "/", "secure" => true]);',
      "$this->cookies->get(session_name())->delete();",
      '$this->response->setHeader("Clear-Site-Data", \'"cookies"\');',
    ])
      expect(cleanup(`${DESTROY} ${removal}`)).toEqual(good);
  });

  it("does not take another cookie for it", () => {
    for (const other of [
      'setcookie("theme", "", time() - 3600, "/");',
      '$this->cookies->get("remember")->delete();',
    ])
      expect(cleanup(`${DESTROY} ${other}`)).toMatchObject([{ kind: "doubt" }]);
  });

  it("says nothing of a session that begins again, nor beside a listener that clears up", () => {
    expect(cleanup('$this->session->remove("auth"); $this->session->regenerateId(true);')).toEqual(
      [],
    );
    const listener = `${SOUND[SERVICES] ?? ""}
$manager->attach("application:beforeSendResponse", function ($event, $app, $response) {
    $response->setHeader("Clear-Site-Data", '"cookies"');
});`;
    expect(cleanup(DESTROY, { [SERVICES]: listener })).toEqual([]);
  });
});
