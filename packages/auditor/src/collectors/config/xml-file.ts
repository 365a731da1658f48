/**
 * Reads XML with positions, without entities or anything else that reaches outside the file.
 * @module
 */
import { SaxesParser } from "saxes";
import type { Place } from "../../evidence.ts";
import type { Tree } from "../tree.ts";

export interface XmlElement {
  /** Without its prefix. */
  readonly name: string;
  /** The namespace's URI; `""` if it has none. */
  readonly namespace: string;
  readonly place: Place;
  readonly attributes: ReadonlyMap<string, { readonly value: string; readonly place: Place }>;
  readonly children: readonly XmlElement[];
  /** The text directly in it, trimmed. */
  readonly text: string;
}

const MAX_DEPTH = 100;

/** @returns The root element, or `undefined`; what could not be read is reported. */
export function readXml(tree: Tree, file: string): XmlElement | undefined {
  const text = tree.read(file);
  return text === undefined ? undefined : parseXml(text, file, (why) => tree.report({ file, why }));
}

interface OpenElement {
  name: string;
  namespace: string;
  place: Place;
  attributes: Map<string, { value: string; place: Place }>;
  children: OpenElement[];
  text: string;
}

export function parseXml(
  text: string,
  file: string,
  report: (why: string) => void,
): XmlElement | undefined {
  const parser = new SaxesParser({ xmlns: true, position: true });
  const open: OpenElement[] = [];
  let root: OpenElement | undefined;
  let attributePlaces = new Map<string, Place>();
  const here = (): Place => ({ file, line: parser.line, column: Math.max(1, parser.columnIndex) });
  let start = here();
  let failure: string | undefined;
  parser.on("error", (error) => {
    failure ??= error.message.replace(/^[^:]*:/, "line ");
  });
  parser.on("opentagstart", ({ name }) => {
    // Each level makes the next one slower, and nothing is configured that deep.
    if (open.length >= MAX_DEPTH) throw new Error("is nested too deeply");
    // The parser stands behind the name: the element begins before it.
    const at = here();
    start = { ...at, column: Math.max(1, at.column - name.length - 1) };
    attributePlaces = new Map();
  });
  parser.on("attribute", ({ name }) => attributePlaces.set(name, here()));
  parser.on("opentag", (tag) => {
    const attributes = new Map<string, { value: string; place: Place }>();
    for (const [name, { value, local }] of Object.entries(tag.attributes)) {
      if (name === "xmlns" || name.startsWith("xmlns:")) continue;
      attributes.set(local, { value, place: attributePlaces.get(name) ?? start });
    }
    const element: OpenElement = {
      name: tag.local,
      namespace: tag.uri,
      place: start,
      attributes,
      children: [],
      text: "",
    };
    const parent = open.at(-1);
    if (parent === undefined) root ??= element;
    else parent.children.push(element);
    open.push(element);
  });
  parser.on("text", (chunk) => {
    const parent = open.at(-1);
    if (parent !== undefined) parent.text = `${parent.text}${chunk}`.trim();
  });
  parser.on("cdata", (chunk) => {
    const parent = open.at(-1);
    if (parent !== undefined) parent.text = `${parent.text}${chunk}`.trim();
  });
  parser.on("closetag", () => void open.pop());
  try {
    parser.write(text).close();
  } catch (error) {
    failure ??= (error as Error).message;
  }
  if (failure !== undefined) report("is not well-formed XML; read as far as it goes");
  return root;
}
