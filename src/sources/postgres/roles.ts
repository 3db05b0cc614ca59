/** Who may do what with the table: three roles that nobody logs in as, to be granted to those who do. */
import { answerColumns, functions, openColumns, writtenColumns } from './migrations.ts'

export const roles = {
  /** Inserts, changes and deletes rows of its own; sees what came of them. */
  writer: 'drydock_writer',
  /** Sees what came of every row, and manifests without Secrets. */
  reader: 'drydock_reader',
  /** Reads manifests and writes back what came of them: the daemon's login needs no more. */
  daemon: 'drydock_daemon',
} as const

/** Roles belong to the whole server: another table may have made them. */
export const createRolesSql = Object.values(roles)
  .map(
    (role) => `DO $do$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN CREATE ROLE ${role} NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $do$;`,
  )
  .join('\n')

const own = 'owner = current_user'
const { writer, reader, daemon } = roles

/** Repeatable. */
export const grantsSql = `
REVOKE ALL ON %S.workflow_manifests, %S.workflow_manifests_contents, %S.workflow_manifests_deleted,
  %S.workflow_manifests_instance, %S.workflow_manifests_version FROM PUBLIC;
${functions.map((one) => `REVOKE ALL ON FUNCTION %S.${one} FROM PUBLIC;\nGRANT EXECUTE ON FUNCTION %S.${one} TO ${writer};`).join('\n')}
GRANT USAGE ON SCHEMA %S TO ${writer}, ${reader}, ${daemon};
GRANT SELECT (${openColumns.join(', ')}) ON %S.workflow_manifests TO ${writer}, ${reader};
GRANT INSERT (id, ${writtenColumns.join(', ')}), UPDATE (${writtenColumns.join(', ')}), DELETE
  ON %S.workflow_manifests TO ${writer};
GRANT SELECT ON %S.workflow_manifests_contents TO ${reader};
GRANT SELECT, UPDATE (${answerColumns.join(', ')}) ON %S.workflow_manifests TO ${daemon};
GRANT SELECT, DELETE ON %S.workflow_manifests_deleted TO ${daemon};
GRANT SELECT ON %S.workflow_manifests_instance, %S.workflow_manifests_version TO ${daemon};
ALTER TABLE %S.workflow_manifests ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS drydock_writer ON %S.workflow_manifests;
DROP POLICY IF EXISTS drydock_reader ON %S.workflow_manifests;
DROP POLICY IF EXISTS drydock_daemon ON %S.workflow_manifests;
CREATE POLICY drydock_writer ON %S.workflow_manifests TO ${writer} USING (${own}) WITH CHECK (${own});
CREATE POLICY drydock_reader ON %S.workflow_manifests FOR SELECT TO ${reader} USING (true);
CREATE POLICY drydock_daemon ON %S.workflow_manifests TO ${daemon} USING (true) WITH CHECK (true);
`
