/**
 * Watches the swarm: which machines it has, what became of pods' services, what the machines tell of their pods. All by
 * looking again and again at what is; nothing that was missed can be missed for long.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { PodId, PodState } from '../../resources/index.ts'
import { WorldError } from '../../resources/index.ts'
import { type Listener, Listeners } from '../docker/listeners.ts'
import type { Log } from '../docker/log.ts'
import type { Machine } from './machine.ts'
import type { Manager } from './manager.ts'
import type { Placement, Placements } from './placements.ts'
import type { SwarmNode, SwarmService } from './wire.ts'

export type OverseerParts = {
  readonly manager: Manager
  readonly placements: Placements
  readonly log: Log
  readonly lostAfterMs: number
  readonly lookMs: number
  readonly machineOf: (node: SwarmNode, onState: (machine: Machine, state: PodState) => void) => Machine
}

/** Longest wait for the end of a pod that was given up, before it is tried again. */
const clearMs = 20_000

export class Overseer {
  readonly machines = new Map<string, Machine>()
  readonly #parts: OverseerParts
  readonly #listeners: Listeners
  /** What was told last of each pod. */
  readonly #last = new Map<PodId, PodState>()
  /** Pods on machines of which the swarm could not be asked whose they are. */
  readonly #unexplained = new Map<PodId, { readonly machine: Machine; readonly state: PodState }>()
  readonly #leaving = new Map<PodId, Promise<void>>()
  #looking: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | null = null
  #health: { readonly isHealthy: boolean; readonly reason: string } | null = null
  /** Of the machines that may have pods, as text. */
  #size = ''
  #isClosed = false

  constructor(parts: OverseerParts) {
    this.#parts = parts
    this.#listeners = new Listeners(parts.log)
  }

  /** Looks from now on every so often. */
  begin(): void {
    if (this.#timer !== null || this.#isClosed) return
    this.#timer = setInterval(() => void this.look().catch(() => {}), this.#parts.lookMs)
    this.#timer.unref()
  }

  /** One look after the other. @throws what the manager throws */
  look(signal?: AbortSignal): Promise<void> {
    const look = this.#looking.then(() => this.#look(signal))
    this.#looking = look.catch(() => {})
    return look
  }

  observe(onState: Listener['onState'], onHealth: Listener['onHealth']): { close(): void } {
    const listener = { onState, onHealth }
    const observing = this.#listeners.add(listener)
    if (this.#health !== null) onHealth(this.#health.isHealthy, this.#health.reason)
    for (const state of this.#last.values()) this.#listeners.tell(state, [listener])
    return observing
  }

  /** Nobody is to hear of the pod any more. */
  forget(pod: PodId): void {
    this.#last.delete(pod)
    this.#unexplained.delete(pod)
  }

  /** It was begun, its machine answers, and nothing of it stands there: somebody took its containers away. */
  vanished(placement: Placement): void {
    if (placement.fate === 'kept') this.#leave(placement, 'evicted', 'its containers vanished')
  }

  /** A pod that no machine tells of now: its machine is away, it was only placed, or it is gone. */
  unseen({ identity, fate }: Placement): PodState {
    const phase = fate === 'kept' ? 'created' : 'gone'
    return { identity, phase, containers: this.#last.get(identity.id)?.containers ?? [], ready: false }
  }

  /** Of machines that are and that were. */
  dataDirs(dataDir: string): readonly string[] {
    const root = join(dataDir, 'machines')
    return existsSync(root) ? readdirSync(root).map((name) => join(root, name)) : []
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#listeners.clear()
    await Promise.all([...this.#leaving.values()])
    await Promise.all([...this.machines.values()].map((machine) => machine.close()))
  }

  async #look(signal?: AbortSignal): Promise<void> {
    if (this.#isClosed) return
    try {
      // Known before the list was asked for: only of those does their absence say anything.
      const bound = [...this.#parts.placements.known.values()].filter(
        (one) => one.machine !== null && one.fate === 'kept',
      )
      this.#take(await this.#parts.manager.nodes(signal))
      const services = await this.#parts.placements.read(signal)
      this.#setHealth(true, '')
      for (const placement of bound) this.#judge(placement, services)
      for (const [pod, { machine, state }] of [...this.#unexplained]) {
        this.#unexplained.delete(pod)
        this.#heard(machine, state)
      }
    } catch (error) {
      signal?.throwIfAborted()
      this.#setHealth(false, `the swarm: ${error instanceof Error ? error.message : String(error)}`)
      throw error
    }
  }

  #take(nodes: readonly SwarmNode[]): void {
    const nowMs = performance.now()
    for (const node of nodes) {
      const known = this.machines.get(node.id)
      const machine = known ?? this.#parts.machineOf(node, (from, state) => this.#heard(from, state))
      if (known === undefined) this.machines.set(node.id, machine)
      machine.update(node, nowMs)
    }
    const named = new Set(nodes.map(({ id }) => id))
    const { known } = this.#parts.placements
    for (const machine of this.machines.values()) {
      if (named.has(machine.id)) continue
      // It was taken out of the swarm: as if it were drained and down.
      machine.update({ ...machine.node, state: 'down', availability: 'drain' }, nowMs)
      if ([...known.values()].some((one) => one.machine === machine.id)) continue
      this.machines.delete(machine.id)
      void machine.close()
    }
  }

  #judge(placement: Placement, services: ReadonlyMap<string, SwarmService>): void {
    if (placement.fate !== 'kept') return
    const service = services.get(placement.service)
    const machine = this.machines.get(placement.machine ?? '')
    if (machine === undefined || machine.awayMs(performance.now()) > this.#parts.lostAfterMs)
      return this.#leave(placement, 'lost', 'nothing was heard of its machine for too long')
    if (!machine.isAnswering) return
    if (service === undefined) return this.#leave(placement, 'evicted', 'its service was removed from the swarm')
    if (placement.isEnded) return
    if (service.replicas === 0) this.#leave(placement, 'evicted', 'its service was scaled to nothing')
    else if (machine.isDraining) this.#leave(placement, 'evicted', 'its machine is being drained')
  }

  /** The pod goes before its time: what runs of it is ended, and it is told to be gone. Its containers are not begun again. */
  #leave(placement: Placement, fate: 'evicted' | 'lost', why: string): void {
    const { identity, machine, graceMs } = placement
    if (this.#leaving.has(identity.id)) return
    const { log, placements } = this.#parts
    const fields = { pod: identity.name, workflow: identity.workflowName, namespace: identity.namespace, why }
    log('warn', fate === 'lost' ? 'a pod is lost' : 'a pod is evicted', fields)
    placement.fate = fate
    const engine = fate === 'lost' ? undefined : this.machines.get(machine ?? '')
    const work = async (): Promise<void> => {
      const remove = async () => engine?.runtime.remove(identity.id)
      if (!placement.isBegun) await remove()
      else await engine?.runtime.stop(identity.id, graceMs)
      await placements.bury(placement, fate)
      if (placement.isBegun) await remove()
    }
    const leaving = work()
      .catch((error: unknown) =>
        log('warn', 'what is left of a pod could not be removed', { ...fields, error: String(error) }),
      )
      .finally(() => {
        this.#leaving.delete(identity.id)
        this.#report({ ...this.unseen(placement), phase: 'gone' })
        this.#last.delete(identity.id)
      })
    this.#leaving.set(identity.id, leaving)
  }

  /** A machine tells of a pod. */
  #heard(machine: Machine, state: PodState): void {
    const { id } = state.identity
    const placement = this.#parts.placements.known.get(id)
    if (placement === undefined) return void this.#explain(machine, state)
    if (placement.machine !== machine.id || placement.fate === 'lost') return this.#clear(machine, state)
    if (placement.fate !== 'kept') return
    if (state.phase === 'gone') return this.#leave(placement, 'evicted', 'its containers vanished')
    this.#report(state)
    const isOver = state.phase === 'ended' && state.containers.every((one) => one.state !== 'running')
    if (isOver && !placement.isEnded) void this.#giveBack(placement)
  }

  async #giveBack(placement: Placement): Promise<void> {
    try {
      await this.#parts.placements.giveBack(placement)
    } catch (error) {
      placement.isEnded = false
      const { name: pod } = placement.identity
      this.#parts.log('warn', 'what a pod held could not be given back yet', { pod, error: String(error) })
    }
  }

  /** Of a pod that we do not know, the swarm is asked: what has no service there was lost, and is removed at last. */
  async #explain(machine: Machine, state: PodState): Promise<void> {
    const { identity, phase } = state
    if (phase === 'gone' || this.#isClosed) return
    try {
      const found = await this.#parts.placements.find(identity)
      if (found === 'gone') this.#clear(machine, state)
      else if (found === 'known') this.#heard(machine, state)
    } catch (error) {
      if (!(error instanceof WorldError)) throw error
      this.#unexplained.set(identity.id, { machine, state })
    }
  }

  #clear(machine: Machine, state: PodState): void {
    const { identity, phase } = state
    if (phase === 'gone' || this.#isClosed) return
    const key = `${machine.id} ${identity.id}` as PodId
    if (this.#leaving.has(key)) return
    const { log } = this.#parts
    const fields = { pod: identity.name, workflow: identity.workflowName, node: machine.node.hostname }
    log('warn', 'a machine has a pod that was given up, which is removed', fields)
    const clearing = machine.runtime
      .stop(identity.id, 0, AbortSignal.timeout(clearMs))
      .then(() => machine.runtime.remove(identity.id))
      .catch((error: unknown) => {
        log('warn', 'a pod that was given up could not be removed yet', { ...fields, error: String(error) })
        this.#unexplained.set(identity.id, { machine, state })
      })
      .finally(() => this.#leaving.delete(key))
    this.#leaving.set(key, clearing)
  }

  #report(state: PodState): void {
    this.#last.set(state.identity.id, state)
    this.#listeners.tell(state)
  }

  /** Told anew where it is the same, but the swarm is of another size: whoever wants to know how large asks `info`. */
  #setHealth(isHealthy: boolean, reason: string): void {
    const before = this.#size
    const open = [...this.machines.values()].filter(({ isOpen }) => isOpen)
    this.#size = open.map(({ id, node }) => `${id} ${node.cpus} ${node.memoryBytes}`).join('\n')
    if (this.#health?.isHealthy === isHealthy && this.#size === before) return
    this.#health = { isHealthy, reason }
    this.#listeners.tellHealth(isHealthy, reason)
  }
}
