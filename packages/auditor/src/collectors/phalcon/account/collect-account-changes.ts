/**
 * Where a password or somebody's rights change, and what becomes of that person's sessions.
 * @module
 */
import type { PrivilegeChange } from "../../../evidence.ts";
import { child, nameOf, type PhpNode, textOf } from "../../php/php-file.ts";
import { indexPhp, namedFunctionOf, offsetOf, type PhpFunction } from "../../php/php-walk.ts";
import { isNothing } from "../code/about-somebody.ts";
import {
  changesState,
  isRoleField,
  isUserCreation,
  setsPassword,
  setsRole,
} from "../code/account-actions.ts";
import { passwordForms, roleForms } from "../code/forms.ts";
import { identityKeys } from "../code/identity.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { handlers } from "../code/request-handlers.ts";
import { type Step, traceOf } from "../code/trace.ts";
import { nameFor, placeOfStep, signInPaths } from "../sign-in/collect-sign-ins.ts";
import { somebodySignsIn } from "../sign-in/cookie-guard.ts";

/** A password that a request changes, and the function that the request reaches. */
export interface PasswordChange {
  readonly handler: PhpFunction;
  readonly steps: readonly Step[];
  readonly at: Step;
}

/** Passwords of people who had one before. */
export function passwordChanges(phalcon: PhalconApplication): readonly PasswordChange[] {
  return changingHandlers(phalcon).flatMap(({ handler, steps }): readonly PasswordChange[] => {
    const written = steps.find((step) => setsPassword(step) && !isOfNewUser(handler, steps, step));
    const at = written ?? boundField(passwordForms(phalcon), handler, steps);
    return at === undefined ? [] : [{ handler, steps, at }];
  });
}

function changingHandlers(
  phalcon: PhalconApplication,
): readonly { readonly handler: PhpFunction; readonly steps: readonly Step[] }[] {
  if (!somebodySignsIn(phalcon)) return [];
  return handlers(phalcon)
    .map((handler) => ({ handler, steps: traceOf(phalcon, handler) }))
    .filter(({ steps }) => steps.some(changesState));
}

export function collectAccountChanges(phalcon: PhalconApplication): readonly PrivilegeChange[] {
  const passwords = new Map(passwordChanges(phalcon).map((each) => [each.handler, each]));
  const stored = changingHandlers(phalcon).flatMap(
    ({ handler, steps }): readonly PrivilegeChange[] => {
      const password = passwords.get(handler);
      const role =
        steps.find(
          (step) => setsRole(step) && !isOfNewUser(handler, steps, step) && isAboutAccounts(step),
        ) ?? boundField(roleForms(phalcon), handler, steps);
      return [
        ...(password === undefined
          ? []
          : [change(phalcon, "password-change", handler, steps, password.at)]),
        ...(role === undefined ? [] : [change(phalcon, "role-change", handler, steps, role)]),
      ];
    },
  );
  const changes = [
    ...stored,
    ...roleSwitches(phalcon).map(({ handler, steps, at }) =>
      change(phalcon, "role-change", handler, steps, at),
    ),
  ];
  const seen = new Set<string>();
  return changes.filter(({ kind, place }) => {
    const key = `${kind} ${place.file}:${place.line}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** A row that was made just before has no sessions yet. */
function isOfNewUser(handler: PhpFunction, steps: readonly Step[], at: Step): boolean {
  const made = assignedTo(at);
  if (made?.kind === "new" || isNamedConstructor(made)) return true;
  if (
    made?.kind === "call" &&
    /->|::/.test(textOf(at.file, made)) &&
    /find/i.test(textOf(at.file, made))
  )
    return false;
  const inFunction = steps.filter(({ within }) => within.node === at.within.node);
  const looksUp = inFunction.some(
    ({ call }) =>
      call !== undefined &&
      /^(find|get(current|auth|my|logged_?in)?_?(user|account|member|profile|identity)|getby|load)/.test(
        call.name,
      ),
  );
  const isCreating = /^(create|add|new|register|sign_?up|store|insert|join)/i.test(
    handler.name ?? "",
  );
  return !looksUp && (isCreating || inFunction.some(isUserCreation));
}

/** `User::fromRequest($request)`: a row that is made of what was sent, and not looked up. */
function isNamedConstructor(made: PhpNode | undefined): boolean {
  const called = made?.kind === "call" ? child(made, "what") : undefined;
  if (called?.kind !== "staticlookup") return false;
  return /^(from|create|make|new|build|register|of)(?![a-z])/.test(
    nameOf(child(called, "offset")) ?? "",
  );
}

/** What the variable that is written to was made from. */
function assignedTo({ file, node, call }: Step): PhpNode | undefined {
  let target = call === undefined ? child(child(node, "left"), "what") : call.target;
  if (call?.name === "bind") target = call.arguments[1];
  if (target?.kind !== "variable") return undefined;
  const scope = namedFunctionOf(file, node);
  const assigned = indexPhp(file)
    .assignmentsTo(nameOf(target) ?? "")
    .filter((each) => child(each, "left")?.kind === "variable")
    .filter((each) => namedFunctionOf(file, each) === scope && offsetOf(each) < offsetOf(node));
  return child(assigned.at(-1), "right");
}

/** A form with such a field is bound to a row that was looked up. */
function boundField(
  forms: ReadonlySet<string>,
  handler: PhpFunction,
  steps: readonly Step[],
): Step | undefined {
  const isShown = steps.some(
    ({ call }) => call?.form === "new" && forms.has((call.className ?? "").toLowerCase()),
  );
  if (!isShown) return undefined;
  return steps.find(
    (step) =>
      step.call?.form === "method" &&
      step.call.name === "bind" &&
      step.call.arguments.length >= 2 &&
      !isOfNewUser(handler, steps, step),
  );
}

/** Another role is put into a session that is under way, by the request's choice. */
function roleSwitches(phalcon: PhalconApplication): readonly {
  readonly handler: PhpFunction;
  readonly steps: readonly Step[];
  readonly at: Step;
}[] {
  const signIns = new Set(signInPaths(phalcon).map(({ entry }) => entry.node));
  if (signIns.size === 0) return [];
  return handlers(phalcon).flatMap((handler) => {
    if (signIns.has(handler.node)) return [];
    const steps = traceOf(phalcon, handler);
    const at = steps.find(
      ({ operation }) =>
        operation?.kind === "write" &&
        operation.key !== undefined &&
        isRoleField(operation.key) &&
        !isNothing(operation.value) &&
        operation.value?.kind !== "string",
    );
    const isChosen =
      handler.parameters.length > 0 || steps.some(({ call }) => CHOICE.test(call?.name ?? ""));
    return at !== undefined && isChosen ? [{ handler, steps, at }] : [];
  });
}

const CHOICE = /^get(post|query|put|param|params)$/;

/** `$role->level = …` is the role itself; `$user->role = …` is somebody's. */
function isAboutAccounts({ file, node, within }: Step): boolean {
  const around = `${within.of?.name ?? ""} ${file.text.slice(node.loc?.start.offset, (node.loc?.start.offset ?? 0) + 60)}`;
  return /user|account|member|customer|employee|staff|person/i.test(around);
}

function change(
  phalcon: PhalconApplication,
  kind: "password-change" | "role-change",
  handler: PhpFunction,
  steps: readonly Step[],
  at: Step,
): PrivilegeChange {
  const name = nameFor(handler);
  const place = placeOfStep(at);
  const what = kind === "password-change" ? "a password" : "somebody's rights";
  const rotated = steps.find(
    ({ operation }) => operation?.kind === "regenerate" || operation?.kind === "destroy",
  );
  const others = steps.some(endsSessions) ? "ended" : "kept";
  if (rotated?.operation !== undefined) {
    const keeps = rotated.operation.kind === "regenerate" && rotated.operation.deletesOld === false;
    return {
      kind,
      place,
      rotation: keeps ? "old-session-kept" : "rotated",
      rotationPlace: rotated.operation.place,
      why: `${name} changes ${what}, and ${rotated.operation.kind === "destroy" ? "ends the session" : "the session's id"}.`,
      others,
    };
  }
  const keys = [...identityKeys(phalcon)].slice(0, 1);
  const cached =
    keys[0] === undefined ? "" : `: what is in "${keys[0]}" stays as it was at sign-in`;
  return {
    kind,
    place,
    rotation: "none",
    why: `${name} changes ${what} and leaves sessions as they are${cached}.`,
    others,
  };
}

/** Rows of sessions or remembered tokens are deleted, or a version that sessions carry goes up. */
function endsSessions({ call, node, file }: Step): boolean {
  const text = textOf(file, node).slice(0, 300);
  if (
    call !== undefined &&
    /^(delete|destroy|invalidate|revoke)\w*(sessions?|tokens?)$/.test(call.name)
  )
    return true;
  return (
    node.kind === "assign" && /->(session|token|auth)_?(version|epoch|generation)\b/i.test(text)
  );
}
