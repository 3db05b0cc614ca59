/** Decides about a group of commits in memory: what is to be written, and which versions come of it. */
import type { ArchiveChange } from '../archive.ts'
import type { WorkflowUid } from '../../resources/index.ts'
import { objectKey } from '../port.ts'
import type { StoreEvent } from '../port.ts'
import type { WireChange, WireCommit, WireWorkflow } from '../wire.ts'
import { nodesPerWorkflow } from '../row-numbers.ts'
import { Batch } from './batch.ts'
import type { Known, KnownWorkflow } from './known.ts'

/** A commit that contradicts what is stored. What is known is no longer certain then. */
export class Conflict extends Error {}

export type PlannedCommit = { readonly versions: ReadonlyMap<string, number>; readonly last: number }
/** Versions count from 1; the server adds what went before. */
export type Plan = { readonly batch: Batch; readonly commits: readonly PlannedCommit[] }

/** @throws Conflict */
export function planGroup(known: Known, commits: readonly WireCommit[]): Plan {
  const batch = new Batch()
  return { batch, commits: commits.map((commit) => new Planning(known, batch).take(commit)) }
}

class Planning {
  readonly #known: Known
  readonly #batch: Batch
  readonly #versions = new Map<string, number>()

  constructor(known: Known, batch: Batch) {
    this.#known = known
    this.#batch = batch
  }

  take(commit: WireCommit): PlannedCommit {
    for (const change of commit) this.#change(change)
    return { versions: this.#versions, last: this.#batch.versions }
  }

  #change(change: WireChange): void {
    switch (change.kind) {
      case 'putWorkflow':
        return this.#putWorkflow(change)
      case 'putNodes':
        return this.#putNodes(change.uid, change.cells)
      case 'deleteNodes':
        return this.#deleteNodes(change.uid, change.ids)
      case 'deleteWorkflow': {
        const found = this.#known.byUid.get(change.uid)
        if (!found) return
        this.#checked(found, 'DELETED')
        this.#known.remove(found)
        return this.#batch.deleteWorkflow(found.no)
      }
      case 'putObject': {
        const { objectKind: kind, namespace, name, body } = change
        this.#expect(change)
        const isThere = this.#known.objects.has(objectKey(kind, namespace, name))
        const version = this.#versionOf({ type: isThere ? 'MODIFIED' : 'ADDED', kind, namespace, name })
        this.#known.objects.add(objectKey(kind, namespace, name))
        return this.#batch.putObject(objectKey(kind, namespace, name), { kind, namespace, name, version, body })
      }
      case 'deleteObject': {
        const { objectKind: kind, namespace, name } = change
        const key = objectKey(kind, namespace, name)
        this.#expect(change)
        if (!this.#known.objects.delete(key)) return
        const version = this.#versionOf({ type: 'DELETED', kind, namespace, name })
        return this.#batch.putObject(key, { kind, namespace, name, version, body: null })
      }
      case 'putRecord':
        return this.#batch.putRecord(change)
      default:
        return this.#archive(change)
    }
  }

  /** The archive's part is written before the rest: what the group at hand has changed itself cannot be archived by it. */
  #archive(change: ArchiveChange): void {
    if (change.kind === 'stageParts' || change.kind === 'archiveWorkflow') {
      const found = this.#known.byUid.get(change.uid)
      if (!found) throw new Conflict(`workflow ${change.uid} is not there`)
      if (this.#batch.hasWritten(found.no)) throw new Conflict(`workflow ${change.uid} has changed meanwhile`)
      this.#checked(found, change.kind === 'archiveWorkflow' && change.deleted ? 'DELETED' : null)
      if (change.kind === 'archiveWorkflow') this.#known.remove(found)
    } else if (change.kind === 'markArchived') {
      const { uid, namespace, name } = change
      this.#versionOf({ type: 'DELETED', kind: 'Workflow', namespace, name, uid })
    }
    this.#batch.archive.put(change)
  }

  #putWorkflow(row: WireWorkflow): void {
    const { uid, namespace, name } = row
    let found = this.#known.byUid.get(uid)
    if (found && (found.namespace !== namespace || found.name !== name))
      throw new Conflict(`workflow ${uid} is ${found.namespace}/${found.name} and cannot become ${namespace}/${name}`)
    const isNew = found === undefined
    if (!found) {
      if (this.#known.byName(namespace, name))
        throw new Conflict(`workflow ${namespace}/${name} is there already with another UID`)
      const no = this.#known.nextNumber()
      found = { no, uid, namespace, name, labels: '{}', fixedToken: '?', nodes: new Map(), nextNode: 0, version: null }
      this.#known.add(found)
      this.#batch.fleet.make(no)
    }
    this.#batch.putWorkflow(found.no, row, this.#checked(found, isNew ? 'ADDED' : 'MODIFIED'))
    if (this.#known.owner !== null) this.#own(found, row, isNew)
    if (found.labels !== row.labels) this.#batch.putLabels(found.no, row.labels, !isNew)
    found.labels = row.labels
    if (found.fixedToken !== row.fixedToken) this.#batch.putFixed(found.no, row.fixed)
    found.fixedToken = row.fixedToken
  }

  #putNodes(uid: string, cells: readonly (string | null)[]): void {
    const known = this.#touch(uid)
    const nodes = nodesOf(known)
    for (let i = 0; i + 2 < cells.length; i += 3) {
      const id = cells[i] ?? ''
      const found = nodes.get(id)
      const no = found ?? this.#number(known, nodes, id)
      const write = { id, node: cells[i + 1] ?? 'null', internal: cells[i + 2] ?? null }
      this.#batch.putNode(no, write, found === undefined)
    }
  }

  #number(known: KnownWorkflow, nodes: Map<string, number>, id: string): number {
    if (known.nextNode >= nodesPerWorkflow) throw new Conflict(`workflow ${known.uid} has too many nodes`)
    const no = known.no * nodesPerWorkflow + known.nextNode++
    nodes.set(id, no)
    return no
  }

  #deleteNodes(uid: string, ids: readonly string[]): void {
    const nodes = nodesOf(this.#touch(uid))
    for (const id of ids) {
      const no = nodes.get(id)
      if (no === undefined) continue
      this.#batch.deleteNode(no)
      nodes.delete(id)
    }
  }

  /** A workflow whose nodes change is a changed workflow. */
  #touch(uid: string): KnownWorkflow {
    const known = this.#known.byUid.get(uid)
    if (!known) throw new Conflict(`nodes of workflow ${uid}, which is not there`)
    if (!this.#versions.has(objectKey('Workflow', known.namespace, known.name)))
      this.#batch.touchWorkflow(known.no, this.#checked(known, 'MODIFIED'))
    return known
  }

  /** Whose it is from now on, and whether others may write to it. */
  #own({ no, uid, version }: KnownWorkflow, row: WireWorkflow, isNew: boolean): void {
    const ours = this.#known.owner ?? ''
    const owner = row.owner ?? ours
    const goesOn = !isNew && version !== null && !row.finished
    if (goesOn || (isNew && owner !== ours)) this.#batch.fleet.own(no, owner)
    if (row.finished || goesOn || owner !== ours) this.#known.pass(uid)
  }

  /** The version that a workflow gets. Among several controllers it must be ours, or as it was read. */
  #checked({ no, uid, namespace, name, version }: KnownWorkflow, type: StoreEvent['type'] | null): number {
    if (this.#known.owner !== null) this.#batch.fleet.touch(no, version)
    if (type === null) return 0
    return this.#versionOf({ type, kind: 'Workflow', namespace, name, uid: uid as WorkflowUid })
  }

  #expect({ objectKind: kind, namespace, name, expected }: ObjectChange): void {
    if (expected === undefined) return
    const written = this.#batch.writtenObject(objectKey(kind, namespace, name))
    if (written === undefined) return this.#batch.fleet.expect({ kind, namespace, name, version: expected })
    if (written === 'put' || expected !== 0) throw new Conflict(`${kind} ${namespace}/${name} has changed`)
  }

  /** The version an object gets in this commit: a new one at its first change. */
  #versionOf(event: Omit<StoreEvent, 'resourceVersion'>): number {
    const key = objectKey(event.kind, event.namespace, event.name)
    const version = this.#versions.get(key) ?? ++this.#batch.versions
    this.#versions.set(key, version)
    if (this.#known.owner !== null) this.#batch.fleet.tell({ ...event, resourceVersion: version })
    return version
  }
}

type ObjectChange = Extract<WireChange, { kind: 'putObject' | 'deleteObject' }>

function nodesOf(known: KnownWorkflow): Map<string, number> {
  known.nodes ??= new Map() // loaded before the plan is made
  return known.nodes
}
