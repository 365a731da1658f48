/**
 * What runs when an event is fired: `fire("user:failed")` calls `failed()` of whatever listens to `user`.
 * @module
 */

import { methodOf } from "../../php/php-code.ts";
import { scalarOf } from "../../php/php-value.ts";
import type { PhpFunction } from "../../php/php-walk.ts";
import { argumentOf, classOf, indexPhp, type PhpCall } from "../../php/php-walk.ts";
import type { PhalconApplication } from "./phalcon-application.ts";
import { classOfReceiver } from "./receiver-class.ts";

interface Listener {
  /** `user`, or `user:failed` for one event of it. */
  readonly to: string;
  readonly className: string | undefined;
  readonly closure: PhpFunction | undefined;
}

const attached = new WeakMap<PhalconApplication, readonly Listener[]>();

/** The listener that `fire()` runs, if that can be told. */
export function listenerOf(phalcon: PhalconApplication, call: PhpCall): PhpFunction | undefined {
  const first = argumentOf(call, 0);
  if (call.form !== "method" || call.name !== "fire" || first === undefined) return undefined;
  const event = scalarOf(phalcon.evaluate(call.file, first));
  const [type, name] = typeof event === "string" ? event.split(":") : [];
  if (type === undefined || name === undefined) return undefined;
  for (const { to, className, closure } of listeners(phalcon)) {
    if (to !== type && to !== event) continue;
    const found = className === undefined ? closure : methodOf(phalcon.code, className, name);
    if (found !== undefined) return found;
  }
  const methods = phalcon.code
    .methodsNamed(name)
    .filter(
      ({ of }) => of?.name !== undefined && /listen|event|plugin|observ|subscri/i.test(of.name),
    );
  return methods.length === 1 ? methods[0] : undefined;
}

function listeners(phalcon: PhalconApplication): readonly Listener[] {
  const known = attached.get(phalcon);
  if (known !== undefined) return known;
  const found = phalcon.code.callsNamed("attach").flatMap((call): readonly Listener[] => {
    const [first, second] = [argumentOf(call, 0), argumentOf(call, 1)];
    if (call.form !== "method" || first === undefined || second === undefined) return [];
    const to = scalarOf(phalcon.evaluate(call.file, first));
    if (typeof to !== "string") return [];
    const closure = indexPhp(call.file).functions.find(({ node }) => node === second);
    const isItself = second.kind === "variable" && second.name === "this";
    const className = isItself
      ? classOf(call.file, second)?.name
      : classOfReceiver(phalcon, call.file, second);
    return [{ to, className, closure }];
  });
  attached.set(phalcon, found);
  return found;
}
