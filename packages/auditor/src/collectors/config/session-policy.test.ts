import { expect, it } from "vitest";
import { withFiles } from "../testing.ts";
import { sessionPolicy } from "./session-policy.ts";

const application = {
  root: "shop",
  framework: "node",
  versions: {},
  php: undefined,
  manifest: "shop/package.json",
  files: [],
} as const;

it("reads a policy with its reasons and where they stand", () => {
  using tree = withFiles({
    "shop/config/session-policy.json": `{
  "idleTimeoutSeconds": 7200,
  "maximumSessionsPerAccount": "unlimited",
  "reasons": { "idleTimeoutSeconds": "Orders are typed in over a morning." }
}`,
  });
  expect(sessionPolicy(tree, application)).toMatchObject({
    idleSeconds: {
      value: 7200,
      reason: "Orders are typed in over a morning.",
      place: { file: "shop/config/session-policy.json", line: 2 },
    },
    absoluteSeconds: undefined,
    maximumSessions: { value: "unlimited", reason: undefined },
    faults: [],
  });
});

it("takes the repository's policy for an application that has none", () => {
  using tree = withFiles({ "session-policy.yaml": "absoluteTimeoutSeconds: 43200\n" });
  expect(sessionPolicy(tree, application)?.absoluteSeconds?.value).toBe(43_200);
});

it("names what is wrong with a policy", () => {
  using tree = withFiles({
    "session-policy.json": '{ "idleTimeout": 1800, "absoluteTimeoutSeconds": "12h" }',
  });
  expect(sessionPolicy(tree, application)?.faults).toEqual([
    'There is no key "idleTimeout"; known are idleTimeoutSeconds, absoluteTimeoutSeconds, maximumSessionsPerAccount, federation, reasons.',
    '"absoluteTimeoutSeconds" must be a number of seconds.',
  ]);
});

it("says that there is none", () => {
  using tree = withFiles({ "README.md": "Sessions end after an hour." });
  expect(sessionPolicy(tree, application)).toBeUndefined();
});
