/**
 * `Phalcon\Auth\Guard\Session`, since 5.14: `login()` and `attempt()` never change the session's id, and
 * `logout()` removes its own key and keeps id and data.
 * @module
 */
import type { SignOut } from "../../../evidence.ts";
import { placeOf } from "../../php/php-file.ts";
import { namedFunctionOf, type PhpCall } from "../../php/php-walk.ts";
import { entriesOf } from "../code/call-graph.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { traceOf } from "../code/trace.ts";
import { rotationAround } from "./rotation.ts";
import type { SignInPath } from "./sign-in-path.ts";

const SIGNS_IN = /^(attempt|login|loginbyid)$/;

export function usesGuard(phalcon: PhalconApplication): boolean {
  return phalcon.code.files.some(({ text }) => /Phalcon\\+Auth\\+/.test(text));
}

function guardCalls(phalcon: PhalconApplication, name: RegExp): readonly PhpCall[] {
  if (!usesGuard(phalcon)) return [];
  return phalcon.code.calls.filter(
    (call) =>
      call.form === "method" &&
      name.test(call.name) &&
      call.arguments.length <= 2 &&
      !phalcon.code
        .methodsNamed(call.name)
        .some(({ of }) => of?.parent === undefined && /auth/i.test(of?.name ?? "")),
  );
}

export function guardSignIns(phalcon: PhalconApplication): readonly SignInPath[] {
  return guardCalls(phalcon, SIGNS_IN).flatMap((call) => {
    const within = namedFunctionOf(call.file, call.node);
    if (within === undefined) return [];
    return entriesOf(phalcon, within).flatMap((entry): readonly SignInPath[] => {
      const steps = traceOf(phalcon, entry);
      const write = steps.find(({ node }) => node === call.node);
      if (write === undefined) return [];
      const rotation = rotationAround(steps, write);
      return [
        {
          entry,
          steps,
          write,
          change: {
            kind: call.name === "attempt" ? "password" : "other",
            place: placeOf(call.file, call.node),
            rotation: rotation.rotation,
            ...(rotation.place && { rotationPlace: rotation.place }),
            why: `Phalcon's session guard signs in with ${call.name}(), which never changes the id: ${rotation.why}.`,
          },
        },
      ];
    });
  });
}

export function guardSignOuts(phalcon: PhalconApplication): readonly SignOut[] {
  return guardCalls(phalcon, /^logout$/).flatMap((call): readonly SignOut[] => {
    const within = namedFunctionOf(call.file, call.node);
    const place = placeOf(call.file, call.node);
    const steps = within === undefined ? [] : traceOf(phalcon, within);
    if (steps.some(({ operation }) => operation?.kind === "destroy")) {
      return [
        {
          place,
          effect: "destroyed",
          why: "The session is destroyed beside the guard's logout().",
        },
      ];
    }
    const why =
      "Phalcon's session guard removes its own key in logout(), and keeps the session and its id.";
    return [{ place, effect: "key-removed", why }];
  });
}
