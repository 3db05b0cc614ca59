/** Work that needs no container: begun once per node, told to the engine when it is done, stopped when nobody wants it. */
import type { ArtifactContext, Artifacts } from '../../artifacts/index.ts'
import type { Effect, Observation, TaskResult } from '../../engine/index.ts'
import type { Artifact, Clock, WorkflowUid } from '../../resources/index.ts'
import { persevere } from '../back-off.ts'
import type { Lookups } from '../pods/lookups.ts'
import type { Controller } from '../port.ts'
import type { Log } from '../telemetry.ts'
import type { Claims } from './claims.ts'
import { runHttp } from './http.ts'
import type { Plugins } from './plugin.ts'
import { runResource } from './resource.ts'

export type TaskOwner = { readonly uid: WorkflowUid; readonly namespace: string; readonly name: string }

export type TaskParts = {
  readonly clock: Clock
  readonly log: Log
  readonly artifacts: Artifacts
  readonly lookups: Lookups
  readonly plugins: Plugins
  readonly claims: Claims
  readonly api: Controller
  readonly artifactContext: (namespace: string) => ArtifactContext
  readonly observe: (uid: WorkflowUid, observation: Observation) => void
}

const deletionTriesMax = 5

export class Tasks {
  readonly #parts: TaskParts
  readonly #running = new Map<string, AbortController>()

  constructor(parts: TaskParts) {
    this.#parts = parts
  }

  get size(): number {
    return this.#running.size
  }

  perform(owner: TaskOwner, effect: Effect): void {
    switch (effect.kind) {
      case 'http': {
        const where = { namespace: owner.namespace, lookups: this.#parts.lookups }
        return this.#task(owner, effect.node, (signal) => runHttp(effect.http, where, signal))
      }
      case 'plugin':
        return this.#task(owner, effect.node, (signal) => this.#plugin(owner, effect, signal))
      case 'resource':
        return this.#task(owner, effect.node, (signal) => this.#resource(owner, effect, signal))
      case 'listArtifacts':
        return this.#task(owner, effect.node, (signal) => this.#list(owner, effect.source, signal))
      case 'deleteArtifacts':
        for (const { node, artifact } of effect.artifacts)
          this.#once(owner, `artifact/${node}/${artifact.name}`, async (signal) => {
            const error = await this.deleteArtifact(owner.namespace, artifact, signal)
            this.#parts.observe(owner.uid, { kind: 'artifactsDeleted', node, name: artifact.name, error })
          })
        return
      case 'createClaim':
        return this.#once(owner, `claim/${effect.claimName}`, async (signal) => {
          this.#parts.observe(owner.uid, await this.#parts.claims.create(owner, effect.claimName, effect.claim, signal))
        })
      case 'cancel':
        return this.#cancel(keyOf(owner.uid, effect.node))
      default:
    }
  }

  /** The workflow needs it no more: it is not made if that has not begun. */
  leaveClaim(uid: WorkflowUid, claimName: string): void {
    this.#cancel(keyOf(uid, `claim/${claimName}`))
  }

  /** Stops whatever is under way for the workflow. */
  leave(uid: WorkflowUid): void {
    for (const key of [...this.#running.keys()]) if (key.startsWith(`${uid}/`)) this.#cancel(key)
  }

  close(): void {
    for (const key of [...this.#running.keys()]) this.#cancel(key)
  }

  /** What went wrong, or `null`. */
  async deleteArtifact(namespace: string, artifact: Artifact, signal?: AbortSignal): Promise<string | null> {
    const { artifacts, artifactContext, clock } = this.#parts
    try {
      const work = () => artifacts.delete(artifact, { ...artifactContext(namespace), signal })
      await persevere(work, { clock, triesMax: deletionTriesMax, signal })
      return null
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  #task(owner: TaskOwner, node: string, work: (signal: AbortSignal) => Promise<TaskResult>): void {
    this.#once(owner, node, async (signal) => {
      const result = await work(signal)
      this.#parts.observe(owner.uid, { kind: 'taskFinished', node: node as never, result })
    })
  }

  #once(owner: TaskOwner, name: string, work: (signal: AbortSignal) => Promise<void>): void {
    const key = keyOf(owner.uid, name)
    if (this.#running.has(key)) return
    const abort = new AbortController()
    this.#running.set(key, abort)
    const end = () => {
      if (this.#running.get(key) === abort) this.#running.delete(key)
    }
    work(abort.signal).then(end, (error: unknown) => {
      end()
      if (abort.signal.aborted) return
      this.#parts.log.error(
        { workflow: owner.name, namespace: owner.namespace, uid: owner.uid, task: name, error: String(error) },
        'a task failed for a reason that is a bug',
      )
    })
  }

  #cancel(key: string): void {
    const abort = this.#running.get(key)
    this.#running.delete(key)
    abort?.abort()
  }

  async #plugin(
    owner: TaskOwner,
    effect: Extract<Effect, { kind: 'plugin' }>,
    signal: AbortSignal,
  ): Promise<TaskResult> {
    const { name, namespace, uid } = owner
    const { template, executorPlugins, imagePullSecrets } = effect
    const report = (result: TaskResult) => this.#parts.observe(uid, { kind: 'taskFinished', node: effect.node, result })
    return this.#parts.plugins.run(
      { name, namespace, uid, template, executorPlugins, imagePullSecrets },
      report,
      signal,
    )
  }

  async #resource(
    owner: TaskOwner,
    effect: Extract<Effect, { kind: 'resource' }>,
    signal: AbortSignal,
  ): Promise<TaskResult> {
    const { clock, api } = this.#parts
    const { resource, template, deadlineMs } = effect
    const deadline = new AbortController()
    const done = new AbortController()
    const timer =
      deadlineMs === null
        ? null
        : clock.sleep(deadlineMs, done.signal).then(
            () => deadline.abort(),
            () => {},
          )
    try {
      const manifest = effect.manifest ?? (await this.#manifest(owner, resource.manifestFrom?.artifact, signal))
      return await runResource(
        { resource, template, manifest, owner },
        { clock, api },
        AbortSignal.any([signal, deadline.signal]),
      )
    } catch (error) {
      signal.throwIfAborted()
      if (deadline.signal.aborted)
        return { phase: 'Failed', message: 'Pod was active on the node longer than the specified deadline' }
      return { phase: 'Error', message: error instanceof Error ? error.message : String(error) }
    } finally {
      done.abort()
      await timer
    }
  }

  async #manifest(owner: TaskOwner, artifact: Artifact | undefined, signal: AbortSignal): Promise<string | null> {
    if (artifact === undefined) return null
    const content = await this.#parts.artifacts.open(artifact, {
      ...this.#parts.artifactContext(owner.namespace),
      signal,
    })
    if (content === null) throw new Error(`required artifact '${artifact.name}' not found`)
    const parts: Uint8Array[] = []
    for await (const part of content) parts.push(part)
    return new TextDecoder().decode(Buffer.concat(parts))
  }

  async #list(owner: TaskOwner, source: Artifact, signal: AbortSignal): Promise<TaskResult> {
    const { artifacts, artifactContext, clock } = this.#parts
    try {
      const work = () => artifacts.list(source, { ...artifactContext(owner.namespace), signal })
      const found = await persevere(work, { clock, triesMax: deletionTriesMax, signal })
      return { phase: 'Succeeded', keys: found.map(({ key }) => key) }
    } catch (error) {
      signal.throwIfAborted()
      return { phase: 'Error', message: error instanceof Error ? error.message : String(error) }
    }
  }
}

const keyOf = (uid: string, name: string): string => `${uid}/${name}`
