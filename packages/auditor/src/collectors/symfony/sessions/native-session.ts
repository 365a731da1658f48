/**
 * The session of scripts that go past the kernel: whoever calls `session_start()` there gets PHP's settings, and
 * none of the framework's, for the same cookie.
 * @module
 */
import type { SessionEvidence, StorageKind } from "../../../evidence.ts";
import { isSubclassOf } from "../../php/php-code.ts";
import { placeOf } from "../../php/php-file.ts";
import type { PhpSessionSettings } from "../../php/php-settings.ts";
import { classOf, type PhpCall } from "../../php/php-walk.ts";
import { runsOutsideRequests } from "../code/code-roles.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";

/** Below one of these, each file is a page of its own. */
const PAGE = /(^|\/)(web|www|public|public_html|htdocs|html|httpdocs)\/.*\.php$/;
/** Front controllers hand on to the framework; what checks the machine hands on to nobody. */
const BOOTS = /\bKernel\b|autoload_runtime|AppKernel|AppCache/;
const LOADS = /\b(require|include)(_once)?\b/;
/** Of the framework's own machinery, or an application's part in it. */
const STORAGE =
  /(^|\\)(SessionStorageInterface|NativeSessionStorage|PhpBridgeSessionStorage|SessionHandlerInterface|AbstractSessionHandler|SessionInterface)$/;

export function nativeSession(
  app: SymfonyApplication,
  php: PhpSessionSettings,
): SessionEvidence | undefined {
  const start = app.code
    .callsNamed("session_start")
    .find((call) => call.form === "function" && isPlain(app, call));
  if (start === undefined || !hasPages(app)) return undefined;
  const place = placeOf(start.file, start.node);
  const handler = php.saveHandler;
  const kind: StorageKind | undefined =
    handler.value === undefined ? undefined : handler.value === "files" ? "files" : "custom";
  return {
    library: "PHP's own sessions",
    place,
    cookie: php.cookie,
    isStateless: false,
    strictIds: php.strictMode,
    idBits: php.idBits,
    storage: { ...handler, value: kind },
    isEncrypted: {
      value: false,
      origin: { kind: "platform", of: "PHP: sessions are kept as they are", place },
    },
    idle: { seconds: php.gcMaxLifetimeSeconds, keptBy: "garbage-collection" },
    secrets: [],
  };
}

/** With options of its own it has settings of its own, which are not followed. */
function isPlain({ code }: SymfonyApplication, call: PhpCall): boolean {
  const of = classOf(call.file, call.node);
  if (call.arguments.length > 0 || runsOutsideRequests(code, of)) return false;
  return of?.name === undefined || !isSubclassOf(code, of.name, STORAGE);
}

/** A page that somebody can ask for, and that loads the application without its kernel. */
function hasPages({ tree, application }: SymfonyApplication): boolean {
  return application.files.some((file) => {
    if (!PAGE.test(file)) return false;
    const text = tree.read(file) ?? "";
    return LOADS.test(text) && !BOOTS.test(text);
  });
}
