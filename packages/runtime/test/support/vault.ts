/**
 * A Vault to test against: the transit engine's encrypt and decrypt as Vault documents them, on a loopback
 * port. It follows the documented protocol, and is not Vault.
 * @see https://developer.hashicorp.com/vault/api-docs/secret/transit
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A transit key: its versions, oldest first. */
interface TransitKey {
  readonly versions: Buffer[];
  readonly isDerived: boolean;
  minDecryptionVersion: number;
}

/** How the server answers. */
type VaultMode =
  | "up"
  | "sealed"
  | "silent"
  | "redirecting"
  | "busy"
  | "broken"
  /** Answers 400 and quotes everything that it was sent. */
  | "quoting"
  /** Answers 200 with something that is not transit's. */
  | "foreign";

export interface FakeVault {
  readonly url: string;
  /** A token whose policy is `update` on encrypt and decrypt of every key. */
  readonly token: string;
  /** Requests since the last {@link reset}. */
  readonly calls: number;
  mode: VaultMode;
  reset(): void;
  createKey(name: string, isDerived?: boolean): void;
  rotateKey(name: string, minDecryptionVersion?: number): void;
  /** @param paths What the token may update: `encrypt/holdfast`. */
  createToken(paths: readonly string[]): string;
  revokeToken(token: string): void;
  /** Stops listening: connections are refused. */
  stop(): Promise<void>;
  /** Listens on the same port again. */
  start(): Promise<void>;
}

interface Asked {
  readonly plaintext?: string;
  readonly ciphertext?: string;
  readonly context?: string;
  readonly associated_data?: string;
}

/** @see startVault */
interface VaultOptions {
  readonly mount?: string;
  readonly namespace?: string;
}

export async function startVault({
  mount = "transit",
  namespace,
}: VaultOptions = {}): Promise<FakeVault> {
  const keys = new Map<string, TransitKey>();
  const tokens = new Map<string, readonly string[] | "all">();
  const server = createServer((request, response) => void answer(request, response));
  let calls = 0;
  let mode: VaultMode = "up";

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    calls += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const send = (status: number, json: object): void => {
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(JSON.stringify(json));
    };
    const refuse = (status: number, ...errors: readonly string[]): void => send(status, { errors });
    if (mode === "silent") return;
    if (mode === "sealed") return refuse(503, "Vault is sealed");
    if (mode === "busy") return refuse(429, "request path: rate limit quota exceeded");
    if (mode === "broken") return refuse(500, "internal error");
    if (mode === "foreign") return send(200, { hello: "world" });
    const token = String(request.headers["x-vault-token"] ?? "");
    if (mode === "quoting") return refuse(400, `could not parse ${body} sent with token ${token}`);
    if (mode === "redirecting") {
      response.writeHead(307, { Location: "http://active.vault.test:8200/" }).end();
      return;
    }
    if (namespace !== undefined && request.headers["x-vault-namespace"] !== namespace) {
      return refuse(403, "permission denied");
    }
    const [, verb = "", name = ""] =
      new RegExp(`^/v1/${mount}/(encrypt|decrypt)/([\\w.-]+)$`).exec(request.url ?? "") ?? [];
    if (verb === "") {
      return refuse(404, `no handler for route "${request.url?.slice(4)}". route entry not found.`);
    }
    const rights = tokens.get(token);
    if (rights === undefined) return refuse(403, "permission denied", "invalid token");
    if (rights !== "all" && !rights.includes(`${verb}/${name}`)) {
      return refuse(403, "1 error occurred:\n\t* permission denied\n\n");
    }
    if (request.method !== "POST" && request.method !== "PUT") {
      return refuse(405, "unsupported operation");
    }
    const key = keys.get(name);
    if (key === undefined) return refuse(400, "encryption key not found");
    const asked = JSON.parse(body) as Asked;
    if (key.isDerived && !asked.context) {
      return refuse(
        400,
        "missing 'context' for key derivation; the key was created using a derived key, which means additional, per-request information must be included in order to perform operations with the key",
      );
    }
    const data = verb === "encrypt" ? encrypted(key, asked) : decrypted(key, asked);
    if (typeof data === "string") return refuse(400, data);
    const none = { lease_id: "", renewable: false, lease_duration: 0 };
    send(200, { request_id: randomBytes(16).toString("hex"), ...none, data, wrap_info: null });
  }

  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const token = `hvs.${randomBytes(18).toString("hex")}`;
  tokens.set(token, "all");

  return {
    url: `http://127.0.0.1:${port}`,
    token,
    get calls() {
      return calls;
    },
    get mode() {
      return mode;
    },
    set mode(next) {
      mode = next;
    },
    reset: () => {
      calls = 0;
    },
    createKey: (name, isDerived = false) =>
      void keys.set(name, { versions: [randomBytes(32)], isDerived, minDecryptionVersion: 1 }),
    rotateKey(name, minDecryptionVersion = 1) {
      const key = keys.get(name);
      key?.versions.push(randomBytes(32));
      if (key !== undefined) key.minDecryptionVersion = minDecryptionVersion;
    },
    createToken(paths) {
      const made = `hvs.${randomBytes(18).toString("hex")}`;
      tokens.set(made, paths);
      return made;
    },
    revokeToken: (revoked) => void tokens.delete(revoked),
    stop,
    start: () => listen(port),
  };
}

/** The key of one version, derived by the context if the key is. */
function keyOf(key: TransitKey, version: number, { context = "" }: Asked): Buffer | undefined {
  const bytes = key.versions[version - 1];
  if (bytes === undefined || !key.isDerived) return bytes;
  return createHmac("sha256", bytes).update(Buffer.from(context, "base64")).digest();
}

function encrypted(key: TransitKey, asked: Asked): object | string {
  const { plaintext = "", associated_data: data = "" } = asked;
  const bytes = Buffer.from(plaintext, "base64");
  if (bytes.toString("base64") !== plaintext) return "failed to base64-decode plaintext";
  const version = key.versions.length;
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", keyOf(key, version, asked) as Buffer, nonce);
  cipher.setAAD(Buffer.from(data, "base64"));
  const box = Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  return { ciphertext: `vault:v${version}:${box.toString("base64")}`, key_version: version };
}

function decrypted(key: TransitKey, asked: Asked): object | string {
  const { ciphertext = "", associated_data: data = "" } = asked;
  const [, text = "", boxText = ""] = /^vault:v(\d+):(.+)$/.exec(ciphertext) ?? [];
  if (text === "") return "invalid ciphertext: no prefix";
  const version = Number(text);
  if (version < key.minDecryptionVersion) {
    return "ciphertext or signature version is disallowed by policy (too old)";
  }
  const bytes = keyOf(key, version, asked);
  const box = Buffer.from(boxText, "base64");
  if (bytes === undefined || box.length < 29) return "invalid ciphertext: unable to decrypt";
  const decipher = createDecipheriv("aes-256-gcm", bytes, box.subarray(0, 12));
  decipher.setAAD(Buffer.from(data, "base64")).setAuthTag(box.subarray(-16));
  try {
    const plain = Buffer.concat([decipher.update(box.subarray(12, -16)), decipher.final()]);
    return { plaintext: plain.toString("base64") };
  } catch {
    return "invalid ciphertext: unable to decrypt";
  }
}
