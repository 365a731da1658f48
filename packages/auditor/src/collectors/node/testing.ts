/**
 * Evidence of small applications for tests, from a map of their files.
 * @module
 */
import type { Evidence, ObservationTopic } from "../../evidence.ts";
import { withFiles } from "../testing.ts";
import { collectNode } from "./collect-node.ts";
import { recogniseNode } from "./recognise-node.ts";

/** A package.json that asks for these versions. */
export function manifest(dependencies: Readonly<Record<string, string>>): string {
  return JSON.stringify({ name: "shop", dependencies });
}

/** Evidence of the only application among these files. */
export function evidenceOf(files: Readonly<Record<string, string>>): Evidence {
  using tree = withFiles(files);
  const applications = recogniseNode(tree);
  const [application] = applications;
  if (application === undefined || applications.length > 1) {
    throw new Error(`expected one application, found ${applications.length}`);
  }
  return collectNode(tree, application);
}

/** An Express application with passport, these handlers, and a session that is set up soundly. */
export function expressApp(
  code: string,
  dependencies: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return {
    "package.json": manifest({ express: "5.1.0", "express-session": "1.18.2", ...dependencies }),
    "app.js": `
      const express = require("express");
      const session = require("express-session");
      const bcrypt = require("bcrypt");
      const { users } = require("./users");
      const app = express();
      app.use(session({ secret: process.env.SESSION_SECRET, name: "shop" }));
      ${code}
      app.listen(3000);
    `,
    "users.js": `exports.users = { findByName: async (name) => null };`,
  };
}

/** What was observed of a topic among these files. */
export function kindsOf(
  files: Readonly<Record<string, string>>,
  topic: ObservationTopic,
): readonly string[] {
  return evidenceOf(files)
    .observations.filter((one) => one.topic === topic)
    .map(({ kind }) => kind);
}
