/** Files that live for the length of one operation. What a crash leaves behind is swept at the next start. */
import { randomUUID } from 'node:crypto'
import { createReadStream, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { WorldError } from '../resources/index.ts'
import type { ByteStream } from './port.ts'

export type SpooledFile = {
  readonly path: string
  readonly sizeBytes: number
  readonly read: () => ByteStream
  readonly remove: () => Promise<void>
}

/** Nobody is still at work on what another host left so long ago. */
const abandonedMs = 24 * 3_600_000

/** Several daemons may share the directory: each file says whose it is, `HOST.PID.UUID`. */
export class Scratch {
  readonly #directory: string

  /** Sweeps what daemons that are no more have left. */
  constructor(directory: string) {
    this.#directory = directory
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    for (const name of readdirSync(directory)) {
      const path = join(directory, name)
      if (isAbandoned(name, path)) rmSync(path, { recursive: true, force: true })
    }
  }

  newPath(): string {
    return join(this.#directory, `${hostname()}.${process.pid}.${randomUUID()}`)
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

function isAbandoned(name: string, path: string): boolean {
  const words = name.split('.')
  const pid = Number(words.at(-2))
  if (words.slice(0, -2).join('.') === hostname()) return pid === process.pid || !isAlive(pid)
  const info = statSync(path, { throwIfNoEntry: false })
  return info !== undefined && Date.now() - info.mtimeMs > abandonedMs
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as { readonly code?: unknown }).code === 'EPERM'
  }
}
