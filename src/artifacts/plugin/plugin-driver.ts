/**
 * Artifacts in the storage of a plugin: a driver container of Argo's protocol, or one in this process. Content passes
 * through a folder that both sides see, as the protocol hands over paths.
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, lstat, mkdir, rm } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { UserError, WorldError } from '../../resources/index.ts'
import type { Artifact } from '../../resources/index.ts'
import { readFolder } from '../archive/read-folder.ts'
import type { Entry } from '../archive/entry.ts'
import { artifactKey, withKey } from '../keys.ts'
import { fetchPlainly } from '../load.ts'
import type { ArtifactContext, ArtifactDriver, ByteStream, Fetched, ObjectInfo, ObjectStream } from '../port.ts'
import { diskError } from '../scratch.ts'
import { DriverRefusal, PluginClient } from './plugin-client.ts'
import type { Answer, Method } from './plugin-client.ts'

/** A driver container that runs. */
export type PluginEndpoint = {
  readonly socketPath: string
  /** A folder of ours that is the driver's too, under the other name there. */
  readonly sharedPath: string
  readonly pathInDriver: string
  readonly connectionTimeoutMs: number
}

/** Where the plugin of that name answers; starts it where it does not run. */
export type PluginLookup = (name: string, signal?: AbortSignal) => Promise<PluginEndpoint | ArtifactDriver>

export class PluginDriver implements ArtifactDriver {
  readonly #find: PluginLookup
  readonly #clients = new Map<string, PluginClient>()

  constructor(find: PluginLookup) {
    this.#find = find
  }

  async open(artifact: Artifact, context: ArtifactContext): Promise<ObjectStream | null> {
    const driver = await this.#driver(artifact, context)
    return driver.open(artifact, context)
  }

  async openKey(artifact: Artifact, key: string, context: ArtifactContext): Promise<ObjectStream | null> {
    const driver = await this.#driver(artifact, context)
    return driver.openKey(artifact, key, context)
  }

  async list(artifact: Artifact, context: ArtifactContext): Promise<readonly ObjectInfo[]> {
    const driver = await this.#driver(artifact, context)
    return driver.list(artifact, context)
  }

  async fetch(artifact: Artifact, context: ArtifactContext): Promise<Fetched | null> {
    const driver = await this.#driver(artifact, context)
    return driver.fetch ? driver.fetch(artifact, context) : fetchPlainly(driver, artifact, context)
  }

  async save(artifact: Artifact, key: string, content: ByteStream, context: ArtifactContext): Promise<void> {
    const driver = await this.#driver(artifact, context)
    return driver.save(artifact, key, content, context)
  }

  async delete(artifact: Artifact, context: ArtifactContext): Promise<void> {
    const driver = await this.#driver(artifact, context)
    return driver.delete(artifact, context)
  }

  async #driver({ name: artifactName, plugin }: Artifact, { signal }: ArtifactContext): Promise<ArtifactDriver> {
    const name = plugin?.name
    if (!name) throw new UserError('ARTIFACT_LOCATION', `artifact '${artifactName}' names no plugin`)
    const found = await this.#find(name, signal)
    if (!('socketPath' in found)) return found
    const own = plugin?.connectionTimeoutSeconds
    const timeoutMs = own ? own * 1000 : found.connectionTimeoutMs
    const client = this.#clients.get(found.socketPath) ?? new PluginClient(name, found.socketPath)
    this.#clients.set(found.socketPath, client)
    try {
      await client.ready(timeoutMs)
    } catch (error) {
      this.#clients.delete(found.socketPath)
      client.close()
      throw error
    }
    return new RemoteDriver(client, found)
  }
}

/** One driver container that answers. */
class RemoteDriver implements ArtifactDriver {
  readonly #client: PluginClient
  readonly #shared: PluginEndpoint

  constructor(client: PluginClient, shared: PluginEndpoint) {
    this.#client = client
    this.#shared = shared
  }

  async open(artifact: Artifact, context: ArtifactContext): Promise<ObjectStream | null> {
    if (await this.#isDirectory(artifact, context)) return null
    return this.openKey(artifact, keyOf(artifact), context)
  }

  async openKey(artifact: Artifact, key: string, { signal }: ArtifactContext): Promise<ObjectStream | null> {
    return orNull(this.#client.open({ artifact: messageOf(withKey(artifact, key)) }, signal))
  }

  async list(artifact: Artifact, context: ArtifactContext): Promise<readonly ObjectInfo[]> {
    const answer = await orNull(this.#call('ListObjects', { artifact: messageOf(artifact) }, context))
    return (answer?.objects ?? []).toSorted().map((key) => ({ key }))
  }

  async fetch(artifact: Artifact, context: ArtifactContext): Promise<Fetched | null> {
    const place = await this.#place()
    try {
      const request = { inputArtifact: messageOf(artifact), path: place.theirs }
      await this.#call('Load', request, context)
      const info = await lstat(place.ours).catch(() => null)
      if (info?.isFile() === true) {
        const content = Object.assign(thenRemove(createReadStream(place.ours), place), { sizeBytes: info.size })
        return { kind: 'file', content }
      }
      if (info?.isDirectory() === true)
        return { kind: 'folder', entries: thenRemove<Entry>(readFolder(place.ours), place) }
    } catch (error) {
      await place.remove()
      if (error instanceof DriverRefusal && error.isMissing) return null
      throw told(error)
    }
    await place.remove()
    return null
  }

  async save(artifact: Artifact, key: string, content: ByteStream, context: ArtifactContext): Promise<void> {
    const place = await this.#place()
    try {
      await writeFor(content, place.ours, context.signal)
      const request = { path: place.theirs, outputArtifact: messageOf(withKey(artifact, key)) }
      await this.#call('Save', request, context)
    } catch (error) {
      throw told(error)
    } finally {
      await place.remove()
    }
  }

  async delete(artifact: Artifact, context: ArtifactContext): Promise<void> {
    await orNull(this.#call('Delete', { artifact: messageOf(artifact) }, context))
  }

  /** Drivers that cannot tell have only objects. */
  async #isDirectory(artifact: Artifact, context: ArtifactContext): Promise<boolean> {
    try {
      return (await this.#call('IsDirectory', { artifact: messageOf(artifact) }, context)).isDirectory === true
    } catch (error) {
      if (error instanceof DriverRefusal) return keyOf(artifact).endsWith('/')
      throw error
    }
  }

  #call(method: Method, request: object, { signal }: ArtifactContext): Promise<Answer> {
    return this.#client.call(method, request, signal)
  }

  /** A folder of its own for one operation, in which the driver may write whoever it runs as. */
  async #place(): Promise<Place> {
    const name = randomUUID()
    const folder = join(this.#shared.sharedPath, name)
    try {
      await mkdir(folder)
      await chmod(folder, 0o777)
    } catch (error) {
      throw diskError(error, folder)
    }
    return {
      ours: join(folder, 'artifact'),
      theirs: `${this.#shared.pathInDriver}/${name}/artifact`,
      // What cannot be removed now goes when the driver is next started.
      remove: () => rm(folder, { recursive: true, force: true }).catch(() => undefined),
    }
  }
}

type Place = { readonly ours: string; readonly theirs: string; readonly remove: () => Promise<void> }

async function* thenRemove<T = Uint8Array>(content: AsyncIterable<T>, place: Place): AsyncGenerator<T> {
  try {
    yield* content
  } finally {
    await place.remove()
  }
}

async function writeFor(content: ByteStream, path: string, signal?: AbortSignal): Promise<void> {
  try {
    await pipeline(content, createWriteStream(path, { mode: 0o644 }), signal === undefined ? {} : { signal })
    await chmod(path, 0o644)
  } catch (error) {
    signal?.throwIfAborted()
    throw diskError(error, path)
  }
}

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (error instanceof DriverRefusal && error.isMissing) return null
    throw told(error)
  }
}

/** What the driver says stands as it is said; the same again would not mend it. */
const told = (error: unknown): unknown =>
  error instanceof DriverRefusal
    ? new WorldError('ARTIFACT_PLUGIN', error.message, { retryable: false, cause: error })
    : error

function keyOf(artifact: Artifact): string {
  const key = artifactKey(artifact)
  if (key === null) throw new UserError('ARTIFACT_LOCATION', `artifact '${artifact.name}' has no key`)
  return key
}

const messageOf = (artifact: Artifact): object => {
  const { name, path = '', mode = 0, from = '', optional = false, subPath = '', recurseMode = false } = artifact
  const { fromExpression = '', deleted = false } = artifact
  const { name: pluginName = '', configuration = '', connectionTimeoutSeconds = 0, key = '' } = artifact.plugin ?? {}
  const plugin = { name: pluginName, configuration, connectionTimeoutSeconds, key }
  return { name, path, mode, from, plugin, optional, subPath, recurseMode, fromExpression, deleted }
}
