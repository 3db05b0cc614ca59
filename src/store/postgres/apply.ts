/**
 * Applies a group of commits in one transaction: looks up what they touch, decides in memory which of them hold, then
 * writes those. The row of the version counter is locked throughout, so versions are handed out in commit order.
 */
import type { PoolClient } from 'pg'
import type { StoreFault } from '../fault.ts'
import { notStarted } from '../listing.ts'
import { objectKey } from '../port.ts'
import type { Outcome, WireChange, WireCommit, WireWorkflow } from '../wire.ts'

type Found = { readonly no: string; readonly namespace: string; readonly name: string }
type Statement = { readonly text: string; readonly values: readonly unknown[] }

/** What a group knows of workflows while it goes on: as stored, then as its own commits make it. */
type Known = {
  readonly byUid: Map<string, Found>
  readonly uidByName: Map<string, string>
  readonly objects: Set<string>
}

export async function applyGroup(client: PoolClient, commits: readonly WireCommit[]): Promise<Outcome[]> {
  const counter = await client.query<{ value: string }>(
    "SELECT value FROM counter WHERE name = 'resource_version' FOR UPDATE",
  )
  let version = Number(counter.rows[0]?.value ?? 0)
  let known = await lookUp(client, commits.flat())
  const outcomes: Outcome[] = []
  for (const commit of commits) {
    const attempt = new Attempt(known, version, await newNumbers(client, commit, known))
    const fault = attempt.take(commit)
    outcomes.push(
      fault ? { ok: false, fault } : { ok: true, resourceVersion: attempt.version, versions: attempt.versions },
    )
    if (fault) continue
    for (const { text, values } of attempt.statements) await client.query({ text, values: [...values] })
    known = attempt.known
    version = attempt.version
  }
  await client.query("UPDATE counter SET value = $1 WHERE name = 'resource_version'", [version])
  return outcomes
}

async function lookUp(client: PoolClient, changes: readonly WireChange[]): Promise<Known> {
  const uids = changes.flatMap((change) => ('uid' in change ? [change.uid] : []))
  const names = changes.flatMap((change) => (change.kind === 'putWorkflow' ? [change.name] : []))
  const known: Known = { byUid: new Map(), uidByName: new Map(), objects: new Set() }
  if (uids.length > 0) {
    const found = await client.query<Found & { uid: string }>(
      'SELECT no, uid, namespace, name FROM workflow WHERE uid = ANY($1) OR name = ANY($2)',
      [uids, names],
    )
    for (const { uid, ...row } of found.rows) {
      known.byUid.set(uid, row)
      known.uidByName.set(`${row.namespace}/${row.name}`, uid)
    }
  }
  const deleted = changes.flatMap((change) => (change.kind === 'deleteObject' ? [change.name] : []))
  if (deleted.length > 0) {
    const sql = 'SELECT kind, namespace, name FROM object WHERE name = ANY($1)'
    const found = await client.query<{ kind: string; namespace: string; name: string }>(sql, [deleted])
    for (const { kind, namespace, name } of found.rows) known.objects.add(objectKey(kind, namespace, name))
  }
  return known
}

async function newNumbers(client: PoolClient, commit: WireCommit, { byUid }: Known): Promise<string[]> {
  const wanted = commit.filter((change) => change.kind === 'putWorkflow').length
  const isNew = commit.some(
    (change) => change.kind === 'deleteWorkflow' || (change.kind === 'putWorkflow' && !byUid.has(change.uid)),
  )
  if (wanted === 0 || !isNew) return []
  const sql = "SELECT nextval('workflow_no') AS no FROM generate_series(1, $1)"
  return (await client.query<{ no: string }>(sql, [wanted])).rows.map(({ no }) => no)
}

class Conflict extends Error {}

/** One commit, decided on a copy of what is known; `statements` are to be run only when it holds. */
class Attempt {
  readonly known: Known
  readonly versions = new Map<string, number>()
  readonly statements: Statement[] = []
  readonly #numbers: string[]
  version: number

  constructor(known: Known, version: number, numbers: string[]) {
    this.known = { byUid: new Map(known.byUid), uidByName: new Map(known.uidByName), objects: new Set(known.objects) }
    this.version = version
    this.#numbers = numbers
  }

  take(commit: WireCommit): StoreFault | null {
    try {
      for (const change of commit) this.#change(change)
      return null
    } catch (error) {
      if (!(error instanceof Conflict)) throw error
      return { code: 'STORE_CONFLICT', message: error.message }
    }
  }

  #change(change: WireChange): void {
    switch (change.kind) {
      case 'putWorkflow':
        return this.#putWorkflow(change)
      case 'putNodes':
        return this.#putNodes(this.#touch(change.uid).no, change.cells)
      case 'deleteNodes':
        return this.#run(
          'DELETE FROM node WHERE workflow = $1 AND id = ANY($2)',
          this.#touch(change.uid).no,
          change.ids,
        )
      case 'deleteWorkflow':
        return this.#deleteWorkflow(change.uid)
      case 'putObject': {
        const key = objectKey(change.objectKind, change.namespace, change.name)
        this.known.objects.add(key)
        return this.#run(putObject, change.objectKind, change.namespace, change.name, this.#versionOf(key), change.body)
      }
      case 'deleteObject': {
        const key = objectKey(change.objectKind, change.namespace, change.name)
        if (!this.known.objects.delete(key)) return
        this.#versionOf(key)
        return this.#run(deleteObject, change.objectKind, change.namespace, change.name)
      }
      case 'putRecord': {
        const { collection, key, value } = change
        return value === null ? this.#run(deleteRecord, collection, key) : this.#run(putRecord, collection, key, value)
      }
    }
  }

  #putWorkflow(row: WireWorkflow): void {
    const { uid, namespace, name } = row
    const path = `${namespace}/${name}`
    const found = this.known.byUid.get(uid)
    if (found && `${found.namespace}/${found.name}` !== path)
      throw new Conflict(`workflow ${uid} is ${found.namespace}/${found.name} and cannot become ${path}`)
    if ((this.known.uidByName.get(path) ?? uid) !== uid)
      throw new Conflict(`workflow ${path} is there already with another UID`)
    const no = found?.no ?? this.#numbers.pop() ?? ''
    this.known.byUid.set(uid, { no, namespace, name })
    this.known.uidByName.set(path, uid)
    const version = this.#versionOf(objectKey('Workflow', namespace, name))
    this.#run(
      putWorkflow,
      ...[no, uid, namespace, name, row.phase, row.finished, row.createdAt, row.startedAt, row.finishedAt],
      ...[row.startedAt ?? notStarted, version, row.labels, row.internal, row.head],
    )
    this.#run(putFixed, no, row.fixed)
    const labels = JSON.parse(row.labels) as Record<string, string>
    if (found) this.#run('DELETE FROM label WHERE workflow = $1', no)
    if (Object.keys(labels).length > 0) this.#run(putLabels, no, Object.keys(labels), Object.values(labels))
  }

  #putNodes(no: string, cells: readonly (string | null)[]): void {
    const rows = new Map<string, readonly [string | null, string | null]>() // an id may come twice; the last one counts
    for (let i = 0; i + 2 < cells.length; i += 3) rows.set(cells[i] ?? '', [cells[i + 1] ?? null, cells[i + 2] ?? null])
    const values = [...rows.values()]
    this.#run(
      putNodes,
      no,
      [...rows.keys()],
      values.map(([node]) => node),
      values.map(([, internal]) => internal),
    )
  }

  #deleteWorkflow(uid: string): void {
    const found = this.known.byUid.get(uid)
    if (!found) return
    this.#versionOf(objectKey('Workflow', found.namespace, found.name))
    this.known.byUid.delete(uid)
    this.known.uidByName.delete(`${found.namespace}/${found.name}`)
    for (const [table, column] of [
      ['label', 'workflow'],
      ['node', 'workflow'],
      ['workflow_fixed', 'no'],
      ['workflow', 'no'],
    ])
      this.#run(`DELETE FROM ${table} WHERE ${column} = $1`, found.no)
  }

  /** A workflow whose nodes change is a changed workflow. */
  #touch(uid: string): Found {
    const found = this.known.byUid.get(uid)
    if (!found) throw new Conflict(`nodes of workflow ${uid}, which is not there`)
    const key = objectKey('Workflow', found.namespace, found.name)
    if (!this.versions.has(key))
      this.#run('UPDATE workflow SET resource_version = $2 WHERE no = $1', found.no, this.#versionOf(key))
    return found
  }

  #versionOf(key: string): number {
    const version = this.versions.get(key) ?? ++this.version
    this.versions.set(key, version)
    return version
  }

  #run(text: string, ...values: readonly unknown[]): void {
    this.statements.push({ text, values })
  }
}

const putWorkflow = `INSERT INTO workflow (no, uid, namespace, name, phase, finished, created_at, started_at, finished_at,
    sort_at, resource_version, labels, internal, head) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
  ON CONFLICT (no) DO UPDATE SET phase = excluded.phase, finished = excluded.finished, created_at = excluded.created_at,
    started_at = excluded.started_at, finished_at = excluded.finished_at, sort_at = excluded.sort_at,
    resource_version = excluded.resource_version, labels = excluded.labels, internal = excluded.internal, head = excluded.head`
const putFixed = `INSERT INTO workflow_fixed VALUES ($1, $2) ON CONFLICT (no) DO UPDATE SET body = excluded.body
  WHERE workflow_fixed.body <> excluded.body`
const putLabels = 'INSERT INTO label SELECT k, v, $1 FROM unnest($2::text[], $3::text[]) AS given (k, v)'
const putNodes = `INSERT INTO node (workflow, id, node, internal)
  SELECT $1, i, n, x FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS given (i, n, x, at) ORDER BY at
  ON CONFLICT (workflow, id) DO UPDATE SET node = excluded.node, internal = excluded.internal`
const putObject = `INSERT INTO object (kind, namespace, name, resource_version, body) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (kind, namespace, name) DO UPDATE SET resource_version = excluded.resource_version, body = excluded.body`
const deleteObject = 'DELETE FROM object WHERE kind = $1 AND namespace = $2 AND name = $3'
const putRecord =
  'INSERT INTO record VALUES ($1, $2, $3) ON CONFLICT (collection, key) DO UPDATE SET value = excluded.value'
const deleteRecord = 'DELETE FROM record WHERE collection = $1 AND key = $2'
