/**
 * Every system that is compared, in the order of the table's columns.
 * @module
 */
import { betterAuthSubjects } from "./better-auth.ts";
import { expressSessionSubjects } from "./express-session.ts";
import { fastifySessionSubjects } from "./fastify-session.ts";
import { holdfastSubjects } from "./holdfast.ts";
import type { Subject } from "./subject.ts";

export const subjects: readonly Subject[] = [
  ...holdfastSubjects,
  ...expressSessionSubjects,
  ...fastifySessionSubjects,
  ...betterAuthSubjects,
];
