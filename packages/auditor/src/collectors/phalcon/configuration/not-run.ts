/**
 * Which files of a repository no deployment runs.
 * @module
 */

/** Somebody's tests, examples and generated code run applications that nobody uses. */
export const NOT_RUN: RegExp =
  /(^|\/)(tests?|spec|specs|_support|_ci|fixtures?|stubs?|docs?|templates?|examples?|node_modules)\//i;
