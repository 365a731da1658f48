/**
 * What `holdfast keys --help` prints.
 * @module
 */

const FILE = `FILE is the key file. Default: holdfast.keys`;
const COMMON = `  --json   print a JSON object
  --help   print this`;

/** What can be done with a key file. */
export type Verb = "generate" | "list" | "status" | "rotate" | "promote" | "revoke" | "remove";

/** Help of each verb. */
export const keysHelp: Readonly<Record<Verb, string>> = {
  generate: `Usage: holdfast keys generate [FILE] [--longest-session-seconds N] [--print] [--json]

Makes a key file with one current key and one index key, readable by you alone.
A file that exists is never overwritten.
${FILE}

  --longest-session-seconds N
           longest absolute timeout that a policy may have. Keys are kept that long
           after they stopped sealing. Default: 2592000 (30 days)
  --print  print the text instead, for a secret manager: createKeyring({ string })
${COMMON}`,
  list: `Usage: holdfast keys list [FILE] [--json]

Lists numbers, states, ages and fingerprints, never bytes.
${FILE}

${COMMON}`,
  status: `Usage: holdfast keys status [FILE] [--json]

Says what to do next. Exits with 1 if something needs attention: a current key older
than 90 days, a file that others can read, no key number left.
${FILE}

${COMMON}`,
  rotate: `Usage: holdfast keys rotate [FILE] [--index] [--json]

Adds a next key, which opens and does not seal yet: promote it five minutes later.
${FILE}

  --index  replace the index key instead. The one before stays as old, so that
           "sign out everywhere" still finds the sessions that began under it
${COMMON}`,
  promote: `Usage: holdfast keys promote [FILE] [--now] [--json]

Makes the next key current; the current one becomes old and still opens. Refused until
the next key is five minutes old, since processes read the file once a minute.
${FILE}

  --now    do not wait
${COMMON}`,
  revoke: `Usage: holdfast keys revoke N [FILE] [--now] [--json]

Deletes the bytes of key N, for a key that others may know. Sessions that only it opens
end. If it is the current key, the next one is promoted in the same step.
${FILE}

  --now    do not wait until the next key is five minutes old
${COMMON}`,
  remove: `Usage: holdfast keys remove N [FILE] [--json]
       holdfast keys remove --index [FILE] [--json]

Takes key N out of the file. Refused until the longest absolute timeout has passed since
the key stopped sealing: until then a session may need it.
${FILE}

  --index  take out the old index key instead
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

${FILE}
\`holdfast keys <verb> --help\` tells more. Exit codes: 0 done, 1 refused or attention
needed, 2 could not run.`;
