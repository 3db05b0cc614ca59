/** Limits of semaphores over the API: keys of ConfigMaps, and limits of database locks (rest-api.md, "Sync limits"). */
import type { Store } from '../store/port.ts'
import type { ObjectTable } from './objects.ts'
import type { Controller, SyncLimit } from './port.ts'
import { ApiError } from './port.ts'
import { alreadyExists, notFound } from './refusals.ts'

const collection = 'sync-limit'
type Key = {
  readonly namespace: string
  readonly key: string
  readonly type: SyncLimit['type']
  readonly cmName: string | undefined
}

export class SyncLimits {
  readonly #store: Store
  readonly #objects: ObjectTable
  readonly #allowsDatabase: boolean
  readonly #onDatabaseChange: () => void
  readonly #database = new Map<string, number>()

  constructor(parts: {
    readonly store: Store
    readonly objects: ObjectTable
    readonly allowsDatabase: boolean
    /** Waiting workflows look again. */
    readonly onDatabaseChange: () => void
  }) {
    this.#store = parts.store
    this.#objects = parts.objects
    this.#allowsDatabase = parts.allowsDatabase
    this.#onDatabaseChange = parts.onDatabaseChange
  }

  async load(): Promise<void> {
    for (const [key, limit] of await this.#store.records(collection)) this.#database.set(key, Number(limit))
  }

  /** Another controller has set or deleted it. */
  heard(name: string, value: unknown): void {
    if (value === null) this.#database.delete(name)
    else this.#database.set(name, Number(value))
    this.#onDatabaseChange()
  }

  databaseLimit(namespace: string, key: string): number | null {
    return this.#database.get(`${namespace}/${key}`) ?? null
  }

  /** The part of the controller's door that is about limits. */
  api(): Controller['syncLimit'] {
    return {
      create: (namespace, limit) => this.#write(namespace, limit, 'create'),
      update: (namespace, limit) => this.#write(namespace, limit, 'update'),
      get: async (namespace, key, type, cmName) => {
        const limit = this.#read({ namespace, key, type, cmName })
        return { type, ...(cmName === undefined ? {} : { cmName }), key, limit }
      },
      delete: (namespace, key, type, cmName) => this.#delete({ namespace, key, type, cmName }),
    }
  }

  async #write(namespace: string, limit: SyncLimit, verb: 'create' | 'update'): Promise<SyncLimit> {
    if (!Number.isInteger(limit.limit) || limit.limit <= 0)
      throw new ApiError('INVALID_ARGUMENT', 'limit must be greater than zero')
    const key: Key = { namespace, key: limit.key, type: limit.type, cmName: limit.cmName }
    this.#check(key)
    if (verb === 'update') this.#read(key)
    if (limit.type === 'DATABASE') {
      if (verb === 'create' && this.#database.has(`${namespace}/${limit.key}`))
        throw new ApiError('ALREADY_EXISTS', `sync limit already exists for key ${limit.key}`)
      await this.#putDatabase(key, limit.limit)
      return limit
    }
    const name = limit.cmName ?? ''
    await this.#objects.update({ kind: 'ConfigMap', namespace, name }, (current) => {
      const map = current
      if (verb === 'create' && map?.data?.[limit.key] !== undefined)
        throw alreadyExists('ConfigMap', `${name}/${limit.key}`)
      return {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        ...map,
        metadata: { ...map?.metadata, name, namespace },
        data: { ...map?.data, [limit.key]: String(limit.limit) },
      }
    })
    return limit
  }

  #read(key: Key): number {
    this.#check(key)
    if (key.type === 'DATABASE') {
      const limit = this.databaseLimit(key.namespace, key.key)
      if (limit === null) throw new ApiError('NOT_FOUND', `sync limit not found for key ${key.key}`)
      return limit
    }
    const map = this.#objects.get('ConfigMap', key.namespace, key.cmName ?? '')
    if (map === null) throw notFound('ConfigMap', key.cmName ?? '')
    const text = map.data?.[key.key]
    if (text === undefined) throw new ApiError('NOT_FOUND', `sync limit not found for key ${key.key}`)
    if (!/^[+-]?\d+$/.test(text)) throw new ApiError('INTERNAL', `invalid limit format for key ${key.key}: ${text}`)
    return Number(text)
  }

  async #delete(key: Key): Promise<void> {
    this.#read(key)
    if (key.type === 'DATABASE') return this.#putDatabase(key, null)
    await this.#objects.update({ kind: 'ConfigMap', namespace: key.namespace, name: key.cmName ?? '' }, (current) => {
      if (current === null) throw notFound('ConfigMap', key.cmName ?? '')
      const { [key.key]: _gone, ...data } = current.data ?? {}
      return { ...current, data }
    })
  }

  async #putDatabase({ namespace, key }: Key, limit: number | null): Promise<void> {
    const name = `${namespace}/${key}`
    await this.#store.commit([{ kind: 'putRecord', collection, key: name, value: limit }])
    if (limit === null) this.#database.delete(name)
    else this.#database.set(name, limit)
    this.#onDatabaseChange()
  }

  #check({ key, type, cmName }: Key): void {
    if (type === 'DATABASE' && !this.#allowsDatabase)
      throw new ApiError('INVALID_ARGUMENT', 'database sync limits are not enabled')
    if (key === '') throw new ApiError('INVALID_ARGUMENT', 'key is required')
    if (type === 'CONFIGMAP' && !cmName) throw new ApiError('INVALID_ARGUMENT', 'ConfigMap name is required')
  }
}
