/**
 * docs/controls.md, from docs/data: the requirements, and how the runtime meets each. Refuses a claim
 * whose file or test does not exist.
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { slug, table } from "./markdown.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const read = (name) => readFileSync(join(root, name), "utf8");

export const path = "docs/controls.md";

/** What a row may say of itself. */
const states = {
  met: "by the runtime, without configuration",
  partly:
    "by the runtime, with something left to the application or not there yet; the text says what",
  application: "the application's own duty; the text says what the runtime offers for it",
  "not-yet": "nothing in the runtime yet",
};

/** A title stands in a test file between quotes; one with `${…}` in it as the source spells it. */
function hasTitle(file, title) {
  const text = read(file);
  return ['"', "`", "'"].some((quote) => text.includes(quote + title + quote));
}

function faultsOf(controls, rows) {
  const known = controls.map(({ id }) => id);
  return [
    ...known.filter((id) => rows[id] === undefined).map((id) => `${id} is missing`),
    ...Object.keys(rows)
      .filter((id) => !known.includes(id))
      .map((id) => `${id} is no control`),
    ...Object.entries(rows).flatMap(([id, row]) => rowFaults(row).map((text) => `${id} ${text}`)),
  ];
}

function rowFaults({ state, how = "", files = [], tests = [] }) {
  const paths = [...files, ...tests.map(({ file }) => file)];
  const gone = paths.filter((file) => !existsSync(join(root, file)));
  const mustProve = state === "met" || state === "partly";
  return [
    ...(Object.hasOwn(states, state) ? [] : [`has the unknown state "${state}"`]),
    ...(how === "" ? ["does not say how"] : []),
    ...(mustProve && tests.length === 0 ? [`is ${state} and names no test`] : []),
    ...(mustProve && files.length === 0 ? [`is ${state} and names no source`] : []),
    ...gone.map((file) => `names ${file}, which is not there`),
    ...tests
      .filter(({ file }) => !gone.includes(file))
      .filter(({ file, title }) => !hasTitle(file, title))
      .map(({ file, title }) => `names the test "${title}", which ${file} has not`),
  ];
}

function section(control, { state, how, files = [], tests = [] }) {
  const { requirement, level, asvs, wstg, nist, cwe } = control;
  const sources = [
    ...asvs.map((text) => `ASVS 5.0, ${text}`),
    ...wstg,
    ...nist,
    ...cwe.map((number) => `CWE-${number}`),
  ];
  const links = files.map((file) => `[${shortPath(file)}](../${file})`);
  const proofs = tests.map(({ file, title }) => `- [${shortPath(file)}](../${file}): ${title}`);
  return [
    `### ${headingOf(control)}`,
    `*${requirement}*`,
    `**${state}** ${how}`,
    [`Level ${level}`, ...sources].join(" · "),
    ...(links.length > 0 ? [`Source: ${links.join(", ")}`] : []),
    ...(proofs.length > 0 ? [`Proof:\n\n${proofs.join("\n")}`] : []),
  ].join("\n\n");
}

const headingOf = ({ id, title }) => `${id} ${title}`;
const shortPath = (file) => file.replace("packages/runtime/", "").replace("examples/", "");

export function generate() {
  const controls = JSON.parse(read("docs/data/controls.json"));
  const rows = JSON.parse(read("docs/data/runtime-controls.json"));
  const faults = faultsOf(controls, rows);
  if (faults.length > 0) {
    throw new Error(
      `docs/data/runtime-controls.json:\n${faults.map((text) => `- ${text}`).join("\n")}`,
    );
  }
  const count = (state) => Object.values(rows).filter((row) => row.state === state).length;
  const groups = [...new Set(controls.map(({ group }) => group))];
  const overview = controls.map((control) => [
    `[${control.id}](#${slug(headingOf(control))})`,
    control.title,
    control.level,
    rows[control.id].state,
  ]);
  const body = groups.flatMap((group) => [
    `## ${group}`,
    ...controls
      .filter((control) => control.group === group)
      .map((control) => section(control, rows[control.id])),
  ]);
  return `<!-- Written by \`npm run generate\` from docs/data; edit the files there. -->

# Controls

${controls.length} requirements of secure session management, collected from OWASP ASVS 5.0, the OWASP Web
Security Testing Guide and NIST SP 800-63B-4, and how the runtime stands to each. The level is the lowest ASVS
level that asks for it. Every row that is met or partly met names a test; a check fails where the test is gone.
\`\${…}\` in the title of a test stands for what the test fills in.

${table(
  ["state", "controls", "meaning"],
  Object.entries(states).map(([state, meaning]) => [state, count(state), meaning]),
)}

${table(["control", "", "level", "state"], overview)}

${body.join("\n\n")}
`;
}
