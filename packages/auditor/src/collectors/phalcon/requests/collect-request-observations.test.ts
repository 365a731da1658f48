import { describe, expect, it } from "vitest";
import type { Evidence, ObservationTopic } from "../../../evidence.ts";
import { ACCOUNT, CONTROLLER, evidenceOf, SERVICES, SOUND, spoilt } from "../testing-app.ts";

function seen(evidence: Evidence, topic: ObservationTopic): readonly string[] {
  return evidence.observations.filter((each) => each.topic === topic).map(({ kind }) => kind);
}

function cors(body: string): Evidence {
  return evidenceOf({
    "app/Answer.php": `<?php class Answer { function send($response, $request) { ${body} } }`,
  });
}

const CREDENTIALS = '$response->setHeader("Access-Control-Allow-Credentials", "true");';

describe("requestObservations", () => {
  it("sees signing out by a link", () => {
    const asks = "if ($this->security->checkToken()) {";
    const with_ = (test: string) =>
      seen(
        spoilt(
          CONTROLLER,
          `${asks}\n            $this->session->destroy`,
          `${test}\n            $this->session->destroy`,
        ),
        "logout-method",
      );
    expect(with_(asks)).toEqual(["good"]);
    expect(with_("if ($this->request->isPost()) {")).toEqual(["good"]);
    expect(with_("if ($this->session->has('auth')) {")).toEqual(["fault"]);
  });

  it("sees a password that is changed without the old one", () => {
    const check = /if \(!\$this->security->checkHash[^}]*\}\n/;
    const text = (SOUND[ACCOUNT] ?? "").replace(check, "");
    const changes = (account: string) =>
      seen(evidenceOf({ [ACCOUNT]: account }), "fresh-authentication");
    expect(changes(text)).toEqual(["fault"]);
    expect(changes(text.replace("secretAction()", "resetAction()"))).toEqual([]);
    expect(changes(text.replace("secretAction()", "editAction($id)"))).toEqual([]);
  });

  it("sees origins that are repeated beside credentials", () => {
    const repeat = '$response->setHeader("Access-Control-Allow-Origin", $_SERVER["HTTP_ORIGIN"]);';
    const topic = "cross-origin-reads";
    expect(seen(cors(repeat + CREDENTIALS), topic)).toEqual(["fault"]);
    const variable =
      '$o = $request->getHeader("Origin"); $response->setHeader("Access-Control-Allow-Origin", $o);';
    expect(seen(cors(variable + CREDENTIALS), topic)).toEqual(["fault"]);
    expect(seen(cors(repeat), topic)).toEqual([]);
    expect(
      seen(
        cors(`if (in_array($_SERVER["HTTP_ORIGIN"], $this->origins)) { ${repeat} } ${CREDENTIALS}`),
        topic,
      ),
    ).toEqual(["good"]);
    expect(
      seen(cors(`$response->setHeader("Access-Control-Allow-Origin", "*");${CREDENTIALS}`), topic),
    ).toEqual(["doubt"]);
    expect(
      seen(
        cors(
          '$response->setHeader("Access-Control-Allow-Origin", "https://desk.example");' +
            CREDENTIALS,
        ),
        topic,
      ),
    ).toEqual([]);
  });

  it("tells a longest lifetime from a time that is renewed", () => {
    const checking = (renews: string) => ({
      "app/Watch.php": `<?php class Watch extends \\Phalcon\\Di\\Injectable { function look() {
        if (time() - $this->session->get("since") > 3600) { $this->session->destroy(); }
        ${renews} } }`,
      [CONTROLLER]: (SOUND[CONTROLLER] ?? "").replace(
        "$this->logger->info",
        '$this->session->set("since", time());\n        $this->logger->info',
      ),
    });
    expect(seen(evidenceOf(checking("")), "absolute-timeout")).toEqual(["good"]);
    expect(
      seen(evidenceOf(checking('$this->session->set("since", time());')), "absolute-timeout"),
    ).toEqual(["fault"]);
    expect(seen(evidenceOf(), "absolute-timeout")).toEqual([]);
  });

  it("sees sessions that begin before anybody needs one", () => {
    const start = "\n$di->getShared('session')->start();\n";
    expect(
      seen(evidenceOf({ [SERVICES]: (SOUND[SERVICES] ?? "") + start }), "eager-sessions"),
    ).toEqual(["doubt"]);
    expect(seen(evidenceOf(), "eager-sessions")).toEqual([]);
  });
});
