/**
 * The tables, as in SQLite. Node rows have no index but their number (the workflow's in the upper bits, a counter in
 * the lower ones), so that they are appended next to each other whatever their ids hash to. The one who holds the lease
 * of a workflow numbers its nodes; nobody else writes to it.
 */
import type { Migration } from '../migrations.ts'
import { nodesPerWorkflow } from '../row-numbers.ts'
import { archiveGuard, archiveSchema } from './archive-schema.ts'
import { dropCommitFunction } from './commit-function.ts'
import { lockOwners } from './fleet-lock-owners.ts'
import { fleetSchema } from './fleet-schema.ts'
import { longListsSchema } from './long-lists-schema.ts'
import { firstCommitFunction, sweptDeletions } from './swept-deletions.ts'

export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: 'workflows, nodes, objects, records',
    losesData: true,
    down: `
      DROP TABLE record, object, node, label, workflow_fixed, workflow, counter;
      DROP SEQUENCE workflow_no;
    `,
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
  {
    version: 2,
    name: 'leases; nodes by number; one call a commit',
    down: `
      ${dropCommitFunction}
      DROP TABLE lease;
      ALTER TABLE node RENAME TO node_by_number;
      ALTER TABLE node_by_number DROP CONSTRAINT node_pkey;
      CREATE TABLE node (
        workflow bigint NOT NULL,
        id text COLLATE "C" NOT NULL,
        no bigint GENERATED ALWAYS AS IDENTITY,
        node text NOT NULL,
        internal text,
        PRIMARY KEY (workflow, id)
      );
      INSERT INTO node (workflow, id, node, internal)
        SELECT no / ${nodesPerWorkflow}, id, node, internal FROM node_by_number ORDER BY no;
      CREATE INDEX node_by_order ON node (workflow, no);
      DROP TABLE node_by_number;
    `,
    sql: `
      CREATE TABLE lease (
        name text COLLATE "C" PRIMARY KEY,
        epoch bigint NOT NULL,
        holder text NOT NULL,
        host text NOT NULL,
        backend int NOT NULL,
        acquired_at timestamptz NOT NULL,
        last_commit bigint NOT NULL,
        last_version bigint NOT NULL
      );
      COMMENT ON TABLE lease IS 'who may write; each commit names the epoch and is refused under another one';
      ALTER TABLE node RENAME TO node_by_id;
      ALTER TABLE node_by_id DROP CONSTRAINT node_pkey;
      CREATE TABLE node (
        no bigint PRIMARY KEY,
        id text COLLATE "C" NOT NULL,
        node text NOT NULL,
        internal text
      ) WITH (fillfactor = 60);
      INSERT INTO node
        SELECT workflow * ${nodesPerWorkflow} + row_number() OVER (PARTITION BY workflow ORDER BY no) - 1, id, node, internal
        FROM node_by_id;
      DROP TABLE node_by_id;
      ALTER TABLE workflow SET (fillfactor = 70);
      ${firstCommitFunction}
    `,
  },
  archiveSchema,
  fleetSchema,
  archiveGuard,
  longListsSchema,
  lockOwners,
  sweptDeletions,
]
