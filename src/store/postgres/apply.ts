/**
 * Applies a group of commits in one transaction: looks up what they touch, decides in memory which of them hold, then
 * writes those. The row of the version counter is locked throughout, so versions are handed out in commit order.
 */
import type { PoolClient } from 'pg'
import type { StoreFault } from '../fault.ts'
import { objectKey } from '../port.ts'
import type { Outcome, WireChange, WireCommit, WireWorkflow } from '../wire.ts'
import { Batch } from './batch.ts'

type Found = { readonly no: string; readonly namespace: string; readonly name: string }

/** What a group knows of workflows and objects while it goes on: as stored, then as its own commits make it. */
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
  const known = await lookUp(client, commits.flat())
  const numbers = await newNumbers(client, commits.flat(), known)
  const batches = [new Batch()]
  const outcomes: Outcome[] = []
  for (const commit of commits) {
    const attempt = new Attempt(known, version, numbers)
    const fault = attempt.take(commit)
    outcomes.push(
      fault ? { ok: false, fault } : { ok: true, resourceVersion: attempt.version, versions: attempt.versions },
    )
    if (fault) continue
    for (const write of attempt.writes) write(batches)
    version = attempt.version
  }
  for (const batch of batches) await batch.write(client)
  await client.query("UPDATE counter SET value = $1 WHERE name = 'resource_version'", [version])
  return outcomes
}

async function lookUp(client: PoolClient, changes: readonly WireChange[]): Promise<Known> {
  const uids = new Set(changes.flatMap((change) => ('uid' in change ? [change.uid] : [])))
  const names = new Set(changes.flatMap((change) => (change.kind === 'putWorkflow' ? [change.name] : [])))
  const known: Known = { byUid: new Map(), uidByName: new Map(), objects: new Set() }
  if (uids.size > 0) {
    const found = await client.query<Found & { uid: string }>(
      `SELECT no, uid, namespace, name FROM workflow WHERE uid = ANY($1)
       UNION SELECT no, uid, namespace, name FROM workflow WHERE name = ANY($2)`,
      [[...uids], [...names]],
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

/** Enough for every workflow that may turn out to be new. */
async function newNumbers(client: PoolClient, changes: readonly WireChange[], { byUid }: Known): Promise<string[]> {
  const isAnyDeleted = changes.some(({ kind }) => kind === 'deleteWorkflow')
  const isMaybeNew = (change: WireChange) => change.kind === 'putWorkflow' && (isAnyDeleted || !byUid.has(change.uid))
  const wanted = changes.filter(isMaybeNew).length
  if (wanted === 0) return []
  const sql = "SELECT nextval('workflow_no') AS no FROM generate_series(1, $1)"
  return (await client.query<{ no: string }>(sql, [wanted])).rows.map(({ no }) => no).reverse()
}

class Conflict extends Error {}

/** One commit, decided on what is known; when it does not hold, what is known is as before. */
class Attempt {
  readonly versions = new Map<string, number>()
  /** To be done, in order, only when the commit holds. */
  readonly writes: ((batches: Batch[]) => void)[] = []
  readonly #known: Known
  readonly #numbers: string[]
  readonly #undo: (() => void)[] = []
  version: number

  constructor(known: Known, version: number, numbers: string[]) {
    this.#known = known
    this.version = version
    this.#numbers = numbers
  }

  take(commit: WireCommit): StoreFault | null {
    try {
      for (const change of commit) this.#change(change)
      return null
    } catch (error) {
      for (const undo of this.#undo.toReversed()) undo()
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
      case 'deleteNodes': {
        const { no } = this.#touch(change.uid)
        for (const id of change.ids) this.#write((batch) => batch.deleteNode(no, id))
        return
      }
      case 'deleteWorkflow':
        return this.#deleteWorkflow(change.uid)
      case 'putObject': {
        const { objectKind: kind, namespace, name, body } = change
        const key = objectKey(kind, namespace, name)
        const version = this.#versionOf(key)
        this.#setObject(key, true)
        this.#write((batch) => batch.putObject(key, { kind, namespace, name, write: { version, body } }))
        return
      }
      case 'deleteObject': {
        const { objectKind: kind, namespace, name } = change
        const key = objectKey(kind, namespace, name)
        if (!this.#known.objects.has(key)) return
        this.#versionOf(key)
        this.#setObject(key, false)
        this.#write((batch) => batch.putObject(key, { kind, namespace, name, write: null }))
        return
      }
      case 'putRecord':
        this.#write((batch) => batch.putRecord(change))
    }
  }

  #putWorkflow(row: WireWorkflow): void {
    const { uid, namespace, name } = row
    const path = `${namespace}/${name}`
    const found = this.#known.byUid.get(uid)
    if (found && `${found.namespace}/${found.name}` !== path)
      throw new Conflict(`workflow ${uid} is ${found.namespace}/${found.name} and cannot become ${path}`)
    if ((this.#known.uidByName.get(path) ?? uid) !== uid)
      throw new Conflict(`workflow ${path} is there already with another UID`)
    const no = found?.no ?? this.#numbers.pop() ?? ''
    if (!found) this.#setWorkflow(uid, path, { no, namespace, name })
    const version = this.#versionOf(objectKey('Workflow', namespace, name))
    this.#write((batch) => batch.putWorkflow(no, row, version, !found))
  }

  #putNodes(workflow: string, cells: readonly (string | null)[]): void {
    this.#write((batch) => {
      for (let i = 0; i + 2 < cells.length; i += 3)
        batch.putNode({ workflow, id: cells[i] ?? '', node: cells[i + 1] ?? 'null', internal: cells[i + 2] ?? null })
    })
  }

  #deleteWorkflow(uid: string): void {
    const found = this.#known.byUid.get(uid)
    if (!found) return
    this.#versionOf(objectKey('Workflow', found.namespace, found.name))
    this.#setWorkflow(uid, `${found.namespace}/${found.name}`, null)
    this.writes.push((batches) => {
      const next = new Batch() // what came before must be written before it is deleted
      next.deleteWorkflow(found.no)
      batches.push(next)
    })
  }

  /** A workflow whose nodes change is a changed workflow. */
  #touch(uid: string): Found {
    const found = this.#known.byUid.get(uid)
    if (!found) throw new Conflict(`nodes of workflow ${uid}, which is not there`)
    const key = objectKey('Workflow', found.namespace, found.name)
    if (!this.versions.has(key)) {
      const version = this.#versionOf(key)
      this.#write((batch) => batch.touchWorkflow(found.no, version))
    }
    return found
  }

  #setWorkflow(uid: string, path: string, to: Found | null): void {
    const { byUid, uidByName } = this.#known
    const before = byUid.get(uid) ?? null
    const set = (value: Found | null) => {
      if (value) byUid.set(uid, value)
      else byUid.delete(uid)
      if (value) uidByName.set(path, uid)
      else uidByName.delete(path)
    }
    this.#undo.push(() => set(before))
    set(to)
  }

  #setObject(key: string, isThere: boolean): void {
    const { objects } = this.#known
    const wasThere = objects.has(key)
    const set = (value: boolean) => (value ? objects.add(key) : objects.delete(key))
    this.#undo.push(() => set(wasThere))
    set(isThere)
  }

  #versionOf(key: string): number {
    const version = this.versions.get(key) ?? ++this.version
    this.versions.set(key, version)
    return version
  }

  #write(write: (batch: Batch) => void): void {
    this.writes.push((batches) => {
      const last = batches.at(-1)
      if (last) write(last)
    })
  }
}
