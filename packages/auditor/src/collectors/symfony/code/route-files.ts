/**
 * Routes in files, for controllers without attributes: which address leads to which action, and by which methods.
 * @module
 */
import { type ConfigNode, entriesOf, itemsOf, nodeAt } from "../../config/config-node.ts";
import { readYaml } from "../../config/yaml-file.ts";
import type { PhpCode } from "../../php/php-code.ts";
import { methodOf } from "../../php/php-code.ts";
import { evaluate, scalarOf } from "../../php/php-value.ts";
import { ancestorsOf, argumentOf, type PhpFunction } from "../../php/php-walk.ts";
import { classesOf } from "./code-roles.ts";
import { callsOf, codeTextOf } from "./code-text.ts";
import type { Action, Route } from "./routes.ts";
import type { SymfonyApplication } from "./symfony-application.ts";

const ROUTES = /(^|[/_-])(routes?|routing)([_.-][^/]*)?(\/[^/]*)*\.ya?ml$/i;
const PHP_ROUTES = /(^|\/)(routes?|routing)([_.-][^/]*)?(\/[^/]*)*\.php$/i;
const NOT_PRODUCTION = /(^|[/_.-])(dev|test|tests)([/_.-]|$)/i;

export function actionsOfFiles(app: SymfonyApplication): Action[] {
  return yamlRoutes(app).flatMap(({ node, ...route }): Action[] => {
    const target =
      textOf(nodeAt(node, "controller")) ?? textOf(nodeAt(node, "defaults", "_controller"));
    const method = target === undefined ? undefined : controllerOf(app.code, target);
    return method === undefined ? [] : [{ method, ...route }];
  });
}

/** Every route that is written in a file, whatever it leads to. */
export function routesOfFiles(app: SymfonyApplication): Route[] {
  return [...yamlRoutes(app), ...phpRoutes(app)];
}

/** Files of routes in YAML, with what is in them. */
export function routeDocuments({
  tree,
  application,
}: SymfonyApplication): { readonly file: string; readonly document: ConfigNode | undefined }[] {
  return application.files
    .filter((file) => ROUTES.test(file) && !NOT_PRODUCTION.test(file))
    .map((file) => ({ file, document: readYaml(tree, file) }));
}

function yamlRoutes(app: SymfonyApplication): (Route & { node: ConfigNode })[] {
  return routeDocuments(app)
    .flatMap(({ document }) => entriesOf(document))
    .flatMap(([name, { node }]) => {
      const listed = nodeAt(node, "methods") ?? nodeAt(node, "requirements", "_method");
      const methods = itemsOf(listed)
        .flatMap((item) => textOf(item)?.toUpperCase().split("|") ?? [])
        .map((each) => each.trim());
      const path = textOf(nodeAt(node, "path") ?? nodeAt(node, "pattern"));
      return path === undefined ? [] : [{ name, path, methods, node }];
    });
}

/** `$routes->add("name", "/path")->methods(["POST"])`. */
function phpRoutes({ code }: SymfonyApplication): Route[] {
  return code.callsNamed("add").flatMap((call): Route[] => {
    if (!PHP_ROUTES.test(call.file.file)) return [];
    const [name, path] = [argumentOf(call, 0, "name"), argumentOf(call, 1, "path")].map((node) =>
      node === undefined ? undefined : scalarOf(evaluate(code, call.file, node)),
    );
    if (typeof name !== "string" || typeof path !== "string") return [];
    const statement = ancestorsOf(call.file, call.node).find(
      ({ kind }) => kind === "expressionstatement",
    );
    const limited = callsOf({ file: call.file, node: statement ?? call.node }).find(
      (each) => each.name === "methods",
    );
    const given = limited === undefined ? undefined : argumentOf(limited, 0);
    const methods = given === undefined ? [] : codeTextOf(call.file, given).match(/[A-Z]+/gi);
    return [{ name, path, methods: (methods ?? []).map((each) => each.toUpperCase()) }];
  });
}

/** `App\Controller\X::delete`, `App\Controller\X` for an invokable one, and `AppBundle:X:delete` of old. */
function controllerOf(code: PhpCode, target: string): PhpFunction | undefined {
  const [className = "", method = "__invoke"] = target.split("::");
  if (className !== "" && !className.includes(":")) return methodOf(code, className, method);
  const [bundle, controller, action] = target.split(":");
  if (!controller || !action) return undefined;
  const suffix = `\\Controller\\${controller.replaceAll("/", "\\")}Controller`;
  const prefix = (bundle ?? "").replace(/Bundle$/, "");
  const found = classesOf(code).find(
    ({ name }) => name?.endsWith(suffix) === true && name.replaceAll("\\", "").includes(prefix),
  );
  return found?.methods.get(`${action.toLowerCase()}action`);
}

function textOf(node: ConfigNode | undefined): string | undefined {
  return node?.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;
}
