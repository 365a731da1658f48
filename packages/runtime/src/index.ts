/**
 * The public face: createSessions, createKeyring, and the types that they need.
 * @module
 */
export type { KeyringOptions, KeyringSource } from "./crypto/create-keyring.ts";
export { createKeyring } from "./crypto/create-keyring.ts";
export type { Keyring } from "./crypto/keyring.ts";
export type {
  FreshOptions,
  ReadOnly,
  RotateOptions,
  Session,
  SignInOptions,
} from "./engine/session.ts";
export type {
  RevokeAllOptions,
  RevokeOptions,
  SessionSummary,
  SubjectSessions,
} from "./engine/subject.ts";
export type { RefusalReason, SessionErrorCode, SessionErrorDetails } from "./errors.ts";
export { SessionError, SessionRefusal } from "./errors.ts";
export type { SessionEvent, SessionEventHandler } from "./events.ts";
export type {
  DataCodec,
  DataSpec,
  PolicyPreset,
  SessionOptions,
  SessionPolicy,
  StandardSchema,
} from "./options.ts";
export { sessionData } from "./options.ts";
export type { Exchange, Sessions } from "./sessions.ts";
export { createSessions } from "./sessions.ts";
