/** What doctor asks each of several endpoints. */
import type { EndpointConfig } from '../../config/index.ts'
import { addressOf } from '../../main/endpoints.ts'
import { describeAddress, probeEngine } from '../../runtime/docker/index.ts'
import type { EngineAddress } from '../../runtime/docker/index.ts'
import type { Check } from './check.ts'
import { addressChecks } from './engine.ts'

export async function endpointChecks(endpoints: readonly EndpointConfig[]): Promise<Check[]> {
  const ids = new Map<string, string>()
  const checks = await Promise.all(endpoints.map((endpoint) => endpointCheck(endpoint, ids)))
  return checks.flat()
}

async function endpointCheck(endpoint: EndpointConfig, ids: Map<string, string>): Promise<readonly Check[]> {
  const { name, schedulable } = endpoint
  const id = `endpoint-${name}`
  let address: EngineAddress
  try {
    address = addressOf(endpoint)
  } catch (error) {
    return [{ id, state: 'bad', what: `endpoint ${name}: ${error instanceof Error ? error.message : String(error)}` }]
  }
  const where = describeAddress(address)
  const found = await probeEngine(address, 10_000)
  if (!found.ok)
    return [{ id, state: 'bad', what: `endpoint ${name} at ${where} does not answer`, advice: found.reason }]
  const twin = found.engineId === '' ? undefined : ids.get(found.engineId)
  ids.set(found.engineId, name)
  if (twin !== undefined)
    return [{ id, state: 'bad', what: `endpoint ${name} at ${where} is the same engine as ${twin}` }]
  const isOpen = address.kind === 'tcp' && address.tls === null && !/^(127[.]|localhost$|::1$)/.test(address.host)
  const own: Check = {
    id,
    state: isOpen ? 'poor' : 'fine',
    what: `endpoint ${name}: Docker Engine ${found.version} (API ${found.apiVersion}) at ${where}${schedulable ? '' : ', takes nothing new'}`,
    advice: 'without TLS whoever reaches the port is root there: set tls, or use ssh',
  }
  const more = address.kind === 'ssh' ? [] : await addressChecks(address)
  return [own, ...more.map((check) => ({ ...check, id: `${id}-${check.id}`, what: `endpoint ${name}: ${check.what}` }))]
}
