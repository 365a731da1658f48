/**
 * The secret that signs remember-me cookies and links: `framework.secret`, and whatever firewalls use instead.
 * @module
 */
import type { Place, SecretEvidence } from "../../../evidence.ts";
import { type ConfigEntry, entryAt } from "../../config/config-node.ts";
import { placeOf } from "../../php/php-file.ts";
import { indexPhp } from "../../php/php-walk.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";
import type { Resolved } from "../configuration/resolved.ts";
import { resolveEntry } from "../configuration/symfony-values.ts";

export function collectSecrets(app: SymfonyApplication): SecretEvidence[] {
  const secrets: SecretEvidence[] = [];
  const add = (purpose: string, entry: ConfigEntry | undefined): void => {
    const secret = entry === undefined ? undefined : secretOf(app, purpose, entry);
    if (secret === undefined) return;
    const isKnown = secrets.some(
      ({ place }) => place.file === secret.place.file && place.line === secret.place.line,
    );
    if (!isKnown) secrets.push(secret);
  };
  add("framework.secret", entryAt(app.config.extension("framework")?.node, "secret"));
  for (const { name, rememberMe } of app.firewalls) {
    add(
      `remember_me.secret of firewall ${name}`,
      entryAt(rememberMe?.node, "secret") ?? entryAt(rememberMe?.node, "key"),
    );
  }
  return secrets;
}

function secretOf(
  app: SymfonyApplication,
  purpose: string,
  entry: ConfigEntry,
): SecretEvidence | undefined {
  const resolved = resolveEntry(app.config, entry);
  const { value, origin, variable } = resolved;
  const place = origin.place ?? entry.place;
  if (value === undefined) {
    const source = origin.kind === "environment" ? "environment" : "unknown";
    const isFile = origin.kind === "unknown" && origin.why.includes("file");
    return { purpose, place, source: isFile ? "file" : source };
  }
  const text = String(value ?? "");
  // Empty in the repository: the deployment has to set it.
  if (text === "") return { purpose, place, source: "environment" };
  const overridden = variable === undefined ? undefined : overriddenAt(app, variable);
  if (overridden !== undefined) return { purpose, place: overridden, source: "generated" };
  return { purpose, place, source: sourceOf(resolved), masked: mask(text) };
}

function sourceOf({ fallbackFor }: Resolved): SecretEvidence["source"] {
  return fallbackFor === undefined ? "literal" : "fallback";
}

/** Where code of the application gives the variable another value before the framework reads it. */
function overriddenAt(
  { tree, code, application }: SymfonyApplication,
  variable: string,
): Place | undefined {
  for (const file of code.files) {
    // Only what runs before the kernel: later the container has its secret.
    if (
      !/(^|\/)(config|public|web|app|bin)\/[^/]*$/.test(file.file) ||
      !file.text.includes(variable)
    )
      continue;
    const index = indexPhp(file);
    const call = index.calls.find(
      ({ name, form, node }) =>
        form === "function" && name === "putenv" && textNear(file.text, node).includes(variable),
    );
    if (call !== undefined) return placeOf(file, call.node);
    const writesEnvironment = index.assignments.some((node) =>
      /^\$_(ENV|SERVER)\b/.test(textNear(file.text, node)),
    );
    if (!writesEnvironment) continue;
    const key = index
      .ofKind("entry")
      .find((node) => (node.key as { value?: unknown } | null)?.value === variable);
    if (key !== undefined) return placeOf(file, key);
    const assigned = index.assignments.find((node) =>
      new RegExp(`^\\$_(ENV|SERVER)\\[['"]${variable}['"]\\]`).test(textNear(file.text, node)),
    );
    if (assigned !== undefined) return placeOf(file, assigned);
  }
  return generatedByScript(tree.files, application.files, (file) => tree.read(file), variable);
}

/** A script of the image that writes a random value before the application starts. */
function generatedByScript(
  all: readonly string[],
  own: readonly string[],
  read: (file: string) => string | undefined,
  variable: string,
): Place | undefined {
  const near = new Set(own);
  for (const file of all) {
    if (!/(entrypoint|start|init|boot|run|setup|install)[^/]*(\.sh)?$/i.test(file)) continue;
    if (!/\.sh$|entrypoint[^./]*$/i.test(file) || (!near.has(file) && file.split("/").length > 3))
      continue;
    const lines = (read(file) ?? "").split("\n");
    const at = lines.findIndex(
      (line) =>
        line.includes(variable) &&
        !/^\s*#/.test(line) &&
        /openssl rand|urandom|random_bytes|uuidgen|pwgen|sha256sum|md5sum/.test(line),
    );
    if (at !== -1) return { file, line: at + 1, column: 1 };
  }
  return undefined;
}

function textNear(text: string, node: Parameters<typeof placeOf>[1]): string {
  const start = node.loc?.start.offset ?? 0;
  return text.slice(start, Math.max(start, node.loc?.end.offset ?? 0)).slice(0, 400);
}

/** Two characters and the length: enough to know it again, too little to use it. */
function mask(secret: string): string {
  return `${secret.slice(0, 2)}… (${secret.length} characters)`;
}
