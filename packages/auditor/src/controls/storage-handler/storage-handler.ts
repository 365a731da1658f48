/**
 * Sessions lie neither in files of one machine nor in the memory of one process.
 * @module
 */
import type { StorageKind } from "../../evidence.ts";
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeSetting, NO_SESSIONS } from "../judging.ts";
import { settingFix } from "../session-fix.ts";

const WORDS: Readonly<Record<StorageKind, string>> = {
  files: "files on the server's disk",
  memory: "memory of one process",
  database: "a database",
  redis: "Redis",
  memcached: "Memcached",
  documents: "a document store",
  cookie: "the cookie itself",
  custom: "a handler of the application's own",
};

const MESSAGES: Readonly<Partial<Record<StorageKind, string>>> = {
  files:
    "Whoever can read the folder reads every session; a second server does not see them, and nobody can end them from outside. What matters most is who shares the folder.",
  memory:
    "Sessions end with the process, a second process does not see them, and nothing can be listed or ended from outside; the library's own documentation calls it unfit for production.",
  memcached:
    "Sessions are evicted when memory is short, and Memcached asks nobody for a password unless SASL is set up.",
  custom:
    "A person must read the handler: it has to lock, to expire, and to refuse ids that it did not issue.",
};

export const storageHandler: Control = defineControl({
  id: "storage-handler",
  title: "Sessions are kept in a store that servers share",
  failureTitle: "Sessions are kept in files or in a process's memory",
  severity: "medium",
  covers: ["SM-46"],
  threats: ["theft-from-the-store"],
  effort: "hours",
  verification:
    "Sign in, restart the application, and use the session again; look into the store for the new record, and with a second account of the machine whether it can be read.",
  judge: (evidence) =>
    judgeSetting(
      evidence,
      (session) => (session.isStateless ? undefined : session.storage),
      (kind, session, setting) => ({
        verdict:
          kind === "files" || kind === "memory" ? "fail" : kind === "custom" ? "review" : "pass",
        value: WORDS[kind],
        message: MESSAGES[kind] ?? `Sessions are kept in ${WORDS[kind]}.`,
        fix: settingFix(evidence, session, setting, {
          isByHand: true,
          text: "Keep sessions in Redis or the database, with a password, TLS and an account that can do nothing else.",
          symfony: ["handler_id", "'%env(REDIS_URL)%'"],
          stacks: {
            phalcon: {
              code: "$serializerFactory = new \\Phalcon\\Storage\\SerializerFactory();\n$factory = new \\Phalcon\\Storage\\AdapterFactory($serializerFactory);\n$session->setAdapter(new \\Phalcon\\Session\\Adapter\\Redis($factory, ['host' => 'redis', 'auth' => getenv('REDIS_PASSWORD')]));",
            },
            "express-session": {
              code: 'import { RedisStore } from "connect-redis";\napp.use(session({\n  store: new RedisStore({ client: redisClient }),\n}));',
            },
            "@fastify/session": {
              code: "await app.register(fastifySession, {\n  store: new RedisStore({ client: redisClient }),\n});",
            },
          },
        }),
      }),
      {
        pass: "Sessions are kept in a store that servers share.",
        fail: "Sessions are kept where only one machine or process has them.",
        review: "Where sessions are kept has to be looked at by hand.",
      },
      evidence.sessions.length === 0
        ? NO_SESSIONS
        : "The server keeps nothing: the cookie carries the contents.",
    ),
});
