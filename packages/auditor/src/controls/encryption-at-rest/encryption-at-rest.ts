/**
 * Who reads the store, or the cookie, does not read the session's contents.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeSetting } from "../judging.ts";
import { settingFix } from "../session-fix.ts";

export const encryptionAtRest: Control = defineControl({
  id: "encryption-at-rest",
  title: "Session contents are encrypted where they are kept",
  failureTitle: "Session contents lie in clear text where they are kept",
  severity: "medium",
  covers: ["SM-47"],
  threats: ["theft-from-the-store"],
  effort: "days",
  verification:
    "Put a marker into a session through the application and search the raw store, or the decoded cookie, for it: it must not be there in plain or base64.",
  judge: (evidence) =>
    judgeSetting(
      evidence,
      (session) => session.isEncrypted,
      (isEncrypted, session, setting) => ({
        verdict: isEncrypted ? "pass" : "fail",
        value: isEncrypted
          ? "encrypted"
          : session.isStateless
            ? "signed, and readable"
            : "clear text",
        message: isEncrypted
          ? "The contents are encrypted."
          : session.isStateless
            ? "Whoever holds the cookie reads what is in it: the signature hides nothing."
            : "A backup, a dump or a reading account of the store shows what every session holds, tokens and personal data with it.",
        fix: settingFix(evidence, session, setting, {
          text: "Encrypt the contents with AES-256-GCM under a key from outside the store, bound to the session's id; keep out of the session what need not be there.",
          stacks: {
            symfony: {
              text: "Wrap the handler in MarshallingSessionHandler with SodiumMarshaller (not the Serializer component, which encrypts nothing).",
              code: "services:\n    Symfony\\Component\\Cache\\Marshaller\\SodiumMarshaller:\n        decorates: default_marshaller\n        arguments: [['%env(base64:SESSION_KEY)%'], '@.inner']\n    Symfony\\Component\\HttpFoundation\\Session\\Storage\\Handler\\MarshallingSessionHandler:\n        decorates: session.handler\n        arguments: ['@.inner', '@Symfony\\Component\\Cache\\Marshaller\\SodiumMarshaller']",
            },
            phalcon: {
              text: "Give Session\\Manager an adapter of your own that seals what it writes with Phalcon\\Encryption\\Crypt in a GCM cipher (the default, CFB, is no authenticated encryption).",
            },
            "cookie-session": {
              text: "Use iron-session or @fastify/secure-session, which encrypt, or keep the contents on the server.",
            },
          },
        }),
      }),
      {
        pass: "Session contents are encrypted where they are kept.",
        fail: "Session contents are kept in clear text.",
        review: "Whether session contents are encrypted could not be told.",
      },
    ),
});
