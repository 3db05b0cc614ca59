/** A guide of docs/ as somebody follows it: its blocks, typed one after the other in a folder where `drydock` is on the PATH. */
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'

export type Block = { readonly language: string; readonly text: string }

const root = join(import.meta.dirname, '..')

export class Guide {
  readonly folder: string
  /** In the order of the guide. */
  readonly blocks: readonly Block[]
  /** Of all that is typed; may be added to. */
  readonly environment: NodeJS.ProcessEnv
  #daemon: ChildProcess | null = null

  private constructor(folder: string, blocks: readonly Block[]) {
    this.folder = folder
    this.blocks = blocks
    this.environment = {
      ...process.env,
      PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`,
      DRYDOCK_SERVER_PORT: '0',
      DRYDOCK_METRICS_PORT: '0',
    }
  }

  /** @param name of the file in docs/, without its `.md` */
  static async open(name: string): Promise<Guide> {
    const text = await readFile(join(root, 'docs', `${name}.md`), 'utf8')
    const blocks = [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, language = '', block = '']) => ({
      language,
      text: block,
    }))
    const folder = await mkdtemp(join(tmpdir(), `${name}-guide-`))
    await mkdir(join(folder, 'bin'))
    const program = join(folder, 'bin', 'drydock')
    await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'bin', 'drydock.js')}" "$@"\n`)
    await chmod(program, 0o755)
    return new Guide(folder, blocks)
  }

  blocksOf(language: string): readonly string[] {
    return this.blocks.filter((block) => block.language === language).map(({ text }) => text)
  }

  /** What the commands print; rejects where one of them fails. */
  async type(commands: string): Promise<string> {
    const options = { cwd: this.folder, env: this.environment, timeout: 240_000 }
    return (await promisify(execFile)('bash', ['-ec', commands], options)).stdout
  }

  /** @returns the log of the daemon so far, once it is up; `commands` end with `drydock up` */
  async up(commands: string): Promise<string> {
    const child = spawn('sh', ['-ec', commands.replace(/^drydock up/m, 'exec drydock up')], {
      cwd: this.folder,
      env: this.environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#daemon = child
    let log = ''
    child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
    await expect.poll(() => log).toContain('drydock is up')
    return log
  }

  /** Ends the daemon, if one is up. */
  async down(): Promise<void> {
    if (this.#daemon?.exitCode !== null) return
    this.#daemon.kill('SIGTERM')
    await once(this.#daemon, 'close')
  }

  async remove(): Promise<void> {
    await this.down()
    await rm(this.folder, { recursive: true, force: true })
  }
}
