/**
 * Types alone: where an application has several levels, one has to be named; a single one goes without saying.
 * @module
 */

type IsUnion<T, All = T> = T extends unknown ? ([All] extends [T] ? false : true) : never;

/** The rest arguments of a method that takes a level. */
export type LevelArgument<Level extends string> =
  IsUnion<Level> extends true ? [level: Level] : [level?: Level];

/** The rest arguments of a method whose options hold a level. */
export type LevelOptions<Level extends string, Options> =
  IsUnion<Level> extends true
    ? [options: Options & { readonly level: Level }]
    : [options?: Options];
