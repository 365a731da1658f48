/**
 * What single files show, whatever application they belong to: sessions used past the framework. For a check of
 * some files at every commit, where there is no time to read the others.
 * @module
 */
import type { Evidence, Observation } from "../../evidence.ts";
import { nameOf, type PhpFile, parsePhp, placeOf } from "../php/php-file.ts";
import { indexPhp } from "../php/php-walk.ts";
import { rawSessionCookies } from "../script/raw-session-cookie.ts";
import { isScript, parseScript } from "../script/script-file.ts";
import type { Tree } from "../tree.ts";

/** These read or change the session behind a framework's back. */
const NATIVE: ReadonlySet<string> = new Set([
  "session_abort",
  "session_decode",
  "session_destroy",
  "session_id",
  "session_regenerate_id",
  "session_reset",
  "session_start",
  "session_unset",
]);

/** A class that keeps sessions for PHP or for a framework has to speak to PHP. */
const KEEPS_SESSIONS =
  /\b(class|interface)\s+\w+[^{]*\b(SessionHandler\w*|SessionStorage\w*|AbstractSessionHandler|Session\\\w*Adapter\w*|Manager)\b/;

/** One piece of evidence for PHP and one for scripts, where there are any. */
export function collectEveryday(tree: Tree): readonly Evidence[] {
  const php = tree.files.filter((file) => file.endsWith(".php"));
  const scripts = tree.files.filter(isScript);
  return [
    ...evidenceOf(
      "symfony",
      php,
      php.flatMap((file) => nativeUses(tree, file)),
    ),
    ...evidenceOf(
      "node",
      scripts,
      scripts.flatMap((file) => cookieUses(tree, file)),
    ),
  ];
}

function nativeUses(tree: Tree, name: string): Observation[] {
  const file = parsePhp(tree, name);
  if (file === undefined || KEEPS_SESSIONS.test(file.text)) return [];
  const index = indexPhp(file);
  const calls = index.calls.filter((call) => call.form === "function" && NATIVE.has(call.name));
  const variables = index.ofKind("variable").filter((node) => nameOf(node) === "_SESSION");
  return [
    ...calls.map((call) =>
      fault(file, call.node, `${call.name}() goes past the framework's session.`),
    ),
    ...variables.map((node) => fault(file, node, "$_SESSION goes past the framework's session.")),
  ];
}

function fault(file: PhpFile, node: Parameters<typeof placeOf>[1], what: string): Observation {
  return {
    topic: "native-session-functions",
    place: placeOf(file, node),
    kind: "fault",
    what,
    remedy: "Use the framework's session.",
  };
}

function cookieUses(tree: Tree, file: string): Observation[] {
  const source = parseScript(tree, file);
  return source === undefined ? [] : rawSessionCookies(source);
}

function evidenceOf(
  framework: "symfony" | "node",
  files: readonly string[],
  observations: readonly Observation[],
): Evidence[] {
  const [first] = files;
  if (first === undefined) return [];
  return [
    {
      root: ".",
      framework,
      isFilesOnly: true,
      stack: "other",
      versions: {},
      place: { file: first, line: 1, column: 1 },
      sessions: [],
      privilegeChanges: [],
      signOuts: [],
      rememberMe: undefined,
      csrf: undefined,
      throttling: undefined,
      auditLog: undefined,
      observations,
      unread: [],
      unsupported: [],
    },
  ];
}
