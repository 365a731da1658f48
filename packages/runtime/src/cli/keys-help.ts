/**
 * What `holdfast keys --help` prints.
 * @module
 */

const FILE = `FILE is the key file. Default: holdfast.keys`;
const SERVICE = `  --service MODULE
           a module that exports \`keyService\`, for a file that a key service wraps:
           see docs/keys.md`;
const NEW_SERVICE = `  --service MODULE
           a module that exports \`keyService\`, which wraps the new key; needed if the
           file is wrapped`;
const COMMON = `  --json   print a JSON object
  --help   print this`;

/** What can be done with a key file. */
export type Verb =
  | "generate"
  | "list"
  | "status"
  | "rotate"
  | "promote"
  | "revoke"
  | "remove"
  | "wrap";

/** Help of each verb. */
export const keysHelp: Readonly<Record<Verb, string>> = {
  generate: `Usage: holdfast keys generate [FILE] [--longest-session-seconds N] [--print] [--json]
       holdfast keys generate [FILE] --service MODULE [--longest-session-seconds N]

Makes a key file with one current key and one index key, readable by you alone.
A file that exists is never overwritten.
${FILE}

  --longest-session-seconds N
           longest absolute timeout that a policy may have. Keys are kept that long
           after they stopped sealing. Default: 2592000 (30 days)
  --print  print the text instead, for a secret manager: createKeyring({ string })
  --service MODULE
           a module that exports \`keyService\`: it wraps the keys, and the file holds
           nothing that opens without it
${COMMON}`,
  list: `Usage: holdfast keys list [FILE] [--service MODULE] [--json]

Lists numbers, states, ages and fingerprints, never bytes. A wrapped file is listed
without asking its key service.
${FILE}

${SERVICE}
${COMMON}`,
  status: `Usage: holdfast keys status [FILE] [--service MODULE] [--sessions MODULE] [--json]

Says what to do next. Exits with 1 if something needs attention: a current key older
than 90 days, a file that others can read, no key number left, a key service that does
not open the file, sessions under a key that is revoked or missing.
${FILE}

  --service MODULE
           a module that exports \`keyService\`: opens every key of a wrapped file, as a
           server does when it starts
  --sessions MODULE
           a module that exports \`store\`, and \`close\` if something must be closed for
           the program to end: counts the live sessions under each key. Reads all of them
${COMMON}`,
  rotate: `Usage: holdfast keys rotate [FILE] [--index] [--service MODULE] [--json]

Adds a next key, which opens and does not seal yet: promote it five minutes later.
${FILE}

  --index  replace the index key instead. The one before stays as old, so that
           "sign out everywhere" still finds the sessions that began under it
${NEW_SERVICE}
${COMMON}`,
  promote: `Usage: holdfast keys promote [FILE] [--now] [--json]

Makes the next key current; the current one becomes old and still opens. Refused until
the next key is five minutes old, since processes read the file once a minute.
${FILE}

  --now    do not wait
${SERVICE}
${COMMON}`,
  revoke: `Usage: holdfast keys revoke N [FILE] [--now] [--json]

Deletes the bytes of key N, for a key that others may know. Sessions that only it opens
end. If it is the current key, the next one is promoted in the same step.
${FILE}

  --now    do not wait until the next key is five minutes old
${SERVICE}
${COMMON}`,
  remove: `Usage: holdfast keys remove N [FILE] [--json]
       holdfast keys remove --index [FILE] [--json]

Takes key N out of the file. Refused until the longest absolute timeout has passed since
the key stopped sealing: until then a session may need it.
${FILE}

  --index  take out the old index key instead
${SERVICE}
${COMMON}`,
  wrap: `Usage: holdfast keys wrap OLD NEW --service MODULE [--from MODULE] [--json]

Writes NEW with the keys of OLD, wrapped by a key service. They are the same keys, so
nobody is signed out. OLD stays: destroy it when every process has NEW. There is no way
back: keys that were wrapped are never written in the clear.

  --service MODULE
           a module that exports \`keyService\`: the one that wraps
  --from MODULE
           if OLD is wrapped too: a module that exports the \`keyService\` that opens it,
           such as the one with the passphrase before
${COMMON}`,
};

export const keysOverview: string = `Usage: holdfast keys <verb> [FILE] [options]

Verbs:
  generate   make a key file
  list       list the keys, never their bytes
  status     say what to do next
  rotate     add a next key
  promote    make the next key current
  revoke N   delete the bytes of key N
  remove N   take key N out of the file when no session can need it
  wrap       move the keys of a file into one that a key service wraps

${FILE}
\`holdfast keys <verb> --help\` tells more. Exit codes: 0 done, 1 refused or attention
needed, 2 could not run.`;
