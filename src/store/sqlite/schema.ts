/**
 * The tables. Node rows have no index but their row number: the workflow's number in the upper bits, a counter in the
 * lower ones. So nodes are appended next to each other whatever their ids hash to, and a node costs the same in a
 * table of a million (measured: with an index on the id it grows to three times, keyed by the id to twelve times).
 * Which number an id has stands in the writer's memory while its workflow runs.
 */
import type { Migration } from '../migrations.ts'
import { archiveSchema } from './archive-schema.ts'
import { longListsSchema } from './long-lists-schema.ts'

export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: 'workflows, nodes, objects, records',
    losesData: true,
    down: `
      DROP TABLE record; DROP TABLE object; DROP TABLE node; DROP TABLE label; DROP TABLE workflow_fixed;
      DROP TABLE workflow; DROP TABLE counter;
    `,
    sql: `
      CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
      INSERT INTO counter VALUES ('resource_version', 0);
      CREATE TABLE workflow (
        no INTEGER PRIMARY KEY AUTOINCREMENT,
        uid TEXT NOT NULL UNIQUE,
        namespace TEXT NOT NULL,
        name TEXT NOT NULL,
        phase TEXT NOT NULL,
        finished INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        started_at INTEGER,
        finished_at INTEGER,
        sort_at INTEGER NOT NULL,
        resource_version INTEGER NOT NULL,
        labels TEXT NOT NULL,
        internal TEXT,
        head TEXT NOT NULL,
        UNIQUE (namespace, name)
      );
      CREATE INDEX workflow_by_start ON workflow (sort_at, created_at, uid);
      CREATE INDEX workflow_by_phase ON workflow (phase, namespace);
      CREATE INDEX workflow_by_finish ON workflow (finished, finished_at);
      CREATE TABLE workflow_fixed (no INTEGER PRIMARY KEY, body TEXT NOT NULL);
      CREATE TABLE label (key TEXT, value TEXT, workflow INTEGER, PRIMARY KEY (key, value, workflow)) WITHOUT ROWID;
      CREATE TABLE node (no INTEGER PRIMARY KEY, id TEXT NOT NULL, node TEXT NOT NULL, internal TEXT);
      CREATE TABLE object (
        kind TEXT NOT NULL,
        namespace TEXT NOT NULL,
        name TEXT NOT NULL,
        resource_version INTEGER NOT NULL,
        body TEXT NOT NULL,
        UNIQUE (kind, namespace, name)
      );
      CREATE TABLE record (collection TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (collection, key));
    `,
  },
  archiveSchema,
  longListsSchema,
]
