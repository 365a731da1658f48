/**
 * Which scripts run in the browser: decided once, so that no collector takes a page's code for the server's.
 * @module
 */
import { posix } from "node:path";
import type { Tree } from "../tree.ts";

/** What only a browser has, as code that runs there uses it. `document` alone may be a record of a database. */
const BROWSER =
  /(?<![\w.$"'`])(?:window\s*[.[]|document\s*\.\s*(?:getElement|querySelector|createElement|createTextNode|addEventListener|body\b|cookie\b|location\b|title\b|head\b|documentElement|forms\b|activeElement|write\b|execCommand|hidden\b|visibilityState)|(?:local|session)Storage\s*[.[]|navigator\s*\.|jQuery\b|angular\s*\.module|\$\(\s*(?:document|window|this)\s*\)|\$\(\s*["'`][#.\w[])/;
/** What only a server has: its modules, its environment, a request that came in. Types do not run. */
const SERVER =
  /(?:\brequire\s*\(\s*|\bfrom\s+|\bimport\s+)["'](?:node:[\w/]+|fs|fs\/promises|http|https|http2|net|tls|dns|os|path|crypto|child_process|cluster|zlib|stream|readline|worker_threads|express(?:-[\w-]+)?|@?koa(?:[-/][\w-]+)*|fastify(?:-[\w-]+)?|@fastify\/[\w-]+|@nestjs\/[\w/-]+|@hono\/[\w-]+|hono(?:\/(?!client)[\w/-]+)?|next\/(?:server|headers)|next-auth|@hapi\/[\w-]+|hapi|restify|passport(?:-[\w-]+)?|connect-[\w-]+|cookie-(?:parser|session)|iron-session(?:\/[\w-]+)?|body-parser|mongoose|mongodb|sequelize|typeorm|knex|pg|mysql2?|ioredis|redis|@prisma\/client|nodemailer|bcrypt(?:js)?|argon2|jsonwebtoken|cheerio|jsdom|puppeteer(?:-core)?|playwright|dotenv|winston|server-only)["']|\b(?:req|request|ctx|context)\s*\.\s*(?:session|body|params|cookies|signedCookies|user|isAuthenticated|log_?[iI]n)\b|\bres\s*\.\s*(?:send|render|redirect|cookie|sendStatus|setHeader)\b|\bgetServerSideProps\b|^\s*["']use server["']|@(?:Controller|Injectable|Module)\(/m;
/** Code of others that is copied in; a server has its own from a registry. */
const VENDORED = /(?:^|\/)(?:vendors?|third[-_]?party|bower_components|jspm_packages)\//i;
/** What is served as it is, if nothing of the server's stands in it. */
const SERVED = /(?:^|\/)(?:public|static|assets|www|htdocs|client|frontend|browser)\//i;
const RELATIVE =
  /(?:\brequire\s*\(\s*|\bfrom\s+|\bimport\s*\(?\s*|\brequire\.resolve\s*\(\s*)["'](\.{1,2}\/[^"'\n]*|\.{1,2})["']/g;
const EXTENSIONS = ["", ".js", ".ts", ".mjs", ".cjs", ".jsx", ".tsx", "/index.js", "/index.ts"];

/** Scripts of an application that its server runs; what server and browser share is among them. */
export function serverScripts(
  tree: Tree,
  root: string,
  files: readonly string[],
): readonly string[] {
  const prefix = root === "." ? "" : `${root}/`;
  const inBrowser = new Set(
    files.filter((file) => isOfBrowser(file.slice(prefix.length), tree.read(file) ?? "")),
  );
  if (inBrowser.size === 0) return files;
  const kept = files.filter((file) => !inBrowser.has(file));
  // What the server reaches runs there, whatever else it does; so does what that reaches.
  for (const file of kept) {
    for (const one of importedBy(file, tree.read(file) ?? "")) {
      if (inBrowser.has(one) && !VENDORED.test(one)) {
        inBrowser.delete(one);
        kept.push(one);
      }
    }
  }
  return files.filter((file) => !inBrowser.has(file));
}

function isOfBrowser(file: string, text: string): boolean {
  if (BROWSER.test(text) && VENDORED.test(file)) return true;
  return (SERVED.test(file) || BROWSER.test(text)) && !SERVER.test(text);
}

function importedBy(file: string, text: string): readonly string[] {
  return [...text.matchAll(RELATIVE)].flatMap(([, specifier = ""]) => {
    const path = posix.normalize(posix.join(posix.dirname(file), specifier));
    const bare = path.replace(/\.[cm]?jsx?$/, "");
    return [path, bare].flatMap((one) => EXTENSIONS.map((extension) => `${one}${extension}`));
  });
}
