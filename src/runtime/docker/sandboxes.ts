/**
 * Network sandboxes: paused containers whose network the containers of a pod join, which spares them the engine's slow
 * set-up of a network. Made ahead, given to one pod at a time and then to the next of the same workflow, never to another
 * workflow's.
 *
 * A pod's containers are created for a sandbox of the name `drydock.<pod>._net`, which need not exist then: a free sandbox
 * is renamed so just before the start (or earlier, where one is idle). So it is settled late which pod gets which sandbox,
 * and a pod that was prepared ahead keeps none from others. The name also tells a restarted daemon who has it. Engines
 * that insist on the sandbox at creation get it then (`isLate` false).
 */
import type { PodId, PodIdentity, WorkflowUid } from '../../resources/index.ts'
import { EngineError } from './client.ts'
import type { EngineCalls } from './engine-calls.ts'
import type { Log } from './log.ts'
import { freeSandboxName, label, occupantOf, sandboxNameOf } from './names.ts'
import { endProcesses } from './lost-start.ts'
import { sandboxBody, startSandbox } from './sandbox-body.ts'
import type { Owner } from './sandbox-body.ts'
import { SandboxRemovals } from './sandbox-removals.ts'
import type { InspectedContainer, ListedContainer } from './wire.ts'

export type Sandbox = { readonly id: string; readonly ip: string | null; readonly workflow: WorkflowUid }

type Held = Sandbox & {
  occupant: PodId | null
  /** Whose name it has in the engine; the pod may be another's by now, or nobody's. */
  bears: PodId | null
  /** Given to a pod that has not started: another that starts first may take it. */
  isReserved: boolean
  freeSince: number
  /** Settles once the engine knows its present name; rejects where it could not be named. */
  named: Promise<void>
}

type Waiter = { readonly pod: PodIdentity; resolve(sandbox: Held): void; reject(error: unknown): void }

/** Each costs the engine a process or two: an idle one waits no longer than this for the workflow's next pod. */
const idleMs = 10_000
/** Made at once for one workflow; more only slow each other down. */
const mostMaking = 2

export type SandboxesOptions = {
  readonly calls: EngineCalls
  readonly owner: Owner
  readonly log: Log
  /** Sandboxes worth having idle at once. */
  readonly spare: () => number
  /** Rejects where this daemon is no longer in charge. */
  readonly confirm: () => Promise<void>
}

export class Sandboxes {
  /** Whether the engine creates containers for a sandbox that does not exist yet. */
  isLate = true
  private readonly options: SandboxesOptions
  private readonly pools = new Map<WorkflowUid, Set<Held>>()
  private readonly byPod = new Map<PodId, Held>()
  private readonly binding = new Map<PodId, Promise<Sandbox>>()
  private readonly waiters = new Map<WorkflowUid, Waiter[]>()
  private readonly making = new Map<WorkflowUid, number>()
  private readonly makingNames = new Set<string>()
  /** Of those whose making failed: the engine may have one of the name all the same, or get it yet. */
  private readonly failedNames = new Set<string>()
  private readonly removals: SandboxRemovals
  private readonly makes = new Set<Promise<void>>()
  private readonly timer: NodeJS.Timeout
  private count = 0

  constructor(options: SandboxesOptions) {
    this.options = options
    this.removals = new SandboxRemovals(options)
    this.timer = setInterval(() => this.dropIdle(), idleMs / 3)
    this.timer.unref()
  }

  /** Removes those that no pod has; what pods have stays for the daemon's next life. */
  async close(): Promise<void> {
    clearInterval(this.timer)
    while (this.makes.size > 0) await Promise.all(this.makes)
    // One whose name is not known to us any more would be removed, while the next life of the daemon takes it up.
    await Promise.allSettled([...this.pools.values()].flatMap((pool) => [...pool].map(({ named }) => named)))
    const free = [...this.pools.values()].flatMap((pool) => [...pool].filter((held) => held.occupant === null))
    for (const held of free) this.drop(held)
    // Also those that were on their way out already: the client closes with us.
    await this.removals.close()
  }

  /** So many pods of the workflow will come: has sandboxes made, within reason. */
  expect(pod: Pick<PodIdentity, 'workflowUid' | 'workflowName' | 'namespace'>, pods: number): void {
    const free = [...this.pool(pod.workflowUid)].filter((one) => one.occupant === null).length
    const making = this.making.get(pod.workflowUid) ?? 0
    const wanted = Math.min(pods, this.options.spare()) - free - making
    for (let index = 0; index < Math.min(wanted, mostMaking - making); index += 1) this.make(pod)
  }

  /** The pod will start soon: an idle sandbox takes its name now, or one is begun. Never waits for a new one. */
  async reserve(pod: PodIdentity): Promise<void> {
    if (this.byPod.has(pod.id) || this.binding.has(pod.id)) return
    const free = [...this.pool(pod.workflowUid)].find((one) => one.occupant === null)
    if (!free) return this.expect(pod, 1)
    await this.give(free, pod.id, true)
  }

  /**
   * Before containers are created for the pod's sandbox by its name: the engine writes down the id of whatever bears the
   * name then, for ever. One that the pod had in an earlier life may be given to another, or be gone at the start.
   */
  async clearName({ id, workflowUid }: Pick<PodIdentity, 'id' | 'workflowUid'>): Promise<void> {
    for (const held of this.pools.get(workflowUid) ?? []) {
      if (held.bears !== id || held.occupant === id) continue
      const named = held.named.catch(() => {}).then(() => (held.bears === id ? this.unname(held) : undefined))
      held.named = named
      await named
    }
  }

  /** The pod's sandbox, the same for all its containers; waits for one to be freed or made. */
  bind(pod: PodIdentity): Promise<Sandbox> {
    const own = this.byPod.get(pod.id)
    if (own) {
      own.isReserved = false
      return own.named.then(() => own)
    }
    const underWay = this.binding.get(pod.id)
    if (underWay) return underWay
    const binding = this.bindAny(pod).finally(() => this.binding.delete(pod.id))
    this.binding.set(pod.id, binding)
    return binding
  }

  private bindAny(pod: PodIdentity): Promise<Sandbox> {
    const pool = [...this.pool(pod.workflowUid)]
    const ready = pool.find((one) => one.occupant === null) ?? pool.find((one) => one.isReserved)
    if (ready) return this.give(ready, pod.id, false)
    const waiters = this.waiters.get(pod.workflowUid) ?? []
    this.waiters.set(pod.workflowUid, waiters)
    const wait = new Promise<Held>((resolve, reject) => waiters.push({ pod, resolve, reject }))
    const making = this.making.get(pod.workflowUid) ?? 0
    if (making < Math.min(mostMaking, waiters.length)) this.make(pod)
    return wait
  }

  /** The pod has ended: its sandbox is for the next. */
  release(pod: PodId): void {
    const held = this.byPod.get(pod)
    if (!held) return
    this.byPod.delete(pod)
    this.freed(held)
  }

  /** The engine says it is not usable: it is removed, and the pod gets another. */
  discard(pod: PodId): void {
    const held = this.byPod.get(pod)
    if (held) this.drop(held)
  }

  sandboxOf(pod: PodId): Sandbox | null {
    return this.byPod.get(pod) ?? null
  }

  counts(): { readonly used: number; readonly free: number } {
    let [used, free] = [0, 0]
    for (const pool of this.pools.values())
      for (const { occupant } of pool) {
        if (occupant === null) free += 1
        else used += 1
      }
    return { used, free }
  }

  /** Those that stand in the engine as far as is known. */
  ids(): ReadonlySet<string> {
    return new Set([...this.pools.values()].flatMap((pool) => [...pool].map((one) => one.id)))
  }

  /**
   * What stands in the engine is taken over, what has gone is forgotten.
   * @param before ids that were known before the list was asked for: only of those does their absence say anything
   * @param isLive whether a pod may still need its sandbox
   * @param isFirst nobody of this daemon can be making one: what does not run is left over
   */
  async adopt(
    rows: readonly ListedContainer[],
    before: ReadonlySet<string>,
    isLive: (pod: PodId) => boolean,
    isFirst: boolean,
  ): Promise<void> {
    const listed = new Set(rows.map((row) => row.id))
    this.removals.listed(listed)
    const known = this.ids()
    for (const row of rows) {
      if (!isFirst && row.state !== 'running' && !this.failedNames.has(row.name)) continue
      if (known.has(row.id) || this.removals.has(row.id) || this.makingNames.has(row.name)) continue
      const workflow = row.labels[label.workflowUid] as WorkflowUid | undefined
      const found = row.state === 'running' ? await this.options.calls.inspect(row.id) : null
      if (workflow === undefined || found === null) {
        if (row.state === 'created') await endProcesses(row.id)
        await this.options.calls.remove(row.id)
        this.failedNames.delete(row.name)
        continue
      }
      if (this.ids().has(row.id)) continue
      const pod = occupantOf(row.name)
      const occupant = pod !== null && isLive(pod) && !this.byPod.has(pod) ? pod : null
      const held: Held = {
        id: row.id,
        ip: found.ip,
        workflow,
        occupant,
        bears: pod,
        isReserved: false,
        freeSince: Date.now(),
        named: Promise.resolve(),
      }
      this.pool(workflow).add(held)
      if (occupant !== null) this.byPod.set(occupant, held)
    }
    const standing = new Set(rows.filter((row) => row.state === 'running').map((row) => row.id))
    for (const pool of this.pools.values()) {
      for (const held of pool) {
        if (before.has(held.id) && !standing.has(held.id)) this.drop(held)
        else if (held.occupant !== null && !isLive(held.occupant)) this.release(held.occupant)
      }
    }
  }

  /** Removes all sandboxes of a workflow. */
  async forget(workflow: WorkflowUid): Promise<void> {
    const pool = [...this.pool(workflow)]
    this.pools.delete(workflow)
    for (const { occupant } of pool) if (occupant !== null) this.byPod.delete(occupant)
    await Promise.all(pool.map(({ id }) => this.removals.removeNow(id)))
  }

  /** The workflow is another daemon's from now on: what its pods have stays, what is idle goes. */
  letGo(workflow: WorkflowUid): void {
    for (const held of this.pools.get(workflow) ?? []) {
      if (held.occupant === null) this.drop(held)
      else this.byPod.delete(held.occupant)
    }
    this.pools.delete(workflow)
  }

  private pool(workflow: WorkflowUid): Set<Held> {
    const pool = this.pools.get(workflow) ?? new Set<Held>()
    this.pools.set(workflow, pool)
    return pool
  }

  private async give(held: Held, pod: PodId, isReserved: boolean): Promise<Held> {
    if (held.occupant !== null) this.byPod.delete(held.occupant)
    held.occupant = pod
    held.isReserved = isReserved
    this.byPod.set(pod, held)
    if (!this.isLate) return held
    held.named = held.named
      .catch(() => {})
      .then(() => this.name(held, pod))
      .then(() => void (held.bears = pod))
      .catch((error: unknown) => {
        this.drop(held)
        throw error
      })
    await held.named
    return held
  }

  /** Another may bear the name still: one that this pod was robbed of, or had in an earlier life of daemon or engine. */
  private async name(held: Held, pod: PodId): Promise<void> {
    const name = sandboxNameOf(pod)
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.options.calls.rename(held.id, name)
      } catch (error) {
        if (!(error instanceof EngineError) || error.status !== 409 || attempt >= 3) throw error
        const bearer = await this.options.calls.inspect(name)
        if (bearer?.id === held.id) return
        if (bearer !== null) await this.makeWay(bearer, held.workflow)
      }
    }
  }

  private async makeWay({ id, status }: InspectedContainer, workflow: WorkflowUid): Promise<void> {
    const other = [...this.pool(workflow)].find((one) => one.id === id)
    if (other && other.occupant !== null) await Promise.race([other.named.catch(() => {}), pause(1_000)])
    else if (other) await this.unname(other)
    else if (this.removals.has(id) || status !== 'running') await this.removals.clear(id)
    else await pause(100)
  }

  private async unname(held: Held): Promise<void> {
    await this.options.calls.rename(held.id, this.freeName(held.workflow))
    held.bears = null
  }

  private freeName(workflow: WorkflowUid): string {
    this.count += 1
    return freeSandboxName(workflow, `${process.pid.toString(36)}${Date.now().toString(36)}${this.count.toString(36)}`)
  }

  private freed(held: Held): void {
    held.occupant = null
    held.isReserved = false
    held.freeSince = Date.now()
    const waiters = this.waiters.get(held.workflow)
    const waiter = waiters?.shift()
    if (waiters?.length === 0) this.waiters.delete(held.workflow)
    if (waiter) void this.give(held, waiter.pod.id, false).then(waiter.resolve, waiter.reject)
  }

  private drop(held: Held): void {
    this.pools.get(held.workflow)?.delete(held)
    if (held.occupant !== null && this.byPod.get(held.occupant) === held) this.byPod.delete(held.occupant)
    this.removals.remove(held.id)
  }

  private dropIdle(): void {
    const before = Date.now() - idleMs
    for (const [workflow, pool] of this.pools) {
      for (const held of pool) if (held.occupant === null && held.freeSince < before) this.drop(held)
      if (pool.size === 0 && !this.waiters.has(workflow) && !this.making.has(workflow)) this.pools.delete(workflow)
    }
  }

  private make(pod: Pick<PodIdentity, 'workflowUid' | 'workflowName' | 'namespace'>): void {
    const workflow = pod.workflowUid
    this.making.set(workflow, (this.making.get(workflow) ?? 0) + 1)
    const name = this.freeName(workflow)
    this.makingNames.add(name)
    const made = (): void => {
      this.makingNames.delete(name)
      const left = (this.making.get(workflow) ?? 1) - 1
      if (left <= 0) this.making.delete(workflow)
      else this.making.set(workflow, left)
    }
    const make = startSandbox(this.options.calls, name, sandboxBody(this.options.owner, pod))
      .then(({ id, ip }) => {
        made()
        const held: Held = {
          id,
          ip,
          workflow,
          occupant: null,
          bears: null,
          isReserved: false,
          freeSince: Date.now(),
          named: Promise.resolve(),
        }
        this.pool(workflow).add(held)
        this.freed(held)
        const waiting = this.waiters.get(workflow)?.[0]
        if (waiting) this.make(waiting.pod)
      })
      .catch((error: unknown) => {
        made()
        this.failedNames.add(name)
        const waiters = this.waiters.get(workflow)
        this.waiters.delete(workflow)
        for (const waiter of waiters ?? []) waiter.reject(error)
        this.options.log('warn', 'a sandbox could not be made', { uid: workflow, error: String(error) })
      })
      .finally(() => this.makes.delete(make))
    this.makes.add(make)
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
