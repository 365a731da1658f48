/**
 * A key service in this process, which counts how often it is asked and can be made to fail.
 * @module
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { contextText, type KeyService, serviceError } from "../../src/keys/key-service.ts";

export interface CountedService extends KeyService {
  /** Keys that were asked to be opened, since the last reset. */
  readonly unwraps: readonly string[];
  /** What every call rejects with; `silent`: no call is answered. */
  failure: Error | "silent" | undefined;
  reset(): void;
}

export function countedService(names = { name: "counted", key: "one" }): CountedService {
  const secret = randomBytes(32);
  let unwraps: string[] = [];
  const service: CountedService = {
    ...names,
    failure: undefined,
    get unwraps() {
      return unwraps;
    },
    reset: () => {
      unwraps = [];
    },
    async wrap(bytes, context) {
      await answered(service);
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", secret, nonce);
      cipher.setAAD(Buffer.from(contextText(context)));
      const text = Buffer.concat([
        nonce,
        cipher.update(bytes),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
      return text.toString("base64url");
    },
    async unwrap(wrapped, context) {
      unwraps.push(contextText(context).split("/").slice(3).join("/"));
      await answered(service);
      const box = Buffer.from(wrapped, "base64url");
      const decipher = createDecipheriv("aes-256-gcm", secret, box.subarray(0, 12));
      decipher.setAAD(Buffer.from(contextText(context))).setAuthTag(box.subarray(-16));
      try {
        return Buffer.concat([decipher.update(box.subarray(12, -16)), decipher.final()]);
      } catch {
        throw serviceError(service, "does not open it");
      }
    },
  };
  return service;
}

async function answered({ failure }: CountedService): Promise<void> {
  if (failure === "silent") await new Promise(() => {});
  if (failure instanceof Error) throw failure;
}
