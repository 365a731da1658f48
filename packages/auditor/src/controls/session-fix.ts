/**
 * How a session setting is written in each stack, so that a fix can be pasted where it belongs.
 * @module
 */
import type { Evidence, SessionEvidence, Setting, Stack } from "../evidence.ts";
import type { Fix } from "./control.ts";

/** One setting in every stack's own words. */
export interface SettingWords {
  /** What to do, in one sentence. */
  readonly text: string;
  /** Key and value below `framework.session`; absent where Symfony has no such key. */
  readonly symfony?: readonly [key: string, value: string];
  /** `php.ini` directive and value, for Phalcon. */
  readonly php?: readonly [directive: string, value: string];
  /** Line inside the options of a Node library: of its cookie, or beside it. */
  readonly cookieOption?: string;
  readonly option?: string;
  /** Where a stack is different. */
  readonly stacks?: Partial<Record<Stack, { readonly text?: string; readonly code?: string }>>;
  /** Writing the value alone would break something: the change is shown, and not made. */
  readonly isByHand?: true;
  /** The literal to write in place of the one that is there, in JavaScript; makes the fix mechanical. */
  readonly literal?: string;
}

/** @param setting What is in effect: where a literal sets it, that literal is replaced. */
export function settingFix(
  evidence: Evidence,
  session: SessionEvidence,
  setting: Setting<unknown>,
  words: SettingWords,
): Fix {
  const own = words.stacks?.[evidence.stack];
  const file = session.place.file;
  const code = own?.code ?? codeOf(evidence, file, words);
  const edit = editOf(evidence, setting, words);
  return {
    text: own?.text ?? words.text,
    ...(code === undefined ? {} : { code, file }),
    ...(edit === undefined ? {} : { edit }),
  };
}

function codeOf(evidence: Evidence, file: string, words: SettingWords): string | undefined {
  const { symfony, php, cookieOption, option } = words;
  if (evidence.framework === "symfony") return symfony && symfonyCode(file, symfony);
  if (evidence.framework === "phalcon") {
    return php && `// before the session is started\nini_set('${php[0]}', '${php[1]}');`;
  }
  if (option !== undefined)
    return `${opening(evidence.stack)}{\n  ${option},\n}${closing(evidence.stack)}`;
  if (cookieOption === undefined) return undefined;
  const key = COOKIE_KEY[evidence.stack];
  const inner = key === undefined ? cookieOption : `${key}: { ${cookieOption} }`;
  return `${opening(evidence.stack)}{\n  ${inner},\n}${closing(evidence.stack)}`;
}

/** Where a library's options keep those of the cookie; absent where they stand among the others. */
const COOKIE_KEY: Partial<Record<Stack, string>> = {
  "express-session": "cookie",
  "@fastify/session": "cookie",
  "@fastify/secure-session": "cookie",
  "iron-session": "cookieOptions",
  "hono-sessions": "cookieOptions",
};

const CALL: Partial<Record<Stack, readonly [string, string]>> = {
  "express-session": ["app.use(session(", "));"],
  "cookie-session": ["app.use(cookieSession(", "));"],
  "@fastify/session": ["await app.register(fastifySession, ", ");"],
  "@fastify/secure-session": ["await app.register(secureSession, ", ");"],
  "koa-session": ["app.use(session(", ", app));"],
  "iron-session": ["const options: SessionOptions = ", ";"],
  "hono-sessions": ["app.use(sessionMiddleware(", "));"],
};

function opening(stack: Stack): string {
  return CALL[stack]?.[0] ?? "";
}

function closing(stack: Stack): string {
  return CALL[stack]?.[1] ?? "";
}

/** A key below `framework.session`, in the format that the application's file has. */
function symfonyCode(file: string, [key, value]: readonly [string, string]): string {
  if (file.endsWith(".php")) {
    return `$container->extension('framework', [\n    'session' => ['${key}' => ${phpLiteral(value)}],\n]);`;
  }
  if (file.endsWith(".xml")) {
    return `<framework:config>\n    <framework:session ${key.replaceAll("_", "-")}="${value}"/>\n</framework:config>`;
  }
  return `framework:\n    session:\n        ${key}: ${value}`;
}

function phpLiteral(value: string): string {
  return /^(true|false|null|\d+)$/.test(value) ? value : `'${value.replace(/^'|'$/g, "")}'`;
}

function editOf(evidence: Evidence, setting: Setting<unknown>, words: SettingWords): Fix["edit"] {
  const { origin } = setting;
  if (words.isByHand || origin.kind !== "set" || origin.place.span === undefined) return undefined;
  const { file, span } = origin.place;
  const text = literalFor(evidence, file, words);
  return text === undefined ? undefined : { file, start: span.start, end: span.end, text };
}

function literalFor(evidence: Evidence, file: string, words: SettingWords): string | undefined {
  if (evidence.framework === "node")
    return /\.[cm]?[jt]sx?$/.test(file) ? words.literal : undefined;
  const value = evidence.framework === "symfony" ? words.symfony?.[1] : words.php?.[1];
  if (value === undefined) return undefined;
  return file.endsWith(".php") ? phpLiteral(value) : value;
}
