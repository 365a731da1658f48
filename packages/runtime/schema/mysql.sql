CREATE TABLE IF NOT EXISTS `holdfast_sessions` (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  session_key BINARY(34) NOT NULL,
  version BIGINT NOT NULL,
  idle_expires_at BIGINT NOT NULL,
  absolute_expires_at BIGINT NOT NULL,
  sweep_at BIGINT NOT NULL,
  handle CHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  subject_key BINARY(32) NULL,
  record MEDIUMBLOB NOT NULL,
  UNIQUE KEY by_session_key (session_key),
  KEY by_subject (subject_key),
  KEY by_sweep (sweep_at)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS `holdfast_sessions_subjects` (
  subject_key BINARY(32) NOT NULL PRIMARY KEY,
  checkpoint CHAR(22) CHARACTER SET ascii COLLATE ascii_bin NULL,
  used_at BIGINT NOT NULL,
  KEY by_use (used_at)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS `holdfast_sessions_meta` (
  name VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL
) ENGINE=InnoDB;

INSERT INTO `holdfast_sessions_meta` (name, value) VALUES ('schema', 1)
  ON DUPLICATE KEY UPDATE value = GREATEST(value, 1);
