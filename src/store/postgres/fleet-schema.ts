/** The tables of several controllers on one database (../fleet.ts). */
import type { Migration } from '../migrations.ts'
import { dropFleetFunctions, fleetFunctions } from './fleet-functions.ts'
import { dropLockFunction, lockFunction } from './fleet-lock-functions.ts'

export const fleetSchema: Migration = {
  version: 4,
  name: 'several controllers',
  down: `
    ${dropLockFunction}
    ${dropFleetFunctions}
    DROP TABLE member, handed, feed, change, command, engine_share, lock_claim, lock_limit;
    DROP SEQUENCE lock_arrival, lock_grant;
    DELETE FROM counter WHERE name = 'locks';
    ALTER TABLE lease DROP COLUMN gone_at;
    ALTER TABLE workflow DROP COLUMN owner;
  `,
  sql: `
    ALTER TABLE workflow ADD COLUMN owner text COLLATE "C" NOT NULL DEFAULT 'controller';
    ALTER TABLE workflow ALTER COLUMN owner
      SET DEFAULT coalesce(nullif(current_setting('drydock.owner', true), ''), 'controller');
    COMMENT ON COLUMN workflow.owner IS 'the lease under which it may be written until it has finished';
    ALTER TABLE lease ADD COLUMN gone_at timestamptz;
    COMMENT ON COLUMN lease.gone_at IS 'when it was first seen to be held by nobody';
    CREATE TABLE member (name text COLLATE "C" PRIMARY KEY, self text NOT NULL);
    CREATE TABLE handed (
      member text COLLATE "C",
      uid text COLLATE "C",
      attempt text,
      PRIMARY KEY (member, uid)
    );
    COMMENT ON TABLE handed IS 'workflows that became the member’s and of which it was not told yet';
    CREATE TABLE feed (is_on boolean NOT NULL, since bigint NOT NULL, until bigint NOT NULL, alone text NOT NULL);
    COMMENT ON TABLE feed IS 'changes are complete after "since", but for those of "alone" up to "until"; written while is_on';
    INSERT INTO feed VALUES (false, 0, 0, '');
    CREATE TABLE change (
      version bigint PRIMARY KEY,
      type text NOT NULL,
      kind text NOT NULL,
      namespace text NOT NULL,
      name text NOT NULL,
      uid text,
      member text NOT NULL,
      at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE command (
      id text COLLATE "C" PRIMARY KEY,
      sender text NOT NULL,
      workflow_uid text COLLATE "C" NOT NULL,
      request text NOT NULL,
      answer text,
      late_at timestamptz NOT NULL
    );
    CREATE TABLE engine_share (
      engine text COLLATE "C",
      member text COLLATE "C",
      cpus double precision NOT NULL,
      memory_bytes double precision NOT NULL,
      containers double precision NOT NULL,
      PRIMARY KEY (engine, member)
    );
    INSERT INTO counter VALUES ('locks', 0);
    CREATE SEQUENCE lock_arrival;
    CREATE SEQUENCE lock_grant;
    CREATE TABLE lock_limit (
      name text COLLATE "C" PRIMARY KEY,
      max bigint NOT NULL,
      held bigint NOT NULL DEFAULT 0,
      waiting bigint NOT NULL DEFAULT 0
    );
    CREATE TABLE lock_claim (
      holder text COLLATE "C",
      lock text COLLATE "C",
      member text COLLATE "C" NOT NULL,
      workflow_uid text COLLATE "C" NOT NULL,
      workflow_key text COLLATE "C" NOT NULL,
      priority bigint NOT NULL,
      created_at bigint NOT NULL,
      arrival bigint NOT NULL,
      granted bigint,
      wish text COLLATE "C" NOT NULL,
      PRIMARY KEY (holder, lock)
    );
    COMMENT ON COLUMN lock_claim.wish IS 'all locks that the holder waits for, one a line';
    CREATE INDEX lock_queue ON lock_claim (lock, priority DESC, created_at, arrival) WHERE granted IS NULL;
    CREATE INDEX lock_wishes ON lock_claim (lock, wish, priority DESC, created_at, arrival) WHERE granted IS NULL;
    CREATE INDEX lock_holders ON lock_claim (lock) WHERE granted IS NOT NULL;
    CREATE INDEX lock_grants ON lock_claim (member, granted) WHERE granted IS NOT NULL;
    ${fleetFunctions}
    ${lockFunction}
  `,
}
