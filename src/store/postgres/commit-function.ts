/**
 * The function that writes a group of commits: one round trip, one transaction, one sync, however many rows.
 * `commitParameters` is the order of its arguments; batch.ts makes them.
 */
export const commitParameters = [
  ['lease', 'text'],
  ['held_epoch', 'bigint'],
  ['commit_no', 'bigint'],
  /** How many versions the group hands out; those of its rows count from 1. */
  ['versions', 'bigint'],
  ['gone', 'bigint[]'],
  ['w_no', 'bigint[]'],
  ['w_uid', 'text[]'],
  ['w_namespace', 'text[]'],
  ['w_name', 'text[]'],
  ['w_phase', 'text[]'],
  ['w_finished', 'bigint[]'],
  ['w_created_at', 'bigint[]'],
  ['w_started_at', 'bigint[]'],
  ['w_finished_at', 'bigint[]'],
  ['w_sort_at', 'bigint[]'],
  ['w_version', 'bigint[]'],
  ['w_labels', 'text[]'],
  ['w_internal', 'text[]'],
  ['w_head', 'text[]'],
  ['t_no', 'bigint[]'],
  ['t_version', 'bigint[]'],
  ['f_no', 'bigint[]'],
  ['f_body', 'text[]'],
  ['l_cleared', 'bigint[]'],
  ['l_key', 'text[]'],
  ['l_value', 'text[]'],
  ['l_workflow', 'bigint[]'],
  ['n_gone', 'bigint[]'],
  ['i_no', 'bigint[]'],
  ['i_id', 'text[]'],
  ['i_node', 'text[]'],
  ['i_internal', 'text[]'],
  ['u_no', 'bigint[]'],
  ['u_node', 'text[]'],
  ['u_internal', 'text[]'],
  ['o_kind', 'text[]'],
  ['o_namespace', 'text[]'],
  ['o_name', 'text[]'],
  ['o_version', 'bigint[]'],
  ['o_body', 'text[]'],
  ['r_collection', 'text[]'],
  ['r_key', 'text[]'],
  ['r_value', 'text[]'],
] as const

export type CommitParameter = (typeof commitParameters)[number][0]

const types = commitParameters.map(([, type]) => type).join(', ')

/** SQLSTATE of a commit under an epoch that is over. */
export const fenced = 'DRY01'

/** What nearly every commit of a controller that is alone comes to; others: commit-call.ts. */
export const commitCall = `SELECT drydock_commit(${commitParameters.map(([, type], i) => `$${i + 1}::${type}`).join(', ')}) AS base`
export const dropCommitFunction = `DROP FUNCTION drydock_commit(${types});`

/**
 * Answers the version before the group's first. What is null is not there to be done.
 * @param deleteNodes statements for the nodes of the workflows `gone`
 */
export const commitFunction = (deleteNodes: string): string => `
  CREATE FUNCTION drydock_commit(${commitParameters.map((pair) => pair.join(' ')).join(', ')}) RETURNS bigint
  LANGUAGE plpgsql AS $function$
  DECLARE
    base bigint;
  BEGIN
    -- The row stays locked until the end: who wants the lease waits for this commit.
    UPDATE lease AS l SET last_commit = commit_no WHERE l.name = lease AND l.epoch = held_epoch;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the lease % is no longer held under epoch %', lease, held_epoch USING ERRCODE = '${fenced}';
    END IF;
    UPDATE counter AS c SET value = c.value + versions WHERE c.name = 'resource_version' RETURNING c.value - versions INTO base;
    UPDATE lease AS l SET last_version = base WHERE l.name = lease;
    IF gone IS NOT NULL THEN
      DELETE FROM label WHERE workflow = ANY(gone);
      DELETE FROM workflow_fixed WHERE no = ANY(gone);
      ${deleteNodes}
      DELETE FROM workflow WHERE no = ANY(gone);
    END IF;
    IF w_no IS NOT NULL THEN
      INSERT INTO workflow (no, uid, namespace, name, phase, finished, created_at, started_at, finished_at, sort_at,
          resource_version, labels, internal, head)
        SELECT g.no, uid, namespace, name, phase, finished = 1, created_at, started_at, finished_at, sort_at,
          base + version, labels, internal, head
        FROM unnest(w_no, w_uid, w_namespace, w_name, w_phase, w_finished, w_created_at, w_started_at, w_finished_at,
          w_sort_at, w_version, w_labels, w_internal, w_head)
          AS g (no, uid, namespace, name, phase, finished, created_at, started_at, finished_at, sort_at, version, labels,
            internal, head)
        ON CONFLICT (no) DO UPDATE SET phase = excluded.phase, finished = excluded.finished,
          created_at = excluded.created_at, started_at = excluded.started_at, finished_at = excluded.finished_at,
          sort_at = excluded.sort_at, resource_version = excluded.resource_version, labels = excluded.labels,
          internal = excluded.internal, head = excluded.head;
    END IF;
    IF t_no IS NOT NULL THEN
      UPDATE workflow w SET resource_version = base + g.version FROM unnest(t_no, t_version) AS g (no, version)
        WHERE w.no = g.no;
    END IF;
    IF f_no IS NOT NULL THEN
      INSERT INTO workflow_fixed SELECT * FROM unnest(f_no, f_body)
        ON CONFLICT (no) DO UPDATE SET body = excluded.body;
    END IF;
    IF l_cleared IS NOT NULL THEN
      DELETE FROM label WHERE workflow = ANY(l_cleared);
    END IF;
    IF l_key IS NOT NULL THEN
      INSERT INTO label SELECT * FROM unnest(l_key, l_value, l_workflow);
    END IF;
    IF n_gone IS NOT NULL THEN
      DELETE FROM node WHERE no = ANY(n_gone);
    END IF;
    IF i_no IS NOT NULL THEN
      INSERT INTO node SELECT * FROM unnest(i_no, i_id, i_node, i_internal);
    END IF;
    IF u_no IS NOT NULL THEN
      UPDATE node n SET node = g.node, internal = g.internal FROM unnest(u_no, u_node, u_internal) AS g (no, node, internal)
        WHERE n.no = g.no;
    END IF;
    IF o_kind IS NOT NULL THEN
      DELETE FROM object o USING unnest(o_kind, o_namespace, o_name, o_body) AS g (kind, namespace, name, body)
        WHERE g.body IS NULL AND o.kind = g.kind AND o.namespace = g.namespace AND o.name = g.name;
      INSERT INTO object SELECT kind, namespace, name, base + version, body
        FROM unnest(o_kind, o_namespace, o_name, o_version, o_body) AS g (kind, namespace, name, version, body)
        WHERE body IS NOT NULL
        ON CONFLICT (kind, namespace, name) DO UPDATE SET resource_version = excluded.resource_version, body = excluded.body;
    END IF;
    IF r_key IS NOT NULL THEN
      DELETE FROM record r USING unnest(r_collection, r_key, r_value) AS g (collection, key, value)
        WHERE g.value IS NULL AND r.collection = g.collection AND r.key = g.key;
      INSERT INTO record SELECT * FROM unnest(r_collection, r_key, r_value) AS g (collection, key, value)
        WHERE value IS NOT NULL
        ON CONFLICT (collection, key) DO UPDATE SET value = excluded.value;
    END IF;
    RETURN base;
  END
  $function$;
`
