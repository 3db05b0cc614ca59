/** What came of each file, in the store: this is why nothing runs twice after a restart. */
import type { Change, Store } from '../../store/port.ts'
import type { EditableFields } from './content.ts'

export type DocumentRecord = {
  readonly kind: string
  /** Empty for cluster-wide kinds. */
  readonly namespace: string
  readonly name: string
  /** Of the content that was admitted last. */
  readonly hash: string
  /** Of workflows: what of the spec may not change while it runs, and the rest. */
  readonly core?: string
  readonly editable?: EditableFields
  /** Of an edit that was refused because the workflow was running; it is not tried again. */
  readonly refusedHash?: string
  /** How often the file was dropped anew after it had been deleted. */
  readonly generation: number
}

export type FileRecord = {
  /** Of the file's bytes. */
  readonly hash: string
  /** Everything in the file was admitted: the same bytes need not be looked at again. */
  readonly settled: boolean
  readonly documents: readonly DocumentRecord[]
  /** Workflows of `generateName` that contents of this file have become, newest last. */
  readonly ran: readonly DocumentRecord[]
  /** The file was deleted, its finished workflows are still there. */
  readonly gone?: true
}

/** Contents of one file that are remembered; an older one would run again. */
export const ranMax = 1000
const collection = 'files'

export class FileRecords {
  readonly #store: Store
  readonly #prefix: string
  /** What a daemon without a name has written; `null`: that is us. */
  readonly #namelessPrefix: string | null
  readonly #byPath = new Map<string, FileRecord>()

  /**
   * @param folder tells the files of several folders apart
   * @param daemon tells folders of several daemons apart that share the store; `null`: there is one
   */
  constructor(store: Store, folder: string, daemon: string | null = null) {
    this.#store = store
    this.#prefix = daemon === null ? `${folder}\n` : `${daemon}\n${folder}\n`
    this.#namelessPrefix = daemon === null ? null : `${folder}\n`
  }

  async load(): Promise<void> {
    const all = await this.#store.records(collection)
    if (this.#namelessPrefix !== null) await this.#takeOver(all, this.#namelessPrefix)
    for (const [key, value] of all)
      if (key.startsWith(this.#prefix)) this.#byPath.set(key.slice(this.#prefix.length), value as FileRecord)
  }

  /** What this folder had become before the daemon got its name: who is first to open it here goes on with it. */
  async #takeOver(all: ReadonlyMap<string, unknown>, prefix: string): Promise<void> {
    const old = [...all].filter(([key]) => key.startsWith(prefix))
    if (old.length === 0) return
    const changes = old.flatMap(([key, value]): Change[] => [
      { kind: 'putRecord', collection, key, value: null },
      { kind: 'putRecord', collection, key: `${this.#prefix}${key.slice(prefix.length)}`, value },
    ])
    await this.#store.commit(changes)
    for (const [key, value] of old) this.#byPath.set(key.slice(prefix.length), value as FileRecord)
  }

  get(path: string): FileRecord | undefined {
    return this.#byPath.get(path)
  }
  paths(): IterableIterator<string> {
    return this.#byPath.keys()
  }

  /** It may be stored although that failed: what was admitted is known, so that a file that goes meanwhile is missed. */
  #noteUnknown(records: ReadonlyMap<string, FileRecord | null>): void {
    for (const value of records.values()) if (value === null || value.gone === true) return
    for (const [path, value] of records) if (value !== null) this.#byPath.set(path, { ...value, settled: false })
  }

  /** All or none; `null` deletes. Durable when it resolves. */
  async put(records: ReadonlyMap<string, FileRecord | null>): Promise<void> {
    const changes = [...records].map(([path, value]): Change => ({
      kind: 'putRecord',
      collection,
      key: `${this.#prefix}${path}`,
      value,
    }))
    if (changes.length > 0)
      try {
        await this.#store.commit(changes)
      } catch (error) {
        this.#noteUnknown(records)
        throw error
      }
    for (const [path, value] of records) {
      if (value === null) this.#byPath.delete(path)
      else this.#byPath.set(path, value)
    }
  }
}
