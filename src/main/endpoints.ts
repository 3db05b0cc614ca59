/** The runtime over several endpoints, from the settings. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config, EndpointConfig } from '../config/index.ts'
import { UserError } from '../resources/index.ts'
import { DockerRuntime, describeAddress, engineAt, probeEngine } from '../runtime/docker/index.ts'
import type { DockerRuntimeOptions, EngineAddress } from '../runtime/docker/index.ts'
import { EndpointsRuntime } from '../runtime/endpoints/index.ts'
import type { EndpointSettings } from '../runtime/endpoints/index.ts'
import type { Runtime } from '../runtime/index.ts'
import { swarmRuntime } from './swarm.ts'
import { systemClock } from './system.ts'

export type Rest = Required<Pick<DockerRuntimeOptions, 'instance' | 'onCall' | 'log'>>

/**
 * Where the endpoint's engine is.
 * @throws UserError BAD_ENGINE_ADDRESS, ENDPOINT_FILE
 */
export function addressOf({ name, host, tls, sshKey }: EndpointConfig): EngineAddress {
  const address = engineAt(host)
  if (address.kind === 'ssh') return sshKey === null ? address : { ...address, keyFile: sshKey }
  if (address.kind !== 'tcp' || tls === null) return address
  const read = (path: string | null): string | undefined => {
    try {
      return path === null ? undefined : readFileSync(path, 'utf8')
    } catch (cause) {
      throw new UserError('ENDPOINT_FILE', `endpoint ${name}: cannot read ${path ?? ''}`, { cause })
    }
  }
  const [ca, cert, key] = [read(tls.ca), read(tls.cert), read(tls.key)]
  const files = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
  const port = /:\d+$/.test(host.replace(/\/$/, '')) ? address.port : 2376
  return { ...address, port, tls: { ...files, verify: tls.verify } }
}

export const endpointSettings = ({ docker }: Config): ReadonlyMap<string, EndpointSettings> =>
  new Map(
    docker.endpoints.map(({ name, labels, capacity, schedulable }) => [
      name,
      { labels, limits: capacity, schedulable },
    ]),
  )

/**
 * Waits for no engine: one that is away is so by itself.
 * @throws UserError for settings that cannot be used, and NO_ENGINE where none answers and nobody is to wait
 */
export async function endpointsRuntime(
  config: Config,
  rest: Rest,
  { wait }: { readonly wait: boolean },
): Promise<EndpointsRuntime> {
  const addresses = config.docker.endpoints.map((endpoint) => ({ endpoint, address: addressOf(endpoint) }))
  const probes = await Promise.all(addresses.map(({ address }) => probeEngine(address)))
  const ids = new Map<string, string>()
  for (const [index, { endpoint }] of addresses.entries()) {
    const probe = probes[index]
    if (probe?.ok !== true || probe.engineId === '') continue
    const twin = ids.get(probe.engineId)
    if (twin !== undefined)
      throw new UserError('SAME_ENGINE', `endpoints ${twin} and ${endpoint.name} are the same engine: keep one of them`)
    ids.set(probe.engineId, endpoint.name)
  }
  if (!wait && !probes.some(({ ok }) => ok)) throw new UserError('NO_ENGINE', noneAnswers(addresses, probes))
  const settings = endpointSettings(config)
  const named = addresses.map(({ endpoint, address }) => ({
    name: endpoint.name,
    runtime: runtimeOf(config, endpoint, address, rest),
    settings: settings.get(endpoint.name) ?? { labels: {}, limits: endpoint.capacity, schedulable: true },
  }))
  return new EndpointsRuntime({ clock: systemClock, named })
}

function runtimeOf(config: Config, endpoint: EndpointConfig, engine: EngineAddress, rest: Rest): Runtime {
  const network = endpoint.network ?? config.docker.network
  const atOnce = endpoint.startConcurrency === 0 ? null : (endpoint.startConcurrency ?? config.docker.startConcurrency)
  const log: Rest['log'] = (level, message, fields = {}) =>
    rest.log(level, message, { endpoint: endpoint.name, ...fields })
  if (endpoint.kind === 'swarm') {
    const own = { ...config, dataDir: join(config.dataDir, 'endpoints', endpoint.name) }
    return swarmRuntime({ ...own, docker: { ...config.docker, network, startConcurrency: atOnce } }, engine, {
      ...rest,
      log,
    })
  }
  return new DockerRuntime({
    engine,
    // One folder for all: what a pod left there is found whichever endpoint had it.
    dataDir: join(config.dataDir, 'runtime'),
    ...rest,
    log,
    ...(network === null ? {} : { network }),
    ...(atOnce === null ? {} : { startsAtOnce: { least: atOnce, most: atOnce, initial: atOnce } }),
  })
}

function noneAnswers(
  addresses: readonly { readonly endpoint: EndpointConfig; readonly address: EngineAddress }[],
  probes: readonly { readonly ok: boolean; readonly reason?: string }[],
): string {
  const lines = addresses.map(
    ({ endpoint, address }, index) =>
      `  ${endpoint.name} (${describeAddress(address)}): ${probes[index]?.reason ?? 'no answer'}`,
  )
  return ['no endpoint answers:', ...lines].join('\n')
}
