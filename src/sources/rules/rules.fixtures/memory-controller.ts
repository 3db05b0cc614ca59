/** A controller in memory that keeps what it is given and runs nothing: phases change when a test says so. */
import { ApiError } from '../../../controller/port.ts'
import type { StoredObject, WatchEvent } from '../../../controller/port.ts'
import type { Operation } from '../../../engine/decision.ts'
import type { Workflow } from '../../../resources/index.ts'
import type { SourceController } from '../admitting.ts'

export class MemoryController implements SourceController {
  readonly workflows = new Map<string, Workflow>()
  readonly objects = new Map<string, StoredObject>()
  /** Everything that was asked, in order. */
  readonly history: string[] = []
  readonly operations: Operation[] = []
  /** Thrown by the next creation, after it took place. */
  dieAfterCreate: Error | null = null
  readonly #listeners = new Set<(event: WatchEvent) => void>()
  #version = 0

  async createWorkflow(
    ...[namespace, workflow, options = {}]: Parameters<SourceController['createWorkflow']>
  ): Promise<Workflow> {
    const name = options.name ?? workflow.metadata.name ?? ''
    const key = `${namespace}/${name}`
    if (workflow.spec.entrypoint === 'refused') throw new ApiError('INVALID_ARGUMENT', 'templates.refused undefined')
    if (this.workflows.has(key)) throw new ApiError('ALREADY_EXISTS', `workflows.argoproj.io "${name}" already exists`)
    const annotations = { ...workflow.metadata.annotations, ...options.annotations }
    const stored: Workflow = {
      ...workflow,
      metadata: { ...workflow.metadata, namespace, name, annotations, uid: `uid-${name}` },
      status: { phase: 'Running', progress: '0/1' },
    }
    this.workflows.set(key, stored)
    this.history.push(`create ${name}`)
    this.#tell('ADDED', 'Workflow', stored)
    const death = this.dieAfterCreate
    this.dieAfterCreate = null
    if (death !== null) throw death
    return stored
  }

  async workflow(namespace: string, name: string): Promise<Workflow | null> {
    return this.workflows.get(`${namespace}/${name}`) ?? null
  }

  async deleteWorkflow(namespace: string, name: string): Promise<void> {
    const workflow = this.workflows.get(`${namespace}/${name}`)
    if (workflow === undefined) throw new ApiError('NOT_FOUND', `workflows.argoproj.io "${name}" not found`)
    this.workflows.delete(`${namespace}/${name}`)
    this.history.push(`delete ${name}`)
    this.#tell('DELETED', 'Workflow', workflow)
  }

  async operate(namespace: string, name: string, operation: Operation): Promise<Workflow> {
    this.operations.push(operation)
    return this.workflows.get(`${namespace}/${name}`) as Workflow
  }

  async updateObject(
    ...[kind, namespace, name, object]: Parameters<SourceController['updateObject']>
  ): Promise<StoredObject> {
    this.objects.set(`${kind}/${namespace}/${name}`, object)
    this.history.push(`put ${kind} ${name}`)
    this.#tell('MODIFIED', kind, object)
    return object
  }

  async deleteObject(...[kind, namespace, name]: Parameters<SourceController['deleteObject']>): Promise<void> {
    this.objects.delete(`${kind}/${namespace}/${name}`)
    this.history.push(`remove ${kind} ${name}`)
  }

  object(...[kind, namespace, name]: Parameters<SourceController['object']>): StoredObject | null {
    return this.objects.get(`${kind}/${namespace}/${name}`) ?? null
  }

  watch(...[, listener]: Parameters<SourceController['watch']>): { expired: boolean; close(): void } {
    this.#listeners.add(listener)
    return { expired: false, close: () => this.#listeners.delete(listener) }
  }

  /** The workflow goes on, or ends. */
  become(name: string, status: NonNullable<Workflow['status']>): void {
    const key = `default/${name}`
    const workflow = { ...(this.workflows.get(key) as Workflow), status }
    this.workflows.set(key, workflow)
    this.#tell('MODIFIED', 'Workflow', workflow)
  }

  #tell(type: WatchEvent['type'], kind: WatchEvent['kind'], object: Workflow | StoredObject): void {
    const { namespace = '', name = '' } = object.metadata ?? {}
    const event = { type, kind, object: () => object, namespace, name, labels: {}, resourceVersion: ++this.#version }
    for (const listener of this.#listeners) listener(event)
  }
}
