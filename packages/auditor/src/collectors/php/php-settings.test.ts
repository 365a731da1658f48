import { describe, expect, it } from "vitest";
import type { Application } from "../application.ts";
import { withFiles } from "../testing.ts";
import { readPhp } from "./php-code.ts";
import { type PhpSessionSettings, phpSessionSettings } from "./php-settings.ts";

function settingsOf(files: Record<string, string>, php = "8.2", root = "."): PhpSessionSettings {
  using tree = withFiles(files);
  const own = tree.files.filter((file) => root === "." || file.startsWith(`${root}/`));
  const application: Application = {
    root,
    framework: "phalcon",
    versions: {},
    php,
    manifest: "composer.json",
    files: own,
  };
  return phpSessionSettings(tree, application, readPhp(tree, own));
}

describe("phpSessionSettings", () => {
  it("falls back to PHP's defaults, which protect nothing", () => {
    const { cookie, strictMode, idBits, gcMaxLifetimeSeconds } = settingsOf({});
    expect(cookie).toMatchObject({
      secure: { value: "never", origin: { kind: "platform" } },
      httpOnly: { value: false },
      sameSite: { value: "unset" },
      name: { value: "PHPSESSID" },
      lifetimeSeconds: { value: "session" },
    });
    expect(strictMode.value).toBe(false);
    expect(idBits.value).toBe(128);
    expect(gcMaxLifetimeSeconds.value).toBe(1440);
    expect(settingsOf({}).gcProbability.origin).toMatchObject({
      of: expect.stringContaining("Debian 12: 0"),
    });
  });

  const places: readonly (readonly [file: string, text: string, line: number, column: number])[] = [
    ["php.ini", "; session\n[Session]\nsession.cookie_secure = On ; on\n", 3, 25],
    ["public/.user.ini", 'session.cookie_secure="1"\n', 1, 24],
    ["public/.htaccess", "RewriteEngine On\nphp_flag session.cookie_secure on\n", 2, 32],
    ["public/.htaccess", "  php_value session.cookie_secure 1\n", 1, 35],
    ["docker/pool.conf", "[www]\nphp_admin_flag[session.cookie_secure] = on\n", 2, 41],
    ["docker/nginx.conf", '  fastcgi_param PHP_VALUE "session.cookie_secure=1";\n', 1, 50],
    [
      "Dockerfile",
      'FROM php\nRUN echo "session.cookie_secure=1" >> /usr/local/etc/php/conf.d/s.ini\n',
      2,
      33,
    ],
    [
      "Dockerfile",
      'FROM php\nRUN sed -i "s/;session.cookie_secure =/session.cookie_secure = 1/g" $PHP_INI_DIR/php.ini\n',
      2,
      64,
    ],
    [
      "docker-compose.yml",
      "services:\n  web:\n    command: php -d session.cookie_secure=1 -S 0:80\n",
      3,
      43,
    ],
  ];
  for (const [file, text, line, column] of places) {
    it(`reads ${file}: ${text.split("session")[0]?.trim().slice(-20)}`, () => {
      expect(settingsOf({ [file]: text }).cookie.secure).toMatchObject({
        value: "always",
        origin: { kind: "set", place: { file, line, column } },
      });
    });
  }

  it("does not read templates, nor what only development loads", () => {
    const on = "session.cookie_secure = 1\n";
    for (const file of [
      "php.ini-development",
      "php.ini.dist",
      "docker/dev/php.ini",
      ".ddev/php/a.ini",
      "php.example.ini",
    ]) {
      expect(settingsOf({ [file]: on }).cookie.secure.value, file).toBe("never");
    }
  });

  it("does not take for set what sed looks for, comments out, or does for development", () => {
    for (const text of [
      'RUN sed -i "s/session.cookie_secure = 1/x/" php.ini\n',
      "RUN sed -i 's|^;*session.cookie_secure = 1|;session.cookie_secure = 1|' php.ini\n",
      "FROM php AS dev\nRUN sed -i s/a/session.cookie_secure=1/ php.ini\nFROM php AS prod\n",
    ]) {
      expect(settingsOf({ Dockerfile: text }).cookie.secure.value, text).toBe("never");
    }
  });

  it("reads the deployment beside an application in a folder, and not another application's", () => {
    const on = "session.cookie_secure = 1\n";
    expect(
      settingsOf({ "docker/php.ini": on, "web/a.php": "<?php" }, "8.2", "web").cookie.secure.value,
    ).toBe("always");
    expect(
      settingsOf({ "other/php.ini": on, "web/a.php": "<?php" }, "8.2", "web").cookie.secure.value,
    ).toBe("never");
  });

  it("lets code before the start count over files, and what administrators set over code", () => {
    const code = "<?php ini_set('session.cookie_secure', '0'); session_start();";
    const ini = "session.cookie_secure = 1\n";
    expect(settingsOf({ "a.php": code, "php.ini": ini }).cookie.secure.value).toBe("never");
    const pool = "php_admin_value[session.cookie_secure] = 1\n";
    expect(settingsOf({ "a.php": code, "fpm/pool.conf": pool }).cookie.secure.value).toBe("always");
  });

  it("says that code after the start has no effect", () => {
    const { secure } = settingsOf({
      "a.php": "<?php session_start();\nini_set('session.cookie_secure', 1);",
    }).cookie;
    expect(secure).toMatchObject({
      value: "never",
      withoutEffect: { place: { file: "a.php", line: 2 } },
    });
  });

  const forms: readonly (readonly [title: string, code: string])[] = [
    [
      "positional parameters",
      "session_set_cookie_params(3600, '/', '', true, true); session_name('desk');",
    ],
    [
      "an array of parameters",
      "session_set_cookie_params(['lifetime' => 3600, 'secure' => true, 'HttpOnly' => true]); session_name('desk');",
    ],
    [
      "named arguments",
      "session_set_cookie_params(3600, secure: true, httponly: true); session_name('desk');",
    ],
    [
      "options of the start",
      "session_start(['cookie_lifetime' => 3600, 'cookie_secure' => 1, 'cookie_httponly' => 1, 'name' => 'desk']);",
    ],
    [
      "variables",
      "$o = ['cookie_lifetime' => 60 * 60]; $o['cookie_secure'] = true; $o['cookie_httponly'] = true; $o['name'] = 'desk'; session_start($o);",
    ],
    [
      "a loop over options",
      "$o = ['cookie_lifetime' => 3600, 'cookie_secure' => 1, 'cookie_httponly' => 1, 'name' => 'desk']; foreach ($o as $k => $v) { ini_set('session.' . $k, $v); }",
    ],
    [
      "a loop over whole names",
      'foreach (["session.cookie_lifetime" => 3600, "session.cookie_secure" => 1, "session.cookie_httponly" => 1, "session.name" => "desk"] as $k => $v) { ini_set($k, $v); }',
    ],
    [
      "ini_set",
      "ini_set('session.cookie_lifetime', (string) (60 * 60)); ini_set('session.cookie_secure', 'On'); ini_set('session.cookie_httponly', true); ini_set('session.name', 'desk');",
    ],
  ];
  for (const [title, code] of forms) {
    it(`reads ${title}`, () => {
      expect(settingsOf({ "a.php": `<?php ${code}` }).cookie).toMatchObject({
        lifetimeSeconds: { value: 3600 },
        secure: { value: "always" },
        httpOnly: { value: true },
        name: { value: "desk" },
      });
    });
  }

  it("knows flags that follow the request's scheme, and such that the environment decides", () => {
    const secure = (code: string) => settingsOf({ "a.php": `<?php ${code}` }).cookie.secure;
    expect(secure("ini_set('session.cookie_secure', isset($_SERVER['HTTPS']));").value).toBe(
      "when-https",
    );
    expect(
      secure("if (!empty($_SERVER['HTTPS'])) { ini_set('session.cookie_secure', 1); }").value,
    ).toBe("when-https");
    expect(secure("ini_set('session.cookie_secure', getenv('SECURE'));")).toMatchObject({
      value: undefined,
      origin: { kind: "environment", name: "SECURE" },
    });
    expect(
      secure("if (APP_ENV === 'dev') { ini_set('session.cookie_secure', 0); }").origin.kind,
    ).toBe("platform");
    expect(secure("ini_set('session.cookie_secure', APP_ENV === 'production');").value).toBe(
      "always",
    );
  });

  it("E1: settings that PHP no longer has are dead, from 7.1 on", () => {
    const files = {
      "php.ini": "session.entropy_length = 32\n",
      "a.php": "<?php ini_set('session.hash_function', 1);",
    };
    expect(settingsOf(files).observations).toMatchObject([
      { topic: "dead-setting", place: { file: "php.ini" } },
      { topic: "dead-setting", place: { file: "a.php" } },
    ]);
    expect(settingsOf(files, "5.6").observations).toEqual([]);
  });

  it("sees ids in URLs and pages that caches may keep", () => {
    const { observations, idBits } = settingsOf({
      "php.ini":
        "session.use_only_cookies=0\nsession.use_trans_sid=1\nsession.sid_length=22\nsession.cache_limiter=public\n",
    });
    expect(observations.map(({ topic }) => topic)).toEqual([
      "id-in-url",
      "id-in-url",
      "session-caching",
    ]);
    expect(idBits).toMatchObject({ value: 88, written: "22 characters of 4 bits" });
  });

  it("tells SameSite where nothing that it can come to protects", () => {
    const code = (returned: string): Record<string, string> => ({
      "src/Handler.php": `<?php
use Symfony\\Component\\HttpFoundation\\Cookie;
class Handler {
    public function __construct() { ini_set('session.cookie_samesite', $this->flag()); }
    private function flag() { if ($this->knows()) { return ${returned}; } return ''; }
}`,
    });
    expect(settingsOf(code("Cookie::SAMESITE_NONE")).cookie.sameSite).toMatchObject({
      value: "none",
      origin: { kind: "set", place: { line: 4 } },
    });
    expect(settingsOf(code("$x ? 'None' : ''")).cookie.sameSite.value).toBe("none");
    expect(settingsOf(code("Cookie::SAMESITE_LAX")).cookie.sameSite.value).toBeUndefined();
    expect(settingsOf(code("$this->configured")).cookie.sameSite.value).toBeUndefined();
  });

  it("tells Secure where a function of the application asks for the scheme", () => {
    const secure = (body: string): unknown =>
      settingsOf({
        "src/Handler.php": `<?php
class Handler {
    public function __construct() { ini_set('session.cookie_secure', $this->flag()); }
    private function flag() { ${body} }
}`,
      }).cookie.secure.value;
    expect(secure("$r = Request::createFromGlobals(); return $r->isSecure() ? '1' : '0';")).toBe(
      "when-https",
    );
    expect(secure("return $this->wanted ? '1' : '0';")).toBeUndefined();
  });
});
