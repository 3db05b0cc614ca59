/** Writes `.status/<file>.yaml`: whole or not at all, gathered over a moment, silently given up in a read-only folder. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { parse } from 'yaml'
import type { Log } from '../../controller/telemetry.ts'

export const statusFolder = '.status'
const gatherMs = 150
const atOnce = 16
const givesUpOn = new Set(['EROFS', 'EACCES', 'EPERM', 'ENOTSUP'])

/** `a/b.yaml` → `.status/a/b.yaml`; any other ending gets `.yaml` behind it. */
export const statusPath = (path: string): string => join(statusFolder, path.endsWith('.yaml') ? path : `${path}.yaml`)

/** What a file is called before it is whole. */
const unfinished = /\.yaml\.\d+\.tmp$/

export type StatusFilesOptions = {
  /** What the file's status is now; `null`: there is none. */
  readonly textOf: (path: string) => Promise<string | null>
  /** Asked last, as what is older must not go over what is newer. Rejects with STORE_LOCKED where that is for another to say. */
  readonly inCharge?: (() => Promise<void>) | undefined
  readonly log: Log
}

/** Which manifest the status is of; empty where it is none of ours. */
function fileOf(text: string): string {
  try {
    const status = parse(text) as { readonly file?: unknown } | null
    return typeof status?.file === 'string' ? status.file : ''
  } catch {
    return ''
  }
}

export class StatusFiles {
  readonly #root: string
  readonly #inCharge: () => Promise<void>
  readonly #textOf: (path: string) => Promise<string | null>
  readonly #log: Log
  readonly #dirty = new Set<string>()
  readonly #written = new Map<string, string>()
  #timer: NodeJS.Timeout | null = null
  #writing: Promise<void> = Promise.resolve()
  #enabled: boolean

  constructor(root: string, enabled: boolean, { textOf, inCharge, log }: StatusFilesOptions) {
    this.#root = root
    this.#enabled = enabled
    this.#textOf = textOf
    this.#inCharge = inCharge ?? (() => Promise.resolve())
    this.#log = log
  }

  changed(path: string): void {
    if (!this.#enabled) return
    this.#dirty.add(path)
    this.#timer ??= setTimeout(() => this.#start(), gatherMs)
  }

  /** Takes away what an earlier daemon left when it was killed: halves of files, and files of manifests that are no more. */
  sweep(isKnown: (path: string) => boolean): void {
    if (!this.#enabled) return
    this.#writing = this.#writing
      .then(() => this.#sweepNow(isKnown))
      .catch((error: unknown) => this.#log.warn({ folder: this.#root, error }, 'could not look through .status'))
  }

  async #sweepNow(isKnown: (path: string) => boolean): Promise<void> {
    const folder = join(this.#root, statusFolder)
    const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
    for (const entry of entries) {
      const file = join(entry.parentPath, entry.name)
      if (!entry.isFile() || !(unfinished.test(entry.name) || (await this.#isStray(relative(folder, file), isKnown))))
        continue
      await this.#inCharge()
      await rm(file, { force: true })
    }
  }

  /** One of ours, by what it says, of a manifest that is not there. */
  async #isStray(status: string, isKnown: (path: string) => boolean): Promise<boolean> {
    if (!status.endsWith('.yaml')) return false
    const paths = [status, status.slice(0, -'.yaml'.length)]
    if (paths.some(isKnown)) return false
    return paths.includes(fileOf(await readFile(join(this.#root, statusFolder, status), 'utf8')))
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
        await this.#inCharge()
        await rm(file, { force: true })
        return
      }
      const before = this.#written.get(path) ?? (await readFile(file, 'utf8').catch(() => null))
      this.#written.set(path, text)
      if (before === text) return
      await this.#put(file, text)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? ''
      if (code === 'STORE_LOCKED') return
      if (givesUpOn.has(code)) {
        this.#enabled = false
        this.#log.warn({ folder: this.#root, code }, 'the folder cannot be written to: no .status files')
      } else this.#log.warn({ file, error }, 'could not write a status file')
    }
  }

  async #put(file: string, text: string): Promise<void> {
    const temporary = `${file}.${process.pid}.tmp`
    try {
      await writeFile(temporary, text).catch(async (error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
        await mkdir(dirname(file), { recursive: true })
        await writeFile(temporary, text)
      })
      await this.#inCharge()
      await rename(temporary, file)
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined)
      throw error
    }
  }
}
