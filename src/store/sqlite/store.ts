/** The store on SQLite: one file in the data directory, one writer thread, reads in the calling thread. */
import { join } from 'node:path'
import type { WorkflowUid } from '../../resources/index.ts'
import { storeError } from '../fault.ts'
import type {
  Change,
  Committed,
  NodePage,
  NodeRow,
  ObjectRow,
  Store,
  StoreHealth,
  WorkflowQuery,
  WorkflowRow,
} from '../port.ts'
import type { StoreArchive } from '../archive.ts'
import { sqliteArchive } from './archive.ts'
import { lockDirectory } from './directory-lock.ts'
import type { DirectoryLock } from './directory-lock.ts'
import { Reader } from './reader.ts'
import { sqliteFault } from './sqlite-fault.ts'
import { encode } from '../wire.ts'
import { WriteQueue } from './write-queue.ts'

export type SqliteStoreOptions = {
  /** Made if it is not there; readable by its owner only. */
  readonly directory: string
  /** How long to wait for another process that has the database locked (a backup, say). */
  readonly busyTimeoutMs?: number
  /** What the database may grow to; by default the disk decides. */
  readonly sizeBytesMax?: number
  /** Migrations that are due are applied; otherwise they are an error. True where nothing is said. */
  readonly mayMigrate?: boolean
}

const pageBytes = 4096

/** @throws WorldError STORE_LOCKED, STORE_NEWER_SCHEMA, STORE_FOREIGN_SCHEMA, STORE_CORRUPT, STORE_READONLY, STORE_FULL */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const lock = lockDirectory(options.directory)
  const path = join(options.directory, 'drydock.db')
  try {
    const writer = await WriteQueue.start({
      path,
      busyTimeoutMs: options.busyTimeoutMs ?? 5000,
      pagesMax: Math.ceil((options.sizeBytesMax ?? 0) / pageBytes),
      mayMigrate: options.mayMigrate ?? true,
    })
    return new SqliteStore(path, lock, writer)
  } catch (error) {
    lock.release()
    throw error
  }
}

class SqliteStore implements Store {
  readonly #path: string
  readonly #lock: DirectoryLock
  readonly #writer: WriteQueue
  readonly #reader: Reader
  readonly archive: StoreArchive
  #closed: Promise<void> | null = null

  constructor(path: string, lock: DirectoryLock, writer: WriteQueue) {
    this.#path = path
    this.#lock = lock
    this.#writer = writer
    this.#reader = new Reader(path)
    this.archive = sqliteArchive((work) => this.#read((reader) => work((text) => reader.statement(text))))
  }

  commit(changes: readonly Change[]): Promise<Committed> {
    return this.#writer.push(encode(changes))
  }

  health(): StoreHealth {
    return this.#writer.health
  }

  currentVersion(): Promise<number> {
    return this.#read((reader) => reader.currentVersion())
  }

  workflow(namespace: string, name: string): Promise<WorkflowRow | null> {
    return this.#read((reader) => reader.workflow(namespace, name))
  }

  workflowByUid(uid: WorkflowUid): Promise<WorkflowRow | null> {
    return this.#read((reader) => reader.workflowByUid(uid))
  }

  workflows(query: WorkflowQuery): Promise<readonly WorkflowRow[]> {
    return this.#read((reader) => reader.workflows(query))
  }

  async countWorkflows(query: WorkflowQuery): Promise<number> {
    return [...(await this.countByPhase(query)).values()].reduce((sum, count) => sum + count, 0)
  }

  countByPhase(query: WorkflowQuery): Promise<ReadonlyMap<string, number>> {
    return this.#read((reader) => reader.countByPhase(query))
  }

  nodes(uid: WorkflowUid): Promise<readonly NodeRow[]> {
    return this.#read((reader) => reader.nodes(uid))
  }

  nodePage(uid: WorkflowUid, cursor: string | null, limit: number): Promise<NodePage> {
    return this.#read((reader) => reader.nodePage(uid, cursor, limit))
  }

  objects(kind: string, namespace?: string): Promise<readonly ObjectRow[]> {
    return this.#read((reader) => reader.objects(kind, namespace))
  }

  object(kind: string, namespace: string, name: string): Promise<ObjectRow | null> {
    return this.#read((reader) => reader.object(kind, namespace, name))
  }

  records(collection: string): Promise<ReadonlyMap<string, unknown>> {
    return this.#read((reader) => reader.records(collection))
  }

  record(collection: string, key: string): Promise<unknown> {
    return this.#read((reader) => reader.record(collection, key))
  }

  close(): Promise<void> {
    this.#closed ??= this.#end()
    return this.#closed
  }

  async #end(): Promise<void> {
    this.#reader.close() // first, so that the writer is the last and folds the log into the file
    await this.#writer.close()
    this.#lock.release()
  }

  async #read<T>(look: (reader: Reader) => T | Promise<T>): Promise<T> {
    if (this.#closed) throw storeError({ code: 'STORE_DOWN', message: 'the store is closed' })
    try {
      return await look(this.#reader)
    } catch (error) {
      throw storeError(sqliteFault(error, this.#path), error)
    }
  }
}
