/**
 * Keys wrapped by the transit engine of HashiCorp Vault or OpenBao, over its HTTP interface. Needs no
 * client library.
 * @module
 */
import type { Keyring } from "../crypto/keyring.ts";
import { isFunction, matching, must, optional, type Reader } from "../crypto/readers.ts";
import { SessionError } from "../errors.ts";
import {
  contextText,
  errorName,
  type KeyService,
  memberName,
  serviceError,
  type WrapContext,
} from "./key-service.ts";
import { checkedOptions, keyringMembers, type ServiceKeyringOptions } from "./keyring-options.ts";
import { openKeyring } from "./wrapped-keyring.ts";

export type { KeyService } from "./key-service.ts";

/** The part of `fetch` that is called. */
export type VaultFetch = (
  url: string,
  init: {
    readonly method: "POST";
    readonly headers: Record<string, string>;
    readonly body: string;
    readonly redirect: "manual";
    readonly signal: AbortSignal;
  },
) => Promise<{ readonly status: number; json(): Promise<unknown> }>;

/** Which key of which Vault, and who we are to it. */
export interface VaultOptions {
  /** Where Vault answers: `https://vault.example.com:8200`. `http:` is taken for loopback only. */
  readonly address: string;
  /**
   * A token that may use the key and nothing else; or a function that is asked for one each time before
   * Vault is, for tokens that end and are renewed.
   */
  readonly token: string | (() => string | Promise<string>);
  /** Name of the transit key. */
  readonly key: string;
  /** Where the transit engine is mounted. @default "transit" */
  readonly mount?: string | undefined;
  /** Namespace, of Vault Enterprise or OpenBao. @default none */
  readonly namespace?: string | undefined;
  /** For an authority of your own, or a proxy: `fetch` of undici with a dispatcher. @default the global fetch */
  readonly fetch?: VaultFetch | undefined;
  /** Sends the token, and the keys, in the clear to `http:` addresses that are not loopback. @default false */
  readonly unsafeHttp?: boolean | undefined;
}

/** Options of {@link vaultKeyring}. */
export interface VaultKeyringOptions extends VaultOptions, ServiceKeyringOptions {}

const path = matching(
  /^(?!.*(?:\/\/|\.\.))[\w.-][\w./-]{0,198}[\w-]$|^\w$/,
  "a path of letters, digits, -, _, . and /, without a / at either end",
);

const vaultMembers: { readonly [Name in keyof VaultOptions]-?: Reader<VaultOptions[Name]> } = {
  address: must(
    "the URL of Vault without a path, such as https://vault.example.com:8200",
    isOrigin,
  ),
  token: must(
    "a token, or a function that gives one; is an environment variable missing?",
    (value) => isFunction(value) || isToken(value),
  ),
  key: matching(/^[\w.-]{1,128}$/, "the name of a transit key: letters, digits, -, _ and ."),
  mount: optional(path),
  namespace: optional(path),
  fetch: optional(must<VaultFetch>("a function like fetch", isFunction)),
  unsafeHttp: optional(must<boolean>("true or false", (value) => typeof value === "boolean")),
};

function isOrigin(value: unknown): boolean {
  if (typeof value !== "string" || !URL.canParse(value)) return false;
  const { protocol, origin, href } = new URL(value);
  // Neither path nor query, and no name and password, which would stand in messages.
  return /^https?:$/.test(protocol) && href === `${origin}/`;
}

/** What can stand in a header. */
function isToken(value: unknown): value is string {
  return typeof value === "string" && /^[!-~]{1,4096}$/.test(value);
}

/**
 * Opens a key file that Vault's transit engine has wrapped. Vault is asked now and when a new key is in
 * the file, never by a request.
 *
 * @throws {SessionError} `HOLDFAST_OPTION` for an option that is missing, unknown or out of range;
 *   `HOLDFAST_KEYRING` if the file cannot be used, or Vault does not open it within the deadline.
 */
export async function vaultKeyring(options: VaultKeyringOptions): Promise<Keyring> {
  const checked = checkedOptions<VaultKeyringOptions>(options, {
    ...keyringMembers,
    ...vaultMembers,
  });
  return openKeyring(createService(checked), checked);
}

/**
 * The service alone, for `holdfast keys --service MODULE`.
 *
 * @throws {SessionError} `HOLDFAST_OPTION` for an option that is missing, unknown or out of range.
 */
export function vaultKeyService(options: VaultOptions): KeyService {
  return createService(checkedOptions<VaultOptions>(options, vaultMembers));
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function createService(options: VaultOptions): KeyService {
  const { address, token, key, mount = "transit", namespace, unsafeHttp = false } = options;
  const { protocol, hostname, origin } = new URL(address);
  if (protocol === "http:" && !LOOPBACK.test(hostname)) {
    if (!unsafeHttp) {
      const fault = `"address" must be https:, since over http: the keys can be read on the way; or set "unsafeHttp"`;
      throw new SessionError("HOLDFAST_OPTION", fault, { faults: [fault] });
    }
    const warning = `"unsafeHttp" is set: whoever is between this machine and ${origin} can read the token and the keys`;
    process.emitWarning(warning, { type: "HoldfastWarning", code: "HOLDFAST_OPTION" });
  }
  const names = { name: "vault", key: `${mount}/${key}` };

  async function call(
    verb: "encrypt" | "decrypt",
    body: Readonly<Record<string, string>>,
    context: WrapContext,
    signal: AbortSignal,
  ): Promise<string> {
    const given = isFunction(token) ? await ask(token as () => string | Promise<string>) : token;
    if (!isToken(given)) {
      throw serviceError(names, `has no token: "token" gave none; see what the function returns`);
    }
    const bound = Buffer.from(contextText(context)).toString("base64");
    const send = options.fetch ?? (globalThis.fetch as VaultFetch);
    let status: number;
    let json: unknown;
    const post = () =>
      send(`${origin}/v1/${mount}/${verb}/${key}`, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          "X-Vault-Request": "true",
          "X-Vault-Token": given,
          ...(namespace === undefined ? {} : { "X-Vault-Namespace": namespace }),
        },
        // The first binds what a derived key wrapped, the second what any other did.
        body: JSON.stringify({ ...body, context: bound, associated_data: bound }),
        // A redirect would carry the token to another machine.
        redirect: "manual",
        signal,
      });
    try {
      const response = await post().catch((error: unknown) => {
        // `fetch` repeats no POST by itself; these two change nothing, and may be repeated.
        if (!wasCut(error) || signal.aborted) throw error;
        return post();
      });
      status = response.status;
      json = status === 200 ? await response.json() : undefined;
    } catch (error) {
      throw serviceError(names, unreachable(origin, error));
    }
    const answer = textOf(json, verb === "encrypt" ? "ciphertext" : "plaintext");
    if (answer !== undefined) return answer;
    // Not Vault's own text, which may quote what it was sent.
    throw serviceError(names, refusalOf(status, verb, context, names.key));
  }

  async function ask(give: () => string | Promise<string>): Promise<string> {
    try {
      return await give();
    } catch (error) {
      throw serviceError(names, `has no token: "token" failed (${errorName(error)})`);
    }
  }

  return {
    ...names,
    wrap: (bytes, context, signal) =>
      call("encrypt", { plaintext: Buffer.from(bytes).toString("base64") }, context, signal),
    unwrap: async (wrapped, context, signal) =>
      Buffer.from(await call("decrypt", { ciphertext: wrapped }, context, signal), "base64"),
  };
}

/** Whether a connection ended without an answer: most often one that was kept open, and closed by then. */
function wasCut(error: unknown): boolean {
  const { code } = ((error as { readonly cause?: unknown }).cause ?? {}) as { code?: unknown };
  return code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE";
}

/** `fetch` says what happened in the cause of its error. */
function unreachable(origin: string, error: unknown): string {
  const { cause = error } = error as { readonly cause?: unknown };
  return `cannot be reached at ${origin} (${errorName(cause)}); see that it runs, that the address is right and, for an authority of your own, that "fetch" trusts it`;
}

function textOf(json: unknown, member: string): string | undefined {
  const { data } = (json ?? {}) as { readonly data?: Readonly<Record<string, unknown>> };
  const text = data?.[member];
  return typeof text === "string" && text !== "" ? text : undefined;
}

/** @see https://developer.hashicorp.com/vault/api-docs#http-status-codes */
function refusalOf(status: number, verb: string, context: WrapContext, key: string): string {
  const member = memberName(context);
  if (status === 400) {
    return verb === "encrypt"
      ? `does not wrap (400); see that the key exists and is of a type that encrypts with associated data: aes256-gcm96`
      : `does not open ${member} (400): it was wrapped by another key or for another file, its version is below min_decryption_version, or the file was changed; restore the one or the other`;
  }
  if (status === 403) {
    return `refuses the token (403); see that it has not ended, and that its policy allows "update" on ${key.replace(/([^/]+)$/, `${verb}/$1`)}`;
  }
  if (status === 404) {
    return `has nothing there (404); see "mount", "key" and "namespace", and that the transit engine is enabled`;
  }
  if (status === 429) return "has too much to do (429); try again later";
  if (status === 503) return "is sealed or under maintenance (503); unseal it, then try again";
  if (status >= 300 && status < 400) {
    return `answers with a redirect (${status}), which is not followed; give the address of the active node, or turn request forwarding on`;
  }
  if (status === 200) return "answers with something else than transit does; see the address";
  // Some versions do not tell what they cannot open from a fault of their own (hashicorp/vault#10842).
  return verb === "decrypt" && status === 500
    ? `failed (500): see Vault's own log; some versions also answer this when ${member} was wrapped by another key or for another file`
    : `failed (${status}); see Vault's own log`;
}
