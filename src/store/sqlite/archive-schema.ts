/**
 * The tables of the archive. A row keeps the number that it had as a workflow; its parts are numbered as nodes are: the
 * row's number in the upper bits. Each index leads with what is asked for and goes on in the order of pages.
 */
import type { Migration } from '../migrations.ts'

export const archiveSchema: Migration = {
  version: 2,
  name: 'archive',
  losesData: true,
  down: `
    DROP TABLE sweep; DROP TABLE archive_part; DROP TABLE archive_label; DROP TABLE archive;
  `,
  sql: `
    CREATE TABLE archive (
      no INTEGER PRIMARY KEY,
      uid TEXT NOT NULL UNIQUE,
      namespace TEXT NOT NULL,
      name TEXT NOT NULL,
      phase TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      started_at INTEGER,
      finished_at INTEGER,
      sort_at INTEGER NOT NULL,
      archived_at INTEGER NOT NULL,
      resource_version INTEGER NOT NULL,
      deleted INTEGER NOT NULL,
      parts INTEGER NOT NULL,
      nodes INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      labels TEXT NOT NULL,
      summary TEXT NOT NULL
    );
    CREATE INDEX archive_by_start ON archive (sort_at, no);
    CREATE INDEX archive_by_namespace ON archive (namespace, sort_at, no);
    CREATE INDEX archive_by_name ON archive (name, sort_at, no);
    CREATE INDEX archive_by_phase ON archive (phase, sort_at, no);
    CREATE INDEX archive_by_creation ON archive (phase, created_at);
    CREATE INDEX archive_by_finish ON archive (finished_at);
    CREATE TABLE archive_label (
      key TEXT,
      value TEXT,
      sort_at INTEGER,
      archive INTEGER,
      PRIMARY KEY (key, value, sort_at, archive)
    ) WITHOUT ROWID;
    CREATE TABLE archive_part (no INTEGER PRIMARY KEY, data BLOB NOT NULL);
    CREATE TABLE sweep (no INTEGER PRIMARY KEY);
  `,
}
