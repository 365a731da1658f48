/**
 * How tokens that say who somebody is are verified: by bundles with one algorithm and key, or by code.
 * @module
 */
import type { Observation, Place } from "../../../evidence.ts";
import { entriesOf, entryAt } from "../../config/config-node.ts";
import { isSubclassOf } from "../../php/php-code.ts";
import { child, type PhpNode, placeOf } from "../../php/php-file.ts";
import { evaluate, scalarOf } from "../../php/php-value.ts";
import { argumentOf, classOf, type PhpCall, type PhpClass } from "../../php/php-walk.ts";
import { classesOf, isAuthenticator, runsOutsideRequests } from "../code/code-roles.ts";
import { codeTextOf } from "../code/code-text.ts";
import { nameNode } from "../code/session-rotation.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";
import { booleanOf } from "../configuration/env-processors.ts";
import { resolveEntry } from "../configuration/symfony-values.ts";
import { titleOfClass } from "./sign-in-csrf.ts";

const topic = "token-verification";

export function tokenVerification(app: SymfonyApplication): Observation[] {
  return [...byBundle(app), ...byOpenId(app), ...byLibrary(app), ...byHand(app)];
}

/** LexikJWTAuthenticationBundle, where a firewall takes its tokens. */
function byBundle(app: SymfonyApplication): Observation[] {
  const bundle = app.config.extension("lexik_jwt_authentication");
  const isUsed = app.firewalls.some(({ authenticators }) =>
    authenticators.some(
      ({ key, services }) => key === "jwt" || services.some(({ id }) => /lexik_jwt/.test(id)),
    ),
  );
  if (bundle === undefined || !isUsed) return [];
  const endless = entryAt(bundle.node, "allow_no_expiration");
  if (endless !== undefined && isTrue(app, endless)) {
    const what = "Tokens without an end are accepted: allow_no_expiration is true.";
    const remedy = "Remove allow_no_expiration, and let whoever issues tokens give them an end.";
    return [{ topic, place: endless.place, kind: "doubt", what, remedy }];
  }
  const what = "lexik_jwt_authentication verifies each token with its own key and one algorithm.";
  return [{ topic, place: bundle.place, kind: "good", what }];
}

function isTrue(app: SymfonyApplication, entry: Parameters<typeof resolveEntry>[1]): boolean {
  const { value } = resolveEntry(app.config, entry);
  return value !== undefined && booleanOf(value) === true;
}

/** `access_token` with the framework's own handler, which verifies signature, issuer and audience. */
function byOpenId({ firewalls }: SymfonyApplication): Observation[] {
  return firewalls.flatMap(({ name, authenticators }) =>
    authenticators.flatMap(({ key, node }): Observation[] => {
      const handler = entryAt(node, "token_handler", "oidc");
      if (key !== "access_token" || handler === undefined) return [];
      const settings = entriesOf(handler.node).map(([setting]) => setting);
      if (!settings.some((each) => /^algorithms?$/.test(each))) return [];
      const what = `Firewall ${name} verifies tokens with listed algorithms and keys, and asks for issuer and audience.`;
      return [{ topic, place: handler.place, kind: "good", what }];
    }),
  );
}

/** firebase/php-jwt and lcobucci/jwt. */
function byLibrary(app: SymfonyApplication): Observation[] {
  const keys = app.code
    .usesOfClass("Firebase\\JWT\\Key")
    .filter(({ form }) => form === "new")
    .flatMap((call): Observation[] => {
      const node = argumentOf(call, 1, "algorithm");
      if (node === undefined) return [];
      const place = placeOf(call.file, node);
      if (typeof scalarOf(evaluate(app.code, call.file, node)) === "string") {
        const what = "Tokens are verified with a key that goes with one algorithm.";
        return [{ topic, place, kind: "good", what }];
      }
      if (!isOfHeader(call, node)) return [];
      const what = "The token's own header chooses the algorithm that it is verified with.";
      return [{ topic, place, kind: "fault", what, remedy: "Write the algorithm down: 'RS256'." }];
    });
  const unsigned = app.code
    .usesOfClass("Lcobucci\\JWT\\Configuration")
    .filter(({ name }) => name === "forunsecuredsigner")
    .filter(({ file, node }) => {
      const of = classOf(file, node);
      return of !== undefined && takesTokens(app, of);
    })
    .map((call): Observation => {
      const what = "Tokens are taken without a signature: forUnsecuredSigner().";
      const remedy = "Use Configuration::forAsymmetricSigner(), and validate with SignedWith.";
      return { topic, place: placeAt(call), kind: "fault", what, remedy };
    });
  return [...keys, ...unsigned];
}

/** `$header->alg`, `$header['alg']`. */
function isOfHeader({ file }: PhpCall, node: PhpNode): boolean {
  return (
    /^(propertylookup|nullsafepropertylookup|offsetlookup)$/.test(node.kind) &&
    child(node, "what") !== undefined &&
    /^\$\w{0,40}head\w{0,40}\s?(\??->alg|\[['"]alg['"]\])$/i.test(codeTextOf(file, node).trim())
  );
}

/** Or asks somebody who does. */
const VERIFIES =
  /verif|validat|assert|hash_hmac|hash_equals|openssl|sodium|JWT\w{0,20}(::|Manager|Encoder|Decoder|Parser|Service)|JWS|Jose|signature|introspect|(->|::)(decode|parse|check|request)\w{0,20}\(/i;

/** An authenticator that takes a token's middle part as it stands. */
function byHand(app: SymfonyApplication): Observation[] {
  return classesOf(app.code).flatMap((each): Observation[] => {
    // What a parent of the application verifies is not followed.
    const hasOwnParent =
      each.parent !== undefined && app.code.classNamed(each.parent) !== undefined;
    if (!takesTokens(app, each) || hasOwnParent) return [];
    const text = codeTextOf(each.file, each.node);
    // An id token that comes straight from its issuer may go unverified: OpenID Connect allows it.
    if (/id_?token|getAccessToken|fetchAccessToken/i.test(text)) return [];
    const split = [...each.methods.values()].find(({ file, node }) => {
      const own = codeTextOf(file, node);
      return (
        /explode\(\s*['"]\.['"]/.test(own) &&
        /json_decode\(/.test(own) &&
        /base64_?(url_?)?decode\(/i.test(own)
      );
    });
    const rest = text.replace(/\b(json_|base64_?(url_?)?)decode\(/gi, "");
    if (split === undefined || VERIFIES.test(rest)) return [];
    const what = `${titleOfClass(each)} decodes a token and does not verify its signature: whoever sends it says who he is.`;
    const remedy =
      "Decode with a library that verifies the signature with a fixed algorithm and key, such as lexik/jwt-authentication-bundle.";
    return [{ topic, place: placeOf(split.file, split.node), kind: "fault", what, remedy }];
  });
}

function takesTokens({ code }: SymfonyApplication, each: PhpClass): boolean {
  if (runsOutsideRequests(code, each)) return false;
  return (
    isAuthenticator(code, each) ||
    (each.name !== undefined && isSubclassOf(code, each.name, /(^|\\)AccessTokenHandlerInterface$/))
  );
}

function placeAt(call: PhpCall): Place {
  return placeOf(call.file, nameNode(call) ?? call.node);
}
