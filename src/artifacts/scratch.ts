/** Files that live for the length of one operation. What a crash leaves behind is swept at the next start. */
import { randomUUID } from 'node:crypto'
import { createReadStream, mkdirSync, rmSync } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { WorldError } from '../resources/index.ts'
import type { ByteStream } from './port.ts'

export type SpooledFile = {
  readonly path: string
  readonly sizeBytes: number
  readonly read: () => ByteStream
  readonly remove: () => Promise<void>
}

export class Scratch {
  readonly #directory: string

  /** Empties the directory. */
  constructor(directory: string) {
    this.#directory = directory
    rmSync(directory, { recursive: true, force: true })
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  }

  newPath(): string {
    return join(this.#directory, randomUUID())
  }

  /** Writes the stream to a file; synced where it will be kept. */
  async spool(content: ByteStream, options: { readonly sync?: boolean } = {}): Promise<SpooledFile> {
    const path = this.newPath()
    const remove = () => rm(path, { force: true })
    try {
      await writeWhole(path, content, options.sync === true)
    } catch (error) {
      await remove()
      throw diskError(error, path)
    }
    return { path, sizeBytes: (await stat(path)).size, read: () => createReadStream(path), remove }
  }

  /** A stream that removes the file when it has been read, or is left. */
  async *consume(file: SpooledFile): AsyncGenerator<Uint8Array> {
    try {
      yield* file.read()
    } finally {
      await file.remove()
    }
  }
}

async function writeWhole(path: string, content: ByteStream, sync: boolean): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const part of content) {
      for (let at = 0; at < part.length;) at += (await file.write(part, at)).bytesWritten
    }
    if (sync) await file.sync()
  } finally {
    await file.close()
  }
}

/** Errors of the file system as the workqueue wants them; others pass. */
export function diskError(error: unknown, path: string): unknown {
  const { code, syscall } = error as { readonly code?: unknown; readonly syscall?: unknown }
  if (typeof code !== 'string' || typeof syscall !== 'string' || error instanceof WorldError) return error
  const full = code === 'ENOSPC' || code === 'EDQUOT'
  const text = full ? 'no space left on the disk' : `${code} on ${syscall}`
  return new WorldError(full ? 'ARTIFACT_DISK_FULL' : 'ARTIFACT_DISK', `artifact file ${path}: ${text}`, {
    retryable: true,
    cause: error,
  })
}
