/** On which endpoint the volume of a claim is: the one where the first pod went that mounts it, as Kubernetes does with local volumes. */
import type { PersistentVolumeClaim } from '../../resources/index.ts'
import type { ObjectTable } from '../objects.ts'

/** Kubernetes' own annotation for the node that a claim's volume is to be made on. */
const selectedNode = 'volume.kubernetes.io/selected-node'

export type ClaimKey = { readonly namespace: string; readonly name: string }

export class ClaimPlaces {
  readonly #objects: ObjectTable
  /** Where the volumes are of claims that are from a time without endpoints. */
  readonly #firstEndpoint: () => string
  /** Chosen and not stored yet. */
  readonly #chosen = new Map<string, string>()

  constructor(objects: ObjectTable, firstEndpoint: () => string) {
    this.#objects = objects
    this.#firstEndpoint = firstEndpoint
  }

  /** `null`: nowhere yet. */
  endpointOf({ namespace, name }: ClaimKey): string | null {
    const chosen = this.#chosen.get(`${namespace}/${name}`)
    if (chosen !== undefined) return chosen
    const claim = this.#objects.get('PersistentVolumeClaim', namespace, name)
    return claim === null ? null : placeOf(claim, this.#firstEndpoint)
  }

  /** At once for everybody who asks; durable with `bind`. */
  choose({ namespace, name }: ClaimKey, endpoint: string): void {
    if (this.endpointOf({ namespace, name }) === null) this.#chosen.set(`${namespace}/${name}`, endpoint)
  }

  /** Durable when it resolves. */
  async bind({ namespace, name }: ClaimKey, endpoint: string): Promise<void> {
    const key = { kind: 'PersistentVolumeClaim' as const, namespace, name }
    await this.#objects.update(key, (claim) =>
      claim === null || placeOf(claim, this.#firstEndpoint) !== null ? null : bound(claim, endpoint),
    )
    this.#chosen.delete(`${namespace}/${name}`)
  }

  forget({ namespace, name }: ClaimKey): void {
    this.#chosen.delete(`${namespace}/${name}`)
  }
}

function placeOf({ metadata, status }: PersistentVolumeClaim, firstEndpoint: () => string): string | null {
  const selected = metadata?.annotations?.[selectedNode]
  if (selected) return selected
  return status?.phase === 'Bound' ? firstEndpoint() : null
}

const bound = (claim: PersistentVolumeClaim, endpoint: string): PersistentVolumeClaim => ({
  ...claim,
  metadata: { ...claim.metadata, annotations: { ...claim.metadata?.annotations, [selectedNode]: endpoint } },
  status: {
    ...claim.status,
    phase: 'Bound',
    accessModes: claim.spec?.accessModes,
    capacity: claim.spec?.resources?.requests,
  },
})
