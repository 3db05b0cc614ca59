/**
 * A pod as a service of one task. The task runs nothing of the pod: it is a token that Swarm places on a machine, and that
 * holds there what the pod asks for. So Swarm may begin it again, elsewhere or twice: no container of the pod ever is.
 */
import type { ContainerRequest, PodRequest } from '../../resources/index.ts'
import { identityLabels } from '../docker/names.ts'
import { serviceNameOf, swarmLabel } from './names.ts'
import type { SwarmNode } from './wire.ts'

export type SpecInput = {
  readonly instance: string
  readonly pod: PodRequest
  /** A reference that each machine has already. */
  readonly image: string
  /** The operator's, for all pods: `node.labels.drydock==true`. */
  readonly constraints: readonly string[]
  /** The nodes of the swarm, and which of them may have pods at all. */
  readonly nodes: readonly SwarmNode[]
  readonly isUsable: (node: SwarmNode) => boolean
  /** The machine that has the pod's claims; `null`: any. */
  readonly claimedBy: string | null
  readonly gpuKind: string
}

export function serviceSpec(input: SpecInput): Readonly<Record<string, unknown>> {
  const { instance, pod, image, gpuKind } = input
  const { cpus, memoryBytes, gpus } = reservationOf(pod)
  const labels = { ...identityLabels(instance, pod.identity), [swarmLabel.graceMs]: String(pod.terminationGraceMs) }
  return {
    Name: serviceNameOf(instance, pod.identity),
    Labels: labels,
    Mode: { Replicated: { Replicas: 1 } },
    TaskTemplate: {
      ContainerSpec: { Image: image, Labels: labels, ReadOnly: true },
      RestartPolicy: { Condition: 'none' },
      // A network of its own would cost the engine half a second for nothing.
      Networks: [{ Target: 'host' }],
      LogDriver: { Name: 'none' },
      Placement: { Constraints: constraintsOf(input) },
      Resources: {
        Reservations: {
          NanoCPUs: Math.round(cpus * 1e9),
          MemoryBytes: Math.ceil(memoryBytes),
          ...(gpus > 0 && { GenericResources: [{ DiscreteResourceSpec: { Kind: gpuKind, Value: gpus } }] }),
        },
      },
    },
  }
}

/** As Kubernetes counts: what runs together, or the largest of what runs before it. */
export function reservationOf(pod: PodRequest): {
  readonly cpus: number
  readonly memoryBytes: number
  readonly gpus: number
} {
  const amount = (of: (one: ContainerRequest) => number): number => {
    const inits = pod.containers.filter(({ role }) => role === 'init').map(of)
    const together = pod.containers.filter(({ role }) => role !== 'init').reduce((sum, one) => sum + of(one), 0)
    return Math.max(together, ...inits)
  }
  return {
    cpus: amount(({ resources }) => resources.cpuRequest ?? resources.cpuLimit ?? 0),
    memoryBytes: amount(({ resources }) => resources.memoryRequestBytes ?? resources.memoryLimitBytes ?? 0),
    gpus: amount(({ resources }) => resources.gpus ?? 0),
  }
}

const kernelArchs: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64' }

/** The labels by which a Kubernetes node is chosen, as Swarm's node has them. */
export function kubernetesLabels(node: SwarmNode): Readonly<Record<string, string>> {
  const arch = Object.entries(kernelArchs).find(([, kernel]) => kernel === node.arch)?.[0] ?? node.arch
  return {
    ...node.engineLabels,
    ...node.labels,
    'kubernetes.io/hostname': node.hostname,
    'kubernetes.io/os': node.os,
    'kubernetes.io/arch': arch,
  }
}

/** Swarm knows "and" and "not" alone, and no slash in a label: what it cannot say is said by the nodes that are out of it. */
export function constraintsOf(
  input: Pick<SpecInput, 'pod' | 'constraints' | 'nodes' | 'isUsable' | 'claimedBy'>,
): readonly string[] {
  const { pod, nodes, isUsable, claimedBy } = input
  const stated: string[] = [...input.constraints]
  const unstated: [string, string][] = []
  for (const [name, value] of Object.entries(pod.nodeSelector ?? {})) {
    const isOfEngine = nodes.some((node) => name in node.engineLabels)
    const constraint = isOfEngine ? null : constraintOf(name, value)
    if (constraint === null) unstated.push([name, value])
    else stated.push(constraint)
  }
  if (claimedBy !== null) stated.push(`node.id==${claimedBy}`)
  const isOut = (node: SwarmNode): boolean => {
    const labels = kubernetesLabels(node)
    return !isUsable(node) || unstated.some(([name, value]) => labels[name] !== value)
  }
  return [...stated, ...nodes.filter(isOut).map(({ id }) => `node.id!=${id}`)]
}

function constraintOf(name: string, value: string): string | null {
  if (!/^[a-z0-9][a-z0-9:_.-]*$/i.test(value)) return null
  switch (name) {
    case 'kubernetes.io/hostname':
      return `node.hostname==${value}`
    case 'kubernetes.io/os':
      return `node.platform.os==${value}`
    case 'kubernetes.io/arch':
      return `node.platform.arch==${kernelArchs[value] ?? value}`
    default:
      return /^[a-z_][a-z0-9_.-]+$/i.test(name) ? `node.labels.${name}==${value}` : null
  }
}
