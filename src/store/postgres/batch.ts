/** What a group of commits comes to, written with one statement a table however many rows there are. */
import type { PoolClient } from 'pg'
import type { WireWorkflow } from '../wire.ts'
import { notStarted } from '../listing.ts'

type WorkflowWrite = { readonly row: WireWorkflow; readonly version: number; readonly isNew: boolean }
type NodeWrite = {
  readonly workflow: string
  readonly id: string
  readonly node: string
  readonly internal: string | null
}
type ObjectWrite = {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly write: { readonly version: number; readonly body: string } | null
}
type RecordWrite = { readonly collection: string; readonly key: string; readonly value: string | null }

/** Later writes to a row replace earlier ones. Deletions of workflows come before everything else in it. */
export class Batch {
  readonly #deletedWorkflows: string[] = []
  readonly #workflows = new Map<string, WorkflowWrite>()
  readonly #touched = new Map<string, number>()
  readonly #deletedNodes = new Map<string, readonly [string, string]>()
  readonly #nodes = new Map<string, NodeWrite>()
  readonly #objects = new Map<string, ObjectWrite>()
  readonly #records = new Map<string, RecordWrite>()

  /** Only into a batch that is still empty. */
  deleteWorkflow(no: string): void {
    this.#deletedWorkflows.push(no)
  }

  putWorkflow(no: string, row: WireWorkflow, version: number, isNew: boolean): void {
    this.#workflows.set(no, { row, version, isNew: isNew || (this.#workflows.get(no)?.isNew ?? false) })
    this.#touched.delete(no)
  }

  touchWorkflow(no: string, version: number): void {
    this.#touched.set(no, version)
  }

  putNode(write: NodeWrite): void {
    this.#nodes.set(`${write.workflow}/${write.id}`, write)
  }

  deleteNode(workflow: string, id: string): void {
    this.#nodes.delete(`${workflow}/${id}`)
    this.#deletedNodes.set(`${workflow}/${id}`, [workflow, id])
  }

  putObject(key: string, write: ObjectWrite): void {
    this.#objects.set(key, write)
  }

  putRecord(write: RecordWrite): void {
    this.#records.set(`${write.collection.length}/${write.collection}/${write.key}`, write)
  }

  async write(client: PoolClient): Promise<void> {
    const run = async <T>(rows: readonly T[], text: string, ...columns: readonly ((row: T) => unknown)[]) => {
      if (rows.length > 0)
        await client.query(
          text,
          columns.map((column) => rows.map(column)),
        )
    }
    for (const [table, column] of childTables)
      await run(this.#deletedWorkflows, `DELETE FROM ${table} WHERE ${column} = ANY($1)`, (no) => no)
    const workflows = [...this.#workflows].map(([no, write]) => ({
      no,
      ...write.row,
      ...write,
      sortAt: write.row.startedAt ?? notStarted,
    }))
    await run(
      workflows,
      putWorkflows,
      (w) => w.no,
      (w) => w.uid,
      (w) => w.namespace,
      (w) => w.name,
      (w) => w.phase,
      (w) => w.finished,
      (w) => w.createdAt,
      (w) => w.startedAt,
      (w) => w.finishedAt,
      (w) => w.sortAt,
      (w) => w.version,
      (w) => w.labels,
      (w) => w.internal,
      (w) => w.head,
    )
    await run(
      workflows,
      putFixed,
      (w) => w.no,
      (w) => w.fixed,
    )
    await run(
      workflows.filter((w) => !w.isNew),
      'DELETE FROM label WHERE workflow = ANY($1)',
      (w) => w.no,
    )
    const labels = workflows.flatMap((w) => labelsOf(w.labels).map(([key, value]) => ({ no: w.no, key, value })))
    await run(
      labels,
      putLabels,
      (l) => l.key,
      (l) => l.value,
      (l) => l.no,
    )
    await run(
      [...this.#touched],
      touchWorkflows,
      ([no]) => no,
      ([, version]) => version,
    )
    await run(
      [...this.#deletedNodes.values()],
      deleteNodes,
      ([workflow]) => workflow,
      ([, id]) => id,
    )
    await run(
      [...this.#nodes.values()],
      putNodes,
      (n) => n.workflow,
      (n) => n.id,
      (n) => n.node,
      (n) => n.internal,
    )
    const objects = [...this.#objects.values()]
    const put = objects.flatMap(({ write, ...object }) => (write ? [{ ...object, ...write }] : []))
    await run(
      put,
      putObjects,
      (o) => o.kind,
      (o) => o.namespace,
      (o) => o.name,
      (o) => o.version,
      (o) => o.body,
    )
    const gone = objects.filter(({ write }) => write === null)
    await run(
      gone,
      deleteObjects,
      (o) => o.kind,
      (o) => o.namespace,
      (o) => o.name,
    )
    const records = [...this.#records.values()]
    await run(
      records.filter(({ value }) => value !== null),
      putRecords,
      (r) => r.collection,
      (r) => r.key,
      (r) => r.value,
    )
    await run(
      records.filter(({ value }) => value === null),
      deleteRecords,
      (r) => r.collection,
      (r) => r.key,
    )
  }
}

const labelsOf = (labels: string): readonly [string, string][] =>
  Object.entries(JSON.parse(labels) as Record<string, string>)

const childTables = [
  ['label', 'workflow'],
  ['node', 'workflow'],
  ['workflow_fixed', 'no'],
  ['workflow', 'no'],
] as const

const putWorkflows = `INSERT INTO workflow (no, uid, namespace, name, phase, finished, created_at, started_at, finished_at,
    sort_at, resource_version, labels, internal, head)
  SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::bigint[],
    $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::text[], $14::text[])
  ON CONFLICT (no) DO UPDATE SET phase = excluded.phase, finished = excluded.finished, created_at = excluded.created_at,
    started_at = excluded.started_at, finished_at = excluded.finished_at, sort_at = excluded.sort_at,
    resource_version = excluded.resource_version, labels = excluded.labels, internal = excluded.internal, head = excluded.head`
const putFixed = `INSERT INTO workflow_fixed SELECT * FROM unnest($1::bigint[], $2::text[])
  ON CONFLICT (no) DO UPDATE SET body = excluded.body WHERE workflow_fixed.body <> excluded.body`
const putLabels = 'INSERT INTO label SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])'
const touchWorkflows = `UPDATE workflow SET resource_version = given.version
  FROM unnest($1::bigint[], $2::bigint[]) AS given (no, version) WHERE workflow.no = given.no`
const deleteNodes = `DELETE FROM node USING unnest($1::bigint[], $2::text[]) AS given (workflow, id)
  WHERE node.workflow = given.workflow AND node.id = given.id`
const putNodes = `INSERT INTO node (workflow, id, node, internal)
  SELECT w, i, n, x FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS given (w, i, n, x, at)
  ORDER BY at ON CONFLICT (workflow, id) DO UPDATE SET node = excluded.node, internal = excluded.internal`
const putObjects = `INSERT INTO object (kind, namespace, name, resource_version, body)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[])
  ON CONFLICT (kind, namespace, name) DO UPDATE SET resource_version = excluded.resource_version, body = excluded.body`
const deleteObjects = `DELETE FROM object USING unnest($1::text[], $2::text[], $3::text[]) AS given (kind, namespace, name)
  WHERE object.kind = given.kind AND object.namespace = given.namespace AND object.name = given.name`
const putRecords = `INSERT INTO record SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
  ON CONFLICT (collection, key) DO UPDATE SET value = excluded.value`
const deleteRecords = `DELETE FROM record USING unnest($1::text[], $2::text[]) AS given (collection, key)
  WHERE record.collection = given.collection AND record.key = given.key`
