/** Claims: Docker volumes under deterministic names, each with an object that says whose it is. */
import type { Observation } from '../../engine/index.ts'
import type { Clock, PersistentVolumeClaim, Random } from '../../resources/index.ts'
import { WorldError, rfc3339 } from '../../resources/index.ts'
import type { Runtime } from '../../runtime/port.ts'
import type { BackOff } from '../back-off.ts'
import { isRetryable, mayBeStored, persevere } from '../back-off.ts'
import type { ClaimOwner } from '../names.ts'
import { claimOwnerOf, volumeLabelsOf, volumeNameOf } from '../names.ts'
import type { ObjectTable } from '../objects.ts'
import type { ClaimKey, ClaimPlaces } from '../pods/claim-places.ts'
import type { Log } from '../telemetry.ts'

const clearingLookMs = 200
/** A volume is free as soon as the containers that mount it are removed, which is usually under way. */
const inUseBackOff: BackOff = { firstMs: 20, factor: 1.5, capMs: 30_000 }
/** About a minute, in which what a workflow that is gone has left is removed. */
const takenTriesMost = 12
const isTaken = (error: unknown): boolean =>
  error instanceof WorldError && (error.code === 'VOLUME_TAKEN' || error.code === 'VOLUME_IN_USE')
/** Failures between two lines of the log: about ten seconds, and then every few minutes. */
const toldEvery = 15

export class Claims {
  readonly #runtime: Runtime
  readonly #confirm: (() => Promise<void>) | null
  readonly #objects: ObjectTable
  readonly #places: ClaimPlaces | null
  readonly #clock: Clock
  readonly #random: Random
  readonly #isBeingCleared: (uid: string) => boolean
  readonly #isOnItsWayOut: (namespace: string, claimName: string) => boolean
  readonly #making = new Map<string, Set<Promise<void>>>()
  /** Removals of volumes that nobody claimed. */
  readonly #strays = new Map<string, Promise<void>>()
  readonly #log: Log

  constructor(parts: {
    readonly runtime: Runtime
    /** Whoever is no longer in charge makes no volumes: see `Store.confirm`. `null`: nobody else can be. */
    readonly confirm: (() => Promise<void>) | null
    readonly objects: ObjectTable
    /** Where there are several endpoints: a volume is made where the first pod goes that mounts it. */
    readonly places: ClaimPlaces | null
    readonly clock: Clock
    readonly random: Random
    /** Whether the workflow is deleted and its claims are on their way out. */
    readonly isBeingCleared: (uid: string) => boolean
    /** Whether the claim of that name is being removed. */
    readonly isOnItsWayOut: (namespace: string, claimName: string) => boolean
    readonly log: Log
  }) {
    this.#runtime = parts.runtime
    this.#confirm = parts.confirm
    this.#objects = parts.objects
    this.#places = parts.places
    this.#clock = parts.clock
    this.#random = parts.random
    this.#isBeingCleared = parts.isBeingCleared
    this.#isOnItsWayOut = parts.isOnItsWayOut
    this.#log = parts.log
  }

  /** Makes the claim of a volumeClaimTemplate; what already is the owner's is fine. */
  async create(
    owner: ClaimOwner,
    claimName: string,
    claim: PersistentVolumeClaim,
    signal: AbortSignal,
  ): Promise<Observation> {
    try {
      const key = { kind: 'PersistentVolumeClaim' as const, namespace: owner.namespace, name: claimName }
      const known = await this.#whenCleared(owner, key, signal)
      const isOwn = known?.metadata?.ownerReferences?.some((reference) => reference.uid === owner.uid) === true
      if (known !== null && !isOwn) {
        const message = `persistentvolumeclaims "${claimName}" already exists`
        return { kind: 'claimFailed', claimName, message, transient: false }
      }
      const fault = claimFault(claimName, claim)
      if (fault !== null) return { kind: 'claimFailed', claimName, message: fault, transient: false }
      await this.ensureVolume(owner.namespace, claimName, owner, signal)
      const record = () => this.#objects.update(key, () => this.#object(owner, claimName, claim))
      if (known === null) await persevere(record, { clock: this.#clock, signal, mayPass: mayBeStored })
      return { kind: 'claimCreated', claimName }
    } catch (error) {
      signal.throwIfAborted()
      const message = error instanceof Error ? error.message : String(error)
      if (isTaken(error))
        return {
          kind: 'claimFailed',
          claimName,
          message: `persistentvolumeclaims "${claimName}" already exists: ${message}`,
          transient: false,
        }
      return { kind: 'claimFailed', claimName, message, transient: isRetryable(error) }
    }
  }

  /** The volume of a claim that stands, as it is when its first pod is placed. */
  async ensureVolumeOf({ namespace, name }: ClaimKey, signal: AbortSignal): Promise<void> {
    const claim = this.#objects.get('PersistentVolumeClaim', namespace, name)
    await this.ensureVolume(namespace, name, claimOwnerOf(namespace, claim), signal)
  }

  /** The volume of a claim that stands as a manifest of its own, or of a template; nothing while it has no place yet. */
  async ensureVolume(
    namespace: string,
    claimName: string,
    owner: ClaimOwner | null,
    signal?: AbortSignal,
  ): Promise<void> {
    const labels = volumeLabelsOf(namespace, claimName, owner)
    const runtime = this.#runtimeOf(namespace, claimName)
    if (runtime === null) return
    const key = `${namespace}/${claimName}`
    const ensure = async () => {
      const stray = this.#strays.get(key)
      if (stray !== undefined) await stray.catch(() => undefined)
      if (this.#confirm !== null) await this.#confirm()
      signal?.throwIfAborted()
      // Without the signal: a call that has left cannot be taken back, so whoever removes the volume waits for its answer.
      const name = volumeNameOf(namespace, claimName)
      try {
        await this.#track(key, runtime.ensureVolume(name, labels))
      } catch (error) {
        // Of a workflow of ours that is gone: no claim of that name stands, or it would have been waited for.
        if (isTaken(error) && isRetryable(error)) await runtime.removeVolume(name, signal)
        throw error
      }
    }
    const patience = { triesMax: takenTriesMost, isUncounted: (error: unknown) => !isTaken(error) }
    await this.#track(key, persevere(ensure, { clock: this.#clock, signal, ...patience }))
  }

  /** Until it is over the volume is being made. */
  #track(key: string, work: Promise<void>): Promise<void> {
    const making = this.#making.get(key) ?? new Set()
    this.#making.set(key, making.add(work))
    return work.finally(() => {
      making.delete(work)
      if (making.size === 0) this.#making.delete(key)
    })
  }

  /** Resolves when nobody is making the volume any more: it would stand again after its removal. */
  async #made(key: string): Promise<void> {
    for (let making = this.#making.get(key); making !== undefined; making = this.#making.get(key))
      await Promise.allSettled(making)
  }

  /**
   * Removes volume and object; a volume still in use is tried again until it is free.
   * @param owner uid of the workflow whose claim it is; what stands under the name of others' stays
   */
  async delete(namespace: string, claimName: string, signal: AbortSignal, owner?: string): Promise<void> {
    await this.#made(`${namespace}/${claimName}`)
    const known = this.#objects.get('PersistentVolumeClaim', namespace, claimName)
    if (known !== null && owner !== undefined && claimOwnerOf(namespace, known)?.uid !== owner) return
    const runtime = known !== null ? this.#runtimeOf(namespace, claimName) : this.#runtime
    const remove = async () => runtime?.removeVolume(volumeNameOf(namespace, claimName), signal, owner)
    const onFailure = (error: WorldError, failures: number): void => {
      if (failures % toldEvery !== 0) return
      this.#log.warn(
        { claim: claimName, namespace, failures, error: error.message },
        'a volume cannot be removed yet; it is tried again until it is free',
      )
    }
    await persevere(remove, { clock: this.#clock, backOff: inUseBackOff, signal, onFailure })
    const strike = () => this.#objects.delete({ kind: 'PersistentVolumeClaim', namespace, name: claimName })
    await persevere(strike, { clock: this.#clock, signal, mayPass: mayBeStored })
  }

  /** Removes a volume that nobody claims, unless somebody does meanwhile; it is tried once. @returns whether it is gone */
  async removeStray(
    namespace: string,
    claimName: string,
    { isUnclaimed, signal }: { readonly isUnclaimed: () => boolean; readonly signal: AbortSignal },
  ): Promise<boolean> {
    const key = `${namespace}/${claimName}`
    if (this.#confirm !== null) await this.#confirm()
    if (!isUnclaimed() || this.#making.has(key) || this.#strays.has(key)) return false
    const removing = this.#runtime.removeVolume(volumeNameOf(namespace, claimName), signal)
    this.#strays.set(key, removing)
    await removing.finally(() => this.#strays.delete(key))
    return true
  }

  /** `null`: its volume is nowhere yet. */
  #runtimeOf(namespace: string, name: string): Runtime | null {
    if (this.#places === null) return this.#runtime
    const endpoint = this.#places.endpointOf({ namespace, name })
    return endpoint === null ? null : (this.#runtime.endpoints?.at(endpoint) ?? this.#runtime)
  }

  /** The claim of that name; one of a workflow that was just deleted is waited for to go. */
  async #whenCleared(
    owner: ClaimOwner,
    key: { readonly kind: 'PersistentVolumeClaim'; readonly namespace: string; readonly name: string },
    signal: AbortSignal,
  ) {
    for (;;) {
      const known = this.#objects.get(key.kind, key.namespace, key.name)
      const owners = known?.metadata?.ownerReferences ?? []
      const isGoing =
        owners.some(({ uid }) => uid !== owner.uid && this.#isBeingCleared(uid)) ||
        this.#isOnItsWayOut(key.namespace, key.name)
      if (!isGoing) return known
      await this.#clock.sleep(clearingLookMs, signal)
    }
  }

  #object(owner: ClaimOwner, claimName: string, claim: PersistentVolumeClaim): PersistentVolumeClaim {
    return {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        ...claim.metadata,
        name: claimName,
        namespace: owner.namespace,
        uid: this.#random.uuid(),
        creationTimestamp: rfc3339(this.#clock.now()),
        ownerReferences: [
          {
            apiVersion: 'argoproj.io/v1alpha1',
            kind: 'Workflow',
            name: owner.name,
            uid: owner.uid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: claim.spec,
      status:
        this.#places === null
          ? { phase: 'Bound', accessModes: claim.spec?.accessModes, capacity: claim.spec?.resources?.requests }
          : { phase: 'Pending' },
    }
  }
}

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']

/** What Kubernetes would refuse in a claim, in its words; `null` if nothing. */
function claimFault(claimName: string, { spec }: PersistentVolumeClaim): string | null {
  const { accessModes: modes = [], resources } = spec ?? {}
  const invalid = (text: string) => `PersistentVolumeClaim "${claimName}" is invalid: ${text}`
  if (modes.length === 0) return invalid('spec.accessModes: Required value: at least 1 access mode is required')
  const unknown = modes.find((mode) => !accessModes.includes(mode))
  if (unknown !== undefined) {
    const known = accessModes.map((mode) => `"${mode}"`).join(', ')
    return invalid(`spec.accessModes: Unsupported value: "${unknown}": supported values: ${known}`)
  }
  return resources?.requests?.['storage'] === undefined ? invalid('spec.resources[storage]: Required value') : null
}
