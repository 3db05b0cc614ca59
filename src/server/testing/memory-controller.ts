/** A controller that runs nothing: the interface over maps, for the tests of this room. */
import type { Problem } from '../../admission/index.ts'
import type {
  ArtifactHandle,
  Controller,
  CreateOptions,
  Explanation,
  FeedEvent,
  ListQuery,
  LogQuery,
  ObjectKind,
  StoredObject,
  SubmitOptions,
  SyncLimit,
  WorkflowHistory,
} from '../../controller/port.ts'
import { ApiError } from '../../controller/port.ts'
import type { Operation } from '../../engine/decision.ts'
import type { CronWorkflow, Workflow } from '../../resources/index.ts'
import { archiveOver } from './memory-archive.ts'
import { MemoryFeed } from './memory-feed.ts'
import { MemoryWorkflows } from './memory-workflows.ts'

type ReceivedEvent = {
  readonly namespace: string
  readonly discriminator: string
  readonly payload: unknown
  readonly metadata: unknown
}

export class MemoryController implements Controller {
  readonly feed = new MemoryFeed()
  readonly workflows = new MemoryWorkflows(this.feed)
  /** Lines by `namespace/name`. */
  readonly logLines = new Map<string, readonly { readonly podName: string; readonly content: string }[]>()
  /** Files by `nodeId/direction/name`, each with its key. */
  readonly files = new Map<string, ReadonlyMap<string, string>>()
  readonly uploads = new Map<string, Buffer>()
  readonly received: ReceivedEvent[] = []
  readonly notReady: string[] = []
  readonly #objects = new Map<string, StoredObject>()
  readonly #limits = new Map<string, SyncLimit>()
  readonly #happened: FeedEvent[] = []
  readonly #eventListeners = new Set<(event: FeedEvent) => void>()

  createWorkflow(namespace: string, workflow: Workflow, options: CreateOptions = {}): Promise<Workflow> {
    refuse(problemsOf(workflow))
    const isDry = options.dryRun !== undefined
    return Promise.resolve(isDry ? workflow : this.workflows.create(namespace, workflow))
  }

  submitFrom(namespace: string, kind: string, name: string, options: SubmitOptions): Promise<Workflow> {
    const from = this.object(kind as ObjectKind, namespace, name)
    if (from === null) throw new ApiError('NOT_FOUND', `workflowtemplates.argoproj.io "${name}" not found`)
    const { parameters = [] } = options
    const given = parameters.map((text) => ({
      name: text.split('=')[0] ?? '',
      value: text.slice(text.indexOf('=') + 1),
    }))
    const spec = { workflowTemplateRef: { name }, arguments: { parameters: given } }
    return Promise.resolve(this.workflows.create(namespace, { metadata: { generateName: `${name}-` }, spec }))
  }

  workflow(namespace: string, name: string, { uid }: { readonly uid?: string } = {}): Promise<Workflow | null> {
    const found = this.workflows.find(namespace, name)
    return Promise.resolve(uid === undefined || found?.metadata.uid === uid ? found : null)
  }

  workflowByUid(uid: string): Promise<Workflow | null> {
    return Promise.resolve(this.workflows.byUid(uid))
  }

  async history(namespace: string, name: string): Promise<WorkflowHistory> {
    const workflow = await this.workflow(namespace, name)
    if (workflow === null) throw new ApiError('NOT_FOUND', `workflows.argoproj.io "${name}" not found`)
    return { workflow: name, namespace, uid: workflow.metadata.uid ?? '', entries: [], missing: 0 }
  }

  async explain(namespace: string, name: string, node?: string): Promise<Explanation> {
    const { uid } = await this.history(namespace, name)
    const sentences = [`${node ?? name} is told of.`]
    return { workflow: name, namespace, uid, phase: '', sentences, waits: [], log: [], history: [] }
  }

  listWorkflows(query: ListQuery) {
    return Promise.resolve(this.workflows.list(query))
  }

  deleteWorkflow(namespace: string, name: string): Promise<void> {
    return Promise.resolve(this.workflows.delete(namespace, name))
  }

  async operate(namespace: string, name: string, operation: Operation): Promise<Workflow> {
    await Promise.resolve()
    return this.workflows.operate(namespace, name, operation)
  }

  resubmit(namespace: string, name: string): Promise<Workflow> {
    const { spec } = this.workflows.get(namespace, name)
    return Promise.resolve(this.workflows.create(namespace, { metadata: { generateName: `${name}-` }, spec }))
  }

  preview(namespace: string, name: string, operation: Operation) {
    this.workflows.get(namespace, name)
    return Promise.resolve({ operation: operation.kind, spec: [], nodes: [] })
  }

  previewResubmit(namespace: string, name: string) {
    this.workflows.get(namespace, name)
    return Promise.resolve({ operation: 'resubmit' as const, spec: [], nodes: [] })
  }

  editWorkflow(namespace: string, name: string, change: (current: Workflow) => Workflow): Promise<Workflow> {
    return Promise.resolve(this.workflows.edit(change(this.workflows.get(namespace, name))))
  }

  readonly archive = archiveOver(this)

  templateRevisions() {
    return Promise.resolve([])
  }

  templateRevision(kind: ObjectKind, namespace: string, name: string) {
    return Promise.resolve(this.object(kind, namespace, name))
  }

  lintWorkflow(_namespace: string, workflow: Workflow): Promise<readonly Problem[]> {
    return Promise.resolve(problemsOf(workflow))
  }

  createObject(kind: ObjectKind, namespace: string, object: StoredObject): Promise<StoredObject> {
    const name = object.metadata?.name ?? ''
    if (this.object(kind, namespace, name) !== null) throw new ApiError('ALREADY_EXISTS', `"${name}" already exists`)
    return Promise.resolve(this.#put(kind, namespace, object))
  }

  updateObject(kind: ObjectKind, namespace: string, name: string, object: StoredObject): Promise<StoredObject> {
    const current = this.object(kind, namespace, name)
    if (current === null) throw new ApiError('NOT_FOUND', `"${name}" not found`)
    const version = object.metadata?.resourceVersion
    if (version === undefined)
      throw new ApiError('INVALID_ARGUMENT', 'metadata.resourceVersion: must be specified for an update')
    if (version !== current.metadata?.resourceVersion)
      throw new ApiError('ALREADY_EXISTS', 'the object has been modified')
    return Promise.resolve(this.#put(kind, namespace, object))
  }

  deleteObject(kind: ObjectKind, namespace: string, name: string): Promise<void> {
    if (!this.#objects.delete(`${kind}/${namespace}/${name}`)) throw new ApiError('NOT_FOUND', `"${name}" not found`)
    return Promise.resolve()
  }

  object(kind: ObjectKind, namespace: string, name: string): StoredObject | null {
    return this.#objects.get(`${kind}/${kind === 'ClusterWorkflowTemplate' ? '' : namespace}/${name}`) ?? null
  }

  objects(kind: ObjectKind, namespace: string): readonly StoredObject[] {
    const own = [...this.#objects].filter(([key]) =>
      key.startsWith(`${kind}/${namespace === '' ? '' : `${namespace}/`}`),
    )
    return own.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object)
  }

  lintObject(): Promise<readonly Problem[]> {
    return Promise.resolve([])
  }

  suspendCron(namespace: string, name: string, suspend: boolean): Promise<CronWorkflow> {
    const cron = this.object('CronWorkflow', namespace, name) as CronWorkflow | null
    if (cron === null) throw new ApiError('NOT_FOUND', `cronworkflows.argoproj.io "${name}" not found`)
    return Promise.resolve(
      this.#put('CronWorkflow', namespace, { ...cron, spec: { ...cron.spec, suspend } }) as CronWorkflow,
    )
  }

  watch: Controller['watch'] = (since, listener) => this.feed.watch(since, listener)
  resourceVersion = (): number => this.feed.version
  events = (namespace: string): readonly FeedEvent[] =>
    this.#happened.filter((event) => namespace === '' || event.namespace === namespace)

  happen(event: FeedEvent): void {
    this.#happened.push(event)
    for (const listener of this.#eventListeners) listener(event)
  }

  watchEvents(listener: (event: FeedEvent) => void) {
    this.#eventListeners.add(listener)
    return { close: () => void this.#eventListeners.delete(listener) }
  }

  async *logs(namespace: string, name: string, { podName, grep }: LogQuery) {
    await Promise.resolve()
    if (grep === '(') throw new ApiError('INTERNAL', 'error parsing regexp: missing closing )')
    for (const line of this.logLines.get(`${namespace}/${name}`) ?? [])
      if (podName === undefined || podName === line.podName) yield line
  }

  artifact(_workflow: Workflow, nodeId: string, direction: string, name: string): Promise<ArtifactHandle> {
    const files = this.files.get(`${nodeId}/${direction}/${name}`)
    if (files === undefined) throw new ApiError('INTERNAL', `artifact ${name} not found`)
    const [first = ''] = files.keys()
    const isDirectory = files.size > 1
    const key = isDirectory ? first.split('/').slice(0, 2).join('/') : first
    return Promise.resolve({
      artifact: { name, s3: { key } },
      fileName: key.split('/').at(-1) ?? '',
      isDirectory,
      list: () => Promise.resolve([...files].map(([own, text]) => ({ key: own, sizeBytes: text.length }))),
      open: (wanted = first) => Promise.resolve(bytesOf(files.get(wanted))),
    })
  }

  async saveUpload(_namespace: string, key: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const chunks: Uint8Array[] = []
    for await (const chunk of content) chunks.push(Buffer.from(chunk))
    this.uploads.set(key, Buffer.concat(chunks))
  }

  dispatchEvent(namespace: string, discriminator: string, payload: unknown, metadata: unknown): Promise<void> {
    this.received.push({ namespace, discriminator, payload, metadata })
    return Promise.resolve()
  }

  readonly syncLimit: Controller['syncLimit'] = {
    create: (namespace, limit) => {
      const key = `${namespace}/${limit.cmName ?? ''}/${limit.key}`
      if (this.#limits.has(key)) throw new ApiError('ALREADY_EXISTS', 'sync limit already exists')
      this.#limits.set(key, limit)
      return Promise.resolve(limit)
    },
    get: (namespace, key, _type, cmName) => {
      const found = this.#limits.get(`${namespace}/${cmName ?? ''}/${key}`)
      if (found === undefined) throw new ApiError('NOT_FOUND', 'sync limit not found')
      return Promise.resolve(found)
    },
    update: (namespace, limit) => {
      this.#limits.set(`${namespace}/${limit.cmName ?? ''}/${limit.key}`, limit)
      return Promise.resolve(limit)
    },
    delete: (namespace, key, _type, cmName) => {
      this.#limits.delete(`${namespace}/${cmName ?? ''}/${key}`)
      return Promise.resolve()
    },
  }

  readiness() {
    return { ready: this.notReady.length === 0, reasons: this.notReady }
  }

  #put(kind: ObjectKind, namespace: string, object: StoredObject): StoredObject {
    const own = kind === 'ClusterWorkflowTemplate' ? '' : namespace
    const version = String(this.feed.version + 1)
    const metadata = { ...object.metadata, namespace: own, resourceVersion: version, uid: crypto.randomUUID() }
    const stored = { ...object, metadata } as StoredObject
    const name = stored.metadata?.name ?? ''
    this.#objects.set(`${kind}/${own}/${name}`, stored)
    this.feed.publish({
      type: 'MODIFIED',
      kind,
      namespace: own,
      name,
      labels: metadata.labels ?? {},
      object: () => stored,
    })
    return stored
  }
}

function bytesOf(text: string | undefined): AsyncIterable<Uint8Array> | null {
  if (text === undefined) return null
  return (async function* () {
    await Promise.resolve()
    yield Buffer.from(text)
  })()
}

function problemsOf({ spec }: Workflow): Problem[] {
  const isBroken = spec.entrypoint !== undefined && !spec.templates?.some(({ name }) => name === spec.entrypoint)
  return isBroken ? [{ message: `template name '${spec.entrypoint ?? ''}' undefined`, path: 'spec.entrypoint' }] : []
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0)
    throw new ApiError('INVALID_ARGUMENT', problems.map(({ message }) => message).join('; '), problems)
}
