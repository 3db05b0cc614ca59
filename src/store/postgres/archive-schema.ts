/**
 * The tables of the archive, as in SQLite, and the function that writes to them: called in the transaction of the
 * commit, before the rest of it. `archiveParameters` is the order of its arguments.
 */
import { nodesAtOnceMax } from '../archive.ts'
import type { Migration } from '../migrations.ts'
import { nodesPerWorkflow, partsPerWorkflow } from '../row-numbers.ts'

export const archiveParameters = [
  /** Handed through, so that the rest of the commit comes after this. */
  ['lease', 'text'],
  ['gone', 'bigint[]'],
  ['s_uid', 'text[]'],
  ['s_part', 'bigint[]'],
  ['s_data', 'bytea[]'],
  ['a_uid', 'text[]'],
  ['a_version', 'bigint[]'],
  ['a_at', 'bigint[]'],
  ['a_deleted', 'bigint[]'],
  ['a_parts', 'bigint[]'],
  ['a_nodes', 'bigint[]'],
  ['a_bytes', 'bigint[]'],
  ['a_summary', 'text[]'],
  ['m_uid', 'text[]'],
  ['d_uid', 'text[]'],
  ['sweep_most', 'bigint'],
] as const

export type ArchiveParameter = (typeof archiveParameters)[number][0]

const types = archiveParameters.map(([, type]) => type).join(', ')

/** SQLSTATE of a commit that contradicts what is stored. */
export const contradiction = 'DRY02'

const archiveFunction = `
  CREATE FUNCTION drydock_archive(${archiveParameters.map((pair) => pair.join(' ')).join(', ')}) RETURNS text
  LANGUAGE plpgsql AS $function$
  DECLARE
    found bigint;
    swept bigint;
  BEGIN
    IF s_uid IS NOT NULL THEN
      INSERT INTO archive_part SELECT w.no * ${partsPerWorkflow} + g.part, g.data
        FROM unnest(s_uid, s_part, s_data) AS g (uid, part, data) JOIN workflow w ON w.uid = g.uid
        ON CONFLICT (no) DO UPDATE SET data = excluded.data;
    END IF;
    IF gone IS NOT NULL THEN
      DELETE FROM archive_part p USING unnest(gone) AS g (no)
        WHERE p.no >= g.no * ${partsPerWorkflow} AND p.no < (g.no + 1) * ${partsPerWorkflow}
          AND EXISTS (SELECT 1 FROM workflow w WHERE w.no = g.no);
    END IF;
    IF a_uid IS NOT NULL THEN
      SELECT count(*) INTO found FROM unnest(a_uid, a_version) AS g (uid, version)
        JOIN workflow w ON w.uid = g.uid AND w.resource_version = g.version AND w.finished;
      IF found <> cardinality(a_uid) THEN
        RAISE EXCEPTION 'a workflow has not finished, has changed meanwhile, or is not there' USING ERRCODE = '${contradiction}';
      END IF;
      INSERT INTO archive (no, uid, namespace, name, phase, created_at, started_at, finished_at, sort_at, archived_at,
          resource_version, deleted, parts, nodes, bytes, labels, summary)
        SELECT w.no, w.uid, w.namespace, w.name, w.phase, w.created_at, w.started_at, w.finished_at, w.sort_at, g.at,
          w.resource_version, g.deleted = 1, g.parts, g.nodes, g.bytes, w.labels, g.summary
        FROM unnest(a_uid, a_at, a_deleted, a_parts, a_nodes, a_bytes, a_summary)
          AS g (uid, at, deleted, parts, nodes, bytes, summary) JOIN workflow w ON w.uid = g.uid;
      DELETE FROM archive_part p USING archive a
        WHERE a.uid = ANY(a_uid) AND p.no >= a.no * ${partsPerWorkflow} + a.parts AND p.no < (a.no + 1) * ${partsPerWorkflow};
      SELECT count(*) INTO found FROM archive a
        JOIN archive_part p ON p.no >= a.no * ${partsPerWorkflow} AND p.no < (a.no + 1) * ${partsPerWorkflow}
        WHERE a.uid = ANY(a_uid);
      IF found <> (SELECT sum(parts) FROM unnest(a_parts) AS g (parts)) THEN
        RAISE EXCEPTION 'a workflow lacks parts' USING ERRCODE = '${contradiction}';
      END IF;
      INSERT INTO archive_label SELECT l.key, l.value, a.sort_at, a.no
        FROM archive a JOIN label l ON l.workflow = a.no WHERE a.uid = ANY(a_uid);
      INSERT INTO sweep SELECT no FROM archive WHERE uid = ANY(a_uid) AND nodes > ${nodesAtOnceMax} ON CONFLICT DO NOTHING;
      DELETE FROM node n USING archive a WHERE a.uid = ANY(a_uid) AND a.nodes <= ${nodesAtOnceMax}
        AND n.no >= a.no * ${nodesPerWorkflow} AND n.no < (a.no + 1) * ${nodesPerWorkflow};
      DELETE FROM label l USING archive a WHERE a.uid = ANY(a_uid) AND l.workflow = a.no;
      DELETE FROM workflow_fixed f USING archive a WHERE a.uid = ANY(a_uid) AND f.no = a.no;
      DELETE FROM workflow w USING archive a WHERE a.uid = ANY(a_uid) AND w.no = a.no;
    END IF;
    IF m_uid IS NOT NULL THEN
      UPDATE archive SET deleted = true WHERE uid = ANY(m_uid);
    END IF;
    IF d_uid IS NOT NULL THEN
      DELETE FROM archive_label l USING archive a WHERE a.uid = ANY(d_uid) AND l.archive = a.no;
      DELETE FROM archive_part p USING archive a
        WHERE a.uid = ANY(d_uid) AND p.no >= a.no * ${partsPerWorkflow} AND p.no < (a.no + 1) * ${partsPerWorkflow};
      DELETE FROM archive WHERE uid = ANY(d_uid);
    END IF;
    IF sweep_most > 0 THEN
      SELECT no INTO swept FROM sweep LIMIT 1 FOR UPDATE;
      DELETE FROM node WHERE no IN (SELECT no FROM node
        WHERE no >= swept * ${nodesPerWorkflow} AND no < (swept + 1) * ${nodesPerWorkflow} ORDER BY no LIMIT sweep_most);
      GET DIAGNOSTICS found = ROW_COUNT;
      IF found < sweep_most THEN
        DELETE FROM sweep WHERE no = swept;
      END IF;
    END IF;
    RETURN lease;
  END
  $function$;
`

/** What is archived cannot be among the hot workflows: one that another controller archived meanwhile is not written again. */
export const archiveGuard: Migration = {
  version: 5,
  name: 'no workflow twice',
  down: `
    DROP TRIGGER workflow_not_archived ON workflow;
    DROP FUNCTION drydock_not_archived();
  `,
  sql: `
    CREATE FUNCTION drydock_not_archived() RETURNS trigger LANGUAGE plpgsql AS $function$
    BEGIN
      IF EXISTS (SELECT 1 FROM archive WHERE uid = NEW.uid) THEN
        RAISE EXCEPTION 'workflow % is archived', NEW.uid USING ERRCODE = '${contradiction}';
      END IF;
      RETURN NULL;
    END
    $function$;
    CREATE TRIGGER workflow_not_archived AFTER INSERT ON workflow
      FOR EACH ROW EXECUTE FUNCTION drydock_not_archived();
  `,
}

export const archiveSchema: Migration = {
  version: 3,
  name: 'archive',
  losesData: true,
  down: `
    DROP FUNCTION drydock_archive(${types});
    DROP TABLE sweep, archive_part, archive_label, archive;
  `,
  sql: `
    CREATE TABLE archive (
      no bigint PRIMARY KEY,
      uid text COLLATE "C" NOT NULL UNIQUE,
      namespace text COLLATE "C" NOT NULL,
      name text COLLATE "C" NOT NULL,
      phase text COLLATE "C" NOT NULL,
      created_at bigint NOT NULL,
      started_at bigint,
      finished_at bigint,
      sort_at bigint NOT NULL,
      archived_at bigint NOT NULL,
      resource_version bigint NOT NULL,
      deleted boolean NOT NULL,
      parts bigint NOT NULL,
      nodes bigint NOT NULL,
      bytes bigint NOT NULL,
      labels text NOT NULL,
      summary text NOT NULL
    );
    CREATE INDEX archive_by_start ON archive (sort_at, no);
    CREATE INDEX archive_by_namespace ON archive (namespace, sort_at, no);
    CREATE INDEX archive_by_name ON archive (name, sort_at, no);
    CREATE INDEX archive_by_phase ON archive (phase, sort_at, no);
    CREATE INDEX archive_by_creation ON archive (phase, created_at);
    CREATE INDEX archive_by_finish ON archive (finished_at);
    CREATE TABLE archive_label (
      key text COLLATE "C",
      value text COLLATE "C",
      sort_at bigint,
      archive bigint,
      PRIMARY KEY (key, value, sort_at, archive)
    );
    CREATE INDEX archive_label_by_archive ON archive_label (archive);
    CREATE TABLE archive_part (no bigint PRIMARY KEY, data bytea NOT NULL);
    ALTER TABLE archive_part ALTER COLUMN data SET STORAGE EXTERNAL;
    CREATE TABLE sweep (no bigint PRIMARY KEY);
    ${archiveFunction}
  `,
}
