/** Manual retry: failed work is forgotten, what succeeded stays (semantics-operations.md §3.3). */
import { addAll } from '../add-all.ts'
import type { NodeStatus, Parameter, WorkflowSpec } from '../../resources/index.ts'
import { podIdOf, rfc3339 } from '../../resources/index.ts'
import { matchesNodeFieldSelector, parseNodeFieldSelector } from '../../expressions/index.ts'
import { resetFrames } from '../advance.ts'
import type { Operation, Refusal } from '../decision.ts'
import { isBelow } from '../node-names.ts'
import { executionTypes } from '../node-types.ts'
import { isFailedOrError, isFulfilled } from '../phases.ts'
import type { Run } from '../run.ts'
import { suppliedOutputs } from '../suspend.ts'
import { resolveTemplate, type TemplateScope } from '../template-lookup.ts'
import { patchSpec } from './patch-spec.ts'
import { refusal } from './refusal.ts'

const groupTypes: ReadonlySet<string> = new Set(['StepGroup', 'TaskGroup', 'Steps', 'DAG', 'Retry'])

export type RetryPlan = { readonly deleted: ReadonlySet<string>; readonly reset: ReadonlySet<string> }

export function retryWorkflow(run: Run, options: Extract<Operation, { kind: 'retry' }>): Refusal | null {
  const plan = planRetry(run, options)
  if ('refused' in plan) return plan
  const parameters = options.parameters ?? []
  const oldPods = [...plan.deleted].flatMap((id) => {
    const node = run.nodes.get(id)
    return node?.type === 'Pod' ? [run.podIdOf(node.name)] : []
  })
  for (const id of plan.deleted) run.deleteNode(id)
  for (const node of run.nodes.values()) unlink(run, node, plan.deleted)
  for (const id of plan.reset) resetNode(run, id)
  reopen(run, parameters)
  for (const pod of oldPods) run.effects.push({ kind: 'removePod', pod: podIdOf(pod), delayMs: 0 })
  resetFrames(run)
  run.internal = { ...run.internal, generation: run.internal.generation + 1 }
  run.workflowChanged = true
  return null
}

/** What a retry would run again, without doing it. */
export function planRetry(run: Run, options: Extract<Operation, { kind: 'retry' }>): RetryPlan | Refusal {
  const { restartSuccessful = false, nodeFieldSelector = '' } = options
  const phase = run.status.phase ?? ''
  if (phase === 'Succeeded' && !(restartSuccessful && nodeFieldSelector)) {
    return refusal('INVALID', 'To retry a succeeded workflow, set the options restartSuccessful and nodeFieldSelector')
  }
  if (phase !== 'Succeeded' && !isFailedOrError(phase))
    return refusal('INVALID', `Cannot retry a workflow in phase ${phase}`)
  const selector = restartSuccessful && nodeFieldSelector ? parseNodeFieldSelector(nodeFieldSelector) : null
  if (selector !== null && !selector.ok) return refusal('INVALID', selector.error)
  const isChosen = (node: NodeStatus) =>
    selector !== null && selector.ok && matchesNodeFieldSelector(selector.value, node)
  return new Planner(run).plan((node) => isChosen(node), (options.parameters ?? []).length > 0)
}

class Planner {
  private readonly run: Run
  private readonly parents = new Map<string, string[]>()
  private readonly deleted = new Set<string>()
  private readonly reset = new Set<string>()

  constructor(run: Run) {
    this.run = run
    for (const node of run.nodes.values())
      for (const child of node.children ?? []) {
        const list = this.parents.get(child)
        if (list === undefined) this.parents.set(child, [node.id])
        else list.push(node.id)
      }
  }

  plan(isChosen: (node: NodeStatus) => boolean, hasParameters: boolean): RetryPlan {
    const { run } = this
    const exit = `${run.name}.onExit`
    for (const node of run.nodes.values())
      if (node.name === exit || node.name.startsWith(exit)) this.deleted.add(node.id)
    for (const node of this.fromTheRoot()) {
      if (this.deleted.has(node.id)) continue
      if (isChosen(node) || (this.isToBeRepeated(node) && !this.isInEarlierAttempt(node))) this.remove(node)
    }
    this.resetUnfinishedGroups()
    this.removeExitHooks()
    if (hasParameters)
      for (const id of [...this.reset])
        if (['StepGroup', 'TaskGroup'].includes(run.nodes.get(id)?.type ?? ''))
          for (const below of this.descendants(id)) this.deleted.add(below)
    for (const id of this.deleted) this.reset.delete(id)
    return { deleted: this.deleted, reset: this.reset }
  }

  /** Failed execution nodes without a succeeded descendant; of an attempt the Retry node's descendants count. */
  private isToBeRepeated(node: NodeStatus): boolean {
    if (!executionTypes.has(node.type) || !isFailedOrError(node.phase)) return false
    const retry =
      node.nodeFlag?.retried === true
        ? (this.parents.get(node.id) ?? []).find((id) => this.run.nodes.get(id)?.type === 'Retry')
        : undefined
    for (const id of this.descendants(retry ?? node.id)) {
      const below = this.run.nodes.get(id)
      if (below !== undefined && executionTypes.has(below.type) && below.phase === 'Succeeded') return false
    }
    return true
  }

  /** Of a template that is retried as a whole only the last attempt goes on; the others are history. */
  private isInEarlierAttempt(node: NodeStatus): boolean {
    const { nodes } = this.run
    for (let at = nodes.get(node.boundaryID ?? ''); at !== undefined; at = nodes.get(at.boundaryID ?? '')) {
      const { id } = at
      if (at.nodeFlag?.retried !== true) continue
      const retry = (this.parents.get(id) ?? [])
        .map((parent) => nodes.get(parent))
        .find((parent) => parent?.type === 'Retry')
      const attempts = (retry?.children ?? []).filter((child) => nodes.get(child)?.nodeFlag?.retried === true)
      if (retry !== undefined && attempts.at(-1) !== id) return true
    }
    return false
  }

  private remove(node: NodeStatus): void {
    const start = node.type === 'Container' ? (this.run.nodes.get(node.boundaryID ?? '') ?? node) : node
    this.deleted.add(start.id)
    for (const id of this.descendants(start.id)) this.deleted.add(id)
    this.resetAbove(start)
  }

  /** The groups that enclose it, up to the root. */
  private resetAbove(node: NodeStatus): void {
    const queue = [...(this.parents.get(node.id) ?? []), ...(node.boundaryID === undefined ? [] : [node.boundaryID])]
    const seen = new Set<string>()
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      if (seen.has(id)) continue
      seen.add(id)
      const parent = this.run.nodes.get(id)
      if (parent === undefined) continue
      if (!groupTypes.has(parent.type)) {
        // What a hook hangs on stays as it is; the group of that is opened, so that the hook may run again.
        if (node.nodeFlag?.hooked === true && this.encloses(parent, node)) addAll(queue, this.parents.get(id) ?? [])
        continue
      }
      const encloses = parent.id === node.boundaryID || this.isGroupOf(parent, node) || this.encloses(parent, node)
      if (!encloses) continue
      this.reset.add(id)
      addAll(queue, this.parents.get(id) ?? [])
      if (parent.boundaryID !== undefined) queue.push(parent.boundaryID)
    }
  }

  private isGroupOf(parent: NodeStatus, node: NodeStatus): boolean {
    return (
      (parent.type === 'StepGroup' || parent.type === 'TaskGroup' || parent.type === 'Retry') &&
      node.name.startsWith(parent.name)
    )
  }
  private encloses(parent: NodeStatus, node: NodeStatus): boolean {
    return isBelow(node.name, parent.name)
  }

  /** A failed group whose own nodes all stand stays as it is; one that lost nodes runs on. */
  private resetUnfinishedGroups(): void {
    for (const id of [...this.reset]) {
      const node = this.run.nodes.get(id)
      if (node !== undefined && node.type === 'Retry' && node.phase === 'Succeeded') this.reset.add(id)
    }
  }

  /** What is opened again has its exit hook once more at its end: each would wait for the other if both went on. */
  private removeExitHooks(): void {
    const { nodes } = this.run
    const again = [...this.reset].flatMap((id) => {
      const exit = this.run.nodeNamed(`${nodes.get(id)?.name ?? ''}.onExit`)
      return exit !== undefined && (this.reset.has(exit.id) || !isFulfilled(exit)) ? [exit.name] : []
    })
    if (again.length === 0) return
    const isOf = (name: string) => again.some((exit) => name === exit || isBelow(name, exit))
    for (const { id, name } of nodes.values()) if (isOf(name)) this.deleted.add(id)
  }

  private descendants(id: string): Set<string> {
    const seen = new Set<string>()
    const stack = [...(this.run.nodes.get(id)?.children ?? [])]
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (seen.has(at)) continue
      seen.add(at)
      addAll(stack, this.run.nodes.get(at)?.children ?? [])
    }
    return seen
  }

  private fromTheRoot(): readonly NodeStatus[] {
    const { run } = this
    const order: NodeStatus[] = []
    const seen = new Set<string>()
    const queue = [run.name]
    for (const id of queue) {
      const node = seen.has(id) ? undefined : run.nodes.get(id)
      seen.add(id)
      if (node === undefined) continue
      order.push(node)
      addAll(queue, node.children ?? [])
    }
    return order
  }
}

function unlink(run: Run, node: NodeStatus, deleted: ReadonlySet<string>): void {
  const children = node.children?.filter((id) => !deleted.has(id))
  const outbound = node.outboundNodes?.filter((id) => !deleted.has(id))
  if (children?.length === node.children?.length && outbound?.length === node.outboundNodes?.length) return
  if (children !== undefined) node.children = children
  if (outbound !== undefined) node.outboundNodes = outbound
  run.touch(node)
}

function resetNode(run: Run, id: string): void {
  const node = run.nodes.get(id)
  if (node === undefined || node.phase === 'Skipped') return
  delete node.finishedAt
  delete node.outboundNodes
  node.startedAt = rfc3339(run.now)
  run.setPhase(node, 'Running', '')
  delete node.message
  if (node.type === 'Suspend') restoreSupplied(run, node)
}

function restoreSupplied(run: Run, node: NodeStatus): void {
  const [kind = 'local', name = ''] = (node.templateScope ?? '').split('/')
  const scope: TemplateScope = { kind: kind === 'cluster' || kind === 'namespaced' ? kind : 'local', name }
  const found = resolveTemplate(
    run,
    {
      name: '',
      ...(node.templateName ? { template: node.templateName } : {}),
      ...(node.templateRef === undefined ? {} : { templateRef: node.templateRef }),
    },
    scope,
  )
  if (found.ok) node.outputs = { parameters: suppliedOutputs(found.value.template) }
}

/** The workflow as if it had not begun: phase empty, so that it is validated and started again when its turn has come. */
function reopen(run: Run, overrides: readonly string[]): void {
  const {
    startedAt: _started,
    finishedAt: _finished,
    message: _message,
    persistentVolumeClaims: _claims,
    ...status
  } = run.status
  const conditions = (status.conditions ?? []).filter((condition) => condition.type !== 'Completed')
  const withoutDeadline = run.workflow.spec?.activeDeadlineSeconds === 0
  patchSpec(run, { shutdown: undefined, ...(withoutDeadline ? { activeDeadlineSeconds: undefined } : {}) })
  const stored = status.storedWorkflowTemplateSpec
  if (overrides.length > 0) patchSpec(run, { arguments: overridden(run.workflow.spec, overrides) })
  run.patchStatus({})
  const { shutdown: _shutdown, ...storedSpec } = stored ?? {}
  run.workflow = {
    ...run.workflow,
    status: {
      ...status,
      conditions: [...conditions, { type: 'Completed', status: 'False' }],
      phase: '',
      ...(stored === undefined
        ? {}
        : {
            storedWorkflowTemplateSpec:
              overrides.length === 0 ? storedSpec : { ...storedSpec, arguments: overridden(storedSpec, overrides) },
          }),
    },
  }
  run.setLabel('workflows.argoproj.io/completed', null)
  run.setLabel('workflows.argoproj.io/workflow-archiving-status', null)
  run.passes = 1
}

/** `name=value` texts over the arguments: replaced by name, others added. */
export function overridden(
  spec: WorkflowSpec | undefined,
  overrides: readonly string[],
): NonNullable<WorkflowSpec['arguments']> {
  const given = overrides.map((text): Parameter => {
    const at = text.indexOf('=')
    return { name: text.slice(0, at < 0 ? text.length : at), value: at < 0 ? '' : text.slice(at + 1) }
  })
  const names = new Set(given.map((parameter) => parameter.name))
  const rest = (spec?.arguments?.parameters ?? []).filter((parameter) => !names.has(parameter.name))
  return { ...spec?.arguments, parameters: [...given, ...rest] }
}
