/** What a memory store keeps; it outlives the store, as a disk outlives a process. Everything is kept as JSON text. */
import type { WorkflowUid } from '../../resources/index.ts'
import type { ArchiveChange } from '../archive.ts'
import { storeError } from '../fault.ts'
import { objectKey } from '../port.ts'
import { pieceId, storedNode } from '../long-lists.ts'
import type { Change, Committed, ObjectRow, WorkflowRow } from '../port.ts'
import { ArchiveShelf } from './archive.ts'
import { FleetDisk } from './fleet-disk.ts'
import { touchedBy } from './touched.ts'

export type StoredNode = { readonly node: string; readonly internal: string | null }
export type StoredWorkflow = {
  readonly row: Omit<WorkflowRow, 'body' | 'internal'>
  readonly body: string
  readonly internal: string
  readonly nodes: Map<string, StoredNode>
}
export type StoredObject = { readonly row: Omit<ObjectRow, 'body'>; readonly body: string }

/** A change as it was when it was asked for: what is JSON in it is text. */
export type Written =
  | {
      readonly kind: 'putWorkflow'
      readonly row: Omit<WorkflowRow, 'body' | 'internal' | 'resourceVersion'>
      readonly body: string
      readonly internal: string
    }
  | {
      readonly kind: 'putNodes'
      readonly uid: WorkflowUid
      readonly nodes: readonly (readonly [string, StoredNode])[]
    }
  | Extract<Change, { kind: 'deleteNodes' | 'deleteWorkflow' | 'deleteObject' }>
  | {
      readonly kind: 'putObject'
      readonly row: Omit<ObjectRow, 'body' | 'resourceVersion'>
      readonly body: string
      readonly expected?: number
    }
  | { readonly kind: 'putRecord'; readonly collection: string; readonly key: string; readonly value: string | null }
  | ArchiveChange

export function writtenOf(change: Change): Written {
  switch (change.kind) {
    case 'putWorkflow': {
      const { body, internal, ...row } = change.row
      const labels = { ...row.labels }
      return { kind: 'putWorkflow', row: { ...row, labels }, body: textOf(body), internal: textOf(internal) }
    }
    case 'putNodes': {
      const nodes = change.nodes.map((row) => {
        const { id, internal } = row
        const stored = { node: textOf(storedNode(row)), internal: internal === undefined ? null : textOf(internal) }
        return [id, stored] as const
      })
      return { kind: 'putNodes', uid: change.uid, nodes }
    }
    case 'putIds': {
      const nodes = change.pieces.map((piece) => [pieceId(piece), { node: textOf(piece.ids), internal: null }] as const)
      return { kind: 'putNodes', uid: change.uid, nodes }
    }
    case 'putObject': {
      const { body, ...row } = change.row
      const { expected } = change
      return { kind: 'putObject', row, body: textOf(body), ...(expected === undefined ? {} : { expected }) }
    }
    case 'putRecord': {
      const { kind, collection, key, value } = change
      return { kind, collection, key, value: value === null || value === undefined ? null : textOf(value) }
    }
    case 'deleteNodes':
      return { ...change, ids: [...change.ids] }
    default:
      return change
  }
}

export class MemoryDisk {
  readonly workflows = new Map<WorkflowUid, StoredWorkflow>()
  readonly uids = new Map<string, WorkflowUid>()
  readonly objects = new Map<string, StoredObject>()
  readonly collections = new Map<string, Map<string, string>>()
  readonly archive = new ArchiveShelf()
  readonly fleet = new FleetDisk()
  version = 0
  /** Grows with each store that takes the lease: commits of the ones before are refused. */
  epoch = 0
  /** Told of each commit, once it is stored. */
  onWrite: () => void = () => undefined

  apply(changes: readonly Change[]): Committed {
    return this.write(changes.map(writtenOf))
  }

  /** Checks first, so that what throws has changed nothing. @param by the member whose commit it is, where there are several */
  write(changes: readonly Written[], by?: string): Committed {
    this.#check(changes)
    this.#checkExpected(changes)
    const touched = by === undefined ? null : touchedBy(this, changes, by)
    const versions = new Map<string, number>()
    for (const change of changes) this.#change(change, versions)
    touched?.settle(versions)
    this.onWrite()
    return { resourceVersion: this.version, versions }
  }

  #checkExpected(changes: readonly Written[]): void {
    const written = new Map<string, boolean>() // whether what this commit wrote is there
    for (const change of changes) {
      if (change.kind !== 'putObject' && change.kind !== 'deleteObject') continue
      const { kind, namespace, name } =
        change.kind === 'putObject' ? change.row : { ...change, kind: change.objectKind }
      const key = objectKey(kind, namespace, name)
      const isOurs = written.get(key)
      written.set(key, change.kind === 'putObject')
      if (change.expected === undefined) continue
      const found = isOurs === undefined ? (this.objects.get(key)?.row.resourceVersion ?? 0) : isOurs ? -1 : 0
      if (found !== change.expected) conflict(`${kind} ${namespace}/${name} has changed`)
    }
  }

  #check(changes: readonly Written[]): void {
    const uids = new Map<string, WorkflowUid | null>() // what this commit makes of the names
    const names = new Map<WorkflowUid, string | null>()
    const uidOf = (key: string) => (uids.has(key) ? uids.get(key) : this.uids.get(key)) ?? null
    const nameOf = (uid: WorkflowUid) => (names.has(uid) ? names.get(uid) : this.#nameOf(uid)) ?? null
    const staged = new Map<WorkflowUid, Set<number>>()
    const freed = new Set<WorkflowUid>()
    for (const change of changes) {
      if (change.kind === 'putWorkflow') {
        const { uid, namespace, name } = change.row
        const key = objectKey('Workflow', namespace, name)
        if ((uidOf(key) ?? uid) !== uid) conflict(`workflow ${namespace}/${name} is there already with another UID`)
        if ((nameOf(uid) ?? key) !== key) conflict(`workflow ${uid} cannot become ${namespace}/${name}`)
        if (this.archive.rows.has(uid) && !freed.has(uid)) conflict(`workflow ${uid} is archived`)
        uids.set(key, uid)
        names.set(uid, key)
      } else if (change.kind === 'deleteWorkflow') {
        uids.set(nameOf(change.uid) ?? '', null)
        names.set(change.uid, null)
      } else if (change.kind === 'putNodes' || change.kind === 'deleteNodes') {
        if (nameOf(change.uid) === null) conflict(`nodes of workflow ${change.uid}, which is not there`)
      } else if (change.kind === 'stageParts' || change.kind === 'archiveWorkflow') {
        const refusal = this.archive.refusal(change, this.workflows.get(change.uid))
        if (refusal !== null) conflict(refusal)
        const parts = staged.get(change.uid) ?? new Set()
        staged.set(change.uid, parts)
        if (change.kind === 'stageParts') change.parts.forEach((_, i) => parts.add(change.first + i))
        else {
          if (this.archive.lacksParts(change, parts)) conflict(`workflow ${change.uid} lacks parts`)
          uids.set(nameOf(change.uid) ?? '', null)
          names.set(change.uid, null)
        }
      } else if (change.kind === 'deleteArchived') freed.add(change.uid)
    }
  }

  #nameOf(uid: WorkflowUid): string | null {
    const row = this.workflows.get(uid)?.row
    return row ? objectKey('Workflow', row.namespace, row.name) : null
  }

  #change(change: Written, versions: Map<string, number>): void {
    switch (change.kind) {
      case 'putWorkflow': {
        const { row, body, internal } = change
        const key = objectKey('Workflow', row.namespace, row.name)
        this.uids.set(key, row.uid)
        const owner = this.workflows.get(row.uid)?.row.owner ?? row.owner
        this.workflows.set(row.uid, {
          row: { ...row, ...(owner === undefined ? {} : { owner }), resourceVersion: this.#versionOf(versions, key) },
          body,
          internal,
          nodes: this.workflows.get(row.uid)?.nodes ?? new Map<string, StoredNode>(),
        })
        return
      }
      case 'putNodes': {
        const nodes = this.#touch(change.uid, versions)
        for (const [id, node] of change.nodes) nodes?.set(id, node)
        return
      }
      case 'deleteNodes': {
        const nodes = this.#touch(change.uid, versions)
        for (const id of change.ids) nodes?.delete(id)
        return
      }
      case 'deleteWorkflow': {
        const found = this.workflows.get(change.uid)
        if (!found) return
        const key = objectKey('Workflow', found.row.namespace, found.row.name)
        this.#versionOf(versions, key)
        this.workflows.delete(change.uid)
        this.uids.delete(key)
        this.archive.parts.delete(change.uid)
        return
      }
      case 'archiveWorkflow': {
        const found = this.workflows.get(change.uid)
        if (!found) return
        const key = objectKey('Workflow', found.row.namespace, found.row.name)
        this.archive.put(found, change)
        if (change.deleted) this.#versionOf(versions, key)
        this.workflows.delete(change.uid)
        this.uids.delete(key)
        return
      }
      case 'markArchived':
        if (this.archive.mark(change.uid))
          this.#versionOf(versions, objectKey('Workflow', change.namespace, change.name))
        return
      case 'stageParts':
        return this.archive.stage(change)
      case 'deleteArchived':
        return this.archive.delete(change.uid)
      case 'sweepNodes':
        return
      case 'putObject': {
        const { row, body } = change
        const key = objectKey(row.kind, row.namespace, row.name)
        this.objects.set(key, { row: { ...row, resourceVersion: this.#versionOf(versions, key) }, body })
        return
      }
      case 'deleteObject': {
        const key = objectKey(change.objectKind, change.namespace, change.name)
        if (this.objects.delete(key)) this.#versionOf(versions, key)
        return
      }
      case 'putRecord': {
        const collection = this.collections.get(change.collection) ?? new Map<string, string>()
        this.collections.set(change.collection, collection)
        if (change.value === null) collection.delete(change.key)
        else collection.set(change.key, change.value)
      }
    }
  }

  #touch(uid: WorkflowUid, versions: Map<string, number>): Map<string, StoredNode> | undefined {
    const found = this.workflows.get(uid)
    if (!found) return undefined
    const resourceVersion = this.#versionOf(versions, objectKey('Workflow', found.row.namespace, found.row.name))
    this.workflows.set(uid, { ...found, row: { ...found.row, resourceVersion } })
    return found.nodes
  }

  #versionOf(versions: Map<string, number>, key: string): number {
    const version = versions.get(key) ?? ++this.version
    versions.set(key, version)
    return version
  }
}

const textOf = (value: unknown): string => JSON.stringify(value ?? null)

function conflict(message: string): never {
  throw storeError({ code: 'STORE_CONFLICT', message })
}
