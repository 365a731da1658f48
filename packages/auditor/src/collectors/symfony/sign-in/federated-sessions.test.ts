import { describe, expect, it } from "vitest";
import type { Observation } from "../../../evidence.ts";
import { controller, evidenceOf, securityYaml } from "../testing.ts";

function seen(
  files: Record<string, string>,
  packages: Record<string, string> = {},
): readonly Observation[] {
  const all = {
    ...securityYaml("oauth: { resource_owners: { one: /one } }", "logout: ~"),
    ...files,
  };
  return evidenceOf(all, { packages }).observations.filter(
    ({ topic }) => topic === "federated-sessions",
  );
}

const hwi = (type: string, options = ""): Record<string, string> => ({
  "config/packages/hwi_oauth.yaml": `hwi_oauth:
    resource_owners:
        one:
            type: ${type}
            client_id: a
${options}`,
});
const knp = (line = ""): Record<string, string> => ({
  "config/packages/knpu_oauth2_client.yaml": `knpu_oauth2_client:
    clients:
        one:
            type: github
            ${line}
`,
  ...controller("BackController", "    public function back() { $this->client->fetchUser(); }"),
});

describe("a sign-in by a provider", () => {
  it("is bound to the browser in hwi/oauth-bundle only if csrf is on", () => {
    expect(seen(hwi("google"))).toMatchObject([{ kind: "fault", place: { line: 3 } }]);
    expect(seen(hwi("google", "            options: { csrf: true }\n"))).toMatchObject([
      { kind: "good" },
    ]);
    expect(seen(hwi("google", "            options: { csrf: false }\n"))).toMatchObject([
      { kind: "fault", place: { line: 6 } },
    ]);
    // The request token of OAuth 1 binds it.
    expect(seen(hwi("twitter"))).toEqual([]);
  });

  it("is bound in knpuniversity/oauth2-client-bundle unless that is switched off", () => {
    const packages = { "knpuniversity/oauth2-client-bundle": "2.18.0" };
    expect(seen(knp(), packages)).toMatchObject([
      { kind: "good", origin: { of: "knpuniversity/oauth2-client-bundle 2.18.0" } },
    ]);
    expect(seen(knp("use_state: false"))).toMatchObject([{ kind: "fault", place: { line: 5 } }]);
    const stateless = controller(
      "BackController",
      "    public function back() { $this->client->setAsStateless(); }",
    );
    expect(seen({ ...knp(), ...stateless })).toMatchObject([{ kind: "fault" }]);
  });

  const exchange = (body: string): Record<string, string> =>
    controller(
      "BackController",
      `    public function back(Request $request, SessionInterface $session) { ${body} }`,
    );

  for (const take of [
    "$token = $this->provider->getAccessToken('authorization_code', ['code' => $request->get('code')]);",
    "$this->http->request('POST', $url, ['body' => ['grant_type' => 'authorization_code', 'code' => $request->get('code')]]);",
  ]) {
    it(`needs a look at the state: ${take.slice(0, 30)}`, () => {
      expect(seen(exchange(take))).toMatchObject([{ kind: "fault", place: { line: 14 } }]);
      const compared = `if (!hash_equals($session->get('oauth2state'), $request->get('state'))) { throw new X(); } ${take}`;
      expect(seen(exchange(compared))).toMatchObject([{ kind: "good" }]);
      const pkce = `$this->provider->setPkceCode($session->get('pkce')); ${take}`;
      expect(seen(exchange(pkce))).toMatchObject([{ kind: "good" }]);
    });
  }

  it("needs none where a program fetches a token for itself", () => {
    expect(seen(exchange("$this->provider->getAccessToken('client_credentials');"))).toEqual([]);
  });

  it("is told with a sign-out that goes to the provider", () => {
    const end = controller(
      "OutController",
      "    public function out() { return $this->discovery['end_session_endpoint']; }",
    );
    expect(
      seen({ ...hwi("google", "            options: { csrf: true }\n"), ...end }),
    ).toMatchObject([
      { kind: "good" },
      { kind: "good", what: "Signing out goes on to the provider." },
    ]);
  });
});
