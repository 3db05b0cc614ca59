/** Writes `.status/<file>.yaml`: whole or not at all, gathered over a moment, silently given up in a read-only folder. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Log } from '../../controller/telemetry.ts'

export const statusFolder = '.status'
const gatherMs = 150
const atOnce = 16
const givesUpOn = new Set(['EROFS', 'EACCES', 'EPERM', 'ENOTSUP'])

/** `a/b.yaml` → `.status/a/b.yaml`; any other ending gets `.yaml` behind it. */
export const statusPath = (path: string): string => join(statusFolder, path.endsWith('.yaml') ? path : `${path}.yaml`)

export class StatusFiles {
  readonly #root: string
  readonly #textOf: (path: string) => Promise<string | null>
  readonly #log: Log
  readonly #dirty = new Set<string>()
  readonly #written = new Map<string, string>()
  #timer: NodeJS.Timeout | null = null
  #writing: Promise<void> = Promise.resolve()
  #enabled: boolean

  /** @param textOf what the file's status is now; `null`: there is none. Rejects with STORE_LOCKED where that is for another to say */
  constructor(root: string, enabled: boolean, textOf: (path: string) => Promise<string | null>, log: Log) {
    this.#root = root
    this.#enabled = enabled
    this.#textOf = textOf
    this.#log = log
  }

  changed(path: string): void {
    if (!this.#enabled) return
    this.#dirty.add(path)
    this.#timer ??= setTimeout(() => this.#start(), gatherMs)
  }

  /** Writes what is due now. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#start()
    await this.#writing
  }

  #start(): void {
    this.#timer = null
    const paths = [...this.#dirty]
    this.#dirty.clear()
    this.#writing = this.#writing.then(() => this.#writeAll(paths))
  }

  async #writeAll(paths: string[]): Promise<void> {
    const worker = async (): Promise<void> => {
      for (let path = paths.pop(); path !== undefined && this.#enabled; path = paths.pop()) await this.#write(path)
    }
    await Promise.all(Array.from({ length: Math.min(atOnce, paths.length) }, worker))
  }

  async #write(path: string): Promise<void> {
    const file = join(this.#root, statusPath(path))
    try {
      const text = await this.#textOf(path)
      if (text === null) {
        this.#written.delete(path)
        await rm(file, { force: true })
        return
      }
      const before = this.#written.get(path) ?? (await readFile(file, 'utf8').catch(() => null))
      this.#written.set(path, text)
      if (before === text) return
      const temporary = `${file}.${process.pid}.tmp`
      await writeFile(temporary, text).catch(async (error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
        await mkdir(dirname(file), { recursive: true })
        await writeFile(temporary, text)
      })
      await rename(temporary, file)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? ''
      if (code === 'STORE_LOCKED') return
      if (givesUpOn.has(code)) {
        this.#enabled = false
        this.#log.warn({ folder: this.#root, code }, 'the folder cannot be written to: no .status files')
      } else this.#log.warn({ file, error }, 'could not write a status file')
    }
  }
}
