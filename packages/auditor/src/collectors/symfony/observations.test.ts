import { describe, expect, it } from "vitest";
import type { Observation, ObservationTopic } from "../../evidence.ts";
import { controller, evidenceOf, type FixtureOptions, frameworkYaml } from "./testing.ts";

function seen(
  topic: ObservationTopic,
  files: Readonly<Record<string, string>>,
  options?: FixtureOptions,
): readonly Observation[] {
  const { observations } = evidenceOf({ ...frameworkYaml(), ...files }, options);
  return observations.filter((each) => each.topic === topic);
}

describe("settings without effect", () => {
  for (const [key, version, isDead] of [
    ["use_strict_mode: true", "3.4.1", false],
    ["use_strict_mode: true", "4.4.1", true],
    ["entropy_length: 32", "7.2.0", true],
    ["session.name: x", "7.2.0", true],
    ["sid_length: 48", "7.2.0", false],
    ["sid_length: 48", "8.0.0", true],
    ["gc_maxlifetime: 900", "8.0.0", false],
  ] as const) {
    it(`are ${isDead ? "" : "not "}${key} in ${version}`, () => {
      const found = seen("dead-setting", frameworkYaml(key), { version });
      expect(found).toHaveLength(isDead ? 1 : 0);
      if (isDead) expect(found[0]).toMatchObject({ kind: "fault", place: { line: 3, column: 9 } });
    });
  }

  it("name the key that was meant", () => {
    expect(seen("dead-setting", frameworkYaml("session.name: x"))[0]?.remedy).toContain(
      "Write name",
    );
  });
});

describe("what goes past the framework", () => {
  it("is native functions and $_SESSION, outside handlers of sessions", () => {
    const legacy = "<?php\nsession_start();\n$_SESSION['a'] = 1;\n// session_id();\n";
    expect(
      seen("native-session-functions", { "src/legacy.php": legacy }).map(({ place }) => place.line),
    ).toEqual([2, 3]);
    const handler =
      "<?php\nclass H implements \\SessionHandlerInterface { function f() { session_id(); } }";
    expect(seen("native-session-functions", { "src/H.php": handler })).toEqual([]);
    for (const file of ["tests/legacy.php", "public/lib/legacy.php", "public/adminer-5.php"]) {
      expect(seen("native-session-functions", { [file]: legacy })).toEqual([]);
    }
  });
});

describe("trusted proxies", () => {
  for (const [value, kind] of [
    ["0.0.0.0/0", "fault"],
    ["'127.0.0.1,REMOTE_ADDR'", "doubt"],
    ["'10.0.0.0/8'", "good"],
  ] as const) {
    it(`are a ${kind} with ${value}`, () => {
      const yaml = `framework:\n    session: true\n    trusted_proxies: ${value}\n`;
      expect(seen("proxy-trust", { "config/packages/framework.yaml": yaml })).toMatchObject([
        { kind },
      ]);
    });
  }

  it("are those of the front controller too", () => {
    const index =
      "<?php\nRequest::setTrustedProxies(['0.0.0.0/0'], Request::HEADER_X_FORWARDED_ALL);\n";
    expect(seen("proxy-trust", { "public/index.php": index })).toMatchObject([{ kind: "fault" }]);
  });
});

describe("debugging", () => {
  it("is on where a file that production loads says so", () => {
    expect(seen("debug-in-production", { ".env": "APP_ENV=dev\nAPP_DEBUG=1\n" })).toMatchObject([
      { kind: "doubt", place: { file: ".env", line: 2 } },
    ]);
    expect(seen("debug-in-production", { ".env.prod": "APP_ENV=dev\n" })).toMatchObject([
      { kind: "fault" },
    ]);
    expect(seen("debug-in-production", { ".env": "APP_ENV=dev\n" })).toEqual([]);
  });

  it("is on where the profiler is registered for all", () => {
    const bundles = (environment: string): Record<string, string> => ({
      "config/bundles.php": `<?php return [\n  WebProfilerBundle::class => ['${environment}' => true],\n];`,
    });
    expect(seen("debug-in-production", bundles("all"))).toMatchObject([
      { kind: "fault", place: { line: 2 } },
    ]);
    expect(seen("debug-in-production", bundles("dev"))).toEqual([]);
  });
});

describe("other observations", () => {
  it("are of transport security by the bundle or by hand", () => {
    const nelmio = (line: string): Record<string, string> => ({
      "config/packages/nelmio_security.yaml": `nelmio_security:\n    forced_ssl: ${line}\n`,
    });
    expect(seen("transport-security", nelmio("{ hsts_max_age: 31536000 }"))).toMatchObject([
      { kind: "good" },
    ]);
    expect(seen("transport-security", nelmio("~"))).toEqual([]);
    const off = nelmio("{ enabled: false, hsts_max_age: 31536000 }");
    expect(seen("transport-security", off)).toEqual([]);
    const body =
      "    public function f($r) { $r->headers->set('Strict-Transport-Security', 'max-age=1'); }";
    expect(seen("transport-security", controller("A", body))).toMatchObject([{ kind: "good" }]);
  });

  it("are of passwords in the session, not of what is named like one", () => {
    const body = (key: string): Record<string, string> =>
      controller(
        "A",
        `    public function f(SessionInterface $session, $v) { $session->set('${key}', $v); }`,
      );
    expect(seen("session-data", body("plain_password"))).toMatchObject([{ kind: "doubt" }]);
    expect(seen("session-data", body("password_changed"))).toEqual([]);
  });
});
