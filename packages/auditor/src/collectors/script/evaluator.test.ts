import ts from "typescript";
import { describe, expect, it } from "vitest";
import { withFiles } from "../testing.ts";
import { nodesOf, parseScript } from "./script-file.ts";
import { createProject } from "./script-project.ts";
import { shipped, type Value } from "./script-value.ts";

/** The value given to the call `probe(…)` in main.js or main.ts. */
function probe(files: Readonly<Record<string, string>>): Value {
  using tree = withFiles(files);
  const project = createProject(tree, ".", tree.files);
  const file = tree.files.find((name) => /(?:^|\/)main\.[cm]?[jt]s$/.test(name)) ?? "";
  const source = parseScript(tree, file);
  for (const node of source === undefined ? [] : nodesOf(source)) {
    const isProbe = ts.isCallExpression(node) && node.expression.getText() === "probe";
    const [argument] = isProbe ? node.arguments : [];
    if (argument !== undefined) return project.evaluator.evaluate(argument);
  }
  throw new Error("nothing is probed");
}

function plain(value: Value): unknown {
  const effective = shipped(value);
  if (effective.kind === "literal") return effective.value;
  if (effective.kind === "array") return effective.items.map(plain);
  if (effective.kind === "environment") return `$${effective.name}`;
  if (effective.kind !== "object") return effective.kind;
  return Object.fromEntries([...effective.properties].map(([key, one]) => [key, plain(one)]));
}

const main = (code: string): Readonly<Record<string, string>> => ({ "main.js": code });

describe("evaluation", () => {
  const expressions: readonly (readonly [string, string, unknown])[] = [
    ["numbers", "probe(1000 * 60 * 60)", 3_600_000],
    ["negation", "probe(!false)", true],
    ["template text", "const a = 'x'; probe(`$\u007ba}.sid`)", "x.sid"],
    ["a constant", "const a = { b: { c: 1 } }; probe(a.b.c)", 1],
    ["destructuring", "const { b: { c } } = { b: { c: 2 } }; probe(c)", 2],
    ["a default of destructuring", "const { c = 3 } = {}; probe(c)", 3],
    [
      "spreads, the last one wins",
      "const a = { x: 1, y: 1 }; probe({ ...a, y: 2 })",
      { x: 1, y: 2 },
    ],
    ["a spread that is not made", "probe({ x: 1, ...(false && { x: 2 }) })", { x: 1 }],
    ["Object.assign", "probe(Object.assign({}, { x: 1 }, { x: 2 }))", { x: 2 }],
    [
      "lodash defaults",
      "const _ = require('lodash'); probe(_.defaults({ x: 1 }, { x: 2, y: 2 }))",
      { x: 1, y: 2 },
    ],
    ["what production is", "probe(process.env.NODE_ENV === 'production' ? 'yes' : 'no')", "yes"],
    [
      "a variable for production",
      "const env = process.env.NODE_ENV || 'development'; const isProd = env === 'production'; probe(isProd)",
      true,
    ],
    ["Express's own word for it", "probe(app.get('env') === 'production')", true],
    ["a fallback", "probe(process.env.NAME || 'fallback')", "fallback"],
    ["a fallback by ??", "probe(process.env.NAME ?? 'fallback')", "fallback"],
    ["a variable that is nowhere set", "probe(process.env.NAME)", "$NAME"],
    ["a switch that nobody sets", "probe(process.env.SECURE === 'true')", false],
    [
      "an assignment into an object",
      "const o = { c: {} }; if (process.env.NODE_ENV === 'production') { o.c.secure = true; } probe(o)",
      { c: { secure: true } },
    ],
    [
      "an assignment for development only",
      "const o = { s: 1 }; if (process.env.NODE_ENV !== 'production') o.s = 2; probe(o)",
      { s: 1 },
    ],
    [
      "a variable set in branches",
      "let s; if (process.env.NODE_ENV === 'production') s = 'a'; else s = 'b'; probe(s)",
      "a",
    ],
    [
      "a function that gives options back",
      "function make(name) { return { name }; } probe(make('x'))",
      { name: "x" },
    ],
    [
      "a function by branches",
      "function make() { if (process.env.NODE_ENV === 'production') return 1; return 2; } probe(make())",
      2,
    ],
    ["a parameter of the only call", "function set(o) { probe(o.name); } set({ name: 'x' })", "x"],
    ["a default parameter", "function set(o = { name: 'y' }) { probe(o.name); } set()", "y"],
    [
      "a class's field",
      "class C { options = { name: 'x' }; go() { probe(this.options.name); } }",
      "x",
    ],
    [
      "a field set by the constructor",
      "class C { constructor() { this.name = 'x'; } go() { probe(this.name); } }",
      "x",
    ],
    ["ms()", "const ms = require('ms'); probe(ms('2d'))", 172_800_000],
    ["a list in a variable", "probe((process.env.KEYS || 'a,b').split(','))", ["a", "b"]],
    ["what an unknown condition leaves open", "probe(strange() ? 1 : 2)", "unknown"],
    [
      "what is set where the site is served by TLS",
      "function go(tlsKey) { const o = { c: {} }; if (tlsKey) { o.c.secure = true; } probe(o); }",
      { c: { secure: true } },
    ],
    [
      "what is set on an unknown condition as not set",
      "function go(strange) { const o = { c: 0 }; if (strange) o.c = 1; probe(o); }",
      { c: 0 },
    ],
    ["a name that refers to itself", "const a = a; probe(a)", "unknown"],
  ];
  for (const [title, code, expected] of expressions) {
    it(`follows ${title}`, () => {
      expect(plain(probe(main(code)))).toEqual(expected);
    });
  }

  const modules: readonly (readonly [string, Readonly<Record<string, string>>, unknown])[] = [
    [
      "module.exports",
      { "main.js": "const c = require('./c'); probe(c.a)", "c.js": "module.exports = { a: 1 }" },
      1,
    ],
    [
      "exports.x",
      { "main.js": "const { a } = require('./c'); probe(a)", "c.js": "exports.a = 2" },
      2,
    ],
    [
      "an index file",
      { "main.js": "probe(require('./c').a)", "c/index.js": "module.exports = { a: 3 }" },
      3,
    ],
    [
      "ES modules",
      {
        "main.ts": "import c, { a } from './c.js'; probe([c, a])",
        "c.ts": "export default 4; export const a = 5",
      },
      [4, 5],
    ],
    [
      "a namespace",
      { "main.ts": "import * as c from './c'; probe(c.a)", "c.ts": "export const a = 6" },
      6,
    ],
    [
      "re-exports",
      {
        "main.ts": "import { b } from './i'; probe(b)",
        "i.ts": "export * from './c'",
        "c.ts": "const a = 7; export { a as b }",
      },
      7,
    ],
    [
      "aliases of tsconfig.json",
      {
        "src/main.ts": "import { a } from '@/c'; probe(a)",
        "src/c.ts": "export const a = 8",
        "tsconfig.json":
          '{ "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["./src/*"] } } }',
      },
      8,
    ],
    ["JSON", { "main.js": "probe(require('./c.json').a)", "c.json": '{ "a": 9 }' }, 9],
    [
      "a computed path",
      {
        "main.js": "const path = require('path'); probe(require(path.join(__dirname, 'c')).a)",
        "c.js": "exports.a = 10",
      },
      10,
    ],
    [
      "a file named after the environment, from where the application starts",
      {
        "src/main.js":
          "const path = require('path'); const _ = require('lodash'); probe(_.merge(require(path.join(process.cwd(), 'config/base')), require(path.join(process.cwd(), 'config', process.env.NODE_ENV)) || {}))",
        "config/base.js": "module.exports = { a: 1, c: { b: 2, d: 3 } }",
        "config/production.js": "module.exports = { c: { b: 4 } }",
        "config/development.js": "module.exports = { a: 9 }",
      },
      { a: 1, c: { b: 4, d: 3 } },
    ],
    [
      "cycles between files",
      {
        "main.js": "probe(require('./a').x)",
        "a.js": "exports.x = require('./b').x",
        "b.js": "exports.x = require('./a').x",
      },
      "unknown",
    ],
  ];
  for (const [title, files, expected] of modules) {
    it(`follows ${title}`, () => {
      expect(plain(probe(files))).toEqual(expected);
    });
  }

  const configurations: readonly (readonly [string, Readonly<Record<string, string>>, unknown])[] =
    [
      [
        "the config package, production over default",
        {
          "main.js":
            "const config = require('config'); probe([config.get('s.name'), config.s.age, config.get('s.secret')])",
          "config/default.json": '{ "s": { "name": "a", "age": 1, "secret": "x" } }',
          "config/production.yaml": "s:\n  name: b\n",
          "config/custom-environment-variables.json": '{ "s": { "secret": "SECRET" } }',
        },
        ["b", 1, "x"],
      ],
      [
        "convict",
        main(
          "const convict = require('convict'); const c = convict({ s: { age: { default: 5, env: 'AGE' } } }); probe(c.get('s.age'))",
        ),
        5,
      ],
      [
        "zod",
        main(
          "const { z } = require('zod'); const env = z.object({ NAME: z.string().default('d'), KEY: z.string() }).parse(process.env); probe([env.NAME, env.KEY])",
        ),
        ["d", "$KEY"],
      ],
      [
        "envalid",
        main(
          "const { cleanEnv, str } = require('envalid'); const env = cleanEnv(process.env, { NAME: str({ default: 'd' }) }); probe(env.NAME)",
        ),
        "d",
      ],
      [
        "a plug-in that checks the environment",
        {
          "main.js": "module.exports = async (fastify) => { probe(fastify.config.NAME) }",
          "env.js":
            "const env = require('@fastify/env'); module.exports = { properties: { NAME: { type: 'string', default: 'd' } } }",
        },
        "d",
      ],
      [
        "Nest's registerAs",
        {
          "main.ts":
            "export function go(configService: ConfigService) { probe(configService.get('session.age')) }",
          "c.ts":
            "import { registerAs } from '@nestjs/config'; export default registerAs('session', () => ({ age: 7 }))",
        },
        7,
      ],
      [
        "Nest's variables with a fallback",
        {
          "main.ts":
            "export function go(configService: ConfigService) { probe(configService.get('NAME', 'd')) }",
        },
        "d",
      ],
      [
        "a committed .env",
        { "main.js": "probe(process.env.NAME)", ".env": "NAME='from file' # note\n" },
        "from file",
      ],
      [
        "no template of one",
        { "main.js": "probe(process.env.NAME)", ".env.example": "NAME=x\n" },
        "$NAME",
      ],
    ];
  for (const [title, files, expected] of configurations) {
    it(`reads ${title}`, () => {
      expect(plain(probe(files))).toEqual(expected);
    });
  }

  it("points at the text of a literal in another file, so that it can be replaced", () => {
    const text = "exports.name = 'old'";
    const value = probe({ "main.js": "probe(require('./c').name)", "c.js": text });
    expect(value.place).toMatchObject({ file: "c.js", line: 1, column: 16 });
    expect(text.slice(value.place.span?.start, value.place.span?.end)).toBe("'old'");
  });

  it("says which name is known in part", () => {
    expect(probe(main("probe(strange + '.sid')"))).toMatchObject({
      kind: "unknown",
      pattern: "*.sid",
    });
  });
});
