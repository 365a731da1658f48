/**
 * The strategy point by point: what is in effect in production, and where each value comes from.
 * @module
 */
import type { Control, Judgement } from "../../controls/control.ts";
import type { Evidence } from "../../evidence.ts";
import {
  auditText,
  csrfText,
  passwordChangeText,
  rememberMeText,
  roleChangeText,
  signInText,
  signOutText,
  throttlingText,
} from "./conduct-points.ts";
import { observedText } from "./observed-text.ts";
import {
  cookieNameText,
  flagsText,
  idleText,
  idsText,
  persistenceText,
  secretsText,
  storageText,
} from "./session-points.ts";

/** One point of the strategy, as the report has it. */
export interface StrategyPoint {
  readonly point: string;
  readonly text: string;
  readonly controls: readonly string[];
}

interface PointDefinition {
  readonly point: string;
  /** Controls that judge it, by id; those that were not run are left out. */
  readonly controls: readonly string[];
  /** `""` if there is nothing to say. */
  text(evidence: Evidence): string;
}

const POINTS: readonly PointDefinition[] = [
  {
    point: "Cookie attributes",
    controls: ["cookie-secure", "cookie-httponly", "cookie-samesite"],
    text: flagsText,
  },
  {
    point: "Cookie name and scope",
    controls: ["cookie-name", "cookie-prefix", "cookie-scope"],
    text: cookieNameText,
  },
  {
    point: "Persistence in the browser",
    controls: ["cookie-lifetime"],
    text: persistenceText,
  },
  { point: "Session ids", controls: ["strict-mode", "id-entropy"], text: idsText },
  {
    point: "New id at sign-in",
    controls: ["regenerate-login", "regenerate-login-order"],
    text: signInText,
  },
  {
    point: "Password change",
    controls: ["regenerate-password-change"],
    text: passwordChangeText,
  },
  { point: "Role change", controls: ["regenerate-role-change"], text: roleChangeText },
  { point: "Sign-out", controls: ["logout-destroy"], text: signOutText },
  {
    point: "Storage",
    controls: ["storage-handler", "encryption-at-rest", "store-access", "deserialization"],
    text: storageText,
  },
  { point: "Timeout", controls: ["gc-timeout"], text: idleText },
  { point: "Secrets", controls: ["hardcoded-secret"], text: secretsText },
  {
    point: "Remember-me",
    controls: ["remember-me", "remember-me-cookie"],
    text: rememberMeText,
  },
  { point: "Cross-site requests", controls: ["csrf"], text: csrfText },
  { point: "Repeated sign-in attempts", controls: ["login-throttling"], text: throttlingText },
  { point: "Audit log", controls: ["audit-logging"], text: auditText },
];

export function strategyOf(
  evidence: Evidence,
  judgements: readonly { readonly control: Control; readonly judgement: Judgement }[],
): StrategyPoint[] {
  if (evidence.sessions.length === 0) return [];
  const judged = judgements.map(({ control }) => control.id);
  const points = POINTS.map(({ point, controls, text }) => ({
    point,
    text: withoutRepeats(text(evidence)),
    controls: controls.filter((id) => judged.includes(id)),
  }));
  return [...points, ...observedPoints(evidence, judgements, POINTS)].filter(
    ({ text }) => text !== "",
  );
}

/** What no field of the evidence holds: observations, under the title of the control that judges them. */
function observedPoints(
  { observations }: Evidence,
  judgements: readonly { readonly control: Control; readonly judgement: Judgement }[],
  points: readonly PointDefinition[],
): StrategyPoint[] {
  const told = new Set(points.flatMap(({ controls }) => controls));
  return judgements.flatMap(({ control: { id, title } }) => {
    const seen = observations.filter(({ topic }) => topic === id);
    if (seen.length === 0 || told.has(id)) return [];
    return [{ point: title, text: observedText(seen), controls: [id] }];
  });
}

/** The origin of most values is the same default: it is told once a point. */
function withoutRepeats(text: string): string {
  const told = new Set<string>();
  return text.replace(/\(default of (?:[^()]|\([^()]*\))*? sets it\)/g, (origin) => {
    if (told.has(origin)) return "(by the same default)";
    told.add(origin);
    return origin;
  });
}
