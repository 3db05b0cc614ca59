/** Whether a pod may run on an endpoint, by the rules of Kubernetes: nodeSelector, nodeName and required node affinity. */
import type { Affinity, NodeSelectorRequirement, NodeSelectorTerm } from '../../resources/index.ts'

/** What of a pod's spec chooses a node. */
export type NodeChoice = {
  readonly nodeSelector?: Readonly<Record<string, string>> | undefined
  readonly affinity?: Affinity | undefined
  readonly nodeName?: string | undefined
}

export type Labels = Readonly<Record<string, string>>
export type Labelled = {
  readonly name: string
  readonly labels: Labels
  /** Machines that the endpoint places pods on by itself: one that fits is enough. */
  readonly nodes?: readonly { readonly name: string; readonly labels: Labels }[] | undefined
}

/** The parts of a spec that choose; `null` where nothing does. */
export function nodeChoiceOf(spec: Readonly<Record<string, unknown>>): NodeChoice | null {
  const { nodeSelector, affinity, nodeName } = spec as NodeChoice
  const hasSelector = nodeSelector !== undefined && Object.keys(nodeSelector).length > 0
  if (!hasSelector && affinity?.nodeAffinity === undefined && !nodeName) return null
  return { nodeSelector, affinity, nodeName }
}

export function fitsEndpoint(choice: NodeChoice, endpoint: Labelled): boolean {
  if (fitsNode(choice, endpoint)) return true
  return (endpoint.nodes ?? []).some(({ name, labels }) =>
    fitsNode(choice, { name, labels: { ...endpoint.labels, ...labels } }),
  )
}

/** The sum of the weights of what the pod would rather have. */
export function preferenceFor({ affinity }: NodeChoice, endpoint: Labelled): number {
  const wished = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  return wished.reduce((sum, { weight, preference }) => sum + (fitsTerm(preference, endpoint) ? weight : 0), 0)
}

function fitsNode({ nodeSelector = {}, affinity, nodeName }: NodeChoice, node: Labelled): boolean {
  if (nodeName && nodeName !== node.name) return false
  for (const [key, value] of Object.entries(nodeSelector)) if (node.labels[key] !== value) return false
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required === undefined || (required.nodeSelectorTerms ?? []).some((term) => fitsTerm(term, node))
}

/** An empty term fits nothing. */
function fitsTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, { name, labels }: Labelled): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false
  return (
    matchExpressions.every((one) => fitsRequirement(one, labels[one.key])) &&
    matchFields.every((one) => one.key === 'metadata.name' && fitsRequirement(one, name))
  )
}

function fitsRequirement({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return isWhole(value) && isWhole(values[0]) && BigInt(value) > BigInt(values[0])
    case 'Lt':
      return isWhole(value) && isWhole(values[0]) && BigInt(value) < BigInt(values[0])
    default:
      return false
  }
}

const isWhole = (text: string | undefined): text is string => text !== undefined && /^[+-]?\d+$/.test(text)
