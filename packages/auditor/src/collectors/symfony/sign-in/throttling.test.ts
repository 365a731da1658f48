import { describe, expect, it } from "vitest";
import type { PresenceEvidence } from "../../../evidence.ts";
import { evidenceOf, securityYaml } from "../testing.ts";

function throttling(
  lines: readonly string[],
  files: Readonly<Record<string, string>> = {},
): PresenceEvidence | undefined {
  return evidenceOf({ ...securityYaml("form_login: ~", "logout: ~", ...lines), ...files })
    .throttling;
}

function listener(body: string, uses = ""): Record<string, string> {
  return {
    "src/EventListener/LoginListener.php": `<?php
namespace App\\EventListener;
${uses}
use Symfony\\Component\\Security\\Http\\Event\\LoginFailureEvent;
class LoginListener {
    public function onFailure(LoginFailureEvent $event): void { ${body} }
}`,
  };
}

describe("throttling of sign-ins", () => {
  it("is the firewall's, with or without options", () => {
    for (const line of ["login_throttling: ~", "login_throttling: { max_attempts: 3 }"]) {
      expect(throttling([line])).toMatchObject({ present: true, place: { line: 6 } });
    }
    expect(throttling(["login_throttling: false"])?.present).toBe(false);
  });

  it("is absent where only a comment speaks of it", () => {
    expect(throttling(["# login_throttling: ~"])?.present).toBe(false);
    expect(throttling([], listener("// $this->limiter->consume();"))?.present).toBe(false);
  });

  it("is a limiter, a captcha or a lock of the application's own", () => {
    const limiter = "public function __construct(private RateLimiterFactory $limiter) {}";
    expect(
      throttling(
        [],
        listener(`} ${limiter} function f() { $this->limiter->create('x')->consume();`),
      )?.present,
    ).toBe(true);
    expect(throttling([], listener("$this->recaptchaVerifier->verify();"))).toMatchObject({
      present: true,
    });
    expect(
      throttling([], listener("$user->setFailedLogins($n + 1); if ($n >= 5) { $user->lock(); }"))
        ?.present,
    ).toBe(true);
  });

  it("is no captcha that committed configuration switches off", () => {
    const captcha = listener("$this->recaptchaVerifier->verify();");
    const env = (value: string): Record<string, string> => ({
      ".env": `DESK_CAPTCHA_ENABLED=${value}\n`,
    });
    expect(throttling([], { ...captcha, ...env("false") })?.present).toBe(false);
    expect(throttling([], { ...captcha, ...env("0") })?.present).toBe(false);
    expect(throttling([], { ...captcha, ...env("true") })?.present).toBe(true);
    const yaml = (file: string, text: string): Record<string, string> => ({
      [`config/packages/${file}.yaml`]: text,
    });
    const bundle = yaml("captcha", "karser_recaptcha3:\n    enabled: false\n");
    expect(throttling([], { ...captcha, ...bundle })?.present).toBe(false);
    const parameter = yaml("x", "parameters:\n    desk.captcha.enabled: '%env(bool:DESK_ASKS)%'\n");
    expect(throttling([], { ...captcha, ...parameter, ".env": "DESK_ASKS=no\n" })?.present).toBe(
      false,
    );
  });

  it("is no limiter of something else", () => {
    const other = {
      "src/Controller/ContactController.php":
        "<?php\nnamespace App\\Controller;\nclass ContactController { function send($limiter) { $limiter->create('x')->consume(); } }",
    };
    expect(throttling([], other)?.present).toBe(false);
  });
});
