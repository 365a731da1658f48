/**
 * Device-bound session credentials: where they are offered, whether the proof is verified before a cookie is set.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { placeOf, textOf } from "../../php/php-file.ts";
import { indexPhp } from "../../php/php-walk.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { sessionOperations } from "../code/session-operations.ts";

const OFFERS = /^Secure-Session-Registration\b/i;
const VERIFIES =
  /^(openssl_verify|decode|verify|verifysignature|sodium_crypto_sign_verify_detached|parse|loadandverifywithkey)$/;
const VERIFIER = /jwt|jws|jose|proof|signer|signature|validator|verif/i;

export function deviceBinding(phalcon: PhalconApplication): readonly Observation[] {
  const offered = phalcon.code.files
    .filter(({ text }) => /Secure-Session-Registration/i.test(text))
    .flatMap((file) =>
      indexPhp(file)
        .ofKind("string")
        .filter(({ value }) => OFFERS.test(String(value)))
        .map((node) => ({ file, node })),
    );
  const [first] = offered;
  if (first === undefined) return [];
  const place = placeOf(first.file, first.node);
  const observation = (kind: "fault" | "good", value: string, what: string): Observation => ({
    topic: "device-binding",
    place,
    kind,
    value,
    what,
    ...(kind === "fault" && {
      remedy:
        "Verify the proof with the key that was registered and the algorithm that was offered, compare its jti with a challenge that is used once, and set the cookie after that only.",
    }),
  });
  const responding = phalcon.code.files.filter(({ text }) =>
    /Secure-Session-Response|SECURE_SESSION_RESPONSE/i.test(text),
  );
  if (responding.length === 0)
    return [
      observation(
        "fault",
        "not asked for",
        "Device-bound sessions are offered, and nothing reads the proof that comes back",
      ),
    ];
  const calls = phalcon.code.calls.filter(
    ({ name, form, className = "", file, target }) =>
      VERIFIES.test(name) &&
      (form === "function" || VERIFIER.test(className) || VERIFIER.test(textOf(file, target))),
  );
  if (calls.length === 0)
    return [
      observation(
        "fault",
        "not verified",
        "Device-bound sessions are offered, and nothing verifies the signature of the proof",
      ),
    ];
  const keepsChallenge =
    sessionOperations(phalcon).some(
      ({ kind, key }) => kind === "read" && /challenge|jti|dbsc/i.test(key ?? ""),
    ) ||
    phalcon.code.calls.some(({ name }) =>
      /^(find\w*|take|consume|use|get)\w*challenge\w*$/.test(name),
    );
  if (!keepsChallenge || !responding.some(({ text }) => /\bjti\b/.test(text)))
    return [
      observation(
        "fault",
        "replayable",
        "The proof of a device-bound session is verified, and its challenge is compared with nothing",
      ),
    ];
  return [
    observation(
      "good",
      "verified",
      "The proof of a device-bound session is verified, and its challenge is compared",
    ),
  ];
}
