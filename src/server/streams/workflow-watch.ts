/** `workflow-events`: every change of the workflows that a client selects, from now or from a version on. */
import type { Controller, WatchEvent, WorkflowPage } from '../../controller/port.ts'
import type { Workflow } from '../../resources/index.ts'
import type { Fields } from '../http/fields.ts'
import { selectFields, wants } from '../http/fields.ts'
import { HttpFault } from '../http/faults.ts'
import { workflowJson } from '../objects/workflow-json.ts'
import type { ObjectSelector } from '../objects/selectors.ts'
import { selects, selectsEverything } from '../objects/selectors.ts'
import type { EventStream } from './event-stream.ts'
import { PendingChanges } from './pending-changes.ts'
import type { PendingChange } from './pending-changes.ts'
import { Transitions } from './transitions.ts'

export type WatchQuery = {
  readonly selector: ObjectSelector
  /** The label selector as it came, for the list that the watch begins with. */
  readonly labelSelector: string | undefined
  readonly fields: Fields | null
  /** `null`: what there is, then what comes. */
  readonly since: number | null
}

/** A stream spends at most a tenth of its time on writing objects, so that one huge workflow does not hold up the rest. */
const restPerWorkMs = 9
/** Below this an object is written at once, milliseconds. */
const cheapMs = 2

/** Text of an event's object, shared by the streams that want it whole. */
const wholeTexts = new WeakMap<WatchEvent, string>()

/**
 * Opens the stream and keeps it going until the client or the server ends it.
 * @throws HttpFault 410 before the stream is opened if the changes no longer reach back to `since`
 */
export async function watchWorkflows(stream: EventStream, controller: Controller, query: WatchQuery): Promise<void> {
  const watch = new WorkflowWatch(stream, controller, query)
  await watch.start()
}

class WorkflowWatch {
  readonly #stream: EventStream
  readonly #controller: Controller
  readonly #query: WatchQuery
  readonly #pending = new PendingChanges()
  #transitions: Transitions
  readonly #wantsNodes: boolean
  #isWriting = false

  constructor(stream: EventStream, controller: Controller, query: WatchQuery) {
    this.#stream = stream
    this.#controller = controller
    this.#query = query
    this.#transitions = new Transitions(query.selector, { others: 'maybe' })
    this.#wantsNodes = wants(query.fields, 'result.object.status.nodes')
  }

  async start(): Promise<void> {
    const { since } = this.#query
    if (since === null) return this.#startWithWhatThereIs()
    if (!selectsEverything(this.#query.selector)) await this.#recallMatches(since)
    if (!this.#follow(since))
      throw new HttpFault({ status: 410, grpc: 11, message: `too old resource version: ${String(since)}` })
    this.#stream.open()
    this.#pump()
  }

  /** Lists first and follows from the list's version, so that nothing is lost in between. */
  async #startWithWhatThereIs(): Promise<void> {
    for (let attempt = 0; attempt < 3 && !this.#stream.isEnded; attempt += 1) {
      const page = await this.#list({ matchingOnly: true })
      this.#transitions = new Transitions(this.#query.selector, { others: 'absent' })
      for (const workflow of page.items) this.#transitions.recall(selectableOf(workflow))
      const existing = page.items.filter((workflow) => selects(this.#query.selector, selectableOf(workflow)))
      this.#isWriting = true
      if (!this.#follow(Number(page.resourceVersion))) continue
      this.#stream.open()
      await this.#sendExisting(existing)
      this.#isWriting = false
      this.#pump()
      return
    }
    throw new HttpFault({ status: 503, grpc: 14, message: 'the changes come too fast to be followed' })
  }

  async #sendExisting(existing: readonly Workflow[]): Promise<void> {
    for (const workflow of existing) {
      if (this.#stream.isEnded) return
      const { namespace, name } = selectableOf(workflow)
      const whole = this.#wantsNodes ? await this.#controller.workflow(namespace, name) : workflow
      // One that has gone meanwhile is reported as it was; its deletion follows.
      if (!this.#stream.send(this.#textOf('ADDED', whole ?? workflow))) await this.#stream.drained()
    }
  }

  /** Without nodes. @param matchingOnly by their labels too; always by namespace and name */
  async #list({ matchingOnly }: { readonly matchingOnly: boolean }): Promise<WorkflowPage> {
    const { selector, labelSelector } = this.#query
    const fieldSelector = selector.fields.map(({ field, equal, value }) => `${field}${equal ? '=' : '!='}${value}`)
    return this.#controller.listWorkflows({
      namespace: selector.namespace,
      nodes: false,
      ...(fieldSelector.length > 0 && { fieldSelector: fieldSelector.join(',') }),
      ...(matchingOnly && labelSelector !== undefined && { labelSelector }),
    })
  }

  /** Objects that have not changed since the client's version match now as they matched then. */
  async #recallMatches(since: number): Promise<void> {
    const { items } = await this.#list({ matchingOnly: false })
    for (const workflow of items) {
      const isUnchanged = Number(workflow.metadata.resourceVersion ?? Infinity) <= since
      if (isUnchanged) this.#transitions.recall(selectableOf(workflow))
    }
  }

  /** `false` where the changes no longer reach back that far. */
  #follow(since: number): boolean {
    const subscription = this.#controller.watch(since, (event) => this.#take(event))
    if (subscription.expired) return false
    this.#stream.signal.addEventListener('abort', () => subscription.close(), { once: true })
    if (this.#stream.isEnded) subscription.close()
    return true
  }

  #take(event: WatchEvent): void {
    if (event.kind !== 'Workflow' || this.#stream.isEnded) return
    const type = this.#transitions.of(event)
    if (type === null) return
    this.#pending.add(`${event.namespace}/${event.name}`, { type, event })
    this.#pump()
  }

  #pump(): void {
    if (this.#isWriting || this.#pending.size === 0 || !this.#stream.isOpen) return
    this.#isWriting = true
    this.#writeAll().catch(() => this.#stream.end())
  }

  async #writeAll(): Promise<void> {
    try {
      for (let change = this.#pending.take(); change !== undefined; change = this.#pending.take()) {
        if (this.#stream.isEnded) return
        await change.event.whenStored?.()
        const begunAt = performance.now()
        const isTaken = this.#stream.send(this.#changeText(change))
        const workMs = performance.now() - begunAt
        if (!isTaken) await this.#stream.drained()
        if (workMs > cheapMs) await pause(workMs * restPerWorkMs, this.#stream.signal)
      }
    } finally {
      this.#isWriting = false
    }
  }

  #changeText({ type, event }: PendingChange): string {
    if (this.#query.fields !== null) return this.#textOf(type, event.object() as Workflow)
    let text = wholeTexts.get(event)
    if (text === undefined) wholeTexts.set(event, (text = JSON.stringify(workflowJson(event.object() as Workflow))))
    return `{"type":"${type}","object":${text}}`
  }

  #textOf(type: PendingChange['type'], workflow: Workflow): string {
    const object = workflowJson(workflow, { nodes: this.#wantsNodes })
    if (this.#query.fields === null) return JSON.stringify({ type, object })
    const { result = {} } = selectFields({ result: { type, object } }, this.#query.fields) as { result?: object }
    return JSON.stringify(result)
  }
}

function selectableOf({ metadata }: Workflow) {
  return { namespace: metadata.namespace ?? '', name: metadata.name ?? '', labels: metadata.labels ?? {} }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}
