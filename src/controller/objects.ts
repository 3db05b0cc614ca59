/** Templates, cron workflows, bindings, ConfigMaps, Secrets and claims: all in memory, each change committed first. */
import type {
  ClusterWorkflowTemplate,
  ConfigMap,
  CronWorkflow,
  PersistentVolumeClaim,
  Secret,
  WorkflowEventBinding,
  WorkflowTemplate,
} from '../resources/index.ts'
import { WorldError } from '../resources/index.ts'
import type { Change, Store } from '../store/port.ts'
import { objectKey } from '../store/port.ts'
import { ApiError } from './port.ts'
import type { ObjectKind, StoredObject, WatchEvent } from './port.ts'
import type { Revisions } from './revisions/revisions.ts'
import type { Telemetry } from './telemetry.ts'

export type ObjectOf<K extends ObjectKind> = {
  readonly WorkflowTemplate: WorkflowTemplate
  readonly ClusterWorkflowTemplate: ClusterWorkflowTemplate
  readonly CronWorkflow: CronWorkflow
  readonly WorkflowEventBinding: WorkflowEventBinding
  readonly ConfigMap: ConfigMap
  readonly Secret: Secret
  readonly PersistentVolumeClaim: PersistentVolumeClaim
}[K]

export const objectKinds: readonly ObjectKind[] = [
  'WorkflowTemplate',
  'ClusterWorkflowTemplate',
  'CronWorkflow',
  'WorkflowEventBinding',
  'ConfigMap',
  'Secret',
  'PersistentVolumeClaim',
]

/** Cluster-wide kinds are kept under the empty namespace. */
export const namespaceOf = (kind: ObjectKind, namespace: string): string =>
  kind === 'ClusterWorkflowTemplate' ? '' : namespace

export type ObjectChange = {
  readonly kind: ObjectKind
  readonly namespace: string
  readonly name: string
  readonly before: StoredObject | null
  readonly after: StoredObject | null
}

type ObjectKey = { readonly kind: ObjectKind; readonly namespace: string; readonly name: string }

/** Another controller was faster so often that the write is given up. */
const conflictsMost = 20

export class ObjectTable {
  readonly #store: Store
  readonly #telemetry: Telemetry
  readonly #publish: (event: WatchEvent) => void
  /** Other controllers may change what is here. */
  readonly isShared: boolean
  readonly #revisions: Pick<Revisions, 'changesFor' | 'apply'>
  readonly #byKind = new Map<ObjectKind, Map<string, StoredObject>>()
  readonly #listeners = new Set<(change: ObjectChange) => void>()
  /** Writes of one object happen one after the other. */
  readonly #writing = new Map<string, Promise<unknown>>()

  constructor(parts: {
    readonly store: Store
    readonly telemetry: Telemetry
    readonly publish: (event: WatchEvent) => void
    /** Other controllers write them too: what is written must be as it was read. */
    readonly isShared: boolean
    readonly revisions: Pick<Revisions, 'changesFor' | 'apply'>
  }) {
    this.#store = parts.store
    this.#telemetry = parts.telemetry
    this.#publish = parts.publish
    this.isShared = parts.isShared
    this.#revisions = parts.revisions
    for (const kind of objectKinds) this.#byKind.set(kind, new Map())
  }

  /** Follows what another controller has stored. */
  async reread(key: ObjectKey): Promise<void> {
    await this.#inTurn(key, () => this.#reread(key))
  }

  /** Reads everything again, since changes may have been missed. */
  async rereadAll(): Promise<void> {
    for (const kind of objectKinds) {
      const rows = await this.#store.objects(kind)
      const keys = new Set([...this.#table(kind).keys(), ...rows.map(({ namespace, name }) => `${namespace}/${name}`)])
      const versions = new Map(rows.map((row) => [`${row.namespace}/${row.name}`, String(row.resourceVersion)]))
      for (const key of keys) {
        if (versions.get(key) === this.#table(kind).get(key)?.metadata?.resourceVersion) continue
        const cut = key.indexOf('/')
        await this.reread({ kind, namespace: key.slice(0, cut), name: key.slice(cut + 1) })
      }
    }
  }

  async load(): Promise<void> {
    for (const kind of objectKinds) {
      const table = this.#table(kind)
      for (const row of await this.#store.objects(kind))
        table.set(`${row.namespace}/${row.name}`, withVersion(row.body as StoredObject, row.resourceVersion))
    }
  }

  get<K extends ObjectKind>(kind: K, namespace: string, name: string): ObjectOf<K> | null {
    return (this.#table(kind).get(`${namespaceOf(kind, namespace)}/${name}`) ?? null) as ObjectOf<K> | null
  }

  /** By namespace and name; every namespace where it is empty. */
  list<K extends ObjectKind>(kind: K, namespace: string): readonly ObjectOf<K>[] {
    const found = [...this.#table(kind).values()].filter(
      (object) => namespace === '' || kind === 'ClusterWorkflowTemplate' || object.metadata?.namespace === namespace,
    )
    const keyOf = (object: StoredObject) => `${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}`
    return found.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)) as unknown as readonly ObjectOf<K>[]
  }

  onChange(listener: (change: ObjectChange) => void): void {
    this.#listeners.add(listener)
  }

  /**
   * Reads, computes and commits without anyone writing in between. `change` answers the new object, or `null` to leave
   * things as they are; what it throws is passed on.
   */
  async update<K extends ObjectKind>(
    key: { readonly kind: K; readonly namespace: string; readonly name: string },
    change: (current: ObjectOf<K> | null) => StoredObject | null,
    more: readonly Change[] = [],
  ): Promise<StoredObject | null> {
    return this.#inTurn(key, () =>
      this.#whileConflicting(async () => {
        const current = this.get(key.kind, key.namespace, key.name)
        const next = change(current)
        return next === null ? current : (await this.#put(key.kind, next, current, more)).stored
      }),
    )
  }

  /**
   * Makes an object a step and stores it together with `more`, where it still has that version.
   * @throws ApiError FAILED_PRECONDITION, and what the commit throws
   */
  async step(
    { kind, namespace, name, resourceVersion }: ObjectKey & { readonly resourceVersion: number },
    change: (current: StoredObject) => StoredObject,
    more: readonly Change[],
  ): Promise<ReadonlyMap<string, number>> {
    return this.#inTurn({ kind, namespace, name }, async () => {
      const current = this.get(kind, namespace, name)
      if (current === null || Number(current.metadata?.resourceVersion) !== resourceVersion)
        throw new ApiError('FAILED_PRECONDITION', `${kind} ${name} has changed`)
      return (await this.#put(kind, change(current), current, more)).versions
    })
  }

  /** @param more stored in the same commit */
  async delete(
    key: {
      readonly kind: ObjectKind
      readonly namespace: string
      readonly name: string
    },
    more: readonly Change[] = [],
  ): Promise<StoredObject | null> {
    const namespace = namespaceOf(key.kind, key.namespace)
    const drop = async () => {
      const before = this.get(key.kind, namespace, key.name)
      if (before === null) return null
      const drop: Change = {
        kind: 'deleteObject',
        objectKind: key.kind,
        namespace,
        name: key.name,
        ...this.#expecting(before),
      }
      const revised = this.#revisions.changesFor(key.kind, before, null)
      const versions = await this.#commit([drop, ...revised, ...more], { kind: key.kind, namespace, name: key.name })
      this.#revisions.apply(key.kind, before, null)
      this.#table(key.kind).delete(`${namespace}/${key.name}`)
      const version = versions.get(objectKey(key.kind, namespace, key.name)) ?? 0
      this.#announce('DELETED', key.kind, before, version)
      this.#tell({ kind: key.kind, namespace, name: key.name, before, after: null })
      return before
    }
    return this.#inTurn(key, () => this.#whileConflicting(drop))
  }

  /** Another controller may have changed it since it was read: it is read anew then, and tried again. */
  async #whileConflicting<T>(work: () => Promise<T>): Promise<T> {
    for (let conflicts = 1; ; conflicts += 1) {
      try {
        return await work()
      } catch (error) {
        const isConflict = this.isShared && error instanceof WorldError && error.code === 'STORE_CONFLICT'
        if (!isConflict || conflicts >= conflictsMost) throw error
      }
    }
  }

  #expecting(current: StoredObject | null): { readonly expected?: number } {
    return this.isShared ? { expected: Number(current?.metadata?.resourceVersion ?? 0) } : {}
  }

  async #put(
    kind: ObjectKind,
    next: StoredObject,
    current: StoredObject | null,
    more: readonly Change[],
  ): Promise<{ readonly stored: StoredObject; readonly versions: ReadonlyMap<string, number> }> {
    const namespace = namespaceOf(kind, next.metadata?.namespace ?? '')
    const name = next.metadata?.name ?? ''
    const put: Change = { kind: 'putObject', row: { kind, namespace, name, body: next }, ...this.#expecting(current) }
    const revised = this.#revisions.changesFor(kind, current, next)
    const versions = await this.#commit([put, ...revised, ...more], { kind, namespace, name })
    this.#revisions.apply(kind, current, next)
    const version = versions.get(objectKey(kind, namespace, name)) ?? 0
    const stored = withVersion(next, version)
    this.#table(kind).set(`${namespace}/${name}`, stored)
    this.#announce(current === null ? 'ADDED' : 'MODIFIED', kind, stored, version)
    this.#tell({ kind, namespace, name, before: current, after: stored })
    return { stored, versions }
  }

  #announce(type: WatchEvent['type'], kind: ObjectKind, object: StoredObject, resourceVersion: number): void {
    this.#publish({
      type,
      kind,
      object: () => object,
      namespace: object.metadata?.namespace ?? '',
      name: object.metadata?.name ?? '',
      labels: object.metadata?.labels ?? {},
      resourceVersion,
    })
  }

  #tell(change: ObjectChange): void {
    for (const listener of this.#listeners) listener(change)
  }

  async #commit(
    changes: readonly Change[],
    key: { readonly kind: ObjectKind; readonly namespace: string; readonly name: string },
  ): Promise<ReadonlyMap<string, number>> {
    const startedAt = this.#telemetry.monotonicMs()
    try {
      const { versions } = await this.#store.commit(changes)
      this.#telemetry.committed(this.#telemetry.monotonicMs() - startedAt, changes.length)
      return versions
    } catch (error) {
      await this.#reread(key).catch(() => undefined) // the caller hears of the commit's failure
      throw error
    }
  }

  /** After a commit that failed, and may yet be stored. */
  async #reread({
    kind,
    namespace,
    name,
  }: {
    readonly kind: ObjectKind
    readonly namespace: string
    readonly name: string
  }): Promise<void> {
    const before = this.get(kind, namespace, name)
    const row = await this.#store.object(kind, namespace, name)
    const after = row === null ? null : withVersion(row.body as StoredObject, row.resourceVersion)
    if (before?.metadata?.resourceVersion === after?.metadata?.resourceVersion) return
    if (after === null) this.#table(kind).delete(`${namespace}/${name}`)
    else this.#table(kind).set(`${namespace}/${name}`, after)
    const shown = after ?? before
    const type = after === null ? 'DELETED' : before === null ? 'ADDED' : 'MODIFIED'
    if (shown !== null) this.#announce(type, kind, shown, row?.resourceVersion ?? (await this.#store.currentVersion()))
    this.#tell({ kind, namespace, name, before, after })
  }

  async #inTurn<T>(
    key: { readonly kind: string; readonly namespace: string; readonly name: string },
    work: () => Promise<T>,
  ): Promise<T> {
    const text = objectKey(key.kind, key.namespace, key.name)
    const before = this.#writing.get(text) ?? Promise.resolve()
    const mine = before.then(work, work)
    this.#writing.set(text, mine)
    try {
      return await mine
    } finally {
      if (this.#writing.get(text) === mine) this.#writing.delete(text)
    }
  }

  #table(kind: ObjectKind): Map<string, StoredObject> {
    let table = this.#byKind.get(kind)
    if (table === undefined) this.#byKind.set(kind, (table = new Map()))
    return table
  }
}

function withVersion(object: StoredObject, version: number): StoredObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
}

/** `data` and `stringData` of a Secret as one: bytes by key. */
export function secretValue(secret: Secret | null, key: string): Uint8Array | null {
  if (secret === null) return null
  const plain = secret.stringData?.[key]
  if (plain !== undefined) return new TextEncoder().encode(plain)
  const encoded = secret.data?.[key]
  return encoded === undefined ? null : new Uint8Array(Buffer.from(encoded, 'base64'))
}

export const secretKeys = (secret: Secret): readonly string[] => [
  ...new Set([...Object.keys(secret.data ?? {}), ...Object.keys(secret.stringData ?? {})]),
]

/** The bytes under a key of `data` or `binaryData`. */
export function configMapValue(map: ConfigMap | null, key: string): Uint8Array | null {
  if (map === null) return null
  const plain = map.data?.[key]
  if (plain !== undefined) return new TextEncoder().encode(plain)
  const encoded = map.binaryData?.[key]
  return encoded === undefined ? null : new Uint8Array(Buffer.from(encoded, 'base64'))
}

export const configMapKeys = (map: ConfigMap): readonly string[] => [
  ...Object.keys(map.data ?? {}),
  ...Object.keys(map.binaryData ?? {}),
]
