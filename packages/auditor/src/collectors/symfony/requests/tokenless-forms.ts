/**
 * Forms whose token is switched off, in actions that change something for whoever has a session.
 * @module
 */
import { isSubclassOf } from "../../php/php-code.ts";
import { type PhpFile, type PhpNode, placeOf } from "../../php/php-file.ts";
import { evaluate, scalarOf } from "../../php/php-value.ts";
import {
  argumentOf,
  indexPhp,
  isInside,
  namedFunctionOf,
  type PhpCall,
  type PhpClass,
} from "../../php/php-walk.ts";
import { callsReached, runsOutsideRequests } from "../code/code-roles.ts";
import { callsOf, codeTextOf } from "../code/code-text.ts";
import { takesSession } from "../code/request-firewall.ts";
import type { Action } from "../code/routes.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";
import { type CsrfGap, hasGuard, isNamedForPrograms, PROVES_MORE } from "./action-csrf.ts";
import { titleOfClass } from "./sign-in-csrf.ts";

const MAKES = /^create((named)?(builder)?|form(builder)?)$/;
const CHANGES =
  /^(flush|executestatement|executequery|executeupdate|persist|(save|store|delete|remove|update|insert)\w*)$/;
const BY_GET = /['"]method['"]\s*=>\s*(['"]GET['"]|\w+::METHOD_GET)|setMethod\(\s*['"]GET/i;
/** From an action through a service and its repository. */
const LEVELS = 3;

export function tokenlessForms(app: SymfonyApplication, actions: readonly Action[]): CsrfGap[] {
  const made = app.code.calls.filter(({ name, form }) => form !== "new" && MAKES.test(name));
  const open = new Map<PhpNode, CsrfGap>();
  for (const call of made) {
    const gap = withoutToken(app, call);
    if (gap !== undefined) open.set(call.node, gap);
  }
  if (open.size === 0) return [];
  const gaps = new Map<string, CsrfGap>();
  for (const action of [...actions, ...otherMakers(app, actions, made, open)]) {
    const { methods } = action;
    if (methods.length > 0 && !methods.includes("POST")) continue;
    const calls = callsReached(app.code, action.method, LEVELS);
    const ofAction = calls.flatMap((call) => open.get(call.node) ?? []);
    if (ofAction.length === 0 || !isRidden(app, action, calls)) continue;
    for (const gap of ofAction) gaps.set(`${gap.place.file}:${gap.place.line}`, gap);
  }
  return [...gaps.values()];
}

/** Functions that make such a form and that no known route leads to. */
function otherMakers(
  { code }: SymfonyApplication,
  actions: readonly Action[],
  made: readonly PhpCall[],
  open: ReadonlyMap<PhpNode, CsrfGap>,
): Action[] {
  const routed = new Set(actions.map(({ method }) => method.node));
  const makers = made.flatMap(({ node, file }) => {
    const within = open.has(node) ? namedFunctionOf(file, node) : undefined;
    if (within === undefined || routed.has(within.node)) return [];
    return runsOutsideRequests(code, within.of) ? [] : [{ method: within, methods: [] }];
  });
  return [...new Map(makers.map((each) => [each.method.node, each])).values()];
}

/** Another site's form can have it done: it changes something, and what comes with it is a session alone. */
function isRidden(app: SymfonyApplication, action: Action, calls: readonly PhpCall[]): boolean {
  const { method } = action;
  const text = codeTextOf(method.file, method.node);
  if (hasGuard(method) || PROVES_MORE.test(text) || BY_GET.test(text)) return false;
  if (calls.some(({ name }) => PROVES_MORE.test(`->${name}(`))) return false;
  const writes = calls.some(
    ({ name, form }) => CHANGES.test(name) && (form === "method" || form === "static"),
  );
  const session = takesSession(app, action);
  return writes && (session ?? !isNamedForPrograms(action));
}

/** Where a form's token is off: by the options that it is made with, or by those of its type. */
function withoutToken(app: SymfonyApplication, call: PhpCall): CsrfGap | undefined {
  if (BY_GET.test(codeTextOf(call.file, call.node))) return undefined;
  const given = optionIn(app, call.file, call.node);
  const type = call.arguments
    .slice(0, 2)
    .flatMap((each) => {
      const name =
        each.kind === "staticlookup" ? scalarOf(evaluate(app.code, call.file, each)) : undefined;
      return typeof name === "string" ? (app.code.classNamed(name) ?? []) : [];
    })
    .find(({ name }) => name !== undefined && isSubclassOf(app.code, name, /(^|\\)AbstractType$/));
  const declared = type === undefined ? undefined : declaredOption(app, type);
  const option = given ?? declared;
  if (option?.value !== false) return undefined;
  if (type !== undefined && BY_GET.test(codeTextOf(type.file, type.node))) return undefined;
  const title = type === undefined ? "A form" : titleOfClass(type);
  const what = `${title} is posted without a token: csrf_protection is false.`;
  return { place: placeOf(option.file, option.node), what };
}

interface Option {
  readonly value: unknown;
  readonly file: PhpFile;
  readonly node: PhpNode;
}

/** Of the type, or of the nearest one that it extends and that says something. */
function declaredOption(app: SymfonyApplication, type: PhpClass): Option | undefined {
  let at: PhpClass | undefined = type;
  for (let depth = 0; at !== undefined && depth < 8; depth += 1) {
    const option = optionIn(app, at.file, at.node);
    if (option !== undefined) return option;
    at = at.parent === undefined ? undefined : app.code.classNamed(at.parent);
  }
  return undefined;
}

/** `'csrf_protection' => false` in an array, or `setDefault('csrf_protection', false)`. */
function optionIn({ code }: SymfonyApplication, file: PhpFile, node: PhpNode): Option | undefined {
  const entry = indexPhp(file)
    .ofKind("entry")
    .find((each) => isInside(each, node) && keyOf(each) === "csrf_protection");
  const set = callsOf({ file, node }).find(
    (call) => call.name === "setdefault" && argumentOf(call, 0)?.value === "csrf_protection",
  );
  const value = (entry?.value as PhpNode | undefined) ?? (set && argumentOf(set, 1));
  if (value === undefined) return undefined;
  return { value: scalarOf(evaluate(code, file, value)), file, node: entry ?? set?.node ?? node };
}

function keyOf(entry: PhpNode): unknown {
  return (entry.key as { value?: unknown } | null | undefined)?.value;
}
