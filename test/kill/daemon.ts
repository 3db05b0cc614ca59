/** A real daemon that can be killed at any instant and started again on what it left. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const drydock = join(import.meta.dirname, '..', '..', 'bin', 'drydock.js')
const saidMost = 400

export class KillableDaemon {
  readonly root: string
  readonly folder: string
  readonly dataDir: string
  /** The last lines of all lives, for the failure report. */
  readonly said: string[] = []
  #child: ChildProcess | null = null
  #ended: Promise<void> = Promise.resolve()
  #url: PromiseWithResolvers<string> = Promise.withResolvers()

  readonly #environment: Readonly<Record<string, string>>

  private constructor(root: string, environment: Readonly<Record<string, string>>) {
    this.root = root
    this.#environment = environment
    this.folder = join(root, 'manifests')
    this.dataDir = join(root, 'data')
  }

  static async inScratch(environment: Readonly<Record<string, string>> = {}): Promise<KillableDaemon> {
    return new KillableDaemon(await mkdtemp(join(tmpdir(), 'drydock-kill-')), environment)
  }

  /** Another one with the same folders. */
  beside(): KillableDaemon {
    return new KillableDaemon(this.root, this.#environment)
  }

  /** Starts a new life; does not wait until it answers. */
  spawn(): void {
    const port = this.#environment['DRYDOCK_SERVER_PORT'] ?? '0'
    const options = ['--data', this.dataDir, '--port', port, '--metrics-port', '0']
    const child = spawn(process.execPath, [drydock, 'up', this.folder, ...options], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...this.#environment },
    })
    const url = Promise.withResolvers<string>()
    url.promise.catch(() => undefined) // nobody may be waiting when it is killed
    this.#child = child
    this.#url = url
    this.#ended = new Promise((resolve) => child.once('exit', () => resolve()))
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.said.push(line)
      if (this.said.length > saidMost) this.said.shift()
      const api = /"api":"([^"]+)"/.exec(line)?.[1]
      if (api === undefined) return
      url.resolve(api)
      // One that stood by and is in charge again may listen elsewhere.
      if (this.#child === child) this.#url = { ...url, promise: Promise.resolve(api) }
    })
    child.once('exit', (code, signal) => url.reject(new Error(`the daemon ended: ${String(code ?? signal)}`)))
  }

  /** Where this life serves the API, once it does. */
  get url(): Promise<string> {
    return this.#url.promise
  }

  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL')
    await this.#ended
  }

  /** Stands still until it is thawed or killed. */
  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Ends it as an operator would. */
  async stop(): Promise<void> {
    this.#child?.kill('SIGTERM')
    await this.#ended
  }

  /** By which the engine knows what is ours. */
  async instance(): Promise<string> {
    return (await readFile(join(this.dataDir, 'instance'), 'utf8')).trim()
  }

  async clear(): Promise<void> {
    await rm(this.root, { recursive: true, force: true })
  }
}
