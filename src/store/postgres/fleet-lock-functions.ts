/** What is done to lock claims before it is decided who is granted: by one at a time, under a lease that still holds. */
import { fenced } from './commit-function.ts'

export const lockParameters = [
  ['who', 'text'],
  ['held_epoch', 'bigint'],
  /** Given back; without a lock, all that the holder has. */
  ['g_holder', 'text[]'],
  ['g_lock', 'text[]'],
  /** Limits of locks that are there. */
  ['m_lock', 'text[]'],
  ['m_max', 'bigint[]'],
  /** Locks that are asked for or restored, with their limits. */
  ['k_lock', 'text[]'],
  ['k_max', 'bigint[]'],
  ['a_holder', 'text[]'],
  /** Which holder wants which lock, and `wish`: all that it wants, one a line. */
  ['p_holder', 'text[]'],
  ['p_lock', 'text[]'],
  ['p_wish', 'text[]'],
  ['p_uid', 'text[]'],
  ['p_key', 'text[]'],
  ['p_priority', 'bigint[]'],
  ['p_created', 'bigint[]'],
  /** Held already, as a status says. */
  ['r_holder', 'text[]'],
  ['r_uid', 'text[]'],
  ['r_key', 'text[]'],
  ['r_lock', 'text[]'],
  /** What finished workflows of ours left behind is given back. */
  ['sweeps', 'boolean'],
] as const

export type LockParameter = (typeof lockParameters)[number][0]

export const lockCall = `SELECT name, max, held, waiting FROM drydock_locks(${lockParameters.map(([, type], i) => `$${i + 1}::${type}`).join(', ')})`

/** Answers the locks that were touched. `held` and `waiting` of a lock are kept up with each change of its claims. */
export const lockFunction = `
  CREATE FUNCTION drydock_locks(${lockParameters.map((pair) => pair.join(' ')).join(', ')})
    RETURNS TABLE (name text, max bigint, held bigint, waiting bigint)
  LANGUAGE plpgsql AS $function$
  #variable_conflict use_column
  DECLARE
    touched text[] := '{}';
    these text[];
    known text[];
    one record;
  BEGIN
    PERFORM 1 FROM counter AS c WHERE c.name = 'locks' FOR UPDATE;
    PERFORM 1 FROM lease AS l WHERE l.name = who AND l.epoch = held_epoch;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the lease % is no longer held under epoch %', who, held_epoch USING ERRCODE = '${fenced}';
    END IF;
    IF sweeps THEN
      SELECT array_agg(DISTINCT c.holder), array_agg(NULL::text) INTO g_holder, g_lock
        FROM lock_claim c JOIN workflow w ON w.uid = c.workflow_uid WHERE c.member = who AND w.finished;
    END IF;
    IF g_holder IS NOT NULL THEN
      WITH gone AS (
        DELETE FROM lock_claim c USING unnest(g_holder, g_lock) AS g (holder, lock)
          WHERE c.holder = g.holder AND (g.lock IS NULL OR c.lock = g.lock) RETURNING c.lock, c.granted
      ), sums AS (
        SELECT lock, count(granted) AS n, count(*) - count(granted) AS m FROM gone GROUP BY lock
      ), less AS (
        UPDATE lock_limit k SET held = k.held - n, waiting = k.waiting - m FROM sums WHERE k.name = sums.lock RETURNING k.name
      ) SELECT array_agg(name) INTO these FROM less;
      DELETE FROM lock_limit k WHERE k.name = ANY(these) AND k.held = 0 AND k.waiting = 0;
      touched := touched || these;
    END IF;
    IF m_lock IS NOT NULL THEN
      UPDATE lock_limit k SET max = g.max FROM unnest(m_lock, m_max) AS g (lock, max) WHERE k.name = g.lock AND k.max <> g.max;
      touched := touched || m_lock;
    END IF;
    IF k_lock IS NOT NULL THEN
      INSERT INTO lock_limit AS k (name, max) SELECT g.lock, g.max FROM unnest(k_lock, k_max) AS g (lock, max)
        ON CONFLICT (name) DO UPDATE SET max = excluded.max WHERE k.max <> excluded.max;
      touched := touched || k_lock;
    END IF;
    IF r_holder IS NOT NULL THEN
      WITH put AS (
        INSERT INTO lock_claim AS c (holder, lock, member, workflow_uid, workflow_key, priority, created_at, arrival, granted, wish)
          SELECT g.holder, g.lock, who, g.uid, g.key, 0, 0, nextval('lock_arrival'), nextval('lock_grant'), g.lock
          FROM unnest(r_holder, r_uid, r_key, r_lock) AS g (holder, uid, key, lock)
          ON CONFLICT (holder, lock) DO UPDATE SET member = excluded.member, granted = coalesce(c.granted, excluded.granted)
          RETURNING c.lock
      ) SELECT array_agg(DISTINCT lock) INTO these FROM put;
      UPDATE lock_limit k SET held = (SELECT count(c.granted) FROM lock_claim c WHERE c.lock = k.name),
          waiting = (SELECT count(*) - count(c.granted) FROM lock_claim c WHERE c.lock = k.name)
        WHERE k.name = ANY(these);
    END IF;
    IF a_holder IS NOT NULL THEN
      SELECT array_agg(DISTINCT c.holder) INTO known FROM lock_claim c WHERE c.holder = ANY(a_holder);
      IF known IS NOT NULL THEN
        UPDATE lock_claim c SET member = who WHERE c.holder = ANY(known) AND c.member <> who;
        WITH gone AS (
          DELETE FROM lock_claim c WHERE c.holder = ANY(known) AND coalesce(c.granted, 0) = 0
            AND (c.holder, c.lock) NOT IN (SELECT * FROM unnest(p_holder, p_lock)) RETURNING c.lock
        ), less AS (
          UPDATE lock_limit k SET waiting = k.waiting - n
            FROM (SELECT lock, count(*) AS n FROM gone GROUP BY lock) AS g WHERE k.name = g.lock RETURNING k.name
        ) SELECT array_agg(name) INTO these FROM less;
        touched := touched || these;
      END IF;
      WITH added AS (
        INSERT INTO lock_claim (holder, lock, member, workflow_uid, workflow_key, priority, created_at, arrival, wish)
          SELECT g.holder, g.lock, who, g.uid, g.key, g.priority, g.created, nextval('lock_arrival'), g.wish
          FROM unnest(p_holder, p_lock, p_wish, p_uid, p_key, p_priority, p_created)
            AS g (holder, lock, wish, uid, key, priority, created)
          ON CONFLICT DO NOTHING RETURNING lock
      ) UPDATE lock_limit k SET waiting = k.waiting + n
          FROM (SELECT lock, count(*) AS n FROM added GROUP BY lock) AS g WHERE k.name = g.lock;
      IF known IS NOT NULL THEN
        DELETE FROM lock_limit k WHERE k.name = ANY(touched) AND k.held = 0 AND k.waiting = 0;
        -- Who has some of it already, or asked for something else before, waits for the rest.
        FOR one IN SELECT o.holder, string_agg(o.lock, E'\\n' ORDER BY o.lock) FILTER (WHERE o.granted IS NULL) AS wish
            FROM lock_claim o WHERE o.holder = ANY(known) GROUP BY o.holder LOOP
          UPDATE lock_claim c SET wish = one.wish WHERE c.holder = one.holder AND coalesce(c.granted, 0) = 0 AND c.wish <> one.wish;
        END LOOP;
      END IF;
    END IF;
    RETURN QUERY SELECT k.name, k.max, k.held, k.waiting FROM lock_limit k WHERE k.name = ANY(touched);
  END
  $function$;
`
export const dropLockFunction = `DROP FUNCTION drydock_locks(${lockParameters.map(([, type]) => type).join(', ')});`
