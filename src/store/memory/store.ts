/** A store in memory for simulations, with faults to order. A new store on the same disk is the process started anew. */
import type { WorkflowUid } from '../../resources/index.ts'
import type { StoreArchive } from '../archive.ts'
import { storeError } from '../fault.ts'
import { byStart, matches, orderPage } from '../listing.ts'
import { joinLists } from '../long-lists.ts'
import { objectKey } from '../port.ts'
import type {
  Change,
  Committed,
  NodePage,
  NodeRow,
  ObjectRow,
  Store,
  StoreErrorCode,
  StoreHealth,
  WorkflowQuery,
  WorkflowRow,
} from '../port.ts'
import { NodeRows } from '../rows.ts'
import { memoryArchive } from './archive.ts'
import { MemoryDisk, writtenOf } from './disk.ts'
import type { StoredNode, StoredObject, StoredWorkflow, Written } from './disk.ts'
import type { Session } from './session.ts'

export { MemoryDisk }

export type CommitFault =
  /** Nothing is stored; the commit rejects with the code. */
  | { readonly kind: 'refuse'; readonly code: StoreErrorCode }
  /** Stored, but the answer is lost: the commit rejects with STORE_DOWN. */
  | { readonly kind: 'loseAnswer' }
  /** Carried out after the promise resolves, as `then` says; well where it says nothing. */
  | { readonly kind: 'delay'; readonly until: Promise<void>; readonly then?: CommitFault }
  /** The process dies: neither this call nor any later one of this store ever settles. */
  | { readonly kind: 'crash'; readonly stored: boolean }

export type MemoryStoreOptions = {
  readonly disk?: MemoryDisk
  /** Asked before each commit. */
  readonly fault?: (changes: readonly Change[]) => CommitFault | null
  /** With it the store takes the disk's lease: who had it before commits no more, and is told so once. */
  readonly onLost?: () => void
  /** Of a member (member.ts): commits go under its lease. */
  readonly session?: Session
}

export const openMemoryStore = (options: MemoryStoreOptions = {}): Store => new MemoryStore(options)

class MemoryStore implements Store {
  readonly #disk: MemoryDisk
  readonly archive: StoreArchive = memoryArchive((work) => this.#read(work))
  readonly #faultOf: (changes: readonly Change[]) => CommitFault | null
  /** Commits are stored in the order in which they were asked for, delayed ones hold up those behind them. */
  #last: Promise<unknown> = Promise.resolve()
  #state: 'open' | 'closed' | 'crashed' = 'open'
  /** `null`: it leads nothing and is refused nothing. */
  readonly #epoch: number | null
  #onLost: () => void
  readonly #session: Session | null

  constructor({ disk = new MemoryDisk(), fault = () => null, onLost, session }: MemoryStoreOptions) {
    this.#disk = disk
    this.#session = session ?? null
    this.#faultOf = fault
    this.#epoch = onLost === undefined ? null : (disk.epoch += 1)
    this.#onLost = onLost ?? (() => undefined)
  }

  commit(changes: readonly Change[]): Promise<Committed> {
    if (this.#state === 'closed') return Promise.reject(closed())
    const taken = changes.map(writtenOf)
    const fault = this.#faultOf(changes)
    const outcome = this.#last.then(() => this.#carryOut(taken, fault))
    this.#last = outcome.catch(() => undefined)
    return outcome
  }

  health(): StoreHealth {
    return { isUp: true }
  }

  async confirm(): Promise<void> {
    if (this.#state === 'crashed') return never()
    if (this.#state === 'closed') throw closed()
    if (this.#session) await this.#session.connected()
    this.#mustLead()
  }

  currentVersion(): Promise<number> {
    return this.#read((disk) => disk.version)
  }

  workflow(namespace: string, name: string): Promise<WorkflowRow | null> {
    return this.#read((disk) => {
      const uid = disk.uids.get(objectKey('Workflow', namespace, name))
      return uid === undefined ? null : workflowOf(disk.workflows.get(uid))
    })
  }

  workflowByUid(uid: WorkflowUid): Promise<WorkflowRow | null> {
    return this.#read((disk) => workflowOf(disk.workflows.get(uid)))
  }

  workflows(query: WorkflowQuery): Promise<readonly WorkflowRow[]> {
    return this.#read((disk) => {
      const { offset = 0, limit = Infinity } = query
      const page = matching(disk, query)
        .sort((a, b) => byStart(a.row, b.row))
        .slice(offset, offset + limit)
      return orderPage(page.flatMap((stored) => workflowOf(stored) ?? []))
    })
  }

  countWorkflows(query: WorkflowQuery): Promise<number> {
    return this.#read((disk) => matching(disk, query).length)
  }

  countByPhase(query: WorkflowQuery): Promise<ReadonlyMap<string, number>> {
    return this.#read((disk) => {
      const counts = new Map<string, number>()
      for (const { row } of matching(disk, query)) counts.set(row.phase, (counts.get(row.phase) ?? 0) + 1)
      return counts
    })
  }

  nodes(uid: WorkflowUid): Promise<readonly NodeRow[]> {
    return this.#read((disk) => {
      const { rows, pieces } = nodeRowsOf(disk.workflows.get(uid)?.nodes ?? [])
      return joinLists(rows, pieces)
    })
  }

  nodePage(uid: WorkflowUid, cursor: string | null, limit: number): Promise<NodePage> {
    return this.#read((disk) => {
      const all = [...(disk.workflows.get(uid)?.nodes ?? [])]
      const start = cursor === null ? 0 : Number(cursor)
      const next = start + limit < all.length ? String(start + limit) : null
      return { ...nodeRowsOf(all.slice(start, start + limit)), next }
    })
  }

  objects(kind: string, namespace?: string): Promise<readonly ObjectRow[]> {
    return this.#read((disk) =>
      [...disk.objects.values()]
        .filter(({ row }) => row.kind === kind && (namespace === undefined || row.namespace === namespace))
        .map(objectOf)
        .sort((a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name)),
    )
  }

  object(kind: string, namespace: string, name: string): Promise<ObjectRow | null> {
    return this.#read((disk) => {
      const found = disk.objects.get(objectKey(kind, namespace, name))
      return found ? objectOf(found) : null
    })
  }

  records(collection: string): Promise<ReadonlyMap<string, unknown>> {
    return this.#read((disk) => {
      const all = [...(disk.collections.get(collection) ?? [])].sort(([a], [b]) => compare(a, b))
      return new Map(all.map(([key, value]): [string, unknown] => [key, JSON.parse(value)]))
    })
  }

  record(collection: string, key: string): Promise<unknown> {
    return this.#read((disk): unknown => JSON.parse(disk.collections.get(collection)?.get(key) ?? 'null'))
  }

  async close(): Promise<void> {
    if (this.#state === 'crashed') return
    this.#state = 'closed'
    if (this.#session?.isCut === true) this.#session.close()
    await this.#last
    this.#session?.close()
  }

  async #carryOut(changes: readonly Written[], fault: CommitFault | null): Promise<Committed> {
    if (this.#state === 'crashed') return never()
    if (fault?.kind === 'delay') {
      await fault.until
      return this.#carryOut(changes, fault.then ?? null)
    }
    if (fault?.kind === 'refuse') throw storeError({ code: fault.code, message: 'the simulated disk refuses' })
    if (fault?.kind === 'crash') {
      this.#state = 'crashed'
      if (fault.stored && this.#leads()) this.#disk.write(changes, this.#session?.name)
      this.#session?.cut()
      return never()
    }
    if (this.#session) await this.#session.connected()
    this.#mustLead()
    const committed = this.#disk.write(changes, this.#session?.name)
    if (fault?.kind === 'loseAnswer') throw storeError({ code: 'STORE_DOWN', message: 'the simulated answer is lost' })
    return committed
  }

  #leads(): boolean {
    if (this.#session) return !this.#session.isCut
    return this.#epoch === null || this.#epoch === this.#disk.epoch
  }

  /** @throws WorldError STORE_LOCKED */
  #mustLead(): void {
    if (this.#session) return this.#session.mustLead()
    if (this.#leads()) return
    this.#onLost()
    this.#onLost = () => undefined
    throw storeError({ code: 'STORE_LOCKED', message: 'another has taken over: nothing more is committed here' })
  }

  async #read<T>(look: (disk: MemoryDisk) => T | Promise<T>): Promise<T> {
    if (this.#state === 'crashed') return never()
    if (this.#state === 'closed') throw closed()
    if (this.#session) await this.#session.connected()
    return look(this.#disk)
  }
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined)
const closed = () => storeError({ code: 'STORE_DOWN', message: 'the store is closed' })
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const matching = (disk: MemoryDisk, query: WorkflowQuery): StoredWorkflow[] =>
  [...disk.workflows.values()].filter(({ row }) => matches(row, query))

const workflowOf = (stored: StoredWorkflow | undefined): WorkflowRow | null =>
  stored ? { ...stored.row, body: JSON.parse(stored.body), internal: JSON.parse(stored.internal) } : null

const nodeRowsOf = (stored: Iterable<readonly [string, StoredNode]>): NodeRows => {
  const found = new NodeRows()
  for (const [id, { node, internal }] of stored) found.add({ id, node, internal })
  return found
}

const objectOf = ({ row, body }: StoredObject): ObjectRow => ({ ...row, body: JSON.parse(body) })
