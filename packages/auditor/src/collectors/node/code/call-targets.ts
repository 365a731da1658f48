/**
 * The application's own functions that a call, or an argument for a handler, may mean.
 * @module
 */
import ts from "typescript";
import { functionIn, type ScriptProject } from "../../script/script-project.ts";
import { bare, type FunctionNode } from "../../script/script-syntax.ts";

/** Methods of libraries and the language: a function of the application by that name is another. */
const NOT_OURS =
  /^(?:then|catch|finally|map|forEach|filter|reduce|some|every|find|push|pop|slice|split|join|json|send|render|redirect|status|end|next|on|once|emit|use|get|set|post|put|patch|delete|log|info|warn|error|toString|trim|test|match|replace|includes|keys|values|entries|exec|save|bind|call|apply|resolve|reject|all|write|pipe|add|has|update|create|remove|insert|query|run|connect|close|listen|parse|stringify|assign|header|code|type|cookie)$/;

/** The application's own functions that a call may reach; none if it is a library's. */
export function targetsOf(
  project: ScriptProject,
  node: ts.CallExpression,
): readonly FunctionNode[] {
  return namedBy(project, bare(node.expression));
}

/** The same for an expression that is called here, or handed to what calls it. */
export function namedBy(project: ScriptProject, callee: ts.Expression): readonly FunctionNode[] {
  const value = project.evaluator.evaluate(callee);
  if (value.kind === "function") return [value.node];
  // const destroyAsync = promisify((req, done) => req.session.destroy(done))
  const wrapped =
    value.kind === "call" && ts.isCallExpression(value.call) ? functionIn(value.call) : undefined;
  if (wrapped !== undefined) return [wrapped];
  if (value.kind === "external" && value.module !== "global") return [];
  if (!ts.isPropertyAccessExpression(callee)) return [];
  const name = callee.name.text;
  if (NOT_OURS.test(name)) return [];
  const owner = (callee.expression.getText().split(".").at(-1) ?? "").toLowerCase();
  if (/^(?:res|response|reply|console|json|math|object|array|promise|fs|path|crypto)$/.test(owner))
    return [];
  const candidates = project.functionsNamed(name);
  if (candidates.length <= 1) return candidates;
  const type = injectedType(callee.expression);
  const typed = candidates.filter(
    ({ parent }) => type !== undefined && ts.isClassLike(parent) && parent.name?.text === type,
  );
  if (typed.length > 0) return typed;
  // Several: the one whose class or file is called like what the method is called on.
  const word = owner.replace(
    /(?:service|repository|repo|dao|manager|controller|helper|model|store)$/,
    "",
  );
  const near = candidates.filter((one) => {
    if (owner === "this" || owner === "self") return one.getSourceFile() === callee.getSourceFile();
    const place = `${one.getSourceFile().fileName} ${ts.isClassLike(one.parent) ? (one.parent.name?.text ?? "") : ""}`;
    return (
      word.length > 2 &&
      place
        .toLowerCase()
        .replace(/[^a-z]/g, "")
        .includes(word.replace(/[^a-z]/g, ""))
    );
  });
  if (near.length > 0) return near.slice(0, 3);
  return candidates.length <= 2 ? candidates : [];
}

/** The class of `this.service` in one that is given it: `constructor(private readonly service: AuthService)`. */
export function injectedType(owner: ts.Expression): string | undefined {
  const node = bare(owner);
  if (!ts.isPropertyAccessExpression(node) || node.expression.kind !== ts.SyntaxKind.ThisKeyword)
    return undefined;
  let around: ts.Node = node;
  while (!ts.isClassLike(around) && around.parent !== undefined) around = around.parent;
  if (!ts.isClassLike(around)) return undefined;
  const given = around.members.flatMap(
    (one): (ts.ParameterDeclaration | ts.PropertyDeclaration)[] =>
      ts.isConstructorDeclaration(one)
        ? [...one.parameters]
        : ts.isPropertyDeclaration(one)
          ? [one]
          : [],
  );
  const type = given.find((one) => one.name.getText() === node.name.text)?.type;
  return type && ts.isTypeReferenceNode(type) ? type.typeName.getText() : undefined;
}

/** The function that a handler argument stands for, through wrappers. */
export function handlerOf(
  project: ScriptProject,
  argument: ts.Expression,
): FunctionNode | undefined {
  const direct = functionIn(argument);
  if (direct !== undefined) return direct;
  const node = bare(argument);
  const inner = ts.isCallExpression(node) ? (node.arguments[0] ?? node) : node;
  const value = project.evaluator.evaluate(inner);
  if (value.kind === "function") return value.node;
  // exports.create = asyncHandler(async (req, res) => …), named elsewhere.
  if (value.kind === "call" && ts.isCallExpression(value.call)) {
    const wrapped = functionIn(value.call);
    if (wrapped !== undefined) return wrapped;
  }
  const chain = ts.isPropertyAccessExpression(node) ? node.name.text : undefined;
  const named = chain === undefined ? [] : project.functionsNamed(chain);
  return named.length === 1 ? named[0] : undefined;
}
