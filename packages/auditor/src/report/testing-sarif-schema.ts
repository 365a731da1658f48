/**
 * The part of SARIF 2.1.0 that we write, as a strict JSON Schema for tests: names, types, words and
 * conditions of the standard's sections; nothing else may be there.
 * @module
 */

type JsonSchema = Readonly<Record<string, unknown>>;

const text = { type: "string", minLength: 1 } as const;
const count = { type: "integer", minimum: 0 } as const;
const bag = { type: "object" } as const;

function object(properties: JsonSchema, ...required: readonly string[]): JsonSchema {
  return { type: "object", properties, required, additionalProperties: false };
}

function list(items: JsonSchema): JsonSchema {
  return { type: "array", items };
}

/** 3.4: a relative reference needs the base that the run defines or the viewer knows. */
const artifactLocation = object(
  { uri: { ...text, format: "uri-reference" }, uriBaseId: text },
  "uri",
);

/** 3.30: lines and columns count from 1, offsets from 0. */
const region = object({
  startLine: { type: "integer", minimum: 1 },
  startColumn: { type: "integer", minimum: 1 },
  charOffset: count,
  charLength: count,
});

const location = object({
  physicalLocation: object({ artifactLocation, region }, "artifactLocation"),
});
const message = object({ text }, "text");
/** 3.12: Markdown never stands alone. */
const multiformat = object({ text, markdown: text }, "text");
const level = { enum: ["none", "note", "warning", "error"] } as const;

/** 3.49; the property bag is what code scanning reads. */
const rule = object(
  {
    id: text,
    name: { ...text, pattern: "^[A-Z][A-Za-z]+$" },
    shortDescription: message,
    fullDescription: message,
    help: multiformat,
    defaultConfiguration: object({ level }, "level"),
    properties: object(
      {
        tags: { ...list(text), uniqueItems: true },
        precision: { enum: ["very-high", "high", "medium", "low"] },
        "security-severity": { type: "string", pattern: "^(10\\.0|\\d\\.\\d)$" },
      },
      "tags",
      "precision",
      "security-severity",
    ),
  },
  "id",
);

/** 3.35: only an external or in-source suppression, with its state. */
const suppression = object(
  {
    kind: { enum: ["inSource", "external"] },
    status: { enum: ["accepted", "underReview", "rejected"] },
    justification: text,
  },
  "kind",
);

const fix = object(
  {
    description: message,
    artifactChanges: {
      ...list(
        object(
          {
            artifactLocation,
            replacements: {
              ...list(
                object(
                  { deletedRegion: region, insertedContent: object({ text: { type: "string" } }) },
                  "deletedRegion",
                ),
              ),
              minItems: 1,
            },
          },
          "artifactLocation",
          "replacements",
        ),
      ),
      minItems: 1,
    },
  },
  "artifactChanges",
);

const result = {
  ...object(
    {
      ruleId: text,
      ruleIndex: count,
      kind: { enum: ["notApplicable", "pass", "fail", "review", "open", "informational"] },
      level,
      message,
      locations: { ...list(location), minItems: 1 },
      partialFingerprints: { type: "object", additionalProperties: text },
      baselineState: { enum: ["new", "unchanged", "updated", "absent"] },
      suppressions: list(suppression),
      fixes: list(fix),
      properties: bag,
    },
    "message",
  ),
  // 3.27.10: a kind other than "fail" has no level but "none".
  if: { type: "object", properties: { kind: { const: "fail" } }, required: ["kind"] },
  // biome-ignore lint/suspicious/noThenProperty: it is the keyword of JSON Schema.
  then: { type: "object", properties: { level: { enum: ["note", "warning", "error"] } } },
  else: { type: "object", properties: { level: { const: "none" } } },
};

const notification = object({ level, message, locations: list(location) }, "message");

export const sarifSchema: JsonSchema = object(
  {
    $schema: { type: "string", format: "uri" },
    version: { const: "2.1.0" },
    runs: list(
      object(
        {
          tool: object(
            {
              driver: object(
                {
                  name: text,
                  fullName: text,
                  organization: text,
                  version: text,
                  rules: list(rule),
                },
                "name",
              ),
            },
            "driver",
          ),
          automationDetails: object({ id: text }),
          columnKind: { enum: ["utf16CodeUnits", "unicodeCodePoints"] },
          invocations: list(
            object(
              {
                executionSuccessful: { type: "boolean" },
                endTimeUtc: { type: "string", format: "date-time" },
                toolExecutionNotifications: list(notification),
              },
              "executionSuccessful",
            ),
          ),
          results: list(result),
        },
        "tool",
      ),
    ),
  },
  "version",
  "runs",
);
