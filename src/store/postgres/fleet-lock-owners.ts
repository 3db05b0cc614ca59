/** Wishes for locks that arrive after their workflow was handed over are dropped before `drydock_locks` looks at the claims. */
import type { Migration } from '../migrations.ts'
import { lockParameters } from './fleet-lock-functions.ts'

const types = lockParameters.map(([, type]) => type).join(', ')
const names = lockParameters.map(([name]) => name).join(', ')

/** The lock on the counter is what a hand-over takes too: whoever waits here sees the new owners. */
const filter = `
  CREATE FUNCTION drydock_locks(${lockParameters.map((pair) => pair.join(' ')).join(', ')})
    RETURNS TABLE (name text, max bigint, held bigint, waiting bigint)
  LANGUAGE plpgsql AS $function$
  #variable_conflict use_column
  DECLARE
    late text[];
  BEGIN
    PERFORM 1 FROM counter AS c WHERE c.name = 'locks' FOR UPDATE;
    IF a_holder IS NOT NULL THEN
      SELECT array_agg(DISTINCT g.holder) INTO late FROM (
        SELECT p.holder, p.uid FROM unnest(p_holder, p_uid) AS p (holder, uid)
        UNION ALL SELECT c.holder, c.workflow_uid FROM lock_claim c WHERE c.holder = ANY(a_holder) AND c.member <> who
      ) AS g JOIN workflow w ON w.uid = g.uid AND NOT w.finished AND w.owner <> who;
    END IF;
    IF late IS NOT NULL THEN
      SELECT array_agg(g.holder) INTO a_holder FROM unnest(a_holder) AS g (holder) WHERE g.holder <> ALL(late);
      SELECT array_agg(g.holder), array_agg(g.lock), array_agg(g.wish), array_agg(g.uid), array_agg(g.key),
          array_agg(g.priority), array_agg(g.created)
        INTO p_holder, p_lock, p_wish, p_uid, p_key, p_priority, p_created
        FROM unnest(p_holder, p_lock, p_wish, p_uid, p_key, p_priority, p_created)
          AS g (holder, lock, wish, uid, key, priority, created)
        WHERE g.holder <> ALL(late);
    END IF;
    RETURN QUERY SELECT * FROM drydock_claim(${names});
    IF late IS NOT NULL THEN
      DELETE FROM lock_limit k WHERE k.name = ANY(k_lock) AND k.held = 0 AND k.waiting = 0;
    END IF;
  END
  $function$;
`

export const lockOwners: Migration = {
  version: 7,
  name: 'locks are asked for by owners',
  sql: `
    ALTER FUNCTION drydock_locks(${types}) RENAME TO drydock_claim;
    ${filter}
  `,
  down: `
    DROP FUNCTION drydock_locks(${types});
    ALTER FUNCTION drydock_claim(${types}) RENAME TO drydock_locks;
  `,
}
