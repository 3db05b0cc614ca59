/** A daemon that may be killed, frozen and ended at any instant; what all its lives said is in one file. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { appendFileSync, closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const drydock = join(import.meta.dirname, '..', '..', 'bin', 'drydock.js')

export type DaemonPlace = {
  readonly name: string
  readonly port: number
  readonly config: string
  readonly folder: string
  readonly dataDir: string
  readonly log: string
  readonly environment: Readonly<Record<string, string>>
}

export class ChaosDaemon {
  readonly name: string
  readonly url: string
  readonly log: string
  /** What no fault of ours explains, such as an end by itself. */
  readonly complaints: string[] = []
  lives = 0
  readonly #place: DaemonPlace
  #child: ChildProcess | null = null
  #isOurDoing = false
  #ended: Promise<void> = Promise.resolve()
  #isFrozen = false

  constructor(place: DaemonPlace) {
    this.#place = place
    this.name = place.name
    this.log = place.log
    this.url = `http://127.0.0.1:${place.port}`
  }

  get isUp(): boolean {
    return this.#child !== null
  }

  /** Starts a new life; does not wait until it answers. */
  spawn(): void {
    if (this.#child !== null) return
    this.lives += 1
    appendFileSync(this.log, `--- life ${this.lives} of ${this.name}\n`)
    const log = openSync(this.log, 'a')
    const { folder, dataDir, port, config, environment } = this.#place
    const words = ['up', folder, '--data', dataDir, '--port', String(port), '--metrics-port', '0', '--config', config]
    const child = spawn(process.execPath, [drydock, ...words], {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...environment },
    })
    closeSync(log)
    this.#child = child
    this.#isOurDoing = false
    const life = this.lives
    this.#ended = new Promise((resolve) =>
      child.once('exit', (code, signal) => {
        if (this.#child === child) this.#child = null
        // Until it has said how it wants to end, SIGTERM ends it as any program.
        const isWell = this.#isOurDoing && (signal !== null || code === 0)
        if (!isWell) this.complaints.push(`life ${life} of daemon ${this.name} ended with ${String(code ?? signal)}`)
        appendFileSync(this.log, `--- life ${life} of ${this.name} ended: ${String(code ?? signal)}\n`)
        resolve()
      }),
    )
  }

  async kill(): Promise<void> {
    this.#isOurDoing = true
    this.#child?.kill('SIGKILL')
    await this.#ended
  }

  /** Begins to end as an operator would have it. */
  term(): Promise<void> {
    this.#isOurDoing = true
    this.#child?.kill('SIGTERM')
    return this.#ended
  }

  async freeze(ms: number): Promise<void> {
    if (this.#isFrozen) return
    this.#isFrozen = true
    this.#child?.kill('SIGSTOP')
    await sleep(ms)
    this.#child?.kill('SIGCONT')
    this.#isFrozen = false
  }
}
