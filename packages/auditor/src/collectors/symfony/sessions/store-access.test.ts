import { describe, expect, it } from "vitest";
import type { Observation } from "../../../evidence.ts";
import { evidenceOf, frameworkYaml } from "../testing.ts";

function access(files: Record<string, string>): Observation[] {
  return evidenceOf(files).observations.filter(({ topic }) => topic === "store-access");
}

describe("the way to the session store", () => {
  for (const [dsn, kind] of [
    ["redis://cache.internal:6379", "fault"],
    ["redis://cache.internal?timeout=3", "fault"],
    ["memcached://cache.internal", "fault"],
    ["redis://:secret@cache.internal:6379", "doubt"],
    ["redis://cache.internal?auth=secret", "doubt"],
    ["rediss://app:secret@cache.internal:6380", "good"],
    ["mysql://app:secret@db.internal/app", "good"],
    ["redis://localhost:6379", undefined],
    ["redis://127.0.0.1", undefined],
    ["redis:///run/redis.sock", undefined],
  ] as const) {
    it(`is ${kind ?? "not judged"}: ${dsn}`, () => {
      const kinds = access(frameworkYaml(`handler_id: '${dsn}'`)).map((each) => each.kind);
      expect(kinds).toEqual(kind === undefined ? [] : [kind]);
    });
  }

  it("is read from .env, and points there", () => {
    const files = {
      ...frameworkYaml("handler_id: '%env(REDIS_URL)%'"),
      ".env": "APP_ENV=prod\nREDIS_URL=redis://cache.internal\n",
    };
    expect(access(files)).toMatchObject([{ kind: "fault", place: { file: ".env", line: 2 } }]);
    expect(access(frameworkYaml("handler_id: '%env(REDIS_URL)%'"))).toEqual([]);
  });

  const HANDLER =
    "    Symfony\\Component\\HttpFoundation\\Session\\Storage\\Handler\\RedisSessionHandler:\n        arguments: ['@client']\n";
  const handled = (client: string): Record<string, string> => ({
    ...frameworkYaml(
      "handler_id: Symfony\\Component\\HttpFoundation\\Session\\Storage\\Handler\\RedisSessionHandler",
    ),
    "config/services.yaml": `services:\n${HANDLER}    client:\n${client}`,
  });

  it("is found in the client that a handler is given", () => {
    const connect =
      "        class: Redis\n        calls:\n            - connect: ['cache.internal', 6379]\n";
    expect(access(handled(connect)).map(({ kind }) => kind)).toEqual(["fault"]);
    const auth = `${connect}            - auth: ['%env(REDIS_PASSWORD)%']\n`;
    expect(access(handled(auth)).map(({ kind }) => kind)).toEqual(["doubt"]);
    const tls = auth.replace("cache.internal", "tls://cache.internal");
    expect(access(handled(tls)).map(({ kind }) => kind)).toEqual(["good"]);
    const predis = "        class: Predis\\Client\n        arguments: [{ host: cache.internal }]\n";
    expect(access(handled(predis)).map(({ kind }) => kind)).toEqual(["fault"]);
  });

  it("is found in the bundle's clients", () => {
    const files = {
      ...frameworkYaml("handler_id: snc_redis.session.handler"),
      "config/packages/snc_redis.yaml":
        "snc_redis:\n    session: { client: sessions }\n    clients:\n        sessions: { type: phpredis, dsn: 'redis://cache.internal' }\n",
    };
    expect(access(files).map(({ kind }) => kind)).toEqual(["fault"]);
  });
});
