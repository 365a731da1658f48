import { describe, expect, it } from "vitest";
import { withFiles } from "../testing.ts";
import { environmentOf } from "./script-environment.ts";

const secretOf = (
  code: string,
  files: Readonly<Record<string, string>> = {},
): string | undefined => {
  const all = {
    "config/app.js": code,
    ".env.example": "SECRET=sample\nHOST=http://localhost:1",
    ...files,
  };
  using tree = withFiles(all);
  return environmentOf(tree, ".", ["config/app.js"]).get("SECRET")?.value;
};

describe("a file of variables", () => {
  const loading: readonly string[] = [
    `require("dotenv").config({ path: ".env.example" });`,
    `import dotenv from "dotenv"; dotenv.config({ path: path.join(__dirname, "..", ".env.example") });`,
    `import { config } from "dotenv"; config({ quiet: true, path: [".env.none", ".env.example"] });`,
    `process.loadEnvFile(".env.example");`,
    `import { loadEnvFile } from "node:process"; loadEnvFile(new URL("../.env.example", import.meta.url));`,
    `const dotenv = 1; ConfigModule.forRoot({ envFilePath: [".env.example"] });`,
  ];
  for (const code of loading) {
    it(`counts when it is loaded by ${code}`, () => {
      expect(secretOf(code)).toBe("sample");
    });
  }
  const not: readonly string[] = [
    `require("dotenv").config();`,
    `// require("dotenv").config({ path: ".env.example" })`,
    `if (process.env.NODE_ENV !== "production") require("dotenv").config({ path: ".env.example" });`,
    `require("dotenv").config({ path: \`.env.\${process.env.NODE_ENV}\` });`,
    `require("dotenv").config({ path: "../../.env.example" });`,
  ];
  for (const code of not) {
    it(`does not count with ${code}`, () => {
      expect(secretOf(code)).toBeUndefined();
    });
  }
  it("sets nothing that an earlier one sets, and no address of the writer's own machine", () => {
    const code = `process.loadEnvFile(".env.first"); process.loadEnvFile(".env.example");`;
    expect(secretOf(code, { ".env.first": "SECRET=first" })).toBe("first");
    using tree = withFiles({ "a.js": code, ".env.example": "HOST=http://localhost:1" });
    expect(environmentOf(tree, ".", ["a.js"]).has("HOST")).toBe(false);
  });
});
