/**
 * One Phalcon application as its collectors see it: its own code, configuration and version.
 * @module
 */
import type { Place } from "../../../evidence.ts";
import type { Application } from "../../application.ts";
import { isPhpFile, type PhpCode, readPhp } from "../../php/php-code.ts";
import type { PhpFile, PhpNode } from "../../php/php-file.ts";
import { evaluate, type PhpResolver, type PhpValue } from "../../php/php-value.ts";
import type { Tree } from "../../tree.ts";
import { dotenvValues, withDotenv } from "../configuration/dotenv.ts";
import { NOT_RUN } from "../configuration/not-run.ts";
import { configResolver, type PhalconConfig, readConfig } from "../configuration/phalcon-config.ts";
import { type PhalconVersion, phalconVersion } from "../configuration/phalcon-version.ts";

export interface PhalconApplication {
  readonly tree: Tree;
  readonly application: Application;
  /** Own code that runs in production. */
  readonly code: PhpCode;
  readonly config: PhalconConfig;
  readonly version: PhalconVersion;
  readonly resolve: PhpResolver;
  /** The manifest, for what has no better place. */
  readonly place: Place;
  evaluate(file: PhpFile, node: PhpNode): PhpValue;
}

/** Migrations, seeds and build scripts run no sessions. */
const NOT_SERVED = /(^|\/)(migrations?|seeds?|seeders?|phinx|deployer|cache)\//i;

/**
 * Words of which code has one that sessions, sign-ins, configuration or requests that change something are made of.
 * Most rows and calculations of a large application have none, and are not worth the time and memory of parsing.
 */
const MAY_MATTER =
  /session|cookie|router|auth|identity|log_?(in|out|on|off)\b|login|logout|sign_?(in|out|up|on)|passw|\bpwd\b|senha|token|csrf|captcha|throttl|attempt|crypt|header|controller|action|plugin|middleware|->\s*(save|create|update|delete|insert|execute|query|log|error|warning|info)\s*\(|\b(define|env|getenv|ini_set|sleep|setcookie)\s*\(|\bconst\b|\breturn\s*(\[|array\b|new\b)|\b(config|abstract|implements|interface|trait)|class\s+\w*(config|configuration|settings)\b|__invoke|Phalcon\\+(?!Mvc\\+Model\b)/i;

const opened = new WeakMap<Application, PhalconApplication>();

export function openPhalcon(tree: Tree, application: Application): PhalconApplication {
  const known = opened.get(application);
  if (known !== undefined) return known;
  const files = application.files.filter(
    (file) => isPhpFile(file) && isOwn(tree, application, file),
  );
  const code = readPhp(tree, files);
  const config = readConfig(tree, application.files, code);
  const dotenv = dotenvValues(tree, application);
  const fromConfig = configResolver(config);
  const resolve: PhpResolver = (file, node) => {
    const value = fromConfig(file, node);
    return value === undefined ? undefined : withDotenv(value, dotenv);
  };
  const phalcon: PhalconApplication = {
    tree,
    application,
    code,
    config,
    version: phalconVersion(tree, application),
    resolve,
    place: { file: application.manifest, line: 1, column: 1 },
    evaluate: (file, node) => withDotenv(evaluate(code, file, node, resolve), dotenv),
  };
  opened.set(application, phalcon);
  return phalcon;
}

/**
 * Tests are nobody's session; copies of others' libraries lie below the web root, or declare the framework's
 * own namespace.
 */
function isOwn(tree: Tree, application: Application, file: string): boolean {
  const path = application.root === "." ? file : file.slice(application.root.length + 1);
  if (NOT_RUN.test(path) || NOT_SERVED.test(path)) return false;
  if (/(^|\/)(third[_-]?party|vendors|external|bower_components|incubator)\//i.test(path))
    return false;
  const text = tree.read(file);
  if (text === undefined || /^\s*namespace\s+Phalcon\b/m.test(text)) return false;
  if (!MAY_MATTER.test(text)) return false;
  const isDeepInWebRoot = /^(public|htdocs|www|web|public_html|assets)\/[^/]+\/.*\.php$/i.test(
    path,
  );
  return !isDeepInWebRoot || text.includes("Phalcon\\");
}
