/** One agent pod a workflow: made when a plugin is first wanted, gone with the workflow. */
import type { SecurityPolicy } from '../../admission/index.ts'
import type { Clock, ExecutorPlugin, PodRequest, Random } from '../../resources/index.ts'
import type { Store } from '../../store/port.ts'
import type { BackOff } from '../back-off.ts'
import { backOffMs, persevere } from '../back-off.ts'
import { NotYet } from '../pods/lookups.ts'
import type { RequestContext } from '../pods/request.ts'
import { agentPodId, agentRequest, containerNameOf, portOf, tokenOf } from './agent-request.ts'
import type { AgentOwner } from './agent-request.ts'
import type { ServicePods } from './service-pods.ts'

export type AgentsParts = {
  readonly clock: Clock
  readonly random: Random
  readonly store: Store
  readonly services: ServicePods
  readonly policy: () => SecurityPolicy
  readonly context: () => RequestContext
}

export type PluginAddress = { readonly address: string; readonly token: string }

const collection = 'agent'
const missingBackOff: BackOff = { firstMs: 500, factor: 2, capMs: 15_000 }

export class Agents {
  readonly #parts: AgentsParts
  #key: Promise<string> | null = null
  /** The plugins a workflow began with: what is installed later is for later workflows. */
  readonly #plugins = new Map<string, readonly ExecutorPlugin[]>()

  constructor(parts: AgentsParts) {
    this.#parts = parts
  }

  /** What the workflow's agent runs; decided when it is first asked for. */
  pluginsOf(uid: string, found: () => readonly ExecutorPlugin[]): readonly ExecutorPlugin[] {
    const known = this.#plugins.get(uid)
    if (known !== undefined) return known
    const plugins = found()
    this.#plugins.set(uid, plugins)
    return plugins
  }

  /** @throws UserError where the pod can never run; WorldError where it ended; the signal's reason */
  async address(
    owner: AgentOwner,
    plugin: ExecutorPlugin,
    { tell, signal }: { readonly tell: (why: string) => void; readonly signal: AbortSignal },
  ): Promise<PluginAddress> {
    const key = await this.#tokenKey(signal)
    const plugins = this.#plugins.get(owner.uid) ?? [plugin]
    const request = (say: (why: string) => void, until: AbortSignal) =>
      this.#request(owner, plugins, { key, say, until })
    const ip = await this.#parts.services.address({ id: agentPodId(owner.uid), request, tell }, signal)
    const host = ip.includes(':') ? `[${ip}]` : ip
    return { address: `http://${host}:${portOf(plugin)}`, token: tokenOf(key, owner.uid, containerNameOf(plugin)) }
  }

  leave(uid: string): void {
    this.#plugins.delete(uid)
    void this.#parts.services.leave(agentPodId(uid))
  }

  async #request(
    owner: AgentOwner,
    plugins: readonly ExecutorPlugin[],
    { key, say, until }: { readonly key: string; readonly say: (why: string) => void; readonly until: AbortSignal },
  ): Promise<PodRequest> {
    const { policy, context, clock } = this.#parts
    for (let failures = 1; ; failures += 1) {
      until.throwIfAborted()
      try {
        return agentRequest(owner, plugins, { key, policy: policy(), context: context() })
      } catch (error) {
        if (!(error instanceof NotYet)) throw error
        say(error.message)
      }
      await clock.sleep(backOffMs(missingBackOff, failures), until)
    }
  }

  /** Drawn once for the store; tokens are derived from it and are written nowhere else. */
  #tokenKey(signal: AbortSignal): Promise<string> {
    const { store, clock, random } = this.#parts
    const load = async (): Promise<string> => {
      const known = (await store.records(collection)).get('token-key')
      if (typeof known === 'string') return known
      const drawn = `${random.uuid()}${random.uuid()}`
      await store.commit([{ kind: 'putRecord', collection, key: 'token-key', value: drawn }])
      return drawn
    }
    if (this.#key === null) {
      const key = persevere(load, { clock, signal })
      this.#key = key
      key.catch(() => (this.#key = null))
    }
    return this.#key
  }
}
