import { describe, expect, it } from "vitest";
import { evidenceOf, frameworkYaml } from "../testing.ts";

function listener(body: string, rest = ""): Record<string, string> {
  return {
    ...frameworkYaml(),
    "src/EventListener/Clock.php": `<?php
namespace App\\EventListener;
use Symfony\\Component\\HttpKernel\\Event\\RequestEvent;
use Symfony\\Component\\HttpFoundation\\Request;
class Clock {
    public function onRequest(RequestEvent $event): void {
        $session = $event->getRequest()->getSession();
        ${body}
    }
    ${rest}
}`,
  };
}

const topics = (files: Record<string, string>, wanted: string): number =>
  evidenceOf(files).observations.filter(({ topic }) => topic === wanted).length;
const CHECK = "if (time() - $session->get('since', 0) > 1800) { $session->invalidate(); }";
const WRITE = "$session->set('since', time());";

describe("a listener that ends sessions", () => {
  it("is an absolute timeout where its time is set at the sign-in", () => {
    const signIn = `public function onSuccess(Request $request) { $session = $request->getSession(); ${WRITE} }`;
    const files = listener(CHECK, signIn);
    expect(topics(files, "absolute-timeout")).toBe(1);
    expect(evidenceOf(files).sessions[0]?.idle.keptBy).not.toBe("application");
    const once = listener(`if (!$session->has('since')) { ${WRITE} } ${CHECK}`);
    expect(topics(once, "absolute-timeout")).toBe(1);
  });

  it("is an idle timeout where each request sets its time", () => {
    const files = listener(`${CHECK} ${WRITE}`);
    expect(topics(files, "absolute-timeout")).toBe(0);
    expect(evidenceOf(files).sessions[0]?.idle).toMatchObject({
      keptBy: "application",
      seconds: { value: 1800 },
    });
  });

  it("is neither with a time that each migration sets anew, or that nobody sets", () => {
    const created =
      "if (time() - $session->getMetadataBag()->getCreated() > 3600) { $session->invalidate(); }";
    for (const files of [listener(created), listener(CHECK)]) {
      expect(topics(files, "absolute-timeout")).toBe(0);
      expect(evidenceOf(files).sessions[0]?.idle.keptBy).not.toBe("application");
    }
  });
});

describe("a listener that starts sessions", () => {
  it("is found where nothing keeps it from any visitor", () => {
    expect(topics(listener("$session->set('seen', 1);"), "eager-sessions")).toBe(1);
    const main = "if (!$event->isMainRequest()) { return; } $session->set('seen', 1);";
    expect(topics(listener(main), "eager-sessions")).toBe(1);
  });

  it("is none below a condition, or after one", () => {
    for (const body of [
      "if ($event->getRequest()->query->has('l')) { $session->set('l', 1); }",
      "if (!$event->getRequest()->hasPreviousSession()) { return; } $session->set('l', 1);",
      "$session->get('l');",
    ]) {
      expect(topics(listener(body), "eager-sessions")).toBe(0);
    }
  });

  it("is neither where the time only gives the session a new id", () => {
    const files = listener(
      `if (time() - $session->get('since', 0) > 600) { $session->migrate(true); ${WRITE} }`,
    );
    expect(topics(files, "absolute-timeout")).toBe(0);
    expect(evidenceOf(files).sessions[0]?.idle.keptBy).not.toBe("application");
  });
});
