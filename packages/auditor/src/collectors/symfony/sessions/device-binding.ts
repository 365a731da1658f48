/**
 * Device-bound session credentials: whether they are offered, and whether the proof of the key is verified.
 * @module
 */
import type { Observation, Place } from "../../../evidence.ts";
import type { PhpFile } from "../../php/php-file.ts";
import { codeTextOf } from "../code/code-text.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";

const topic = "device-binding";
const HEADERS = /Session-(Registration|Response)|HTTP_SECURE_SESSION/i;
const ABOUT = /dbsc|device[-_]?bound|session[-_](response|registration|challenge)|\bjti\b/i;
const OFFERS = /['"](Secure|Sec)-Session-Registration['"]/i;
const PROOF = /['"]((Secure|Sec)-Session-Response|HTTP_SECURE_SESSION_RESPONSE)['"]/i;
/** By OpenSSL, or by one of the libraries that verify JSON Web Signatures. */
const VERIFIES =
  /\bopenssl_verify\(|JWT::decode\(|verifyWithKey\(|->verifyWithKeySet\(|->verify\(|->loadAndVerify\w*\(|->validator\(\)->(assert|validate)\(/;
const CHALLENGE = /['"]jti['"]|->jti\b|claims\(\)->get\(\s*['"]jti/;
/** The algorithm that the proof itself names. */
const CHOSEN_BY_PROOF = /JWT::decode\([^;]{0,300}(\$header|\[['"]alg['"]\]|->alg\b)/;
const REMEDY =
  "Verify the signature with the key and the algorithm that were registered, and that jti is a challenge of this session that was not used before; set no cookie otherwise.";

export function deviceBinding(app: SymfonyApplication): Observation[] {
  if (!app.code.files.some((file) => HEADERS.test(file.text))) return [];
  const files = app.code.files
    .filter((file) => ABOUT.test(file.text))
    .map((file) => ({ file, text: codeTextOf(file, file.program) }));
  const offer = files.find(({ text }) => OFFERS.test(text));
  const proof = files.find(({ text }) => PROOF.test(text));
  if (offer === undefined && proof === undefined) return [];
  if (proof === undefined) {
    const what = "Sessions are offered to be bound to the device, and nothing reads the proof.";
    return [{ topic, place: placeIn(offer?.file, OFFERS), kind: "fault", what, remedy: REMEDY }];
  }
  const place = placeIn(proof.file, PROOF);
  // The verifier may be a service beside the controller: whichever code speaks of the proof.
  const about = files
    .filter(({ text }) => ABOUT.test(text))
    .map(({ text }) => text)
    .join("\n");
  const fault = (what: string): Observation[] => [
    { topic, place, kind: "fault", what, remedy: REMEDY },
  ];
  if (!VERIFIES.test(about))
    return fault("The proof of the key is read, and its signature is not verified.");
  if (CHOSEN_BY_PROOF.test(about))
    return fault("The proof is verified with the algorithm that it names itself.");
  if (!CHALLENGE.test(about))
    return fault("The proof's challenge is not looked at, so an old proof works again.");
  const what = "The proof's signature and its challenge are verified.";
  return [{ topic, place, kind: "good", what }];
}

function placeIn(file: PhpFile | undefined, pattern: RegExp): Place {
  const before = file?.text.slice(0, pattern.exec(file.text)?.index ?? 0) ?? "";
  const line = before.split("\n").length;
  return { file: file?.file ?? ".", line, column: before.length - before.lastIndexOf("\n") };
}
