/**
 * Which machine has a claim's volume: volumes are a machine's own. A claim is a config in the swarm, so that all daemons
 * agree on it; its machine is settled by its first pod (as Kubernetes does: wait for the first consumer) and written into
 * the config's labels by compare-and-set. Every later pod of the claim goes there.
 */
import { UserError, WorldError } from '../../resources/index.ts'
import type { ClaimVolumeRequest, PodRequest } from '../../resources/index.ts'
import { label } from '../docker/names.ts'
import type { NamedVolume } from '../port.ts'
import { ownerLabel, refuseOthers } from '../volume-owner.ts'
import type { Machine } from './machine.ts'
import type { Manager } from './manager.ts'
import { claimConfigOf, swarmLabel } from './names.ts'
import type { Versioned } from './wire.ts'

export type ClaimsParts = {
  readonly manager: Manager
  readonly instance: string
  readonly machines: () => ReadonlyMap<string, Machine>
}

export class Claims {
  readonly #parts: ClaimsParts
  /** A machine once settled is never changed, so it need not be asked for again. */
  readonly #settled = new Map<string, string>()

  constructor(parts: ClaimsParts) {
    this.#parts = parts
  }

  /** Writes the claim down; its volume is made with its first pod. */
  async ensure(volumeName: string, labels: Readonly<Record<string, string>>): Promise<void> {
    refuseOthers(volumeName, labels, { labels: claimLabels(await this.#config(volumeName, labels)), isOurs: true })
  }

  /**
   * The machine that has the pod's claims; `null` where none is settled.
   * @throws UserError CLAIMS_APART where two of them are on two machines
   */
  async machineOf(pod: PodRequest): Promise<string | null> {
    let chosen: { readonly volume: string; readonly machine: string } | null = null
    for (const { volumeName: volume, labels = {} } of claimsOf(pod)) {
      const machine = this.#settled.get(volume) ?? machineIn(await this.#config(volume, labels))
      if (machine === null) continue
      this.#settled.set(volume, machine)
      if (chosen !== null && chosen.machine !== machine)
        throw new UserError(
          'CLAIMS_APART',
          `volumes ${chosen.volume} and ${volume} are on different machines of the swarm`,
          {
            hint: 'a volume is on one machine: use both in one pod first, or pass data as artifacts',
          },
        )
      chosen ??= { volume, machine }
    }
    return chosen?.machine ?? null
  }

  /** Settles the pod's claims on the machine and makes their volumes; `false` where another pod was faster elsewhere. */
  async settle(pod: PodRequest, machine: Machine): Promise<boolean> {
    for (const { volumeName: volume, labels = {} } of claimsOf(pod)) {
      const owner = await this.#settleOne(volume, labels, machine.id)
      if (owner !== machine.id) return false
      // With the labels of the claim: where it outlives that, they still tell whose it is.
      await machine.runtime.ensureVolume(volume, claimLabels(await this.#config(volume, labels)))
    }
    return true
  }

  /** Claims, whether or not their volume is made yet, and, on machines that answer, volumes that have no claim. */
  async all(signal?: AbortSignal): Promise<readonly NamedVolume[]> {
    const { manager, instance } = this.#parts
    const found = new Map<string, NamedVolume>()
    for (const { runtime } of this.#answering())
      for (const volume of await runtime.volumes(signal)) found.set(volume.name, volume)
    for (const config of await manager.configs(`${label.instance}=${instance}`, signal)) {
      const name = config.labels[swarmLabel.volume]
      if (name !== undefined) found.set(name, { name, labels: claimLabels(config) })
    }
    return [...found.values()]
  }

  async remove(volumeName: string, signal?: AbortSignal, claimant?: string): Promise<void> {
    const name = claimConfigOf(this.#parts.instance, volumeName)
    const config = await this.#parts.manager.config(name, signal)
    if (config === null) {
      for (const machine of this.#answering())
        if (await machine.hasVolume(volumeName)) await machine.runtime.removeVolume(volumeName, signal, claimant)
      return
    }
    if (claimant !== undefined && config.labels[ownerLabel] !== claimant) return
    const machineId = machineIn(config)
    const machine = machineId === null ? undefined : this.#parts.machines().get(machineId)
    // A machine that has left the swarm took its volumes along.
    if (machine !== undefined) await machine.runtime.removeVolume(volumeName, signal, claimant)
    await this.#parts.manager.removeConfig(name, signal)
    this.#settled.delete(volumeName)
  }

  #answering(): readonly Machine[] {
    return [...this.#parts.machines().values()].filter(({ isAnswering }) => isAnswering)
  }

  async #settleOne(volume: string, labels: Readonly<Record<string, string>>, machineId: string): Promise<string> {
    for (let tries = 0; tries < 10; tries += 1) {
      const config = await this.#config(volume, labels)
      const owner = machineIn(config)
      if (owner !== null) {
        this.#settled.set(volume, owner)
        return owner
      }
      await this.#parts.manager.updateConfig(config, { ...config.labels, [swarmLabel.machine]: machineId })
    }
    throw new WorldError('CLAIM_UNSETTLED', `the machine of volume ${volume} could not be settled`, { retryable: true })
  }

  async #config(volume: string, labels: Readonly<Record<string, string>>): Promise<Versioned> {
    const { manager, instance } = this.#parts
    const name = claimConfigOf(instance, volume)
    const known = await manager.config(name)
    if (known === null) {
      // A volume that somebody made before us stays where it is.
      const owner = await this.#found(volume)
      const own = { [label.instance]: instance, [swarmLabel.volume]: volume }
      await manager.createConfig(name, { ...labels, ...own, ...(owner && { [swarmLabel.machine]: owner }) }, '{}')
    }
    const config = known ?? (await manager.config(name))
    if (config === null)
      throw new WorldError('CLAIM_UNSETTLED', `the claim of volume ${volume} vanished`, { retryable: true })
    return config
  }

  async #found(volume: string): Promise<string | null> {
    for (const machine of this.#parts.machines().values()) {
      if (machine.isAnswering && (await machine.hasVolume(volume))) return machine.id
    }
    return null
  }
}

/** Each once, in an order that all daemons share. */
function claimsOf(pod: PodRequest): readonly ClaimVolumeRequest[] {
  const claims = pod.volumes.filter((one) => one.kind === 'claim')
  const byName = new Map(claims.map((one) => [one.volumeName, one]))
  return [...byName.values()].sort((a, b) => (a.volumeName < b.volumeName ? -1 : 1))
}

/** What the claim was made with. */
function claimLabels({ labels }: Versioned): Readonly<Record<string, string>> {
  const { [label.instance]: _instance, [swarmLabel.volume]: _volume, [swarmLabel.machine]: _machine, ...given } = labels
  return given
}

const machineIn = ({ labels }: Versioned): string | null => labels[swarmLabel.machine] ?? null
