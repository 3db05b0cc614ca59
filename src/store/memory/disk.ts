/** What a memory store keeps; it outlives the store, as a disk outlives a process. Everything is kept as JSON text. */
import type { WorkflowUid } from '../../resources/index.ts'
import { storeError } from '../fault.ts'
import { objectKey } from '../port.ts'
import type { Change, Committed, ObjectRow, WorkflowRow } from '../port.ts'

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
  | { readonly kind: 'putObject'; readonly row: Omit<ObjectRow, 'body' | 'resourceVersion'>; readonly body: string }
  | { readonly kind: 'putRecord'; readonly collection: string; readonly key: string; readonly value: string | null }

export function writtenOf(change: Change): Written {
  switch (change.kind) {
    case 'putWorkflow': {
      const { body, internal, ...row } = change.row
      const labels = { ...row.labels }
      return { kind: 'putWorkflow', row: { ...row, labels }, body: textOf(body), internal: textOf(internal) }
    }
    case 'putNodes': {
      const nodes = change.nodes.map(({ id, node, internal }) => {
        const stored = { node: textOf(node), internal: internal === undefined ? null : textOf(internal) }
        return [id, stored] as const
      })
      return { kind: 'putNodes', uid: change.uid, nodes }
    }
    case 'putObject': {
      const { body, ...row } = change.row
      return { kind: 'putObject', row, body: textOf(body) }
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
  version = 0
  /** Grows with each store that takes the lease: commits of the ones before are refused. */
  epoch = 0

  apply(changes: readonly Change[]): Committed {
    return this.write(changes.map(writtenOf))
  }

  /** Checks first, so that what throws has changed nothing. */
  write(changes: readonly Written[]): Committed {
    this.#check(changes)
    const versions = new Map<string, number>()
    for (const change of changes) this.#change(change, versions)
    return { resourceVersion: this.version, versions }
  }

  #check(changes: readonly Written[]): void {
    const uids = new Map<string, WorkflowUid | null>() // what this commit makes of the names
    const names = new Map<WorkflowUid, string | null>()
    const uidOf = (key: string) => (uids.has(key) ? uids.get(key) : this.uids.get(key)) ?? null
    const nameOf = (uid: WorkflowUid) => (names.has(uid) ? names.get(uid) : this.#nameOf(uid)) ?? null
    for (const change of changes) {
      if (change.kind === 'putWorkflow') {
        const { uid, namespace, name } = change.row
        const key = objectKey('Workflow', namespace, name)
        if ((uidOf(key) ?? uid) !== uid) conflict(`workflow ${namespace}/${name} is there already with another UID`)
        if ((nameOf(uid) ?? key) !== key) conflict(`workflow ${uid} cannot become ${namespace}/${name}`)
        uids.set(key, uid)
        names.set(uid, key)
      } else if (change.kind === 'deleteWorkflow') {
        uids.set(nameOf(change.uid) ?? '', null)
        names.set(change.uid, null)
      } else if (change.kind === 'putNodes' || change.kind === 'deleteNodes') {
        if (nameOf(change.uid) === null) conflict(`nodes of workflow ${change.uid}, which is not there`)
      }
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
        this.workflows.set(row.uid, {
          row: { ...row, resourceVersion: this.#versionOf(versions, key) },
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
        return
      }
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
