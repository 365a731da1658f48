/**
 * Which applications a tree holds, and which collector reads one.
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

type Framework = Application["framework"];

const FRAMEWORKS: Readonly<
  Record<Framework, { recognise(tree: Tree): readonly Application[]; collect: Collector }>
> = {
  symfony: { recognise: recogniseSymfony, collect: collectSymfony },
  phalcon: { recognise: recognisePhalcon, collect: collectPhalcon },
  node: { recognise: recogniseNode, collect: collectNode },
};

/** In the order of their folders. */
export function recognise(tree: Tree): readonly Application[] {
  return Object.values(FRAMEWORKS)
    .flatMap(({ recognise: find }) => find(tree))
    .sort((left, right) => compare(left.root, right.root));
}

/** What reads an application. */
export function collectorOf({ framework }: Application): Collector {
  return FRAMEWORKS[framework].collect;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
