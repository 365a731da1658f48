/**
 * Versions of session libraries with weaknesses that are known.
 * @module
 */
import type { Observation, Place } from "../../../evidence.ts";
import { isAtLeast } from "./version.ts";

interface Weakness {
  readonly name: string;
  /** Where it was mended, in each line of versions that got it; the last one holds for later lines. */
  readonly fixedIn: readonly string[];
  /** What the version does, to stand after its name. */
  readonly what: string;
}

const WEAKNESSES: readonly Weakness[] = [
  {
    name: "passport",
    fixedIn: ["0.6.0"],
    what: "keeps the session's id at sign-in and the session at sign-out (CVE-2022-25896).",
  },
  {
    name: "@fastify/session",
    fixedIn: ["10.9.0"],
    what: "takes expired sessions for living ones where maxAge is set (CVE-2024-35220).",
  },
  {
    name: "@fastify/secure-session",
    fixedIn: ["7.3.0"],
    what: "accepts a deleted session's cookie for ever (CVE-2024-31999).",
  },
  {
    name: "@fastify/passport",
    fixedIn: ["1.1.0", "2.3.0"],
    what: "keeps the session's id and its CSRF secret at sign-in (CVE-2023-29019, CVE-2023-29020).",
  },
  {
    name: "next-auth",
    fixedIn: ["4.24.5"],
    what: "takes a token of an interrupted sign-in for a session (CVE-2023-48309).",
  },
  {
    name: "fastify-session",
    fixedIn: [],
    what: "is continued as @fastify/session and gets no fixes.",
  },
  {
    name: "fastify-secure-session",
    fixedIn: [],
    what: "is continued as @fastify/secure-session and gets no fixes.",
  },
  { name: "csurf", fixedIn: [], what: "is deprecated and gets no fixes." },
];

export function oldVersions(
  versions: Readonly<Record<string, string>>,
  place: Place,
): Observation[] {
  return WEAKNESSES.flatMap(({ name, fixedIn, what }): Observation[] => {
    const version = versions[name];
    if (version === undefined || isMended(version, fixedIn)) return [];
    const wanted = fixedIn.at(-1);
    return [
      {
        topic: "supported-version",
        place,
        kind: "fault",
        what: `The installed ${name} ${version} ${what}`,
        ...(wanted !== undefined && { remedy: `Install ${name} ${wanted} or newer.` }),
      },
    ];
  });
}

/** Not known counts as mended: nobody is accused of a version that is not known. */
function isMended(version: string, fixedIn: readonly string[]): boolean {
  const last = fixedIn.at(-1);
  if (last === undefined) return false;
  if (isAtLeast(version, last) !== false) return true;
  return fixedIn.some((fix) => {
    const [major = "0"] = fix.split(".");
    return isAtLeast(version, fix) === true && version.split(".")[0] === major;
  });
}
