/** The JSON of a swarm manager, read as far as it is used here. */
import { labelsOf, list, numberOr, record, textOr } from '../docker/wire.ts'

export type SwarmNode = {
  readonly id: string
  readonly hostname: string
  /** Where its swarm agent is reached; often its engine's address too. */
  readonly address: string
  /** `unknown`, `down`, `ready` or `disconnected`. */
  readonly state: string
  /** `active`, `pause` or `drain`. */
  readonly availability: string
  readonly labels: Readonly<Record<string, string>>
  readonly engineLabels: Readonly<Record<string, string>>
  readonly os: string
  /** As the kernel says it: `x86_64`, `aarch64`. */
  readonly arch: string
  readonly cpus: number
  readonly memoryBytes: number
}

export function swarmNode(value: unknown): SwarmNode {
  const whole = record(value)
  const spec = record(whole.Spec)
  const status = record(whole.Status)
  const description = record(whole.Description)
  const platform = record(description.Platform)
  const resources = record(description.Resources)
  return {
    id: textOr(whole.ID, ''),
    hostname: textOr(description.Hostname, ''),
    address: textOr(status.Addr, ''),
    state: textOr(status.State, 'unknown'),
    availability: textOr(spec.Availability, 'active'),
    labels: labelsOf(spec.Labels),
    engineLabels: labelsOf(record(description.Engine).Labels),
    os: textOr(platform.OS, ''),
    arch: textOr(platform.Architecture, ''),
    cpus: numberOr(resources.NanoCPUs, 0) / 1e9,
    memoryBytes: numberOr(resources.MemoryBytes, 0),
  }
}

/** Something with a version, for compare-and-set: a service or a config. `spec` is sent back whole with an update. */
export type Versioned = {
  readonly id: string
  readonly name: string
  readonly version: number
  readonly labels: Readonly<Record<string, string>>
  readonly spec: Readonly<Record<string, unknown>>
}

export type SwarmService = Versioned & { readonly replicas: number }

export function versioned(value: unknown): Versioned {
  const whole = record(value)
  const spec = record(whole.Spec)
  return {
    id: textOr(whole.ID, ''),
    name: textOr(spec.Name, ''),
    version: numberOr(record(whole.Version).Index, 0),
    labels: labelsOf(spec.Labels),
    spec,
  }
}

export function swarmService(value: unknown): SwarmService {
  const read = versioned(value)
  const replicas = numberOr(record(record(read.spec.Mode).Replicated).Replicas, 0)
  return { ...read, replicas }
}

export type SwarmTask = {
  readonly serviceId: string
  /** Empty until the scheduler has found one. */
  readonly nodeId: string
  readonly state: string
  /** Why it waits or what went wrong. */
  readonly error: string
  readonly gpus: readonly string[]
}

export function swarmTask(value: unknown): SwarmTask {
  const whole = record(value)
  const status = record(whole.Status)
  const named = list(whole.GenericResources).map((one) => textOr(record(record(one).NamedResourceSpec).Value, ''))
  return {
    serviceId: textOr(whole.ServiceID, ''),
    nodeId: textOr(whole.NodeID, ''),
    state: textOr(status.State, ''),
    error: textOr(status.Err, ''),
    gpus: named.filter((one) => one !== ''),
  }
}
