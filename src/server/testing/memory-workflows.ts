/** Workflows in memory, with the life that tests give them. */
import type { ListQuery, WatchEvent, WorkflowPage } from '../../controller/port.ts'
import { ApiError } from '../../controller/port.ts'
import type { Operation } from '../../engine/decision.ts'
import { matchesLabelSelector, parseLabelSelector } from '../../expressions/selectors/labels.ts'
import type { Workflow } from '../../resources/index.ts'
import { instantOf } from '../../resources/index.ts'
import type { MemoryFeed } from './memory-feed.ts'

const phaseLabel = 'workflows.argoproj.io/phase'
const completedLabel = 'workflows.argoproj.io/completed'

export class MemoryWorkflows {
  readonly #feed: MemoryFeed
  readonly #byName = new Map<string, Workflow>()
  #made = 0

  constructor(feed: MemoryFeed) {
    this.#feed = feed
  }

  create(namespace: string, given: Workflow): Workflow {
    const { generateName, ...metadata } = given.metadata
    const name = metadata.name ?? `${generateName ?? ''}${String(++this.#made).padStart(5, 'x')}`
    if (this.#byName.has(`${namespace}/${name}`))
      throw new ApiError('ALREADY_EXISTS', `workflows.argoproj.io "${name}" already exists`)
    const created = {
      ...given,
      metadata: {
        ...metadata,
        name,
        namespace,
        uid: crypto.randomUUID(),
        creationTimestamp: `2026-01-02T03:04:${String(this.#byName.size).padStart(2, '0')}Z`,
        generation: 1,
      },
      status: given.status ?? {},
    }
    return this.#put('ADDED', created)
  }

  /** Gives a workflow another phase, with label and times, as the engine would in one commit. */
  setPhase(
    namespace: string,
    name: string,
    phase: 'Running' | 'Succeeded' | 'Failed',
    more: Workflow['status'] = {},
  ): Workflow {
    const before = this.get(namespace, name)
    const isOver = phase !== 'Running'
    const at = before.metadata.creationTimestamp ?? ''
    return this.#put('MODIFIED', {
      ...before,
      metadata: {
        ...before.metadata,
        labels: { ...before.metadata.labels, [phaseLabel]: phase, [completedLabel]: String(isOver) },
      },
      status: { ...before.status, phase, startedAt: at, ...(isOver && { finishedAt: at }), ...more },
    })
  }

  find(namespace: string, name: string): Workflow | null {
    if (name !== '@latest') return this.#byName.get(`${namespace}/${name}`) ?? null
    return [...this.#byName.values()].filter(({ metadata }) => metadata.namespace === namespace).at(-1) ?? null
  }

  get(namespace: string, name: string): Workflow {
    const found = this.find(namespace, name)
    if (found === null) throw new ApiError('NOT_FOUND', `workflows.argoproj.io "${name}" not found`)
    return found
  }

  byUid(uid: string): Workflow | null {
    return [...this.#byName.values()].find(({ metadata }) => metadata.uid === uid) ?? null
  }

  /** Newest first. */
  list(query: ListQuery): WorkflowPage {
    const labels = parseLabelSelector(query.labelSelector ?? '')
    const name = /metadata\.name==?([^,]+)/.exec(query.fieldSelector ?? '')?.[1]
    const matching = [...this.#byName.values()].reverse().filter(({ metadata }) => {
      if (query.namespace && metadata.namespace !== query.namespace) return false
      if (query.archive === 'only' && metadata.labels?.[completedLabel] !== 'true') return false
      if (query.createdAfter && (instantOf(metadata.creationTimestamp) ?? 0) < query.createdAfter) return false
      return (
        nameMatches(metadata.name ?? '', name, query.nameFilter) &&
        labels.ok &&
        matchesLabelSelector(labels.value, metadata.labels ?? {})
      )
    })
    const offset = Number(query.continue ?? 0)
    const items = matching.slice(offset, query.limit === undefined ? undefined : offset + query.limit)
    const remaining = matching.length - offset - items.length
    return {
      items,
      remaining,
      resourceVersion: String(this.#feed.version),
      ...(remaining > 0 && { continue: String(offset + items.length) }),
    }
  }

  operate(namespace: string, name: string, operation: Operation): Workflow {
    const before = this.get(namespace, name)
    const isOver = before.status?.finishedAt !== undefined
    switch (operation.kind) {
      case 'suspend':
        if (isOver) throw new ApiError('INVALID_ARGUMENT', 'cannot suspend completed workflows')
        return this.#put('MODIFIED', { ...before, spec: { ...before.spec, suspend: true } })
      case 'resume':
        return this.#put('MODIFIED', { ...before, spec: { ...before.spec, suspend: undefined } })
      case 'stop':
      case 'terminate': {
        const words = `cannot shutdown a completed workflow: workflow: "${name}", namespace: "${namespace}"`
        if (isOver) throw new ApiError('INTERNAL', words)
        return this.#put('MODIFIED', {
          ...before,
          spec: { ...before.spec, shutdown: operation.kind === 'stop' ? 'Stop' : 'Terminate' },
        })
      }
      case 'retry':
        if (before.status?.phase !== 'Failed')
          throw new ApiError('INVALID_ARGUMENT', `Cannot retry a workflow in phase ${before.status?.phase ?? ''}`)
        return this.#put('MODIFIED', { ...before, status: { ...before.status, phase: '', finishedAt: undefined } })
      case 'set':
        return this.#put('MODIFIED', { ...before, status: { ...before.status, message: JSON.stringify(operation) } })
      case 'edit':
        return before
    }
  }

  edit(next: Workflow): Workflow {
    return this.#put('MODIFIED', next)
  }

  delete(namespace: string, name: string): void {
    const before = this.get(namespace, name)
    this.#byName.delete(`${namespace}/${name}`)
    this.#publish('DELETED', before)
  }

  #put(type: WatchEvent['type'], workflow: Workflow): Workflow {
    const stored = { ...workflow, metadata: { ...workflow.metadata, resourceVersion: String(this.#feed.version + 1) } }
    this.#byName.set(`${stored.metadata.namespace ?? ''}/${stored.metadata.name ?? ''}`, stored)
    this.#publish(type, stored)
    return stored
  }

  #publish(type: WatchEvent['type'], workflow: Workflow): void {
    const { namespace = '', name = '', labels = {} } = workflow.metadata
    this.#feed.publish({ type, kind: 'Workflow', namespace, name, labels, object: () => workflow })
  }
}

function nameMatches(name: string, wanted: string | undefined, filter: ListQuery['nameFilter']): boolean {
  if (wanted === undefined) return true
  if (filter === 'Prefix') return name.startsWith(wanted)
  if (filter === 'Contains') return name.includes(wanted)
  return filter === 'NotEquals' ? name !== wanted : name === wanted
}
