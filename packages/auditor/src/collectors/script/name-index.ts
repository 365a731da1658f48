/**
 * Which files of an application a name stands in, by one reading of them all.
 * @module
 */
import type ts from "typescript";
import type { Tree } from "../tree.ts";
import { parseScript } from "./script-file.ts";

export interface NameIndex {
  /**
   * Files that hold the name, parsed; none if so many do that it says nothing about who is meant.
   *
   * @param text What such a file's text must match. @default anything
   */
  sourcesWith(name: string, text?: RegExp): readonly ts.SourceFile[];
}

const MANY_FILES = 400;
const WORD = /[\w$]+/g;

export function createNameIndex(tree: Tree, files: readonly string[]): NameIndex {
  let filesByWord: ReadonlyMap<string, readonly string[]> | undefined;
  const filesWith = (name: string): readonly string[] => {
    if (!/^[\w$]+$/.test(name)) return files.filter((file) => tree.read(file)?.includes(name));
    filesByWord ??= indexed(tree, files);
    return filesByWord.get(name) ?? [];
  };
  return {
    sourcesWith(name, text) {
      const found = filesWith(name);
      if (found.length > MANY_FILES) return [];
      const matching =
        text === undefined ? found : found.filter((file) => text.test(tree.read(file) ?? ""));
      return matching.flatMap((file) => parseScript(tree, file) ?? []);
    },
  };
}

function indexed(tree: Tree, files: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const file of files) {
    for (const word of new Set(tree.read(file)?.match(WORD))) {
      const list = found.get(word);
      if (list === undefined) found.set(word, [file]);
      else list.push(file);
    }
  }
  return found;
}
