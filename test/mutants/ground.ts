/** Copies of the sources: one that stays as it is, and one for each trial at a time. They go with the process. */
import { rmSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Mutant } from './mutant.ts'

const root = join(import.meta.dirname, '..', '..')
const copied = ['src', 'scripts', 'test']
const alsoCopied = ['package.json', 'vitest.config.ts', 'tsconfig.json']
const prefix = 'drydock-mutants-'

export class Ground {
  /** As the sources are. */
  readonly plain: string
  readonly #folder: string
  readonly #free: string[] = []
  #count = 0

  private constructor(folder: string) {
    this.#folder = folder
    this.plain = join(folder, 'plain')
  }

  static async open(): Promise<Ground> {
    await removeThoseOfTheDead()
    const ground = new Ground(await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`)))
    process.once('exit', ground.#remove)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, ground.#endBy)
    await copyTo(root, ground.plain)
    return ground
  }

  async close(): Promise<void> {
    process.off('exit', this.#remove)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, this.#endBy)
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** Runs the work in a copy with that mistake. @throws Error where its text does not stand there exactly once */
  async with<T>({ name, file, find, replace }: Mutant, work: (folder: string) => Promise<T>): Promise<T> {
    const folder = this.#free.pop() ?? (await this.#another())
    const path = join(folder, file)
    const text = await readFile(path, 'utf8')
    const count = text.split(find).length - 1
    if (count !== 1) {
      this.#free.push(folder)
      throw new Error(`the mutant “${name}” no longer fits: its text stands ${count} times in ${file}`)
    }
    try {
      await writeFile(
        path,
        text.replace(find, () => replace),
      )
      return await work(folder)
    } finally {
      await writeFile(path, text)
      this.#free.push(folder)
    }
  }

  async #another(): Promise<string> {
    const folder = join(this.#folder, String((this.#count += 1)))
    await copyTo(this.plain, folder)
    return folder
  }

  readonly #remove = (): void => rmSync(this.#folder, { recursive: true, force: true })
  readonly #endBy = (): void => process.exit(1)
}

async function copyTo(from: string, folder: string): Promise<void> {
  await mkdir(folder)
  for (const one of [...copied, ...alsoCopied]) await cp(join(from, one), join(folder, one), { recursive: true })
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
}

/** Of processes that were killed. */
async function removeThoseOfTheDead(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1])
    if (pid > 0 && !lives(pid)) await rm(join(tmpdir(), name), { recursive: true, force: true })
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
