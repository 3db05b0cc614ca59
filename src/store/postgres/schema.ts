/** The tables, as in SQLite; nodes are found by their ids through an index, as several daemons may write. */
import type { Migration } from '../migrations.ts'

export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: 'workflows, nodes, objects, records',
    sql: `
      CREATE TABLE counter (name text PRIMARY KEY, value bigint NOT NULL);
      INSERT INTO counter VALUES ('resource_version', 0);
      CREATE SEQUENCE workflow_no;
      CREATE TABLE workflow (
        no bigint PRIMARY KEY,
        uid text COLLATE "C" NOT NULL UNIQUE,
        namespace text COLLATE "C" NOT NULL,
        name text COLLATE "C" NOT NULL,
        phase text NOT NULL,
        finished boolean NOT NULL,
        created_at bigint NOT NULL,
        started_at bigint,
        finished_at bigint,
        sort_at bigint NOT NULL,
        resource_version bigint NOT NULL,
        labels text NOT NULL,
        internal text,
        head text NOT NULL,
        UNIQUE (namespace, name)
      );
      CREATE INDEX workflow_by_start ON workflow (sort_at DESC, created_at DESC, uid DESC);
      CREATE INDEX workflow_by_phase ON workflow (phase, namespace);
      CREATE INDEX workflow_by_finish ON workflow (finished, finished_at);
      CREATE TABLE workflow_fixed (no bigint PRIMARY KEY, body text NOT NULL);
      CREATE TABLE label (
        key text COLLATE "C",
        value text COLLATE "C",
        workflow bigint,
        PRIMARY KEY (key, value, workflow)
      );
      CREATE INDEX label_by_workflow ON label (workflow);
      CREATE TABLE node (
        workflow bigint NOT NULL,
        id text COLLATE "C" NOT NULL,
        no bigint GENERATED ALWAYS AS IDENTITY,
        node text NOT NULL,
        internal text,
        PRIMARY KEY (workflow, id)
      );
      CREATE INDEX node_by_order ON node (workflow, no);
      CREATE TABLE object (
        kind text COLLATE "C" NOT NULL,
        namespace text COLLATE "C" NOT NULL,
        name text COLLATE "C" NOT NULL,
        resource_version bigint NOT NULL,
        body text NOT NULL,
        PRIMARY KEY (kind, namespace, name)
      );
      CREATE TABLE record (
        collection text COLLATE "C" NOT NULL,
        key text COLLATE "C" NOT NULL,
        value text NOT NULL,
        PRIMARY KEY (collection, key)
      );
    `,
  },
]
