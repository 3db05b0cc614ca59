/** One machine of the swarm: what the manager says of it, and its own engine, through which its pods are run. */
import { join } from 'node:path'
import type { PodId, PodState, WorkflowUid } from '../../resources/index.ts'
import { WorldError } from '../../resources/index.ts'
import { EngineClient } from '../docker/client.ts'
import { DockerRuntime, type DockerRuntimeOptions } from '../docker/docker-runtime.ts'
import type { EngineAddress } from '../docker/connection.ts'
import type { Log } from '../docker/log.ts'
import { label } from '../docker/names.ts'
import { list } from '../docker/wire.ts'
import { ensureToken } from './token-image.ts'
import type { SwarmNode } from './wire.ts'

export type MachineParts = {
  readonly docker: Omit<DockerRuntimeOptions, 'engine' | 'dataDir'>
  readonly dataDir: string
  readonly log: Log
  /** `null`: the settings name no address for it. */
  readonly addressOf: (node: SwarmNode) => EngineAddress | null
  readonly onState: (machine: Machine, state: PodState) => void
  readonly isOurs: (workflow: WorkflowUid) => boolean
  readonly confirm: () => Promise<void>
}

export class Machine {
  readonly id: string
  readonly #parts: MachineParts
  #node: SwarmNode
  #runtime: DockerRuntime | null = null
  #isAnswering = false
  #hasToken = false
  #isLoading = false
  #address: EngineAddress | null = null
  #reason = 'it has not answered yet'
  /** Since when neither the swarm nor we have heard of it, by our monotonic clock. */
  #awaySince: number | null = null
  #waiters: (() => void)[] = []

  constructor(node: SwarmNode, parts: MachineParts) {
    this.id = node.id
    this.#node = node
    this.#parts = parts
  }

  get node(): SwarmNode {
    return this.#node
  }

  get hasAddress(): boolean {
    return this.#runtime !== null
  }

  get isAnswering(): boolean {
    return this.#isAnswering
  }

  /** New pods may go there. */
  get isUsable(): boolean {
    return this.#node.state === 'ready' && this.#node.availability === 'active' && this.#isAnswering && this.#hasToken
  }

  /** Pods may go there as far as its operator is concerned: it counts for how large the swarm is. */
  get isOpen(): boolean {
    return this.hasAddress && this.#node.state === 'ready' && this.#node.availability === 'active'
  }

  get isDraining(): boolean {
    return this.#node.availability === 'drain'
  }

  /** Why nothing can be run there; empty where it can. */
  get trouble(): string {
    const { hostname, state, availability } = this.#node
    if (this.#runtime === null)
      return `node ${hostname}: no address of its engine is known (swarm.nodes, swarm.nodeAddress), so no pod is placed there`
    if (!this.#isAnswering) return `node ${hostname}: its engine does not answer: ${this.#reason}`
    if (state !== 'ready') return `node ${hostname} is ${state}`
    return availability === 'active' ? '' : `node ${hostname} is out of service (${availability})`
  }

  /** The engine there. @throws WorldError NO_MACHINE where no address is known */
  get runtime(): DockerRuntime {
    if (this.#runtime === null) throw new WorldError('NO_MACHINE', this.trouble, { retryable: true })
    return this.#runtime
  }

  /** Takes what the manager says now, and begins to hear the engine as soon as an address is known. */
  update(node: SwarmNode, nowMs: number): void {
    this.#node = node
    if (this.#runtime === null) this.#open()
    if (this.#isAnswering) void this.#loadToken()
    const isAway = node.state !== 'ready' && !this.#isAnswering
    this.#awaySince = isAway ? (this.#awaySince ?? nowMs) : null
  }

  /** Milliseconds since the last sign of it; 0 while there is any. */
  awayMs(nowMs: number): number {
    return this.#awaySince === null ? 0 : nowMs - this.#awaySince
  }

  /** Until the engine has answered and can have pods, or for so long. */
  async heard(patienceMs: number): Promise<boolean> {
    if (this.#runtime === null || (this.#isAnswering && this.#hasToken)) return this.#isAnswering
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patienceMs)
      this.#waiters.push(() => (clearTimeout(timer), resolve()))
    })
    return this.#isAnswering
  }

  hasVolume(name: string): Promise<boolean> {
    return this.#ask(async (client) => {
      const path = `/volumes/${encodeURIComponent(name)}`
      return (await client.call('inspectVolume', 'GET', path, { allow: [404] })).status !== 404
    })
  }

  /** Whether containers of the pod stand there. */
  hasPod(pod: PodId): Promise<boolean> {
    return this.#ask(async (client) => {
      const query = { all: true, limit: 1, filters: JSON.stringify({ label: [`${label.pod}=${pod}`, label.plan] }) }
      return list(await client.json('listContainers', 'GET', '/containers/json', { query })).length > 0
    })
  }

  async #ask(question: (client: EngineClient) => Promise<boolean>): Promise<boolean> {
    if (this.#address === null) return false
    const client = new EngineClient(this.#address)
    try {
      return await question(client)
    } finally {
      client.close()
    }
  }

  async close(): Promise<void> {
    await this.#runtime?.close()
  }

  /** Where logs of its pods are kept, on our own disk. */
  get dataDir(): string {
    return join(this.#parts.dataDir, 'machines', this.id)
  }

  #open(): void {
    const address = this.#parts.addressOf(this.#node)
    if (address === null) return
    const runtime = new DockerRuntime({ ...this.#parts.docker, engine: address, dataDir: this.dataDir })
    this.#runtime = runtime
    this.#address = address
    runtime.share((workflow) => this.#parts.isOurs(workflow))
    runtime.guard(() => this.#parts.confirm())
    runtime.observe(
      (state) => this.#parts.onState(this, state),
      (isHealthy, reason) => this.#healthChanged(isHealthy, reason),
    )
  }

  #healthChanged(isHealthy: boolean, reason: string): void {
    const { hostname: node } = this.#node
    if (!isHealthy && this.#isAnswering) this.#parts.log('warn', 'the engine of a machine is away', { node, reason })
    this.#isAnswering = isHealthy
    this.#reason = reason
    if (!isHealthy) this.#hasToken = false
    else void this.#loadToken()
  }

  /** Tried again with each look at the swarm. */
  async #loadToken(): Promise<void> {
    if (this.#address === null || this.#isLoading || this.#hasToken) return
    this.#isLoading = true
    try {
      await ensureToken(this.#address, this.#node.arch)
      this.#hasToken = this.#isAnswering
    } catch (error) {
      const { hostname: node } = this.#node
      this.#parts.log('warn', 'the image of tokens could not be loaded', { node, error: String(error) })
    } finally {
      this.#isLoading = false
      const waiters = this.#waiters
      this.#waiters = []
      for (const go of waiters) go()
    }
  }
}
