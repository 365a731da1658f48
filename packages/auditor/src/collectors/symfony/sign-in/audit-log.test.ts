import { describe, expect, it } from "vitest";
import { evidenceOf, securityYaml } from "../testing.ts";

function recorded(files: Readonly<Record<string, string>>): [unknown, unknown] {
  const log = evidenceOf({ ...securityYaml("form_login: ~", "logout: ~"), ...files }).auditLog;
  return [log?.success.present, log?.failure.present];
}

function monolog(...lines: string[]): Record<string, string> {
  const body = lines.map((line) => `            ${line}\n`).join("");
  return { "config/packages/monolog.yaml": `when@prod:\n    monolog:\n        handlers:\n${body}` };
}

const SUBSCRIBER = `<?php
namespace App;
use Psr\\Log\\LoggerInterface;
use Symfony\\Component\\Security\\Http\\Event\\LoginFailureEvent;
use Symfony\\Component\\Security\\Http\\Event\\LoginSuccessEvent;
class Audit {
    public function __construct(private LoggerInterface $logger, private Journal $journal) {}
    public function onSuccess(LoginSuccessEvent $event): void { SUCCESS }
    public function onFailure(LoginFailureEvent $event): void { FAILURE }
    private function write(string $text): void { $this->logger->info($text); }
}`;

function subscriber(success: string, failure: string): Record<string, string> {
  return { "src/Audit.php": SUBSCRIBER.replace("SUCCESS", success).replace("FAILURE", failure) };
}

describe("the record of sign-ins", () => {
  it("is what listeners write, each event for itself", () => {
    expect(
      recorded(subscriber("$this->logger->info('in');", "$this->logger->warning('out');")),
    ).toEqual([true, true]);
    expect(recorded(subscriber("$this->write('in');", ""))).toEqual([true, false]);
    expect(recorded(subscriber("", "$this->journal->record($event);"))).toEqual([false, true]);
  });

  it("is what a static method that they call writes", () => {
    const files = {
      ...subscriber("Trail::note('in');", "\\App\\Trail::note('out');"),
      "src/Trail.php":
        "<?php namespace App; class Trail { static function note($text) { $logger = Loggers::get('auth'); $logger->info($text); } }",
    };
    expect(recorded(files)).toEqual([true, true]);
    expect(recorded(subscriber("Trail::note('in');", ""))).toEqual([false, false]);
  });

  it("is not what a subscriber would write whose list does not name it", () => {
    const files = (list: string): Record<string, string> => {
      const [[file, text] = ["", ""]] = Object.entries(
        subscriber("$this->logger->info('in');", "$this->logger->warning('out');"),
      );
      const subscribed = `public static function getSubscribedEvents(): array { return [${list}]; }\n}`;
      return { [file]: text.replace(/}$/, subscribed) };
    };
    const success = "LoginSuccessEvent::class => 'onSuccess'";
    const failure = "LoginFailureEvent::class => ['onFailure', 5]";
    expect(recorded(files(success))).toEqual([true, false]);
    expect(recorded(files(`${success}, ${failure}`))).toEqual([true, true]);
  });

  it("is not what listeners do otherwise", () => {
    const locale = "$event->getRequest()->getSession()->set('_locale', 'en');";
    expect(
      recorded(subscriber(locale, "$this->translator->info('x'); /* $this->logger->info('x'); */")),
    ).toEqual([false, false]);
  });

  it("is the framework's own where production keeps level info of channel security", () => {
    expect(recorded(monolog("main: { type: stream, level: info }"))).toEqual([true, true]);
    expect(
      recorded(monolog("main: { type: stream, level: info, channels: ['!security'] }")),
    ).toEqual([false, false]);
    expect(recorded(monolog("main: { type: stream, level: info, channels: [security] }"))).toEqual([
      true,
      true,
    ]);
    expect(recorded(monolog("main: { type: stream, level: warning }"))).toEqual([false, false]);
    expect(recorded(monolog("main: { type: console }"))).toEqual([false, false]);
  });

  it("is lost in the buffer of fingers_crossed unless that passes it on", () => {
    const nested = "nested: { type: stream, level: debug }";
    const crossed = (rest: string): string =>
      `main: { type: fingers_crossed, handler: nested${rest} }`;
    expect(recorded(monolog(crossed(", action_level: error"), nested))).toEqual([false, false]);
    expect(
      recorded(monolog(crossed(", action_level: error, passthru_level: info"), nested)),
    ).toEqual([true, true]);
    expect(recorded(monolog(crossed(", action_level: info"), nested))).toEqual([true, true]);
  });

  it("is an old subscriber's, whose method has no type", () => {
    const text = `<?php
namespace App;
class Old {
    public static function getSubscribedEvents() { return [SecurityEvents::INTERACTIVE_LOGIN => 'onLogin', 'kernel.request' => 'onRequest']; }
    public function onLogin($event) { METHOD }
    public function onRequest($event) { $this->logger->info('x'); }
}`;
    expect(
      recorded({ "src/Old.php": text.replace("METHOD", "$this->logger->info('in');") }),
    ).toEqual([true, false]);
    expect(recorded({ "src/Old.php": text.replace("METHOD", "") })).toEqual([false, false]);
  });
});
