/** Objects as files below a directory: the repository where none is configured. */
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UserError } from '../../resources/index.ts'
import type { Artifact } from '../../resources/index.ts'
import { artifactKey } from '../keys.ts'
import type { ArtifactContext, ArtifactDriver, ByteStream, ObjectInfo, ObjectStream } from '../port.ts'
import { diskError } from '../scratch.ts'
import type { Scratch } from '../scratch.ts'
import { fileOfKey, folderOfKey, keyOfFile } from './file-name.ts'

export class LocalDriver implements ArtifactDriver {
  readonly #directory: string
  readonly #scratch: Scratch

  /** @param scratch on the same file system, so that a file can be moved into place */
  constructor(directory: string, scratch: Scratch) {
    this.#directory = directory
    this.#scratch = scratch
  }

  open(artifact: Artifact, context: ArtifactContext): Promise<ObjectStream | null> {
    return this.openKey(artifact, keyOf(artifact), context)
  }

  async openKey(_artifact: Artifact, key: string, { signal }: ArtifactContext): Promise<ObjectStream | null> {
    const path = this.#pathOf(key)
    const info = await stat(path).catch((error: unknown) => {
      if (isMissing(error)) return null
      throw diskError(error, path)
    })
    return info?.isFile() ? Object.assign(readFrom(path, signal), { sizeBytes: info.size }) : null
  }

  async list(artifact: Artifact): Promise<readonly ObjectInfo[]> {
    const key = keyOf(artifact)
    const found: ObjectInfo[] = []
    const own = await stat(this.#pathOf(key)).catch(() => null)
    if (own?.isFile()) found.push({ key, sizeBytes: own.size })
    await this.#listFolder(folderOfKey(key), found)
    return found.sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  async save(_artifact: Artifact, key: string, content: ByteStream, { signal }: ArtifactContext): Promise<void> {
    const path = this.#pathOf(key)
    const file = await this.#scratch.spool(abortable(content, signal), { sync: true })
    try {
      await moveInto(file.path, path)
    } catch (error) {
      await file.remove()
      throw diskError(error, path)
    }
  }

  async delete(artifact: Artifact): Promise<void> {
    const key = keyOf(artifact)
    const path = this.#pathOf(key)
    try {
      await rm(path, { force: true })
      await rm(join(this.#directory, ...folderOfKey(key)), { recursive: true, force: true })
      await this.#prune(dirname(path))
    } catch (error) {
      throw diskError(error, path)
    }
  }

  async #listFolder(names: readonly string[], found: ObjectInfo[]): Promise<void> {
    const folder = join(this.#directory, ...names)
    const items = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return []
      throw diskError(error, folder)
    })
    for (const item of items) {
      if (item.isDirectory()) await this.#listFolder([...names, item.name], found)
      else {
        const info = await stat(join(folder, item.name)).catch(() => null) // deleted meanwhile
        if (info) found.push({ key: keyOfFile([...names, item.name]), sizeBytes: info.size })
      }
    }
  }

  /** Folders that have become empty go, up to the storage's own. */
  async #prune(folder: string): Promise<void> {
    for (let at = folder; at.length > this.#directory.length; at = dirname(at)) {
      const isGone = await rmdir(at).then(
        () => true,
        (error: unknown) => isMissing(error),
      )
      if (!isGone) return
    }
  }

  #pathOf(key: string): string {
    return join(this.#directory, ...fileOfKey(key))
  }
}

function keyOf(artifact: Artifact): string {
  const key = artifactKey(artifact)
  if (key === null) throw new UserError('ARTIFACT_LOCATION', `artifact '${artifact.name}' has no key`)
  return key
}

/** A folder may be pruned by a delete between its making and the move; then it is made again. */
async function moveInto(from: string, to: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await mkdir(dirname(to), { recursive: true, mode: 0o700 })
      await rename(from, to)
      await syncFolder(dirname(to))
      return
    } catch (error) {
      if (!isMissing(error) || tries === 5) throw error
    }
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

const isMissing = (error: unknown): boolean => {
  const { code } = error as { readonly code?: unknown }
  return code === 'ENOENT' || code === 'ENOTDIR'
}

async function* readFrom(path: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const part of createReadStream(path, { highWaterMark: 256 * 1024, ...(signal ? { signal } : {}) }))
      yield part as Uint8Array
  } catch (error) {
    throw diskError(error, path)
  }
}

async function* abortable(content: ByteStream, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const part of content) {
    signal?.throwIfAborted()
    yield part
  }
}
