/**
 * Which applications a tree holds, each with the collector that reads it.
 * @module
 */
import type { Application, Collector } from "./collectors/application.ts";
import { collectNode } from "./collectors/node/collect-node.ts";
import { recogniseNode } from "./collectors/node/recognise-node.ts";
import { collectPhalcon } from "./collectors/phalcon/collect-phalcon.ts";
import { recognisePhalcon } from "./collectors/phalcon/recognise-phalcon.ts";
import { collectSymfony } from "./collectors/symfony/collect-symfony.ts";
import { recogniseSymfony } from "./collectors/symfony/recognise-symfony.ts";
import type { Tree } from "./collectors/tree.ts";

/** An application and what reads it. */
export interface Recognised {
  readonly application: Application;
  readonly collect: Collector;
}

const FRAMEWORKS: readonly { recognise(tree: Tree): readonly Application[]; collect: Collector }[] =
  [
    { recognise: recogniseSymfony, collect: collectSymfony },
    { recognise: recognisePhalcon, collect: collectPhalcon },
    { recognise: recogniseNode, collect: collectNode },
  ];

/** In the order of their folders. */
export function recognise(tree: Tree): readonly Recognised[] {
  return FRAMEWORKS.flatMap(({ recognise: find, collect }) =>
    find(tree).map((application) => ({ application, collect })),
  ).sort((left, right) => compare(left.application.root, right.application.root));
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
