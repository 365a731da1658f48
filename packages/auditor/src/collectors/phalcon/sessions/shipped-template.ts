/**
 * The adapter that the templates of a configuration name: what somebody who installs the application begins with.
 * @module
 */
import type { StorageKind } from "../../../evidence.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { storageKind } from "./session-adapters.ts";

const TEMPLATE =
  /(\.php|\.ini|\.ya?ml)\.(dist|example|sample|default)$|\.(dist|example|sample)\.php$/i;
/** `'session' => ['adapter' => 'Files'`, with nothing nested in between. */
const NAMED =
  /['"]session['"]\s*=>\s*(?:array\s*\(|\[)[^()[\]]{0,1000}?['"](?:adapter|driver|handler)['"]\s*=>\s*['"]([\w\\]{1,100})['"]/gi;

/** A template alone sets nothing: it only says whether another choice of the code is the one that is meant. */
export function agreesWithTemplates(phalcon: PhalconApplication, kind: StorageKind): boolean {
  const { tree, application } = phalcon;
  const named = application.files
    .filter((file) => TEMPLATE.test(file))
    .flatMap((file) => [...(tree.read(file) ?? "").matchAll(NAMED)])
    .map((match) => storageKind(`Phalcon\\Session\\Adapter\\${match[1]?.replace(/^.*\\/, "")}`));
  return named.length > 0 && named.every((each) => each === kind);
}
