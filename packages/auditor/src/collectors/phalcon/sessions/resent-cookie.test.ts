import { describe, expect, it } from "vitest";
import { evidenceOf, SERVICES, SOUND } from "../testing-app.ts";

function cookie(again: string) {
  const services = (SOUND[SERVICES] ?? "").replace(
    "$session->start();",
    `$session->start();\n    ${again}`,
  );
  return evidenceOf({ [SERVICES]: services }).sessions[0]?.cookie;
}

describe("withResent", () => {
  it("takes the flags of the cookie that is sent again", () => {
    expect(cookie('setcookie(session_name(), session_id(), time() + 3600, "/");')).toMatchObject({
      secure: { value: "never" },
      httpOnly: { value: false },
      sameSite: { value: "unset" },
      lifetimeSeconds: { value: 3600 },
    });
    expect(
      cookie('setcookie("__Host-desk", $session->getId(), 0, "/", "", true, true);'),
    ).toMatchObject({
      secure: { value: "always" },
      httpOnly: { value: true },
      sameSite: { value: "unset" },
    });
  });

  it("leaves a cookie alone that is taken back, and others", () => {
    const sound = { secure: { value: "always" }, sameSite: { value: "lax" } };
    expect(cookie('setcookie(session_name(), "", time() - 3600, "/");')).toMatchObject(sound);
    expect(cookie('setcookie("last", session_id(), 0, "/");')).toMatchObject(sound);
  });
});
