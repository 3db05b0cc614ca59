/** Writes changes into the tables, inside a transaction that the caller holds. Runs in the writer thread. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { notStarted } from '../listing.ts'
import { objectKey } from '../port.ts'
import { ArchiveApplier } from './archive-apply.ts'
import { NodeNumbers } from './node-numbers.ts'
import { Conflict } from './sqlite-fault.ts'
import type { Outcome, WireChange, WireCommit, WireWorkflow } from '../wire.ts'
import { nodesPerWorkflow } from '../row-numbers.ts'

/** What is known of a workflow that is being written to, so that a commit needs no reading. */
type Known = {
  readonly no: number
  readonly namespace: string
  readonly name: string
  labels: string
  fixedToken: string
  /** Rows by node id; loaded when nodes are first written. */
  nodes: NodeNumbers | null
  nextNode: number
}

type ObjectChange = Extract<WireChange, { kind: 'putObject' | 'deleteObject' }>

/** Workflows the writer remembers at once; beyond it the least recently written is forgotten and read again. */
const knownMax = 20_000

export class Applier {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  readonly #known = new Map<string, Known>()
  readonly #archive = new ArchiveApplier((text) => this.#sql(text))
  /** Finished by the commit at hand, which may write to their nodes still. */
  readonly #finished = new Set<Known>()
  #version: number

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#version = this.#storedVersion()
  }

  /** Throws what SQLite throws, or `Conflict`; then the transaction must be rolled back and `forget` called. */
  apply(commit: WireCommit): Outcome {
    const versions = new Map<string, number>()
    for (const change of commit) this.#change(change, versions)
    for (const known of this.#finished) known.nodes = null
    this.#finished.clear()
    return { ok: true, resourceVersion: this.#version, versions }
  }

  /** Last act of a transaction. */
  finish(): void {
    this.#sql("UPDATE counter SET value = ? WHERE name = 'resource_version'").run(this.#version)
  }

  /** After a rollback: nothing that was remembered is certain. */
  forget(): void {
    this.#known.clear()
    this.#finished.clear()
    this.#version = this.#storedVersion()
  }

  #change(change: WireChange, versions: Map<string, number>): void {
    switch (change.kind) {
      case 'putWorkflow':
        return this.#putWorkflow(change, versions)
      case 'putNodes':
        return this.#putNodes(change.uid, change.cells, versions)
      case 'deleteNodes':
        return this.#deleteNodes(change.uid, change.ids, versions)
      case 'deleteWorkflow':
        return this.#deleteWorkflow(change.uid, versions)
      case 'putObject': {
        this.#expect(change)
        const version = this.#versionOf(versions, change.objectKind, change.namespace, change.name)
        this.#sql(putObject).run(change.objectKind, change.namespace, change.name, version, change.body)
        return
      }
      case 'deleteObject': {
        this.#expect(change)
        const { objectKind, namespace, name } = change
        const gone = this.#sql(deleteObject).run(objectKind, namespace, name).changes
        if (gone > 0) this.#versionOf(versions, objectKind, namespace, name)
        return
      }
      case 'putRecord': {
        const { collection, key, value } = change
        if (value === null) this.#sql(deleteRecord).run(collection, key)
        else this.#sql(putRecord).run(collection, key, value)
        return
      }
      default: {
        const gone = this.#archive.apply(change)
        if (change.kind === 'archiveWorkflow') this.#known.delete(change.uid)
        if (gone !== null) this.#versionOf(versions, 'Workflow', gone.namespace, gone.name)
      }
    }
  }

  #expect({ objectKind, namespace, name, expected }: ObjectChange): void {
    if (expected === undefined) return
    const found = this.#sql(objectVersion).get(objectKind, namespace, name)?.['resource_version'] ?? 0
    if (Number(found) !== expected) throw new Conflict(`${objectKind} ${namespace}/${name} has changed`)
  }

  #putWorkflow(row: WireWorkflow, versions: Map<string, number>): void {
    const version = this.#versionOf(versions, 'Workflow', row.namespace, row.name)
    const { uid, namespace, name, phase, startedAt, finishedAt, labels, internal, head } = row
    const finished = row.finished ? 1 : 0
    const sortAt = startedAt ?? notStarted
    let known = this.#find(uid)
    if (known && (known.namespace !== namespace || known.name !== name))
      throw new Conflict(`workflow ${uid} is ${known.namespace}/${known.name} and cannot become ${namespace}/${name}`)
    if (known) {
      const update = this.#sql(updateWorkflow)
      update.run(
        phase,
        finished,
        row.createdAt,
        startedAt,
        finishedAt,
        sortAt,
        version,
        labels,
        internal,
        head,
        known.no,
      )
    } else {
      if (this.#sql('SELECT 1 FROM workflow WHERE namespace = ? AND name = ?').get(namespace, name))
        throw new Conflict(`workflow ${namespace}/${name} is there already with another UID`)
      if (this.#archive.has(uid)) throw new Conflict(`workflow ${uid} is archived`)
      const no = Number(
        this.#sql(insertWorkflow).run(
          ...[uid, namespace, name, phase, finished, row.createdAt, startedAt, finishedAt, sortAt, version],
          ...[labels, internal, head],
        ).lastInsertRowid,
      )
      known = { no, namespace, name, labels: '{}', fixedToken: '?', nodes: new NodeNumbers(), nextNode: 0 }
      this.#remember(uid, known)
    }
    if (known.labels !== labels) this.#relabel(known, labels)
    if (known.fixedToken !== row.fixedToken) {
      this.#sql('INSERT OR REPLACE INTO workflow_fixed VALUES (?, ?)').run(known.no, row.fixed)
      known.fixedToken = row.fixedToken
    }
    if (row.finished) this.#finished.add(known)
  }

  #putNodes(uid: string, cells: readonly (string | null)[], versions: Map<string, number>): void {
    const known = this.#touch(uid, versions)
    const nodes = this.#nodesOf(known)
    const put = this.#sql(putNode)
    for (let i = 0; i + 2 < cells.length; i += 3) {
      const id = cells[i] ?? ''
      let place = nodes.get(id)
      if (place === undefined) {
        if (known.nextNode >= nodesPerWorkflow) throw new Conflict(`workflow ${uid} has too many nodes`)
        place = known.nextNode++
        nodes.set(id, place)
      }
      put.run(known.no * nodesPerWorkflow + place, id, cells[i + 1] ?? 'null', cells[i + 2] ?? null)
    }
  }

  #deleteNodes(uid: string, ids: readonly string[], versions: Map<string, number>): void {
    const known = this.#touch(uid, versions)
    const nodes = this.#nodesOf(known)
    for (const id of ids) {
      const place = nodes.get(id)
      if (place === undefined) continue
      this.#sql('DELETE FROM node WHERE no = ?').run(known.no * nodesPerWorkflow + place)
      nodes.delete(id)
    }
  }

  #deleteWorkflow(uid: string, versions: Map<string, number>): void {
    const known = this.#find(uid)
    if (!known) return
    this.#versionOf(versions, 'Workflow', known.namespace, known.name)
    this.#relabel(known, '{}')
    this.#archive.leaveNodes(known.no)
    this.#sql('DELETE FROM workflow_fixed WHERE no = ?').run(known.no)
    this.#sql('DELETE FROM workflow WHERE no = ?').run(known.no)
    this.#archive.unstage(known.no)
    this.#known.delete(uid)
  }

  /** A workflow whose nodes change is a changed workflow. */
  #touch(uid: string, versions: Map<string, number>): Known {
    const known = this.#find(uid)
    if (!known) throw new Conflict(`nodes of workflow ${uid}, which is not there`)
    if (!versions.has(objectKey('Workflow', known.namespace, known.name))) {
      const version = this.#versionOf(versions, 'Workflow', known.namespace, known.name)
      this.#sql('UPDATE workflow SET resource_version = ? WHERE no = ?').run(version, known.no)
    }
    return known
  }

  #relabel(known: Known, labels: string): void {
    for (const [key, value] of entries(known.labels)) this.#sql(deleteLabel).run(key, value, known.no)
    for (const [key, value] of entries(labels)) this.#sql(insertLabel).run(key, value, known.no)
    known.labels = labels
  }

  #nodesOf(known: Known): NodeNumbers {
    if (known.nodes) return known.nodes
    const first = known.no * nodesPerWorkflow
    const nodes = new NodeNumbers()
    let last = -1
    for (const { no, id } of this.#sql(nodeIds).iterate(first, first + nodesPerWorkflow)) {
      last = Number(no) - first
      nodes.set(String(id), last)
    }
    known.nodes = nodes
    known.nextNode = Math.max(known.nextNode, last + 1)
    return nodes
  }

  #find(uid: string): Known | null {
    const known = this.#known.get(uid)
    if (known) return known
    const row = this.#sql('SELECT no, namespace, name, labels FROM workflow WHERE uid = ?').get(uid)
    if (!row) return null
    const { no, namespace, name, labels } = row as Record<string, string | number>
    return this.#remember(uid, {
      no: Number(no),
      namespace: String(namespace),
      name: String(name),
      labels: String(labels),
      fixedToken: '?',
      nodes: null,
      nextNode: 0,
    })
  }

  #remember(uid: string, known: Known): Known {
    const oldest = this.#known.size >= knownMax ? this.#known.keys().next() : null
    if (oldest && !oldest.done) this.#known.delete(oldest.value)
    this.#known.set(uid, known)
    return known
  }

  /** The version an object gets in this commit: a new one at its first change. */
  #versionOf(versions: Map<string, number>, kind: string, namespace: string, name: string): number {
    const key = objectKey(kind, namespace, name)
    const version = versions.get(key) ?? ++this.#version
    versions.set(key, version)
    return version
  }

  #storedVersion(): number {
    return Number(this.#sql("SELECT value FROM counter WHERE name = 'resource_version'").get()?.['value'] ?? 0)
  }

  #sql(text: string): StatementSync {
    const prepared = this.#statements.get(text) ?? this.#db.prepare(text)
    this.#statements.set(text, prepared)
    return prepared
  }
}

const entries = (labels: string): readonly [string, string][] =>
  Object.entries(JSON.parse(labels) as Record<string, string>)

const insertWorkflow = `INSERT INTO workflow
  (uid, namespace, name, phase, finished, created_at, started_at, finished_at, sort_at, resource_version, labels, internal, head)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
const updateWorkflow = `UPDATE workflow SET phase = ?, finished = ?, created_at = ?, started_at = ?, finished_at = ?,
  sort_at = ?, resource_version = ?, labels = ?, internal = ?, head = ? WHERE no = ?`
const nodeIds = 'SELECT no, id FROM node WHERE no >= ? AND no < ? ORDER BY no'
const putNode = `INSERT INTO node VALUES (?, ?, ?, ?)
  ON CONFLICT (no) DO UPDATE SET node = excluded.node, internal = excluded.internal`
const insertLabel = 'INSERT OR IGNORE INTO label VALUES (?, ?, ?)'
const deleteLabel = 'DELETE FROM label WHERE key = ? AND value = ? AND workflow = ?'
const objectVersion = 'SELECT resource_version FROM object WHERE kind = ? AND namespace = ? AND name = ?'
const putObject = `INSERT INTO object (kind, namespace, name, resource_version, body) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (kind, namespace, name) DO UPDATE SET resource_version = excluded.resource_version, body = excluded.body`
const deleteObject = 'DELETE FROM object WHERE kind = ? AND namespace = ? AND name = ?'
const putRecord = `INSERT INTO record VALUES (?, ?, ?) ON CONFLICT (collection, key) DO UPDATE SET value = excluded.value`
const deleteRecord = 'DELETE FROM record WHERE collection = ? AND key = ?'
