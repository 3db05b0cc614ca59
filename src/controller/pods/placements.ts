/**
 * Which endpoint each pod is on: written down before anything of it is made there, struck when its containers are gone.
 * What an endpoint that is away may be running is thus never run on another one, also after a crash.
 */
import type { Clock, PodId, WorkflowUid } from '../../resources/index.ts'
import type { Store } from '../../store/port.ts'
import { persevere } from '../back-off.ts'
import type { Log } from '../telemetry.ts'

const collection = 'placement'
/** Says that every pod without a record of its own is on no endpoint: pods of a time without endpoints had none. */
const completeKey = 'complete'
/** Strikes of so long make one commit. */
const strikeMs = 1_000

export class Placements {
  readonly #clock: Clock
  readonly #store: Store
  readonly #log: Log
  readonly #endpoints = new Map<PodId, string>()
  readonly #struck = new Set<PodId>()
  readonly #ending = new AbortController()
  #isComplete = false
  #isStriking = false

  constructor(parts: { readonly clock: Clock; readonly store: Store; readonly log: Log }) {
    this.#clock = parts.clock
    this.#store = parts.store
    this.#log = parts.log
  }

  /** What is written down; what others wrote meanwhile as well. */
  async load(): Promise<void> {
    for (const [key, value] of await this.#store.records(collection)) {
      if (key === completeKey) this.#isComplete = true
      else if (!this.#struck.has(key as PodId)) this.#endpoints.set(key as PodId, String(value))
    }
  }

  /** Records of workflows that are over are struck. */
  async prune(isLive: (uid: WorkflowUid) => boolean): Promise<void> {
    const uids = new Set([...this.#endpoints.keys()].map(workflowOf))
    for (const uid of uids) {
      if (isLive(uid)) continue
      const row = await this.#store.workflowByUid(uid)
      if (row === null || row.finished) this.forgetWorkflow(uid)
    }
  }

  of(pod: PodId): string | undefined {
    return this.#endpoints.get(pod)
  }

  /** Whether the pod may be on an endpoint that has not been heard, given that it has been seen to run or not. */
  mayBeOn(pod: PodId, endpoint: string, wasRunning: boolean): boolean {
    const known = this.#endpoints.get(pod)
    return known === undefined ? wasRunning || !this.#isComplete : known === endpoint
  }

  /** Durable when it resolves. @throws the signal's reason */
  async remember(pod: PodId, endpoint: string, signal: AbortSignal): Promise<void> {
    this.#struck.delete(pod)
    if (this.#endpoints.get(pod) === endpoint) return
    this.#endpoints.set(pod, endpoint)
    const write = () => this.#store.commit([{ kind: 'putRecord', collection, key: pod, value: endpoint }])
    await persevere(write, { clock: this.#clock, signal })
  }

  /** Its containers are gone; struck in a while, with others. */
  forget(pod: PodId): void {
    if (!this.#endpoints.delete(pod)) return
    this.#struck.add(pod)
    if (!this.#isStriking) void this.#strike()
  }

  forgetWorkflow(uid: string): void {
    for (const pod of this.#endpoints.keys()) if (pod.startsWith(`${uid}.`)) this.forget(pod)
  }

  /** Every endpoint has told what it has: from now on no record means nowhere. */
  async complete(): Promise<void> {
    if (this.#isComplete) return
    this.#isComplete = true
    const write = () => this.#store.commit([{ kind: 'putRecord', collection, key: completeKey, value: true }])
    await persevere(write, { clock: this.#clock, signal: this.#ending.signal }).catch(() => {})
  }

  close(): void {
    this.#ending.abort()
  }

  async #strike(): Promise<void> {
    this.#isStriking = true
    const { signal } = this.#ending
    try {
      while (this.#struck.size > 0 && !signal.aborted) {
        await this.#clock.sleep(strikeMs, signal)
        const pods = [...this.#struck]
        this.#struck.clear()
        const changes = pods.map((key) => ({ kind: 'putRecord', collection, key, value: null }) as const)
        await persevere(() => this.#store.commit(changes), { clock: this.#clock, signal })
      }
    } catch (error) {
      if (!signal.aborted) this.#log.warn({ error: String(error) }, 'records of pods that are gone could not be struck')
    } finally {
      this.#isStriking = false
    }
  }
}

const workflowOf = (pod: PodId): WorkflowUid => pod.slice(0, pod.indexOf('.')) as WorkflowUid

/** The daemon works without endpoints: what it starts now is written down nowhere, so no record says nothing later. */
export async function dropPlacements(store: Store): Promise<void> {
  const keys = [...(await store.records(collection)).keys()]
  if (keys.length > 0) await store.commit(keys.map((key) => ({ kind: 'putRecord', collection, key, value: null })))
}
