/**
 * Numbers of other catalogues, by control number. Generated from docs/data/controls.json.
 * @module
 */

/** Sections of ASVS 5.0 and WSTG, and CWE numbers. */
export interface CatalogueEntry {
  readonly title: string;
  readonly asvs: readonly string[];
  readonly wstg: readonly string[];
  readonly cwe: readonly number[];
}

export const catalogue: Readonly<Record<string, CatalogueEntry>> = {
  "SM-01": {
    title: "Session cookie carries Secure",
    asvs: ["3.3.1"],
    wstg: ["WSTG-SESS-02", "WSTG-SESS-09"],
    cwe: [614, 319],
  },
  "SM-02": {
    title: "Session cookie carries HttpOnly",
    asvs: ["3.3.4"],
    wstg: ["WSTG-SESS-02"],
    cwe: [1004],
  },
  "SM-03": {
    title: "SameSite is explicit and fits the cookie's purpose",
    asvs: ["3.3.2"],
    wstg: ["WSTG-SESS-02", "WSTG-SESS-05"],
    cwe: [1275, 352],
  },
  "SM-04": {
    title: "Host-locked name prefix",
    asvs: ["3.3.1", "3.3.3"],
    wstg: ["WSTG-SESS-02", "WSTG-SESS-03"],
    cwe: [565, 384],
  },
  "SM-05": {
    title: "Session cookie name is not the framework default",
    asvs: ["13.4.6"],
    wstg: ["WSTG-SESS-01"],
    cwe: [200],
  },
  "SM-06": {
    title: "Cookie scope is the single host",
    asvs: ["3.3.3", "3.5.4"],
    wstg: ["WSTG-SESS-02"],
    cwe: [565, 1275],
  },
  "SM-07": {
    title: "Cookie persistence is bounded and is not the timeout",
    asvs: ["7.3.1", "7.3.2"],
    wstg: ["WSTG-SESS-01", "WSTG-SESS-07"],
    cwe: [539, 613],
  },
  "SM-08": {
    title: "Token travels only in Set-Cookie, once, well-formed, <= 4096 bytes",
    asvs: ["3.3.4", "3.3.5"],
    wstg: ["WSTG-SESS-04"],
    cwe: [200, 598],
  },
  "SM-09": {
    title: "Whole session over TLS with full HSTS",
    asvs: ["3.4.1", "12.2.1"],
    wstg: ["WSTG-SESS-09"],
    cwe: [319, 523],
  },
  "SM-10": {
    title: "Scheme and client address come from trusted proxies only",
    asvs: ["4.1.3", "15.3.4"],
    wstg: ["WSTG-SESS-02"],
    cwe: [348, 441],
  },
  "SM-11": {
    title: "One exchange channel: the id is never taken from URL, body or header",
    asvs: ["14.2.1"],
    wstg: ["WSTG-SESS-04", "WSTG-SESS-03"],
    cwe: [598, 384],
  },
  "SM-12": {
    title: "Token from a CSPRNG with >= 128 bits of entropy",
    asvs: ["7.2.3", "11.5.1"],
    wstg: ["WSTG-SESS-01"],
    cwe: [330, 331, 340],
  },
  "SM-13": {
    title: "Token is opaque: no identity, data or structure in it",
    asvs: ["7.2.3", "14.3.3"],
    wstg: ["WSTG-SESS-01", "WSTG-SESS-04"],
    cwe: [539, 312, 565],
  },
  "SM-14": {
    title: "Strict mode: an id the server did not issue is never adopted",
    asvs: ["7.2.3", "7.2.4"],
    wstg: ["WSTG-SESS-03"],
    cwe: [384],
  },
  "SM-15": {
    title: "The id is untrusted input: bounded, exact, single",
    asvs: ["7.2.1", "15.3.7"],
    wstg: ["WSTG-SESS-01"],
    cwe: [20, 22, 89, 943, 208],
  },
  "SM-16": {
    title: "Verification happens on the server, per request, against hashed references",
    asvs: ["7.2.1", "7.2.2"],
    wstg: ["WSTG-SESS-01"],
    cwe: [602, 798, 312],
  },
  "SM-17": {
    title: "Self-contained tokens verified fully",
    asvs: ["9.1.1", "9.1.2", "9.1.3", "9.2.1", "9.2.2", "9.2.3", "7.4.1"],
    wstg: ["WSTG-SESS-10"],
    cwe: [347, 345, 613],
  },
  "SM-18": {
    title: "Signing secrets: strong, outside the code, rotatable",
    asvs: ["13.3.1", "13.3.4", "11.2.3"],
    wstg: ["WSTG-SESS-01"],
    cwe: [798, 321, 1391],
  },
  "SM-19": {
    title: "New token at login; the pre-login token is worthless",
    asvs: ["7.2.4"],
    wstg: ["WSTG-SESS-03"],
    cwe: [384],
  },
  "SM-20": {
    title: "New token at every change of security context",
    asvs: ["7.2.4"],
    wstg: ["WSTG-SESS-03"],
    cwe: [384, 613],
  },
  "SM-21": {
    title: "Rotation really destroys the old record, in the right order",
    asvs: ["7.2.4", "7.4.1", "15.4.2"],
    wstg: ["WSTG-SESS-03"],
    cwe: [384, 613, 362],
  },
  "SM-22": {
    title: "Periodic rotation with grace and reuse detection",
    asvs: ["7.2.4"],
    wstg: ["WSTG-SESS-09"],
    cwe: [384, 294],
  },
  "SM-23": {
    title: "Inactivity timeout enforced by the server at read",
    asvs: ["7.3.1"],
    wstg: ["WSTG-SESS-07"],
    cwe: [613],
  },
  "SM-24": {
    title: "Absolute lifetime enforced by the server",
    asvs: ["7.3.2"],
    wstg: ["WSTG-SESS-07"],
    cwe: [613],
  },
  "SM-25": {
    title: "Session policy written, justified and machine-readable",
    asvs: ["7.1.1", "7.1.2", "7.1.3"],
    wstg: ["WSTG-SESS-07", "WSTG-SESS-11"],
    cwe: [1059],
  },
  "SM-26": {
    title: "Expired data is purged",
    asvs: ["7.4.1", "14.2.4"],
    wstg: ["WSTG-SESS-07"],
    cwe: [459, 613],
  },
  "SM-27": {
    title: "Logout destroys the session on the server",
    asvs: ["7.4.1"],
    wstg: ["WSTG-SESS-06"],
    cwe: [613],
  },
  "SM-28": {
    title: "Client side is cleaned at the end",
    asvs: ["14.3.1"],
    wstg: ["WSTG-SESS-06"],
    cwe: [525, 613],
  },
  "SM-29": {
    title: "Logout is reachable and cannot be forged",
    asvs: ["7.4.4", "3.5.3"],
    wstg: ["WSTG-SESS-06", "WSTG-SESS-05"],
    cwe: [352],
  },
  "SM-30": {
    title: "No resurrection by in-flight requests",
    asvs: ["7.4.1", "15.4.1", "15.4.2"],
    wstg: ["WSTG-SESS-06"],
    cwe: [362, 367, 613],
  },
  "SM-31": {
    title: "Disabled or deleted accounts lose all sessions at once",
    asvs: ["7.4.2"],
    wstg: ["WSTG-SESS-06"],
    cwe: [613, 863],
  },
  "SM-32": {
    title: "Credential change ends the other sessions",
    asvs: ["7.4.3"],
    wstg: ["WSTG-SESS-06"],
    cwe: [613],
  },
  "SM-33": {
    title: "Authorization changes apply to live sessions",
    asvs: ["8.3.2"],
    wstg: ["WSTG-SESS-08"],
    cwe: [613, 863, 269],
  },
  "SM-34": {
    title: "Administrators can end sessions of one user or of all",
    asvs: ["7.4.5"],
    wstg: ["WSTG-SESS-11"],
    cwe: [613, 778],
  },
  "SM-35": {
    title: "Users see and end their sessions",
    asvs: ["7.5.2"],
    wstg: ["WSTG-SESS-11"],
    cwe: [613, 778],
  },
  "SM-36": {
    title: "Concurrent sessions follow the written rule",
    asvs: ["7.1.2"],
    wstg: ["WSTG-SESS-11"],
    cwe: [613, 770],
  },
  "SM-37": {
    title: "Remember-me: separate, hashed, rotating, revocable, lower assurance",
    asvs: ["7.2.3", "7.3.2", "7.5.3"],
    wstg: ["WSTG-SESS-01", "WSTG-ATHN-05"],
    cwe: [539, 613, 294],
  },
  "SM-38": {
    title: "Fresh authentication before sensitive changes and operations",
    asvs: ["7.5.1", "7.5.3", "6.8.4"],
    wstg: ["WSTG-ATHN-09"],
    cwe: [306, 620],
  },
  "SM-39": {
    title: "Relying-party and identity-provider sessions end as documented",
    asvs: ["7.1.3", "7.6.1", "6.8.4"],
    wstg: ["WSTG-SESS-06"],
    cwe: [613, 346],
  },
  "SM-40": {
    title: "Sessions start by user action and only when needed",
    asvs: ["7.6.2", "3.5.1"],
    wstg: ["WSTG-SESS-05"],
    cwe: [352, 384, 400],
  },
  "SM-41": {
    title: "Unsafe requests prove they come from the own origin",
    asvs: ["3.5.1", "3.5.2"],
    wstg: ["WSTG-SESS-05"],
    cwe: [352, 346],
  },
  "SM-42": {
    title: "CSRF tokens are session-bound, unpredictable, renewed at login",
    asvs: ["3.5.1", "11.5.1"],
    wstg: ["WSTG-SESS-05"],
    cwe: [352, 330],
  },
  "SM-43": {
    title: "Safe methods change nothing",
    asvs: ["3.5.3"],
    wstg: ["WSTG-SESS-05"],
    cwe: [352, 650],
  },
  "SM-44": {
    title: "Credentialed CORS only for listed origins",
    asvs: ["3.4.2", "3.5.8"],
    wstg: ["WSTG-CLNT-07"],
    cwe: [942, 346],
  },
  "SM-45": {
    title: "WebSocket and event streams follow the session",
    asvs: ["4.4.1", "4.4.2", "4.4.3", "4.4.4"],
    wstg: ["WSTG-CLNT-10"],
    cwe: [1385, 613],
  },
  "SM-46": {
    title: "Session store is isolated and least-privileged",
    asvs: ["13.2.2", "13.2.3", "12.3.1", "14.2.4"],
    wstg: ["WSTG-SESS-01", "WSTG-CONF-02"],
    cwe: [732, 552, 306, 319, 1188],
  },
  "SM-47": {
    title: "Session data encrypted at rest with bound context",
    asvs: ["14.2.4", "11.3.2", "11.3.3", "13.3.1"],
    wstg: [],
    cwe: [311, 312, 321, 353],
  },
  "SM-48": {
    title: "Deserialization of session data is safe",
    asvs: ["1.5.2", "15.3.6"],
    wstg: ["WSTG-INPV-11"],
    cwe: [502, 1321],
  },
  "SM-49": {
    title: "Store failures fail closed; updates are atomic",
    asvs: ["16.5.2", "16.5.3", "15.4.1", "15.4.2"],
    wstg: ["WSTG-ERRH-01"],
    cwe: [636, 362, 755],
  },
  "SM-50": {
    title: "Only minimal data in the session",
    asvs: ["14.2.4", "14.3.3"],
    wstg: ["WSTG-SESS-04"],
    cwe: [312, 922, 522],
  },
  "SM-51": {
    title: "One variable, one meaning; no leakage between users or stages",
    asvs: ["7.2.1", "8.3.2"],
    wstg: ["WSTG-SESS-08"],
    cwe: [488, 841, 639],
  },
  "SM-52": {
    title: "All session access goes through the vetted API, configured before use",
    asvs: ["15.2.1", "11.2.1"],
    wstg: [],
    cwe: [1188, 693],
  },
  "SM-53": {
    title: "No shared or disk caching of session responses",
    asvs: ["14.3.2", "14.2.2", "14.2.5"],
    wstg: ["WSTG-ATHN-06"],
    cwe: [524, 525],
  },
  "SM-54": {
    title: "Tokens stay out of Web Storage and scripts",
    asvs: ["3.3.4", "14.3.3"],
    wstg: ["WSTG-CLNT-12"],
    cwe: [922, 1004],
  },
  "SM-55": {
    title: "Session life cycle is logged as security events",
    asvs: ["16.3.1", "16.3.3", "16.2.1", "16.2.2", "16.2.4", "16.4.3"],
    wstg: ["WSTG-CONF-02"],
    cwe: [778, 223],
  },
  "SM-56": {
    title: "Tokens never reach logs, traces, errors or debug pages",
    asvs: ["16.2.5", "16.4.1", "16.5.1", "13.4.2"],
    wstg: ["WSTG-ERRH-02", "WSTG-CONF-02"],
    cwe: [532, 117, 209, 489],
  },
  "SM-57": {
    title: "Stolen-token signals are watched and answered",
    asvs: ["8.2.4", "6.3.5"],
    wstg: ["WSTG-SESS-09", "WSTG-SESS-11"],
    cwe: [294, 287],
  },
  "SM-58": {
    title: "Guessing of logins and session ids is limited",
    asvs: ["6.3.1", "6.1.1"],
    wstg: ["WSTG-ATHN-03"],
    cwe: [307, 799],
  },
  "SM-59": {
    title: "Device-bound session credentials offered and correct",
    asvs: ["7.2.4", "7.4.1", "8.2.4"],
    wstg: ["WSTG-SESS-09"],
    cwe: [294, 384, 347, 613],
  },
  "SM-60": {
    title: "Supported versions, regression tests, repeated audit",
    asvs: ["15.2.1", "15.1.2"],
    wstg: ["WSTG-SESS-01"],
    cwe: [1104, 1395],
  },
};
