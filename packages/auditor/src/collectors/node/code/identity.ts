/**
 * Words for identity in sessions, functions and routes.
 * @module
 */

/** Keys of a session that say who somebody is. */
const IDENTITY =
  /^(?:_?(?:user|account|member|admin|customer|person|profile|principal|identity|auth|authenticated|authed|uid|sub|subject|jwt|login|passport)|(?:is|has)_?(?:logged|log|auth|admin|login|signed)\w*|logged_?(?:in|user)?\w*|(?:current|session|auth|login|logged|signed|active|db)_?(?:in)?_?(?:user|account|member|admin)\w*|(?:user|account|member|admin|customer|employee|student|teacher|player|client|staff|owner|doctor|patient|seller|buyer|company|uid)_?(?:id|uuid|name|data|info|email|doc|object|model|pk|no)|username|uname|email|id|user_?\w*|authuser|authorized|access_?token|id_?token|token|role|userrole)$/i;
/** Keys that look alike and say something else. */
const NOT_IDENTITY =
  /captcha|csrf|state|nonce|verifier|redirect|return|next|flash|message|error|pending|temp|cart|otp|reset|lang|locale|theme|visit|views|(?<!ac)count|time|agent|attempt|prefer/i;

export function isIdentityKey(key: string): boolean {
  return IDENTITY.test(key) && !NOT_IDENTITY.test(key);
}

const ACCOUNT_VALUE =
  /^(?:await\s+)?\w*(?:user|account|member|customer|admin|student|employee)\w*!?(?:\??\.(?:_?id|uuid|email|user_?name|toObject\(\)|toJSON\(\)))?$/i;

/** Somebody who is looked at, or not yet there. */
const OF_OTHERS =
  /regist|sign_?up|draft|form|select|view|edit|target|original|previous|search|invite|new/i;

/** Whether what is written says who somebody is, under whatever key. */
export function isIdentityValue(key: string, text: string): boolean {
  return ACCOUNT_VALUE.test(text) && !NOT_IDENTITY.test(key) && !OF_OTHERS.test(key);
}

/** Keys that alone say nothing: `id`, `email`, `role`, `token`; another key or a check must stand beside them. */
export function isWeakIdentityKey(key: string): boolean {
  return /^(?:id|email|role|userrole|token|access_?token|id_?token|profile|auth|sub|username|uname|login|client\w*|company\w*)$/i.test(
    key,
  );
}

/** Splits names into words: `handleLoginRequest`, `/api/sign-in`. */
export function wordsOf(text: string): string {
  return text
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/[^A-Za-z0-9]+/g, " ")
    .toLowerCase();
}

export type Theme =
  | "signIn"
  | "signOut"
  | "registration"
  | "singleSignOn"
  | "reset"
  | "confirmation"
  | "impersonation"
  | "remember"
  | "password"
  | "role";

const SAYS: Readonly<Record<Theme, RegExp>> = {
  signIn: /\b(?:log ?in|sign ?in|logon|authenticate|auth|session|sessions|local)\b/,
  signOut: /\b(?:log ?out|sign ?out|log ?off|sign ?off)\b/,
  registration:
    /\b(?:register|registration|sign ?up|signup|join|create (?:account|user)|new user|onboard\w*|(?<!session |middleware )setup)\b/,
  singleSignOn:
    /\b(?:oauth\d?|oidc|callback|google|github|gitlab|facebook|twitter|linkedin|discord|microsoft|azure|apple|saml|sso|openid|okta|auth0|keycloak|cas|wechat|spotify|slack|twitch|steam|ldap sso)\b/,
  reset: /\b(?:reset|forgot\w*|recover\w*)\b/,
  confirmation:
    /\b(?:magic|verify|verification|confirm\w*|(?<!can )activate|activation|invite|invitation|otp|totp|2fa|mfa|two factor)\b/,
  impersonation:
    /\b(?:impersonat\w*|login as|log in as|sign in as|switch user|sudo|masquerade|become|assume user)\b/,
  remember: /\b(?:remember\w*)\b/,
  password: /\bpass(?:word|wd|phrase)?\b|\bpwd\b|\bcredentials?\b/,
  role: /\b(?:roles?|permissions?|promote|demote|admin rights|grant|groups?)\b/,
};

/** Whether a name, path or file is about something. */
export function isAbout(theme: Theme, text: string): boolean {
  return SAYS[theme].test(wordsOf(text));
}
