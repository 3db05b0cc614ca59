/** The runtime on a Docker Swarm, from the settings. */
import { join } from 'node:path'
import type { Config } from '../config/index.ts'
import { engineAt } from '../runtime/docker/index.ts'
import type { EngineAddress } from '../runtime/docker/index.ts'
import { SwarmRuntime, type SwarmRuntimeOptions } from '../runtime/swarm/index.ts'

type Rest = Pick<SwarmRuntimeOptions, 'instance' | 'log'> & {
  readonly onCall: NonNullable<NonNullable<SwarmRuntimeOptions['docker']>['onCall']>
}

/**
 * @param engine the first manager
 * @throws UserError BAD_ENGINE_ADDRESS
 */
export function swarmRuntime(config: Config, engine: EngineAddress, { instance, log, onCall }: Rest): SwarmRuntime {
  const { managers, certs, constraints, gpuKind, lostAfterMs } = config.swarm
  const { network, startConcurrency: atOnce } = config.docker
  return new SwarmRuntime({
    managers: [engine, ...managers.map((host) => engineAt(host, certs))],
    addressOf: nodeAddresses(config),
    instance,
    dataDir: join(config.dataDir, 'runtime'),
    constraints,
    gpuKind,
    lostAfterMs,
    ...(log && { log }),
    docker: {
      onCall,
      ...(network !== null && { network }),
      ...(atOnce !== null && { startsAtOnce: { least: atOnce, most: atOnce, initial: atOnce } }),
    },
  })
}

/** Where the settings say the engine of a node is. */
export function nodeAddresses({ swarm }: Pick<Config, 'swarm'>): SwarmRuntimeOptions['addressOf'] {
  const named = new Map(swarm.nodes.map(({ hostname, host }) => [hostname, engineAt(host, swarm.certs)]))
  if (swarm.nodeAddress !== null) engineAt(filledIn(swarm.nodeAddress, 'node', '127.0.0.1'), swarm.certs)
  return ({ hostname, address }) => {
    const own = named.get(hostname)
    if (own !== undefined || swarm.nodeAddress === null) return own ?? null
    return engineAt(filledIn(swarm.nodeAddress, hostname, address), swarm.certs)
  }
}

const filledIn = (template: string, hostname: string, address: string): string =>
  template.replaceAll('{hostname}', hostname).replaceAll('{address}', address.includes(':') ? `[${address}]` : address)
