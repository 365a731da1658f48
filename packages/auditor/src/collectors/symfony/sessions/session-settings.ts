/**
 * The settings of `framework.session` as they are in effect in production: what the application sets, else the
 * default of the installed version, else PHP's.
 * @module
 */
import type {
  CookieEvidence,
  IdleEvidence,
  Origin,
  SameSiteFlag,
  SecureFlag,
  SessionEvidence,
  Setting,
} from "../../../evidence.ts";
import { type ConfigEntry, entryAt, nodeAt, type Scalar } from "../../config/config-node.ts";
import type { PhpSessionSettings } from "../../php/php-settings.ts";
import { receiverOf } from "../code/code-roles.ts";
import { isSince, type SymfonyApplication } from "../code/symfony-application.ts";
import { booleanOf } from "../configuration/env-processors.ts";
import { sameSiteOf } from "../configuration/same-site.ts";
import { secureSetting } from "../configuration/secure-flag.ts";
import { numberOf, resolveEntry, settingOf, textOf } from "../configuration/symfony-values.ts";
import { collectSecrets } from "./secrets.ts";
import { idleListener } from "./session-clock.ts";
import { type HandlerEvidence, readHandler } from "./session-handler.ts";

/** Whether the application has sessions switched on. */
export function keepsSessions(app: SymfonyApplication): boolean {
  const { config, firewalls } = app;
  const framework = config.extension("framework");
  const session = entryAt(framework?.node, "session");
  if (session === undefined) {
    // Without any configuration to read, a firewall that needs sessions says that there are some.
    return framework === undefined && firewalls.some(({ isStateless }) => !isStateless);
  }
  const { node } = session;
  const enabled = entryAt(node, "enabled");
  const isOn =
    node.kind === "scalar"
      ? node.value !== false && node.value !== "false"
      : enabled === undefined || resolveEntry(config, enabled).value !== false;
  const isStateless = firewalls.length > 0 && firewalls.every((each) => each.isStateless);
  return isOn && (!isStateless || usesSessions(app));
}

/** Whether code asks for a session: switched on alone, the framework starts none. */
function usesSessions({ code }: SymfonyApplication): boolean {
  if (
    ["addFlash", "createForm", "isCsrfTokenValid"].some((name) => code.callsNamed(name).length > 0)
  )
    return true;
  if (code.files.some(({ text }) => /HttpFoundation\\Session\b/.test(text))) return true;
  return code
    .callsNamed("getSession")
    .some(({ file, target }) => /request/i.test(receiverOf(file, target)));
}

/** The one way in which it keeps them. */
export function collectSession(app: SymfonyApplication, php: PhpSessionSettings): SessionEvidence {
  return new SessionReader(app, php).read();
}

class SessionReader {
  readonly #app: SymfonyApplication;
  readonly #session: ConfigEntry | undefined;
  readonly #php: PhpSessionSettings;

  constructor(app: SymfonyApplication, php: PhpSessionSettings) {
    this.#app = app;
    this.#session = entryAt(app.config.extension("framework")?.node, "session");
    this.#php = php;
  }

  read(): SessionEvidence {
    const handler = readHandler(this.#app, this.#php);
    return {
      library: this.#app.library,
      place: this.#app.place,
      cookie: this.#cookie(),
      isStateless: false,
      strictIds: handler.strictIds,
      idBits: this.#idBits(),
      storage: handler.storage,
      isEncrypted: handler.isEncrypted,
      idle: this.#idle(handler),
      secrets: collectSecrets(this.#app),
    };
  }

  #cookie(): CookieEvidence {
    const { cookie } = this.#php;
    return {
      secure: this.#secure(),
      httpOnly: this.#own("cookie_httponly", booleanOf) ?? {
        value: true,
        origin: this.#default(),
      },
      sameSite: this.#sameSite(),
      name: this.#own("name", textOf) ?? cookie.name,
      defaultName: "PHPSESSID",
      lifetimeSeconds: this.#own("cookie_lifetime", lifetimeOf) ?? cookie.lifetimeSeconds,
      domain: this.#own("cookie_domain", textOf) ?? cookie.domain,
      path: this.#own("cookie_path", textOf) ?? cookie.path,
    };
  }

  #secure(): Setting<SecureFlag> {
    const entry = entryAt(this.#session?.node, "cookie_secure");
    const own = entry === undefined ? undefined : secureSetting(this.#app.config, entry);
    if (own !== undefined) return own;
    if (isSince(this.#app, "7.0")) {
      return { value: "when-https", origin: this.#default(), written: "auto" };
    }
    const hasFactory = nodeAt(this.#session?.node, "storage_factory_id") !== undefined;
    // Without the factory, 5.3 and 5.4 switch the flag on themselves when the request came over HTTPS.
    if (isSince(this.#app, "5.3") && !isSince(this.#app, "6.0") && !hasFactory) {
      return { value: "when-https", origin: this.#default() };
    }
    return this.#php.cookie.secure;
  }

  #sameSite(): Setting<SameSiteFlag> {
    const own = this.#own("cookie_samesite", sameSiteOf);
    if (own !== undefined) return own;
    if (isSince(this.#app, "7.0") && !this.#isWritten("cookie_samesite")) {
      return { value: "lax", origin: this.#default() };
    }
    return this.#php.cookie.sameSite;
  }

  #idBits(): Setting<number> {
    const length = this.#own("sid_length", numberOf);
    const bits = this.#own("sid_bits_per_character", numberOf);
    const set = length ?? bits;
    if (set === undefined) return this.#php.idBits;
    if (set.value === undefined) return { value: undefined, origin: set.origin };
    const characters = length?.value ?? Number(this.#php.setting("sid_length").value);
    const each = bits?.value ?? Number(this.#php.setting("sid_bits_per_character").value);
    const written = `${characters} characters of ${each} bits`;
    return { value: characters * each, origin: set.origin, written };
  }

  #idle({ checksAge, seconds: ofHandler }: HandlerEvidence): IdleEvidence {
    const own = idleListener(this.#app);
    if (own !== undefined) return own;
    if (ofHandler !== undefined) return { seconds: ofHandler, keptBy: "library" };
    const seconds: Setting<number | "never"> =
      this.#own("gc_maxlifetime", numberOf) ?? this.#php.gcMaxLifetimeSeconds;
    // These handlers compare the age when they read; but a time that nobody chose is PHP's, not the application's.
    const isChosen = seconds.origin.kind === "set" || seconds.origin.kind === "environment";
    return { seconds, keptBy: checksAge && isChosen ? "library" : "garbage-collection" };
  }

  #isWritten(key: string): boolean {
    return nodeAt(this.#session?.node, key) !== undefined;
  }

  /** What `framework.session` says; `undefined` if it says nothing, or null. */
  #own<T>(key: string, convert: (value: Scalar) => T | undefined): Setting<T> | undefined {
    const entry = entryAt(this.#session?.node, key);
    if (entry === undefined) return undefined;
    const resolved = resolveEntry(this.#app.config, entry);
    return resolved.value === null ? undefined : settingOf(resolved, convert);
  }

  #default(): Origin {
    return { kind: "default", of: this.#app.library, place: this.#app.place };
  }
}

function lifetimeOf(value: Scalar): number | "session" | undefined {
  const seconds = numberOf(value);
  return seconds === 0 ? "session" : seconds;
}
