/**
 * Tokens that say who somebody is: parsed by Phalcon's own reader, or decoded by the two libraries that PHP
 * applications use, and verified or not.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { placeOf, textOf } from "../../php/php-file.ts";
import { namedFunctionOf } from "../../php/php-walk.ts";
import { entriesOf } from "../code/call-graph.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { traceOf } from "../code/trace.ts";
import { nameFor } from "../sign-in/collect-sign-ins.ts";

const topic = "token-verification";

export function tokenVerification(phalcon: PhalconApplication): readonly Observation[] {
  return [...unsigned(phalcon), ...parsed(phalcon), ...decoded(phalcon)];
}

/** `Signer\None` signs and accepts anything. */
function unsigned(phalcon: PhalconApplication): readonly Observation[] {
  return phalcon.code.calls
    .filter(
      ({ form, className = "" }) =>
        (form === "new" || form === "static") &&
        /^(Phalcon\\(Encryption\\)?Security\\JWT\\Signer\\None|Lcobucci\\JWT\\Signer\\None)$/i.test(
          className,
        ),
    )
    .map(({ file, node }) => ({
      topic,
      place: placeOf(file, node),
      kind: "fault",
      what: "Tokens are signed with Signer\\None, which accepts whatever anybody writes.",
      remedy: "Sign with Signer\\Hmac and a key of 32 random bytes or more.",
    }));
}

const READERS: readonly {
  readonly uses: RegExp;
  readonly reader: RegExp;
  readonly verifies: RegExp;
  /** What is enough to stay silent: a validator checks the signature if it is told to. */
  readonly may: RegExp;
}[] = [
  {
    uses: /Phalcon\\+(Encryption\\+)?Security\\+JWT\b/,
    reader: /^Phalcon\\(Encryption\\)?Security\\JWT\\Token\\Parser$/i,
    verifies: /^(validatesignature|verify)$/,
    may: /^(validatesignature|verify)$/,
  },
  {
    uses: /Lcobucci\\+JWT\b/,
    reader: /^Lcobucci\\JWT\\(Token\\)?Parser$/i,
    verifies: /^(verify|assert)$/,
    may: /^(verify|assert|validate)$/,
  },
];

function parsed(phalcon: PhalconApplication): readonly Observation[] {
  return READERS.flatMap(({ uses, reader, verifies, may }) => {
    const isVerifiedSomewhere = phalcon.code.calls.some(({ name }) => may.test(name));
    return phalcon.code.callsNamed("parse").flatMap((call): readonly Observation[] => {
      if (call.form !== "method" || !uses.test(call.file.text)) return [];
      // Only where the reader is made in the same function: `parse` is a common name.
      const within = namedFunctionOf(call.file, call.node);
      if (within === undefined) return [];
      const makes = traceOf(phalcon, within).some(
        ({ call: made }) => made?.form === "new" && reader.test(made.className ?? ""),
      );
      if (!makes) return [];
      const place = placeOf(call.file, call.node);
      const around = [within, ...entriesOf(phalcon, within)].flatMap((each) =>
        traceOf(phalcon, each),
      );
      if (around.some((step) => step.call?.form === "method" && verifies.test(step.call.name))) {
        const what = `${nameFor(within)} verifies the signature of the token that it reads.`;
        return [{ topic, place, kind: "good", what }];
      }
      if (isVerifiedSomewhere) return [];
      const what = `${nameFor(within)} reads a token, and nothing in the application verifies its signature.`;
      const remedy =
        "Validate the signature with a fixed signer and key, and the expiry, issuer and audience, before a claim is read.";
      return [{ topic, place, kind: "fault", what, remedy }];
    });
  });
}

/** `JWT::decode($token, $key, …)` of firebase/php-jwt. */
function decoded(phalcon: PhalconApplication): readonly Observation[] {
  return phalcon.code.callsNamed("decode").flatMap((call): readonly Observation[] => {
    if (call.form !== "static" || !/^(Firebase\\JWT\\)?JWT$/i.test(call.className ?? "")) return [];
    const place = placeOf(call.file, call.node);
    const [, key, algorithms] = call.arguments;
    if (algorithms?.kind === "boolean" && algorithms.value === false) {
      const what = "The token is decoded with verification switched off.";
      const remedy = 'Decode with new Key($key, "HS256"), which fixes the algorithm.';
      return [{ topic, place, kind: "fault", what, remedy }];
    }
    const fixes = [key, algorithms].some(
      (each) =>
        each !== undefined &&
        /["'](HS|RS|ES|PS)\d{3}["']|["']EdDSA["']/.test(textOf(call.file, each)),
    );
    if (!fixes) return [];
    const what = "The token is decoded with a fixed algorithm and key.";
    return [{ topic, place, kind: "good", what }];
  });
}
