/**
 * Everything that is broken in the sound applications.
 * @module
 */
import type { Mutant } from "./mutant.ts";
import { expressMutants } from "./mutants-express.ts";
import { phalconMutants } from "./mutants-phalcon.ts";
import { symfonyMutants } from "./mutants-symfony.ts";

export const mutants: readonly Mutant[] = [...symfonyMutants, ...expressMutants, ...phalconMutants];
