/**
 * PHP's session settings as files of the deployment set them: php.ini, `.user.ini`, `.htaccess`, FPM pools,
 * web servers, images and compose files. What only development loads does not count.
 * @module
 */
import type { Place } from "../../evidence.ts";
import type { Application } from "../application.ts";
import type { Tree } from "../tree.ts";
import { readIni } from "./ini-file.ts";

/** What overrides what, weakest first. */
export type IniRank = "ini" | "pool" | "directory" | "code" | "admin";

export interface IniSetting {
  /** Without `session.`. */
  readonly key: string;
  readonly value: string;
  readonly rank: IniRank;
  readonly place: Place;
}

/** Templates are copied by somebody who may change them; tests and workstations are not production. */
const TEMPLATE =
  /(\.(dist|example|sample|default|template|tpl|bak)$)|(^|[./_-])(example|sample)([./_-]|$)|php\.ini-/i;
const NOT_PRODUCTION =
  /(^|[/._-])(dev|devel|development|tests?|testing|local|ci|debug|xdebug|override|vagrant|ddev|lando|devcontainer|github|gitlab-ci|travis)([/._-]|$)/i;

/** Folders beside an application that hold its deployment. */
const DEPLOYMENT =
  /^\.?(docker|deploy|deployment|infra|infrastructure|ops|etc|php|build|provision)(\/|$)/i;

/** Session settings in the files that deploy an application, in the order in which PHP would load them. */
export function iniSettings(tree: Tree, application: Application): readonly IniSetting[] {
  const own = new Set(application.files);
  const settings: IniSetting[] = [];
  for (const file of tree.files) {
    const read = readerOf(file);
    if (read === undefined || TEMPLATE.test(file) || NOT_PRODUCTION.test(file)) continue;
    if (!own.has(file) && file.includes("/") && !DEPLOYMENT.test(file)) continue;
    const text = tree.read(file);
    if (text?.includes("session.") === true) settings.push(...read(file, text));
  }
  return settings;
}

type Reader = (file: string, text: string) => readonly IniSetting[];

function readerOf(file: string): Reader | undefined {
  const name = file.replace(/^.*\//, "").toLowerCase();
  if (name === ".user.ini") return (path, text) => iniEntries(path, text, "directory");
  if (/\.ini$/.test(name) && /php|docker|conf\.d|fpm|apache|session/i.test(file)) {
    return (path, text) => iniEntries(path, text, "ini");
  }
  if (name === ".htaccess") return serverEntries;
  if (/\.(conf|vhost|conf\.j2)$/.test(name)) {
    return (path, text) => [...poolEntries(path, text), ...serverEntries(path, text)];
  }
  if (/dockerfile|containerfile/.test(name) || /^(docker-)?compose[^/]*\.ya?ml$/.test(name))
    return shellEntries;
  if (/\.sh$|^procfile$/.test(name)) return shellEntries;
  return undefined;
}

function iniEntries(file: string, text: string, rank: IniRank): readonly IniSetting[] {
  return readIni(file, text).flatMap(({ key, value, place }) =>
    key.startsWith("session.") ? [{ key: key.slice("session.".length), value, rank, place }] : [],
  );
}

/** `php_admin_value[session.cookie_secure] = 1` */
function poolEntries(file: string, text: string): readonly IniSetting[] {
  return matches(
    file,
    text,
    /^[ \t]*php_(admin_)?(?:value|flag)\[session\.([a-z_]+)\]\s*=\s*(["']?)([^"'\n;]*)/gim,
    (match) => ({
      key: match[2],
      value: match[4],
      rank: match[1] === undefined ? "pool" : "admin",
    }),
  );
}

/** `php_value session.cookie_secure 1`, and nginx's `PHP_VALUE "session.cookie_secure=1"`. */
function serverEntries(file: string, text: string): readonly IniSetting[] {
  const isDirectory = file.endsWith(".htaccess");
  return [
    ...matches(
      file,
      text,
      /^[ \t]*php_(admin_)?(?:value|flag)[ \t]+["']?session\.([a-z_]+)["']?[ \t]+(["']?)([^"'\n]*)/gim,
      (match) => ({
        key: match[2],
        value: match[4],
        rank: match[1] !== undefined ? "admin" : isDirectory ? "directory" : "pool",
      }),
    ),
    ...text.split("\n").flatMap((line, index): IniSetting[] => {
      const found = /^\s*fastcgi_param\s+PHP_(ADMIN_)?VALUE\s/i.exec(line);
      if (found === null) return [];
      const rank = found[1] === undefined ? "pool" : "admin";
      return [...line.matchAll(ASSIGNMENT)].map((match) => assigned(file, index, match, rank));
    }),
  ];
}

/** `session.key=value` within a line of shell, quoted in whatever way. */
const ASSIGNMENT = /\bsession\.([a-z_]+)\s*=\s*(?:\\?["'])?([^\s"'\\;|&>)]*)/g;

/** `s/session.name = x/session.name = y/`: what stands there afterwards, and whether it is a comment. */
const REPLACEMENT = /\bs([/|#,@~!])(?:\\.|(?!\1)[^\\\n])*\1((?:\\.|(?!\1)[^\\\n])*)\1/g;

/** `RUN echo "session.cookie_secure=1" >> …`, `php -d session.cookie_secure=1`, `sed -i s/…/…/ php.ini`. */
function shellEntries(file: string, text: string): readonly IniSetting[] {
  let isForProduction = true;
  return text.split("\n").flatMap((line, index): IniSetting[] => {
    // An image is built in stages, of which those for development are no part of production.
    const stage = /^\s*FROM\s+\S+(?:\s+AS\s+(\S+))?/i.exec(line);
    if (stage !== null) isForProduction = !NOT_PRODUCTION.test(stage[1] ?? "");
    if (!isForProduction || /^\s*#/.test(line)) return [];
    const matches = /\bsed\b/.test(line)
      ? [...line.matchAll(REPLACEMENT)].flatMap(({ 0: all, 2: written = "", index: at }) => {
          const start = at + all.length - 1 - written.length;
          return /^\s*;/.test(written) ? [] : assignmentsIn(written, start);
        })
      : assignmentsIn(line, 0);
    return matches.map((match) => assigned(file, index, match, "ini"));
  });
}

/** As if the whole line had been searched, from where the part begins in it. */
function assignmentsIn(part: string, start: number): readonly RegExpExecArray[] {
  return [...part.matchAll(ASSIGNMENT)].map((match) => {
    match.index += start;
    return match;
  });
}

function assigned(file: string, line: number, match: RegExpExecArray, rank: IniRank): IniSetting {
  const { 0: all, 1: key = "", 2: value = "", index } = match;
  const column = index + all.length - value.length + 1;
  return { key, value, rank, place: { file, line: line + 1, column } };
}

function matches(
  file: string,
  text: string,
  pattern: RegExp,
  read: (match: RegExpExecArray) => {
    readonly key: string | undefined;
    readonly value: string | undefined;
    readonly rank: IniRank;
  },
): readonly IniSetting[] {
  return [...text.matchAll(pattern)].map((match) => {
    const { key = "", value = "", rank } = read(match);
    const start = match.index + match[0].length - value.length;
    const before = text.slice(0, start);
    const trimmed = value.trim();
    return {
      key: key.toLowerCase(),
      value: trimmed,
      rank,
      place: {
        file,
        line: before.split("\n").length,
        column: start - before.lastIndexOf("\n"),
        span: { start, end: start + trimmed.length },
      },
    };
  });
}
