/** Calls to the managers of a swarm: whichever of them answers. */
import { WorldError } from '../../resources/index.ts'
import { type CallOptions, type CallReport, EngineClient, EngineError } from '../docker/client.ts'
import type { EngineAddress } from '../docker/connection.ts'
import { list, numberOr, record, textOr } from '../docker/wire.ts'
import { type SwarmNode, type SwarmService, type SwarmTask, type Versioned } from './wire.ts'
import { swarmNode, swarmService, swarmTask, versioned } from './wire.ts'

export type SwarmFacts = {
  /** Of the manager that answered. */
  readonly nodeId: string
  readonly clusterId: string
  readonly version: string
  readonly managers: number
}

export class Manager {
  readonly #clients: readonly EngineClient[]
  #current = 0

  /** @param addresses at least one; the first that answers is used until it no longer does */
  constructor(addresses: readonly EngineAddress[], onCall?: (report: CallReport) => void) {
    this.#clients = addresses.map((address) => new EngineClient(address, onCall))
  }

  /** The address of the manager that answered last. */
  get address(): EngineAddress | null {
    return this.#clients[this.#current]?.address ?? null
  }

  /** @throws WorldError NO_SWARM_MANAGER where engines answer, none of which is a manager */
  facts(signal?: AbortSignal): Promise<SwarmFacts> {
    return this.#try(async (client) => {
      const info = record(await client.json('info', 'GET', '/info', { signal, deadlineMs: 10_000 }))
      const swarm = record(info.Swarm)
      if (swarm.ControlAvailable !== true) throw notManager(textOr(swarm.LocalNodeState, 'inactive'))
      return {
        nodeId: textOr(swarm.NodeID, ''),
        clusterId: textOr(record(swarm.Cluster).ID, ''),
        version: textOr(info.ServerVersion, ''),
        managers: numberOr(swarm.Managers, 1),
      }
    })
  }

  async nodes(signal?: AbortSignal): Promise<readonly SwarmNode[]> {
    return list(await this.#json('listNodes', 'GET', '/nodes', { signal })).map(swarmNode)
  }

  async services(label: string, signal?: AbortSignal): Promise<readonly SwarmService[]> {
    const query = { filters: JSON.stringify({ label: [label] }) }
    return list(await this.#json('listServices', 'GET', '/services', { query, signal })).map(swarmService)
  }

  async service(name: string, signal?: AbortSignal): Promise<SwarmService | null> {
    const found = await this.#found('inspectService', `/services/${name}`, signal)
    return found === null ? null : swarmService(found)
  }

  /** Of services that have the label. Those that are to run, one for each as a rule. */
  async tasks(label: string, signal?: AbortSignal): Promise<readonly SwarmTask[]> {
    const query = { filters: JSON.stringify({ label: [label], 'desired-state': ['running'] }) }
    return list(await this.#json('listTasks', 'GET', '/tasks', { query, signal })).map(swarmTask)
  }

  /** Whether it was made; `false`: one of the name stands there. */
  createService(spec: object, signal?: AbortSignal): Promise<boolean> {
    return this.#create('createService', '/services/create', spec, signal)
  }

  /** Whether it was done; `false`: somebody was faster, and it has to be read again. */
  updateService({ id, version }: Versioned, spec: object, signal?: AbortSignal): Promise<boolean> {
    return this.#update('updateService', `/services/${id}/update`, version, spec, signal)
  }

  /** One that is not there is no error. */
  async removeService(name: string, signal?: AbortSignal): Promise<void> {
    await this.#call('removeService', 'DELETE', `/services/${name}`, { allow: [404], signal })
  }

  async config(name: string, signal?: AbortSignal): Promise<Versioned | null> {
    const found = await this.#found('inspectConfig', `/configs/${name}`, signal)
    return found === null ? null : versioned(found)
  }

  /** Those that have the label. */
  async configs(label: string, signal?: AbortSignal): Promise<readonly Versioned[]> {
    const query = { filters: JSON.stringify({ label: [label] }) }
    return list(await this.#json('listConfigs', 'GET', '/configs', { query, signal })).map(versioned)
  }

  async createConfig(name: string, labels: Readonly<Record<string, string>>, content: string): Promise<boolean> {
    const body = { Name: name, Labels: labels, Data: Buffer.from(content).toString('base64') }
    return this.#create('createConfig', '/configs/create', body)
  }

  updateConfig({ id, version, spec }: Versioned, labels: Readonly<Record<string, string>>): Promise<boolean> {
    return this.#update('updateConfig', `/configs/${id}/update`, version, { ...spec, Labels: labels })
  }

  async removeConfig(name: string, signal?: AbortSignal): Promise<void> {
    await this.#call('removeConfig', 'DELETE', `/configs/${name}`, { allow: [404], signal })
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }

  async #found(verb: string, path: string, signal?: AbortSignal): Promise<unknown> {
    const { status, body } = await this.#call(verb, 'GET', path, { allow: [404], signal })
    return status === 404 ? null : JSON.parse(body.toString('utf8'))
  }

  async #create(verb: string, path: string, body: object, signal?: AbortSignal): Promise<boolean> {
    const reply = await this.#call(verb, 'POST', path, { body, allow: [409], signal })
    return reply.status !== 409
  }

  async #update(verb: string, path: string, version: number, body: object, signal?: AbortSignal): Promise<boolean> {
    try {
      const { status } = await this.#call(verb, 'POST', path, { query: { version }, body, allow: [404], signal })
      return status !== 404
    } catch (error) {
      if (error instanceof EngineError && /out of sequence/i.test(error.message)) return false
      throw error
    }
  }

  async #json(verb: string, method: string, path: string, options: CallOptions): Promise<unknown> {
    const { body } = await this.#call(verb, method, path, options)
    return body.length === 0 ? {} : JSON.parse(body.toString('utf8'))
  }

  #call(verb: string, method: string, path: string, options: CallOptions) {
    return this.#try((client) => client.call(verb, method, path, { deadlineMs: 20_000, ...options }))
  }

  /** At the manager that answered last, and where it is away or none any more, at the others. */
  async #try<T>(work: (client: EngineClient) => Promise<T>): Promise<T> {
    let last: unknown = null
    const first = this.#current
    for (let tries = 0; tries < this.#clients.length; tries += 1) {
      const index = (first + tries) % this.#clients.length
      const client = this.#clients[index]
      if (client === undefined) break
      try {
        const done = await work(client)
        this.#current = index
        return done
      } catch (error) {
        const isPlace = error instanceof WorldError && (error.code === 'ENGINE_AWAY' || isNoManager(error))
        if (!isPlace) throw error
        last = error instanceof EngineError && isNoManager(error) ? notManager('active', error) : error
      }
    }
    throw last
  }
}

const isNoManager = (error: WorldError): boolean =>
  error.code === 'NO_SWARM_MANAGER' || (error instanceof EngineError && error.status === 503)

function notManager(state: string, cause?: unknown): WorldError {
  const why =
    state === 'active'
      ? 'is a worker of a swarm, or a manager that has lost its quorum: name a manager (docker.host, swarm.managers; docker node ls tells which)'
      : `takes no part in a swarm (${state}): docker swarm init, or name a manager (docker.host, swarm.managers)`
  return new WorldError('NO_SWARM_MANAGER', `the engine ${why}`, { retryable: true, cause })
}
