/**
 * docs/auditor/controls.md: every control of the auditor, from its definition and the page in its folder.
 * @module
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { slug } from "./markdown.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const auditor = join(root, "packages/auditor");

export const path = "docs/auditor/controls.md";

const numbers = (name, values) => (values.length === 0 ? [] : [`${name} ${values.join(", ")}`]);

/** The page in the control's folder, without its title and one level down. */
function pageOf(id) {
  const text = readFileSync(join(auditor, "src/controls", id, `${id}.md`), "utf8");
  return text
    .replace(/^# .*\n+/, "")
    .replaceAll(/^## /gm, "### ")
    .trimEnd();
}

function section({ id, title, severity, covers, asvs, wstg, cwe }) {
  const references = [
    `covers ${covers.join(", ")}`,
    ...numbers("ASVS", asvs),
    ...numbers(
      "WSTG",
      wstg.map((number) => number.replace("WSTG-", "")),
    ),
    ...numbers("CWE", cwe),
  ];
  return `## \`${id}\`: ${title}\n\nSeverity of a failure: ${severity}; ${references.join("; ")}.\n\n${pageOf(id)}\n`;
}

export async function generate() {
  const { controls } = await import(join(auditor, "dist/controls/index.js"));
  const index = controls.map(
    ({ id, title, severity }) =>
      `| [\`${id}\`](#${slug(`${id}: ${title}`)}) | ${title} | ${severity} |`,
  );
  return `# The auditor's controls

What \`holdfast-audit\` judges, how, and why. Ids are those of reports, of \`--only\` and of SARIF rules. The SM numbers are
those of the [60 requirements](../controls.md).

| control | holds when | severity |
| --- | --- | --- |
${index.join("\n")}

${controls.map(section).join("\n")}`;
}
