import { describe, expect, it } from "vitest";
import type { Observation } from "../../../evidence.ts";
import { evidenceOf, frameworkYaml } from "../testing.ts";

function seen(body: string): readonly Observation[] {
  const files = {
    ...frameworkYaml(),
    "src/EventListener/Watch.php": `<?php
namespace App\\EventListener;
use Symfony\\Component\\HttpKernel\\Event\\RequestEvent;
class Watch {
    public function onRequest(RequestEvent $event): void {
        $request = $event->getRequest(); $session = $request->getSession();
        ${body}
    }
}`,
  };
  return evidenceOf(files).observations.filter(({ topic }) => topic === "stolen-session-signals");
}

const END = "{ $session->invalidate(); }";

describe("where a session is used", () => {
  it("may be compared by the browser, or by the network", () => {
    for (const body of [
      `if ($session->get('browser') !== $request->headers->get('User-Agent')) ${END}`,
      `$now = $request->headers->get('user-agent'); if (!hash_equals($session->get('b'), hash('sha256', $now))) ${END}`,
      `if ($session->get('net') !== IpUtils::anonymize($request->getClientIp())) ${END}`,
      "if ($session->get('browser') !== $request->headers->get('User-Agent')) { $this->logger->warning('x'); }",
    ]) {
      expect(seen(body)).toMatchObject([{ kind: "good" }]);
    }
  });

  it("must not be held to one address", () => {
    for (const body of [
      `if ($session->get('ip') !== $request->getClientIp()) ${END}`,
      `$ip = $_SERVER['REMOTE_ADDR']; if ($session->get('ip') != $ip) ${END}`,
      `$print = hash('sha256', $request->getClientIp() . $request->headers->get('User-Agent')); if ($session->get('print') !== $print) ${END}`,
    ]) {
      expect(seen(body)).toMatchObject([{ kind: "fault", place: { line: 7 } }]);
    }
  });

  it("is not watched by what compares something else", () => {
    for (const body of [
      `if ($request->getClientIp() === '10.0.0.1') ${END}`,
      "if ($request->getClientIp() === null) { throw new \\RuntimeException(); }",
      "$session->set('ip', $request->getClientIp());",
      "if ($session->get('ip') !== $request->getClientIp()) { $this->count += 1; }",
      `if ($session->get('locale') !== $request->getLocale()) ${END}`,
    ]) {
      expect(seen(body)).toEqual([]);
    }
  });
});
