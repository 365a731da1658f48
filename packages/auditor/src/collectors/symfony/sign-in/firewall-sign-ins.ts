/**
 * Sign-ins and sign-outs that the firewalls do themselves, by configuration alone.
 * @module
 */
import type {
  PrivilegeChange,
  RememberMeEvidence,
  SameSiteFlag,
  SecureFlag,
  Setting,
  SignOut,
} from "../../../evidence.ts";
import { type ConfigEntry, entryAt } from "../../config/config-node.ts";
import type { Firewall } from "../code/firewalls.ts";
import { isSince, type SymfonyApplication } from "../code/symfony-application.ts";
import { booleanOf } from "../configuration/env-processors.ts";
import { sameSiteOf } from "../configuration/same-site.ts";
import { secureSetting } from "../configuration/secure-flag.ts";
import { numberOf, resolveEntry, settingOf } from "../configuration/symfony-values.ts";

type Kind = PrivilegeChange["kind"];

const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [
    /^(form_login|json_login|http_|simple_|custom_auth|guard|two_factor|fos_|login_form|ldap)/,
    "password",
  ],
  [
    /oauth|saml|openid|oidc|cas|sso|x509|remote_user|access_token|jwt|knpu|keycloak/,
    "single-sign-on",
  ],
  [/link|magic/, "reset-link"],
];

/** How the framework treats the session when a firewall has authenticated somebody. */
export function sessionStrategy(app: SymfonyApplication): {
  readonly rotates: boolean | undefined;
  readonly entry: ConfigEntry | undefined;
  readonly why: string;
} {
  const entry = entryAt(app.config.extension("security")?.node, "session_fixation_strategy");
  if (entry === undefined) {
    const why = `The firewall migrates the session: session_fixation_strategy is migrate, the default of ${app.library}.`;
    return { rotates: true, entry, why };
  }
  const { value } = resolveEntry(app.config, entry);
  if (value === undefined) {
    return { rotates: undefined, entry, why: "session_fixation_strategy could not be followed." };
  }
  return value === "none"
    ? {
        rotates: false,
        entry,
        why: "session_fixation_strategy is none: the firewall leaves the session id as it is.",
      }
    : { rotates: true, entry, why: `The firewall does it: session_fixation_strategy is ${value}.` };
}

export function firewallSignIns(app: SymfonyApplication): PrivilegeChange[] {
  const { rotates, entry, why } = sessionStrategy(app);
  const rotation = rotates === undefined ? "unknown" : rotates ? "rotated" : "none";
  const rotationPlace = entry === undefined ? {} : { rotationPlace: entry.place };
  return app.firewalls
    .filter(({ isStateless }) => !isStateless)
    .flatMap((firewall) => {
      const ways = firewall.authenticators
        // Whoever switches is signed in already, under an id of his own.
        .filter(({ key }) => key !== "switch_user")
        .map(({ key, place }) => ({ kind: kindOf(key), place }));
      if (firewall.rememberMe !== undefined) {
        ways.push({ kind: "remember-me", place: firewall.rememberMe.place });
      }
      return ways.map((way) => ({ ...way, rotation, ...rotationPlace, why }));
    });
}

function kindOf(key: string): Kind {
  return KINDS.find(([pattern]) => pattern.test(key))?.[1] ?? "other";
}

export function firewallSignOuts(app: SymfonyApplication): SignOut[] {
  return app.firewalls.flatMap(({ logout, isStateless }): SignOut[] => {
    if (logout === undefined || isStateless) return [];
    const entry = entryAt(logout.node, "invalidate_session");
    const value = entry === undefined ? true : resolveEntry(app.config, entry).value;
    const place = entry?.place ?? logout.place;
    if (value === undefined) {
      return [
        { place, effect: "unknown", why: "logout.invalidate_session could not be followed." },
      ];
    }
    return booleanOf(value) === false
      ? [
          {
            place,
            effect: "key-removed",
            why: "logout.invalidate_session is false: only the security token goes, the session and its id stay.",
          },
        ]
      : [
          {
            place,
            effect: "destroyed",
            why:
              entry === undefined
                ? `The firewall invalidates the session: logout.invalidate_session is true, the default of ${app.library}.`
                : "The firewall invalidates the session: logout.invalidate_session is true.",
          },
        ];
  });
}

/** The firewall's remember-me, with its cookie as it is really sent. */
export function firewallRememberMe(app: SymfonyApplication): RememberMeEvidence | undefined {
  for (const { rememberMe } of app.firewalls) {
    if (rememberMe !== undefined) return rememberMeOf(app, rememberMe);
  }
  return undefined;
}

function rememberMeOf(app: SymfonyApplication, entry: ConfigEntry): RememberMeEvidence {
  const { config } = app;
  const own = (key: string): ConfigEntry | undefined => entryAt(entry.node, key);
  const byDefault = <T>(value: T): Setting<T> => ({
    value,
    origin: { kind: "default", of: app.library, place: entry.place },
  });
  const httpOnly = own("httponly");
  const lifetime = own("lifetime");
  const provider = own("token_provider");
  const service = own("service");
  const always = own("always_remember_me");
  const isForced = always !== undefined && resolveEntry(config, always).value === true;
  const forced = isForced
    ? " Everybody who signs in is remembered: always_remember_me is true."
    : "";
  const hasProvider = provider !== undefined && resolveEntry(config, provider).value !== null;
  const scheme = hasProvider ? "random-token" : service === undefined ? "signed" : "unknown";
  const why = hasProvider
    ? "The cookie holds a series and a random token that the server keeps and renews."
    : service === undefined
      ? "The cookie is signed over user, end and password: it works until it expires or the password changes, signing out included."
      : "A service of the application makes the cookie.";
  return {
    place: entry.place,
    scheme,
    why: why + forced,
    expires: scheme === "unknown" ? undefined : true,
    secure: rememberMeSecure(app, entry, byDefault),
    httpOnly:
      httpOnly === undefined
        ? byDefault(true)
        : settingOf(resolveEntry(config, httpOnly), (value) => booleanOf(value)),
    sameSite: rememberMeSameSite(app, entry, byDefault),
    lifetimeSeconds:
      lifetime === undefined
        ? byDefault<number | "session">(31_536_000)
        : settingOf<number | "session">(resolveEntry(config, lifetime), numberOf),
  };
}

/**
 * The framework copies the session's flag only from a map with `cookie_secure` in it (since 4.2): `session: true`,
 * or the session's own default, leaves the remember-me cookie without.
 */
function rememberMeSecure(
  app: SymfonyApplication,
  entry: ConfigEntry,
  byDefault: <T>(value: T) => Setting<T>,
): Setting<SecureFlag> {
  const copied = isSince(app, "4.2")
    ? entryAt(app.config.extension("framework")?.node, "session", "cookie_secure")
    : undefined;
  const source = entryAt(entry.node, "secure") ?? copied;
  if (source === undefined) return byDefault<SecureFlag>("never");
  return (
    secureSetting(app.config, source) ?? {
      value: "when-https",
      origin: { kind: "set", place: source.place },
    }
  );
}

function rememberMeSameSite(
  app: SymfonyApplication,
  entry: ConfigEntry,
  byDefault: <T>(value: T) => Setting<T>,
): Setting<SameSiteFlag> {
  const copied = isSince(app, "4.2")
    ? entryAt(app.config.extension("framework")?.node, "session", "cookie_samesite")
    : undefined;
  const source = entryAt(entry.node, "samesite") ?? copied;
  if (source === undefined) return byDefault<SameSiteFlag>("unset");
  return settingOf(resolveEntry(app.config, source), sameSiteOf);
}

/** Firewalls that people sign in at and that keep a session. */
export function interactiveFirewalls(app: SymfonyApplication): readonly Firewall[] {
  return app.firewalls.filter(
    ({ isStateless, authenticators, logout }) =>
      !isStateless && (authenticators.length > 0 || logout !== undefined),
  );
}

/** The one that people know: with a log-out, or a form to sign in with; else the first. */
export function mainFirewall(app: SymfonyApplication): Firewall | undefined {
  const firewalls = interactiveFirewalls(app);
  const hasForm = ({ authenticators }: Firewall): boolean =>
    authenticators.some(({ key }) => key.startsWith("form_login") || key.startsWith("custom_auth"));
  return (
    firewalls.find((each) => each.logout !== undefined && hasForm(each)) ??
    firewalls.find(({ logout }) => logout !== undefined) ??
    firewalls.find(hasForm) ??
    firewalls[0]
  );
}
