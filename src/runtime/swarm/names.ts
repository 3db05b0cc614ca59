/** Names and labels of what we make in a swarm, beside those that all our containers bear (docker/names.ts). */
import { createHash } from 'node:crypto'
import type { PodIdentity } from '../../resources/index.ts'

export const swarmLabel = {
  /** On a pod's service: the machine that has the pod. Written once, by compare-and-set, and never changed (placements.ts). */
  machine: 'io.drydock.machine',
  /** On a pod's service: ids of the GPUs that Swarm gave it, with commas. */
  gpus: 'io.drydock.gpus',
  /** On a pod's service, before its first container is started: from then on nobody makes containers for it again. */
  begun: 'io.drydock.begun',
  /** On a pod's service, once the pod has ended: what it reserved was given back. */
  ended: 'io.drydock.ended',
  /** On a pod's service: `evicted` or `lost`, where the pod is gone and must not be begun again. */
  fate: 'io.drydock.fate',
  /** On a pod's service: its grace in milliseconds, for an eviction. */
  graceMs: 'io.drydock.grace-ms',
  /** On a claim's config: the volume it is about. */
  volume: 'io.drydock.volume',
} as const

/** Swarm takes DNS labels of at most 63 characters; one name for one pod of one instance, and for no other. */
export function serviceNameOf(instance: string, { id, name }: Pick<PodIdentity, 'id' | 'name'>): string {
  const readable = dnsLabel(name).slice(0, 44).replace(/-+$/, '')
  return `${readable === '' ? 'pod' : readable}-${hashOf(`${instance}\0${id}`)}`
}

export const claimConfigOf = (instance: string, volumeName: string): string =>
  `drydock-claim-${hashOf(`${instance}\0${volumeName}`)}`

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 18)

const dnsLabel = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
