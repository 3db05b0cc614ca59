/** What other members have stored: objects, caches and workflows follow it here. */
import type { WorkflowUid } from '../../resources/index.ts'
import { instant } from '../../resources/index.ts'
import type { Workflow } from '../../resources/index.ts'
import type { FleetEvent } from '../../store/fleet.ts'
import { wholeOf } from '../api/read.ts'
import { persevere } from '../back-off.ts'
import type { Core } from '../core.ts'
import { objectKinds } from '../objects.ts'
import type { ObjectKind } from '../port.ts'
import { bulletinKind, hearBulletin } from './bulletins.ts'

/** A workflow that changes all the time is read so often for those who watch. */
const readEveryMs = 200
/** Heads of workflows that watchers were shown, for what is told of their deletion. */
const headsKept = 10_000

const isObjectKind = (kind: string): kind is ObjectKind => (objectKinds as readonly string[]).includes(kind)

export class Follower {
  readonly #core: () => Core
  readonly #signal: AbortSignal
  readonly #heads = new Map<WorkflowUid, Workflow>()
  /** What is to be told of each workflow, the newest word. */
  readonly #due = new Map<WorkflowUid, FleetEvent>()
  readonly #shownAt = new Map<WorkflowUid, number>()
  #objects: Promise<void> = Promise.resolve()
  #showing: Promise<void> | null = null
  #version = 0

  constructor(core: () => Core, signal: AbortSignal) {
    this.#core = core
    this.#signal = signal
  }

  /** Everything that others stored up to this version was heard. */
  get version(): number {
    return this.#version
  }

  hear(events: readonly FleetEvent[]): void {
    const core = this.#core()
    for (const event of events) {
      this.#version = Math.max(this.#version, event.resourceVersion)
      if (event.kind === 'Workflow') this.#workflow(event)
      else if (event.kind === bulletinKind) this.#inTurn(() => hearBulletin(core, event))
      else if (isObjectKind(event.kind)) {
        const { kind, namespace, name } = event
        this.#inTurn(() => core.objects.reread({ kind, namespace, name }))
      }
    }
    if (this.#due.size > 0) this.#show()
  }

  /** Resolves when what was heard is known. */
  settled(): Promise<void> {
    return this.#objects
  }

  #workflow(event: FleetEvent): void {
    const { runs, hub, cron } = this.#core()
    const { uid, namespace, name } = event
    runs.forget(namespace, name)
    if (uid === undefined) return
    cron.childChanged(uid)
    if (event.type === 'DELETED') this.#forgetFiles(uid)
    if (!hub.isHeard) {
      this.#heads.delete(uid)
      return hub.skip(event.resourceVersion)
    }
    const before = this.#due.get(uid)
    const isNew = before?.type === 'ADDED' && event.type === 'MODIFIED'
    this.#due.set(uid, isNew ? { ...event, type: 'ADDED' } : event)
  }

  /** It may have run here before it became another's. */
  #forgetFiles(uid: WorkflowUid): void {
    const { runtime, log } = this.#core()
    runtime.forgetFiles(uid).catch((error: unknown) => {
      log.warn({ uid, error: String(error) }, 'files of a workflow that another member deleted stay')
    })
  }

  #show(): void {
    this.#showing ??= this.#showAll().finally(() => {
      this.#showing = null
      if (this.#due.size > 0)
        this.#core().alarms.set('fleet/show', instant(this.#core().clock.now() + 20), () => this.#show())
    })
  }

  /** In the order of versions, as far as they are due. */
  async #showAll(): Promise<void> {
    const core = this.#core()
    const now = core.clock.now()
    for (const event of [...this.#due.values()].sort((a, b) => a.resourceVersion - b.resourceVersion)) {
      const uid = event.uid as WorkflowUid
      if (event.type === 'MODIFIED' && now - (this.#shownAt.get(uid) ?? -Infinity) < readEveryMs) continue
      if (this.#due.get(uid) !== event) continue
      this.#due.delete(uid)
      try {
        await this.#showOne(event, uid)
      } catch (error) {
        core.log.debug({ workflow: event.name, error: String(error) }, 'a change of another member could not be read')
        core.hub.skip(event.resourceVersion)
      }
    }
  }

  async #showOne(event: FleetEvent, uid: WorkflowUid): Promise<void> {
    const core = this.#core()
    const find = () => core.store.workflowByUid(uid)
    const shown = event.type === 'DELETED' ? null : await wholeOf(core, find, core.hub.wantsNodes)
    const { namespace, name } = event
    const known = this.#heads.get(uid)
    // Deleted meanwhile: that is told by an event of its own.
    if (shown === null && event.type !== 'DELETED') return core.hub.skip(event.resourceVersion)
    const workflow = shown ?? known ?? { metadata: { namespace, name, uid }, spec: {} }
    const resourceVersion = Math.max(event.resourceVersion, Number(shown?.metadata.resourceVersion ?? 0))
    if (shown === null) this.#forget(uid)
    else this.#remember(uid, workflow)
    core.hub.publish({
      type: event.type,
      kind: 'Workflow',
      object: () => workflow,
      namespace,
      name,
      labels: workflow.metadata.labels ?? {},
      resourceVersion,
    })
  }

  #remember(uid: WorkflowUid, workflow: Workflow): void {
    const { nodes: _nodes, ...status } = workflow.status ?? {}
    this.#heads.delete(uid)
    this.#heads.set(uid, { ...workflow, status })
    this.#shownAt.set(uid, this.#core().clock.now())
    if (this.#heads.size <= headsKept) return
    const [oldest] = this.#heads.keys()
    if (oldest !== undefined) this.#forget(oldest)
  }

  #forget(uid: WorkflowUid): void {
    this.#heads.delete(uid)
    this.#shownAt.delete(uid)
  }

  /** Until the store lets it be read: nobody would look for it again. */
  #inTurn(work: () => Promise<void>): void {
    const [core, signal] = [this.#core(), this.#signal]
    this.#objects = this.#objects
      .then(() => persevere(work, { clock: core.clock, signal }))
      .catch((error: unknown) => {
        if (signal.aborted) return
        core.log.warn({ error: String(error) }, 'what another member changed could not be read')
      })
  }
}
