-- Tables of Holdfast's PostgreSQL store. Running this again changes nothing.

-- Instants are Unix epoch milliseconds. Nothing that a renewal writes is indexed, and pages keep room for
-- its new row version, so that it stays a HOT update: sweep_at is when a sweep should next look at the row,
-- left behind by renewals and moved up by a sweep that finds the session alive.
CREATE TABLE IF NOT EXISTS "holdfast_sessions" (
  key bytea PRIMARY KEY,
  version bigint NOT NULL,
  idle_expires_at bigint NOT NULL,
  absolute_expires_at bigint NOT NULL,
  sweep_at bigint NOT NULL,
  handle text NOT NULL,
  subject_key bytea,
  record bytea NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX IF NOT EXISTS "holdfast_sessions_subject" ON "holdfast_sessions" (subject_key)
  WHERE subject_key IS NOT NULL;
CREATE INDEX IF NOT EXISTS "holdfast_sessions_sweep" ON "holdfast_sessions" (sweep_at);

CREATE TABLE IF NOT EXISTS "holdfast_sessions_subjects" (
  subject_key bytea PRIMARY KEY,
  checkpoint text NOT NULL,
  used_at bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS "holdfast_sessions_subjects_used" ON "holdfast_sessions_subjects" (used_at);

CREATE TABLE IF NOT EXISTS "holdfast_sessions_meta" (
  name text PRIMARY KEY,
  value bigint NOT NULL
);
INSERT INTO "holdfast_sessions_meta" (name, value) VALUES ('schema', 1)
  ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value
  WHERE "holdfast_sessions_meta".value < EXCLUDED.value;
