/**
 * `holdfast keys status`: what to do next, whether the key service opens the file, and how many sessions
 * are under which key.
 * @module
 */
import { SessionError } from "../errors.ts";
import { type KeyService, withinDeadline } from "../keys/key-service.ts";
import { openMembers } from "../keys/wrapped-keyring.ts";
import type { SessionStore } from "../stores/store.ts";
import { type CommandIo, failed, type Outcome } from "./command.ts";
import type { ChangeContext } from "./key-changes.ts";
import { type KeyFileForm, SERVICE_SECONDS } from "./key-file-form.ts";
import { statusOf, table } from "./key-report.ts";
import type { KeysArguments } from "./keys-arguments.ts";
import { closeModule, loadModule } from "./load-module.ts";
import { countSessions, type SessionCount } from "./session-count.ts";

export async function status(
  form: KeyFileForm,
  { path, sessions: module }: KeysArguments,
  context: ChangeContext,
  io: CommandIo,
  service: KeyService | undefined,
): Promise<Outcome> {
  const { file, access } = form;
  const { attention: due, advice } = statusOf(file, context);
  const attention = access === undefined ? [...due] : [`${access}.`, ...due];
  const opens = await serviceOpens(form, service);
  if (opens !== undefined) (opens.isFault ? attention : (advice as string[])).push(opens.text);

  const counted = module === undefined ? undefined : await countIn(module, io);
  if (typeof counted === "string") return failed(counted);
  const counts = counted && withStates(counted, form);
  if (counts !== undefined) attention.push(...counts.lost);
  const text = [...attention, ...advice, ...(counts === undefined ? [] : [counts.text])];
  return {
    exitCode: attention.length > 0 ? 1 : 0,
    text: text.join("\n"),
    json: { file: path, attention, advice, ...(counts && { sessions: counts.json }) },
    isReport: true,
  };
}

/** Opens every key, as a server does at start-up; `undefined` if no service was given. */
async function serviceOpens(
  { wrapped }: KeyFileForm,
  service: KeyService | undefined,
): Promise<{ readonly isFault: boolean; readonly text: string } | undefined> {
  if (wrapped === undefined || service === undefined) return undefined;
  const opened = new Map<string, Uint8Array>();
  try {
    await withinDeadline(service, SERVICE_SECONDS, (signal) =>
      openMembers(service, wrapped, opened, signal),
    );
  } catch (error) {
    return { isFault: true, text: `${(error as SessionError).message}.` };
  }
  const text = `${service.name} (${service.key}) opens all ${opened.size} keys of the file.`;
  for (const bytes of opened.values()) bytes.fill(0);
  return { isFault: false, text };
}

/** @returns What is wrong with the module or its store, if something is. */
async function countIn(path: string, io: CommandIo): Promise<SessionCount | string> {
  const exported = await loadModule(path);
  if (typeof exported === "string") return exported;
  const store = exported.store as Partial<SessionStore> | undefined;
  if (typeof store?.get !== "function" || typeof store.delete !== "function") {
    return `"${path}" exports no store as \`store\`; export the store that createSessions is given, not a function or a promise.`;
  }
  try {
    if (typeof store.scan !== "function") {
      return `The store (${store.name}) has no "scan", so its sessions cannot be counted. A key can go when \`holdfast keys list\` says that it is removable, whatever is stored.`;
    }
    return await countSessions(
      store as SessionStore & { scan: NonNullable<SessionStore["scan"]> },
      io,
    );
  } catch (error) {
    if (error instanceof SessionError) return error.message;
    // Without the message: those of drivers may quote what is stored.
    const { name, code = "" } = error as NodeJS.ErrnoException;
    return `The store failed (${`${name} ${code}`.trim()}); see that it runs, then try again.`;
  } finally {
    await store.close?.();
    await closeModule(exported);
  }
}

function withStates({ total, keys }: SessionCount, { file }: KeyFileForm) {
  const stateOf = (number: number) => file.keys.find((key) => key.number === number)?.state;
  const known = file.keys.map(({ number }) => ({ number, sessions: 0, data: 0, meta: 0 }));
  const rows = [
    ...keys,
    ...known.filter(({ number }) => !keys.some((key) => key.number === number)),
  ]
    .sort((a, b) => a.number - b.number)
    .map((key) => ({ ...key, state: stateOf(key.number) ?? "missing" }));
  const lost = rows
    .filter(({ state, sessions }) => sessions > 0 && (state === "missing" || state === "revoked"))
    .map(({ number, state, sessions }) =>
      state === "revoked"
        ? `${sessionsAre(sessions)} under key ${number}, which is revoked: each ends at its next request.`
        : `${sessionsAre(sessions)} under key ${number}, which the file does not hold: nobody can use them. Put the key back from a backup of the file, or see that the store and the file belong together.`,
    );
  const cells = rows.map(({ number, state, sessions, data, meta }) =>
    [number, state, sessions, data, meta].map(String),
  );
  const head = ["key", "state", "sessions", "data boxes", "meta boxes"];
  const text = `\n${table([head, ...cells])}\n${total} live sessions. Cookies are not counted: each is under the current key from its session's next request on.`;
  return { text, lost, json: { total, keys: rows } };
}

function sessionsAre(count: number): string {
  return count === 1 ? "1 session is" : `${count} sessions are`;
}
