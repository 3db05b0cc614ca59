/** The order among the tasks of a DAG, and what validation says of it. */
import { compareText } from '../go-text.ts'
import { type DependingTask, type DependsLogic, compileDepends, unknownResult } from './logic.ts'

/** Tasks by name with their conditions. */
export type DagConditions = ReadonlyMap<string, DependsLogic>

export function compileDag(tasks: readonly DependingTask[]): DagConditions {
  const byName = new Map(tasks.map((task) => [task.name, task]))
  return new Map(tasks.map((task) => [task.name, compileDepends(task, (name) => byName.get(name))]))
}

/** The tasks in an order in which each comes after those it depends on, or the fault (a double name, an unknown task, a cycle). */
export function dagOrder(
  tasks: readonly DependingTask[],
  conditions: DagConditions = compileDag(tasks),
): { readonly order: readonly string[] } | { readonly fault: string } {
  const waiting = new Map<string, Set<string>>()
  const dependants = new Map<string, string[]>()
  for (const { name } of tasks) {
    if (waiting.has(name)) return { fault: `duplicated nodeName ${name}` }
    waiting.set(name, new Set())
  }
  for (const { name } of tasks) {
    for (const dependency of conditions.get(name)?.tasks ?? []) {
      if (!waiting.has(dependency)) return { fault: `invalid dependency ${dependency}` }
      waiting.get(name)?.add(dependency)
      dependants.set(dependency, [...(dependants.get(dependency) ?? []), name])
    }
  }
  const order = [...waiting].filter(([, dependencies]) => dependencies.size === 0).map(([name]) => name)
  for (const name of order) {
    for (const dependant of dependants.get(name) ?? []) {
      const left = waiting.get(dependant)
      left?.delete(name)
      if (left?.size === 0) order.push(dependant)
    }
  }
  return order.length === tasks.length ? { order } : { fault: 'graph with cycle' }
}

/** The first fault in the dependencies of a DAG template, in the words of Argo's validation; null if there is none. */
export function dagFault(templateName: string, tasks: readonly DependingTask[]): string | null {
  const conditions = compileDag(tasks)
  const sorted = dagOrder(tasks, conditions)
  const template = `templates.${templateName}`
  if ('fault' in sorted) return `${template} sorting failed: ${sorted.fault}`
  const usesDepends = tasks.some(({ depends }) => (depends ?? '') !== '')
  const byName = new Map(tasks.map((task) => [task.name, task]))
  for (const name of sorted.order) {
    const task = byName.get(name)
    const fault = task === undefined ? null : taskFault(template, task, { usesDepends, byName, conditions })
    if (fault !== null) return fault
  }
  return null
}

type Dag = {
  readonly usesDepends: boolean
  readonly byName: ReadonlyMap<string, DependingTask>
  readonly conditions: DagConditions
}

function taskFault(template: string, task: DependingTask, { usesDepends, byName, conditions }: Dag): string | null {
  const hasDependencies = (task.dependencies ?? []).length > 0
  const at = `${template}.tasks.${task.name}`
  if ((usesDepends || hasDependencies) && /^[0-9]/.test(task.name)) {
    return `${at} name cannot begin with a digit when using either 'depends' or 'dependencies'`
  }
  if (usesDepends && hasDependencies) {
    return `${template} cannot use both 'depends' and 'dependencies' in the same DAG template`
  }
  if (usesDepends && task.continueOn !== undefined) {
    return `${template} cannot use 'continueOn' when using 'depends'. Instead use 'dep-task.Failed'/'dep-task.Errored'`
  }
  const wrongResult = unknownResult(task.depends ?? '')
  if (wrongResult !== null) return `${at} ${wrongResult}`
  for (const dependency of conditions.get(task.name)?.itemTasks ?? []) {
    const loop = byName.get(dependency)
    if (loop === undefined || isLoop(loop)) continue
    return `${template}.tasks.${dependency} dependency '${dependency}' uses an items-based condition such as .AnySucceeded or .AllFailed but does not contain any items`
  }
  return null
}

const isLoop = ({ withItems, withParam, withSequence }: DependingTask): boolean =>
  (withItems ?? []).length > 0 || (withParam ?? '') !== '' || (withSequence ?? null) !== null

/** Every task that nobody depends on, sorted. */
export function leavesOf(conditions: DagConditions): readonly string[] {
  const needed = new Set([...conditions.values()].flatMap(({ tasks }) => tasks))
  return [...conditions.keys()].filter((name) => !needed.has(name)).sort(compareText)
}

/** All tasks a task depends on, through others too, nearest first. */
export function ancestorsOf(taskName: string, conditions: DagConditions): readonly string[] {
  const ancestors = new Set<string>()
  const queue = [...(conditions.get(taskName)?.tasks ?? [])]
  for (const name of queue) {
    if (ancestors.has(name)) continue
    ancestors.add(name)
    queue.push(...(conditions.get(name)?.tasks ?? []))
  }
  return [...ancestors]
}
