import { describe, expect, it } from "vitest";
import type { Observation } from "../../../evidence.ts";
import { evidenceOf, securityYaml } from "../testing.ts";

function seen(
  body: string,
  { firewall = ["custom_authenticators: [App\\Security\\Gate]"], rest = "", name = "Gate" } = {},
): readonly Observation[] {
  const files = {
    ...securityYaml(...firewall.map((line) => line.replace("Gate", name))),
    [`src/Security/${name}.php`]: `<?php
namespace App\\Security;
use Symfony\\Component\\HttpFoundation\\Request;
use Symfony\\Component\\Security\\Http\\Authenticator\\AbstractAuthenticator;
class ${name} extends AbstractAuthenticator {
    public function __construct(private string $apiKey, private $users) {}
    public function supports(Request $request): bool { return $request->attributes->get('_route') === 'sign_in'; }
    public function authenticate(Request $request) { ${body} return new SelfValidatingPassport(new UserBadge('x')); }
    ${rest}
}`,
  };
  return evidenceOf(files).observations.filter(({ topic }) => topic === "static-tokens");
}

const SENT = "$sent = $request->headers->get('X-Api-Key');";
const REFUSES = "{ throw new AuthenticationException(); }";
const KEY = `${SENT} if (!hash_equals($this->apiKey, $sent)) ${REFUSES}`;

describe("a fixed token", () => {
  for (const [where, body] of [
    ["by configuration", KEY],
    ["in the environment", `${SENT} if ($sent !== $_ENV['API_KEY']) ${REFUSES}`],
    [
      "in the code",
      `if ($request->headers->get('Authorization') !== 'bearer-0123456789') ${REFUSES}`,
    ],
  ] as const) {
    it(`stands in for a session: given ${where}`, () => {
      expect(seen(body)).toMatchObject([{ kind: "fault", place: { line: 8 } }]);
    });
  }

  it("stands in for a session in a column that no sign-in renews", () => {
    const body = `${SENT} $user = $this->users->findOneBy(['apiToken' => $sent]);`;
    expect(seen(body)).toMatchObject([{ kind: "fault" }]);
    const renewed =
      "public function onAuthenticationSuccess($request, $token) { $token->getUser()->setApiToken(bin2hex(random_bytes(32))); }";
    expect(seen(body, { rest: renewed })).toEqual([]);
  });

  it("stands in for a person in a handler of access tokens, whose firewall keeps nothing", () => {
    const files = {
      ...securityYaml("stateless: true", "access_token: { token_handler: App\\Handler }"),
      "config/packages/framework.yaml": "framework: { session: true }",
      "src/Handler.php": `<?php
namespace App;
use Symfony\\Component\\HttpFoundation\\Session\\SessionInterface;
class Handler implements \\Symfony\\Component\\Security\\Http\\AccessToken\\AccessTokenHandlerInterface {
    public function __construct(private string $secret) {}
    public function getUserBadgeFrom(string $accessToken): UserBadge {
        if ($accessToken !== $this->secret) ${REFUSES} return new UserBadge('x');
    }
}`,
    };
    const found = evidenceOf(files).observations.filter(({ topic }) => topic === "static-tokens");
    expect(found).toMatchObject([{ kind: "fault", place: { line: 7 } }]);
  });

  it("does not where programs prove themselves", () => {
    expect(seen(KEY, { name: "WebhookGate" })).toEqual([]);
    const stateless = ["stateless: true", "custom_authenticators: [App\\Security\\Gate]"];
    expect(seen(KEY, { firewall: stateless })).toEqual([]);
  });

  it("is not what is compared otherwise", () => {
    for (const body of [
      `if ($request->attributes->get('_route') !== 'sign_in_by_token') ${REFUSES}`,
      `if ($request->request->get('_csrf_token') !== $this->csrfToken) ${REFUSES}`,
      "$user = $this->users->findOneBy(['email' => $request->request->get('email')]);",
      `${SENT} $record = $this->tokens->findOneBy(['hash' => hash('sha256', $sent)]);`,
    ]) {
      expect(seen(body)).toEqual([]);
    }
  });

  it("is not judged in an authenticator that no firewall names", () => {
    expect(seen(KEY, { firewall: ["form_login: ~"] })).toEqual([]);
  });
});
