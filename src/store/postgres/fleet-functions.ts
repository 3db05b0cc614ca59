/**
 * What a commit of a member does beside `drydock_commit`: before it the lease, the owners and the versions expected are
 * checked, with the version counter locked, so that commits of all members come one after the other; after it the
 * others are told. A controller without a name calls `drydock_enter` only where versions are expected.
 */
import { fenced } from './commit-function.ts'

/** SQLSTATE: a workflow of the commit belongs to another. */
export const notOwner = 'DRY03'
/** An object has not the version that was expected. */
export const unexpected = 'DRY04'
/** What the commit was planned with is no longer so: plan it anew. */
export const outdated = 'DRY05'

export const enterParameters = [
  ['lease', 'text'],
  ['held_epoch', 'bigint'],
  /** Workflows that were there, and the version of those that are not our unfinished ones. */
  ['k_no', 'bigint[]'],
  ['k_version', 'bigint[]'],
  ['x_kind', 'text[]'],
  ['x_namespace', 'text[]'],
  ['x_name', 'text[]'],
  ['x_version', 'bigint[]'],
] as const

export const settleParameters = [
  ['base', 'bigint'],
  ['lease', 'text'],
  /** Workflows that are made, or go on, for that owner. */
  ['own_no', 'bigint[]'],
  ['own_owner', 'text[]'],
  ['e_version', 'bigint[]'],
  ['e_type', 'text[]'],
  ['e_kind', 'text[]'],
  ['e_namespace', 'text[]'],
  ['e_name', 'text[]'],
  ['e_uid', 'text[]'],
] as const

const declared = (parameters: readonly (readonly [string, string])[]): string =>
  parameters.map((pair) => pair.join(' ')).join(', ')
const typesOf = (parameters: readonly (readonly [string, string])[]): string =>
  parameters.map(([, type]) => type).join(', ')

/** Where the name stands for a table and for a parameter the parameter is meant. */
export const fleetFunctions = `
  CREATE FUNCTION drydock_enter(${declared(enterParameters)}) RETURNS text
  LANGUAGE plpgsql AS $function$
  #variable_conflict use_variable
  DECLARE
    wrong record;
  BEGIN
    PERFORM 1 FROM lease AS l WHERE l.name = lease AND l.epoch = held_epoch FOR UPDATE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the lease % is no longer held under epoch %', lease, held_epoch USING ERRCODE = '${fenced}';
    END IF;
    PERFORM 1 FROM counter AS c WHERE c.name = 'resource_version' FOR UPDATE;
    IF k_no IS NOT NULL THEN
      SELECT w.uid, w.owner INTO wrong FROM unnest(k_no) AS g (no) JOIN workflow w ON w.no = g.no
        WHERE NOT w.finished AND w.owner <> lease LIMIT 1;
      IF FOUND THEN
        RAISE EXCEPTION 'workflow % belongs to controller %', wrong.uid, wrong.owner USING ERRCODE = '${notOwner}';
      END IF;
      PERFORM 1 FROM unnest(k_no, k_version) AS g (no, version) LEFT JOIN workflow w ON w.no = g.no
        WHERE w.no IS NULL OR (w.finished AND w.resource_version IS DISTINCT FROM g.version);
      IF FOUND THEN
        RAISE EXCEPTION 'a workflow has changed meanwhile' USING ERRCODE = '${outdated}';
      END IF;
    END IF;
    IF x_kind IS NOT NULL THEN
      SELECT g.kind, g.namespace, g.name INTO wrong
        FROM unnest(x_kind, x_namespace, x_name, x_version) AS g (kind, namespace, name, version)
        LEFT JOIN object o ON o.kind = g.kind AND o.namespace = g.namespace AND o.name = g.name
        WHERE coalesce(o.resource_version, 0) <> g.version LIMIT 1;
      IF FOUND THEN
        RAISE EXCEPTION '% %/% has changed', wrong.kind, wrong.namespace, wrong.name USING ERRCODE = '${unexpected}';
      END IF;
    END IF;
    RETURN lease;
  END
  $function$;

  CREATE FUNCTION drydock_settle(${declared(settleParameters)}) RETURNS bigint
  LANGUAGE plpgsql AS $function$
  #variable_conflict use_variable
  BEGIN
    IF own_no IS NOT NULL THEN
      UPDATE workflow w SET owner = g.owner FROM unnest(own_no, own_owner) AS g (no, owner) WHERE w.no = g.no;
      INSERT INTO handed (member, uid) SELECT g.owner, w.uid FROM unnest(own_no, own_owner) AS g (no, owner)
        JOIN workflow w ON w.no = g.no WHERE g.owner <> lease ON CONFLICT DO NOTHING;
      IF FOUND THEN
        PERFORM pg_notify(current_schema(), 'owned');
      END IF;
    END IF;
    IF e_version IS NOT NULL AND (SELECT f.is_on FROM feed f) THEN
      INSERT INTO change (version, type, kind, namespace, name, uid, member)
        SELECT base + g.version, g.type, g.kind, g.namespace, g.name, g.uid, lease
        FROM unnest(e_version, e_type, e_kind, e_namespace, e_name, e_uid) AS g (version, type, kind, namespace, name, uid);
      PERFORM pg_notify(current_schema(), 'changes ' || lease);
    END IF;
    RETURN base;
  END
  $function$;
`

export const dropFleetFunctions = `
  DROP FUNCTION drydock_settle(${typesOf(settleParameters)});
  DROP FUNCTION drydock_enter(${typesOf(enterParameters)});
`
