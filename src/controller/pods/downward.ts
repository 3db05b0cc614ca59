/** The downward API: what a container may ask about its own pod. */
import { parseQuantity } from '../../expressions/index.ts'
import type { Container, ObjectFieldSelector, ResourceFieldSelector } from '../../resources/index.ts'
import { UserError } from '../../resources/index.ts'

export type PodFacts = {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly serviceAccount: string
  readonly hostName: string
  readonly hostCpus: number
  readonly hostMemoryBytes: number
}

/** @throws UserError for a path Kubernetes does not know either */
export function fieldValue(selector: ObjectFieldSelector, facts: PodFacts): string {
  const keyed = /^metadata\.(labels|annotations)\['([^']*)'\]$/.exec(selector.fieldPath)
  if (keyed !== null) return (keyed[1] === 'labels' ? facts.labels : facts.annotations)[keyed[2] ?? ''] ?? ''
  switch (selector.fieldPath) {
    case 'metadata.name':
      return facts.name
    case 'metadata.namespace':
      return facts.namespace
    case 'metadata.uid':
      return facts.uid
    case 'metadata.labels':
      return lines(facts.labels)
    case 'metadata.annotations':
      return lines(facts.annotations)
    case 'spec.nodeName':
      return facts.hostName
    case 'spec.serviceAccountName':
      return facts.serviceAccount
    case 'status.hostIP':
    case 'status.hostIPs':
    case 'status.podIP':
    case 'status.podIPs':
      return '127.0.0.1' // a pod's address is not known before its network is made
    default:
      throw new UserError('BAD_FIELD_PATH', `unsupported fieldPath: ${selector.fieldPath}`)
  }
}

/** In units of the divisor (1 if absent), rounded up. */
export function resourceValue(
  selector: ResourceFieldSelector,
  container: Container | undefined,
  facts: PodFacts,
): string {
  const [kind, ...rest] = selector.resource.split('.')
  const name = rest.join('.')
  const amounts = kind === 'limits' ? container?.resources?.limits : container?.resources?.requests
  const milli = milliOf(amounts?.[name]) ?? (kind === 'limits' ? hostMilli(name, facts) : 0)
  const divisor = milliOf(selector.divisor) || 1000
  return String(Math.ceil(milli / divisor))
}

function hostMilli(name: string, facts: PodFacts): number {
  if (name === 'cpu') return facts.hostCpus * 1000
  return name === 'memory' ? facts.hostMemoryBytes * 1000 : 0
}

function milliOf(quantity: string | undefined): number | null {
  if (quantity === undefined) return null
  const read = parseQuantity(String(quantity))
  return read.ok ? Number(read.value.milli) : null
}

/** As Kubernetes writes labels into a file. */
const lines = (map: Readonly<Record<string, string>>): string =>
  Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key] ?? '')}`)
    .join('\n')
