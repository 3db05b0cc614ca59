/** Hands commits to the writer thread: what gathers while it works goes to it as one group. */
import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { storeError } from '../fault.ts'
import type { StoreFault } from '../fault.ts'
import type { Committed, StoreHealth } from '../port.ts'
import { sizeOf } from '../wire.ts'
import type { WireCommit } from '../wire.ts'
import type { Reply, Request, WriterOptions } from './messages.ts'

/** One transaction holds at most about this much, so that those who wait are not kept long. */
const groupBytesMax = 8 * 1024 * 1024
/** What may wait in memory; beyond it commits are refused with STORE_BUSY. */
const waitingBytesMax = 256 * 1024 * 1024

type Waiting = {
  readonly commit: WireCommit
  readonly sizeBytes: number
  readonly resolve: (committed: Committed) => void
  readonly reject: (error: Error) => void
}

type Closing = { readonly resolve: () => void }

export class WriteQueue {
  readonly #options: WriterOptions
  #worker: Worker | null
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #inFlight: readonly Waiting[] = []
  #scheduled = false
  #closing: Closing | null = null
  /** Down while the last group could not be written for a reason that lies in the file or the disk. */
  health: StoreHealth = { isUp: true }

  private constructor(options: WriterOptions, worker: Worker) {
    this.#options = options
    this.#worker = this.#listen(worker)
  }

  /** Resolves when the database is open and its schema is up to date. */
  static async start(options: WriterOptions): Promise<WriteQueue> {
    return new WriteQueue(options, await startWriter(options))
  }

  push(commit: WireCommit): Promise<Committed> {
    const sizeBytes = sizeOf(commit)
    if (this.#closing) return Promise.reject(storeError({ code: 'STORE_DOWN', message: 'the store is closed' }))
    if (this.#waitingBytes + sizeBytes > waitingBytesMax && this.#waiting.length > 0)
      return Promise.reject(storeError({ code: 'STORE_BUSY', message: 'too many commits wait for the disk' }))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ commit, sizeBytes, resolve, reject })
      this.#waitingBytes += sizeBytes
      this.#schedule()
    })
  }

  /** Writes what waits, then ends the thread. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#closing = { resolve }
      this.#schedule()
    })
  }

  /** Once the code that is running now has made all its commits. */
  #schedule(): void {
    if (this.#scheduled || this.#inFlight.length > 0) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#send()
    })
  }

  #send(): void {
    if (this.#inFlight.length > 0) return
    const worker = this.#worker
    if (!worker) return this.#restart()
    if (this.#waiting.length > 0) {
      this.#inFlight = this.#takeGroup()
      worker.ref()
      const sizeBytes = this.#inFlight.reduce((sum, one) => sum + one.sizeBytes, 0)
      post(worker, { kind: 'commit', commits: this.#inFlight.map(({ commit }) => commit), sizeBytes })
    } else if (this.#closing) {
      worker.ref()
      post(worker, { kind: 'close' })
    }
  }

  #takeGroup(): readonly Waiting[] {
    let count = 0
    let sizeBytes = 0
    for (const waiting of this.#waiting) {
      if (count > 0 && sizeBytes + waiting.sizeBytes > groupBytesMax) break
      sizeBytes += waiting.sizeBytes
      count++
    }
    this.#waitingBytes -= sizeBytes
    return this.#waiting.splice(0, count)
  }

  #listen(worker: Worker): Worker {
    worker.on('message', (reply: Reply) => {
      if (reply.kind === 'done') this.#settle(reply.outcomes)
      if (reply.kind === 'closed') this.#closing?.resolve()
    })
    worker.on('error', (error: unknown) => {
      this.#lost(worker, error)
    })
    worker.on('exit', () => {
      this.#lost(worker, null)
    })
    worker.unref()
    return worker
  }

  #settle(outcomes: Extract<Reply, { kind: 'done' }>['outcomes']): void {
    const settled = this.#inFlight
    this.#inFlight = []
    this.#worker?.unref()
    this.#send()
    this.health = healthAfter(outcomes)
    settled.forEach(({ resolve, reject }, i) => {
      const outcome = outcomes[i]
      if (outcome?.ok) resolve({ resourceVersion: outcome.resourceVersion, versions: outcome.versions })
      else reject(storeError(outcome?.fault ?? { code: 'STORE_DOWN', message: 'the writer gave no answer' }))
    })
  }

  /** The thread is gone: what it had in hand may or may not be stored. The next commit starts another. */
  #lost(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = null
    this.#fail(this.#inFlight, { code: 'STORE_DOWN', message: 'the writer thread ended; outcome unknown' }, error)
    this.#inFlight = []
    if (this.#waiting.length > 0) this.#schedule()
    else this.#closing?.resolve()
  }

  #restart(): void {
    if (this.#waiting.length === 0) return this.#closing?.resolve()
    this.#scheduled = true
    startWriter(this.#options).then(
      (worker) => {
        this.#scheduled = false
        this.#worker = this.#listen(worker)
        this.#send()
      },
      (error: unknown) => {
        this.#scheduled = false
        this.#fail(this.#waiting.splice(0), { code: 'STORE_DOWN', message: 'the writer thread does not start' }, error)
        this.#waitingBytes = 0
        this.#closing?.resolve()
      },
    )
  }

  #fail(waiting: readonly Waiting[], fault: StoreFault, cause: unknown): void {
    for (const { reject } of waiting) reject(storeError(fault, cause))
  }
}

/** A commit that contradicts what is stored says nothing about the store. */
function healthAfter(outcomes: Extract<Reply, { kind: 'done' }>['outcomes']): StoreHealth {
  for (const outcome of outcomes)
    if (!outcome.ok && outcome.fault.code !== 'STORE_CONFLICT') return { isUp: false, reason: outcome.fault.message }
  return { isUp: true }
}

const youngMiB = 24

const post = (worker: Worker, request: Request): void => {
  worker.postMessage(request)
}

function startWriter(options: WriterOptions): Promise<Worker> {
  const cache = getCompileCacheDir()
  const worker = new Worker(new URL('./writer.ts', import.meta.url), {
    workerData: options,
    name: 'drydock-store',
    // What it gets is short-lived; the room that a daemon has for such would be had twice.
    resourceLimits: { maxYoungGenerationSizeMb: youngMiB },
    // A thread does not inherit the cache; with it the thread is up sooner and some 25 MB smaller.
    env: cache === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(cache) },
  })
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      reject(storeError({ code: 'STORE_DOWN', message: `the writer thread does not start: ${String(error)}` }, error))
    }
    worker.once('error', fail)
    worker.once('message', (reply: Reply) => {
      worker.off('error', fail)
      if (reply.kind === 'ready') return resolve(worker)
      reject(storeError(reply.kind === 'refused' ? reply.fault : { code: 'STORE_DOWN', message: 'unexpected answer' }))
    })
  })
}
