/**
 * An AWS KMS to test against: Encrypt and Decrypt as AWS documents them, on a loopback port, asked by the
 * real client of `@aws-sdk/client-kms`. It follows the documented protocol, and is not KMS.
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { KMS } from "@aws-sdk/client-kms";

interface KmsKey {
  readonly arn: string;
  readonly bytes: Buffer;
  state: "Enabled" | "Disabled" | "PendingDeletion";
}

export interface FakeKms {
  readonly url: string;
  /** Requests since the last {@link reset}. */
  readonly calls: number;
  /** What every request is refused with: the documented name of an error, or `quoting`, `silent`. */
  refuseWith: string | undefined;
  reset(): void;
  client(): KMS;
  /** @returns The key's ARN. */
  createKey(alias: string): string;
  setState(alias: string, state: KmsKey["state"]): void;
  /** Lets through only requests that have these pairs in their context, as a condition of a policy does. */
  requireContext(context: Readonly<Record<string, string>>): void;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends clients as well. */
  close(): Promise<void>;
}

interface Asked {
  readonly KeyId?: string;
  readonly Plaintext?: string;
  readonly CiphertextBlob?: string;
  readonly EncryptionContext?: Readonly<Record<string, string>>;
}

class Refusal extends Error {}

export async function startKms(): Promise<FakeKms> {
  const keys = new Map<string, KmsKey>();
  const clients: KMS[] = [];
  let calls = 0;
  let refuseWith: string | undefined;
  let required: Readonly<Record<string, string>> = {};

  const keyOf = (id: string | undefined): KmsKey => {
    const found = [...keys].find(([alias, { arn }]) =>
      [alias, arn, arn.split("/")[1]].includes(id),
    )?.[1];
    if (found === undefined) throw new Refusal("NotFoundException");
    if (found.state === "Disabled") throw new Refusal("DisabledException");
    if (found.state === "PendingDeletion") throw new Refusal("KMSInvalidStateException");
    return found;
  };

  const actions: Readonly<Record<string, (asked: Asked) => object>> = {
    Encrypt({ KeyId, Plaintext = "", EncryptionContext }) {
      const { arn, bytes } = keyOf(KeyId);
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", bytes, nonce);
      cipher.setAAD(canonical(EncryptionContext));
      const text = cipher.update(Plaintext, "base64");
      cipher.final();
      const head = Buffer.from(arn.padEnd(96));
      const CiphertextBlob = Buffer.concat([head, nonce, text, cipher.getAuthTag()]);
      return { KeyId: arn, CiphertextBlob: CiphertextBlob.toString("base64") };
    },
    Decrypt({ KeyId, CiphertextBlob = "", EncryptionContext }) {
      const blob = Buffer.from(CiphertextBlob, "base64");
      const arn = blob.toString("latin1", 0, 96).trim();
      const wrappedBy = [...keys.values()].find((key) => key.arn === arn);
      if (wrappedBy === undefined || blob.length < 96 + 28) {
        throw new Refusal("InvalidCiphertextException");
      }
      if (keyOf(KeyId) !== wrappedBy) throw new Refusal("IncorrectKeyException");
      const decipher = createDecipheriv("aes-256-gcm", wrappedBy.bytes, blob.subarray(96, 108));
      decipher.setAAD(canonical(EncryptionContext)).setAuthTag(blob.subarray(-16));
      try {
        const text = Buffer.concat([decipher.update(blob.subarray(108, -16)), decipher.final()]);
        return { KeyId: arn, Plaintext: text.toString("base64") };
      } catch {
        throw new Refusal("InvalidCiphertextException");
      }
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    calls += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const send = (status: number, json: object): void => {
      response.writeHead(status, { "Content-Type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify(json));
    };
    if (refuseWith === "silent") return;
    const action = actions[String(request.headers["x-amz-target"]).replace("TrentService.", "")];
    const isSigned = /^AWS4-HMAC-SHA256 Credential=/.test(request.headers.authorization ?? "");
    try {
      if (refuseWith === "quoting") throw new Refusal("ValidationException");
      if (refuseWith !== undefined) throw new Refusal(refuseWith);
      if (!isSigned) throw new Refusal("MissingAuthenticationToken");
      if (action === undefined) throw new Refusal("UnknownOperationException");
      const asked = JSON.parse(body) as Asked;
      const given = asked.EncryptionContext ?? {};
      if (Object.entries(required).some(([name, value]) => given[name] !== value)) {
        throw new Refusal("AccessDeniedException");
      }
      send(200, action(asked));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const message = `not with ${body} and ${request.headers.authorization}`;
      const isServers = /^(KMSInternal|DependencyTimeout)/.test(error.message);
      send(isServers ? 500 : 400, { __type: error.message, message });
    }
  }

  const server = createServer((request, response) => void answer(request, response));
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    url: `http://127.0.0.1:${port}`,
    get calls() {
      return calls;
    },
    get refuseWith() {
      return refuseWith;
    },
    set refuseWith(next) {
      refuseWith = next;
    },
    reset: () => {
      calls = 0;
    },
    client() {
      const made = new KMS({
        endpoint: `http://127.0.0.1:${port}`,
        region: "eu-central-1",
        credentials: { accessKeyId: "local", secretAccessKey: "local-secret-access-key" },
        maxAttempts: 1,
      });
      clients.push(made);
      return made;
    },
    createKey(alias) {
      const arn = `arn:aws:kms:eu-central-1:111122223333:key/${crypto.randomUUID()}`;
      keys.set(alias, { arn, bytes: randomBytes(32), state: "Enabled" });
      return arn;
    },
    setState(alias, state) {
      const key = keys.get(alias);
      if (key !== undefined) key.state = state;
    },
    requireContext(context) {
      required = context;
    },
    stop,
    start: () => listen(port),
    async close() {
      for (const made of clients) made.destroy();
      await stop();
    },
  };
}

/** The order of the pairs does not matter, as KMS says. */
function canonical(context: Readonly<Record<string, string>> = {}): Buffer {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(JSON.stringify(pairs));
}
