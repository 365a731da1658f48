import { describe, expect, it } from "vitest";
import { evidenceOf, sessionOf } from "../testing.ts";

const USES = `use Symfony\\Config\\FrameworkConfig;
use Symfony\\Config\\SecurityConfig;
use Symfony\\Component\\DependencyInjection\\Loader\\Configurator\\ContainerConfigurator;
use function Symfony\\Component\\DependencyInjection\\Loader\\Configurator\\env;
use function Symfony\\Component\\DependencyInjection\\Loader\\Configurator\\param;`;

function framework(php: string): Record<string, string> {
  return { "config/packages/framework.php": `<?php\n${USES}\n${php}` };
}

describe("configuration in PHP", () => {
  for (const [style, php] of [
    [
      "config builders",
      `return static function (FrameworkConfig $framework): void {
    $framework->secret(env('APP_SECRET'))->phpErrors()->log(true);
    $session = $framework->session();
    $session->name('app')->cookieSecure('auto');
    $framework->session()->cookieSamesite('strict');
};`,
    ],
    [
      "extension()",
      `return static function (ContainerConfigurator $container): void {
    $container->parameters()->set('same', 'strict');
    $container->extension('framework', ['session' => ['name' => 'app', 'cookie_secure' => 'auto', 'cookie_samesite' => param('same')]]);
};`,
    ],
    [
      "a returned array",
      `return ['framework' => ['session' => ['name' => 'app', 'cookie_secure' => 'auto', 'cookie_samesite' => 'lax']],
  'when@prod' => ['framework' => ['session' => ['cookie_samesite' => 'strict']]]];`,
    ],
    [
      "App::config()",
      `return App::config(['framework' => ['session' => ['name' => 'app', 'cookie_secure' => 'auto', 'cookie_samesite' => 'strict']]]);`,
    ],
    [
      "loadFromExtension()",
      `$container->loadFromExtension('framework', array('session' => array('name' => 'app', 'cookie_secure' => 'auto', 'cookie_samesite' => 'strict')));`,
    ],
  ] as const) {
    it(`is read in the style of ${style}`, () => {
      const { cookie } = sessionOf(framework(php));
      expect(cookie.name.value).toBe("app");
      expect(cookie.secure.value).toBe("when-https");
      expect(cookie.sameSite).toMatchObject({
        value: "strict",
        origin: { kind: "set", place: { file: "config/packages/framework.php" } },
      });
    });
  }

  it("says where a builder's method stands", () => {
    const { cookie } = sessionOf(
      framework(
        "return static function (FrameworkConfig $framework) {\n    $framework->session()\n        ->name('app');\n};",
      ),
    );
    expect(cookie.name.origin).toMatchObject({ place: { line: 9, column: 11 } });
  });

  it("runs only what is for production", () => {
    const { cookie } = sessionOf(
      framework(`return static function (ContainerConfigurator $container): void {
    $container->extension('framework', ['session' => ['name' => 'all']]);
    if ($container->env() === 'test') {
        $container->extension('framework', ['session' => ['name' => 'test']]);
    }
    if ('prod' === $container->env()) {
        $container->extension('framework', ['session' => ['cookie_secure' => true]]);
    }
};`),
    );
    expect(cookie.name.value).toBe("all");
    expect(cookie.secure.value).toBe("always");
    const other = framework(
      "return #[When(env: 'dev')] static function (FrameworkConfig $f) { $f->session()->name('dev'); };",
    );
    expect(evidenceOf(other).sessions).toEqual([]);
  });

  it("reads a flag that is computed from the site's own scheme", () => {
    const { cookie } = sessionOf(
      framework(`$isSecure = str_starts_with($siteUrl, 'https');
$container->loadFromExtension('framework', ['session' => ['cookie_secure' => $isSecure]]);`),
    );
    expect(cookie.secure.value).toBe("when-https");
  });

  it("knows the firewalls that builders make", () => {
    const evidence = evidenceOf({
      ...framework(
        "return static function (FrameworkConfig $f) { $f->session()->enabled(true); };",
      ),
      "config/packages/security.php": `<?php
${USES}
return static function (SecurityConfig $security): void {
    $security->firewall('assets')->pattern('^/assets')->security(false);
    $security->firewall('api')->stateless(true)->jsonLogin()->checkPath('/api/login');
    $main = $security->firewall('main')->lazy(true);
    $main->formLogin()->provider('users')->enableCsrf(true)->loginPath('/login');
    $main->rememberMe()->secret(env('APP_SECRET'))->lifetime(3600);
    $main->logout()->path('/logout')->invalidateSession(false);
    $security->accessControl()->path('^/')->roles(['ROLE_USER']);
};`,
    });
    expect(evidence.privilegeChanges.map(({ kind, rotation }) => [kind, rotation])).toEqual([
      ["password", "rotated"],
      ["remember-me", "rotated"],
    ]);
    expect(evidence.rememberMe?.lifetimeSeconds.value).toBe(3600);
    expect(evidence.signOuts).toMatchObject([{ effect: "key-removed", place: { line: 13 } }]);
    expect(evidence.csrf?.cover).toBe("protected");
  });
});
